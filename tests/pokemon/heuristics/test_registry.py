"""What holds for every heuristic: the registry, the Policy protocol, legality and determinism on real battles."""

import inspect
from collections import Counter

import numpy as np
import pytest

from psro.game.policies import Decisions, Policy
from psro.machine.seeds import seed_from
from psro.pokemon.heuristics.reference.registry import REFERENCES
from psro.pokemon.heuristics.registry import HEURISTICS, heuristic_class, make_heuristic
from psro.pokemon.state import BattleState
from tests.pokemon.heuristics.heuristic_battles import asked_of, play, wild_team

PHASE_0 = {"random", "max_base_power", "poke_env_heuristic", "gen1_boss", "gym_leader"}

DRAWING = {
    "random",
    "max_base_power",  # forced to switch
    "gen1_boss",
    "gen1_trainer",
    "gym_leader",
    "grunt",
    "bug_catcher",
}
"""Two draws of a decision may come out otherwise. (A policy of your own may be in neither set.)"""
DECIDED = {"poke_env_heuristic", "basic_switcher"}


def test_registry_holds_the_phase_0_population() -> None:
    assert set(HEURISTICS) >= PHASE_0
    assert heuristic_class("random").view == "none"
    assert all(HEURISTICS[kind].view == "record" for kind in REFERENCES)


def test_every_kernel_has_a_reference_of_the_same_name_and_arguments() -> None:
    assert PHASE_0 - {"random"} <= set(REFERENCES)
    for kind, reference in REFERENCES.items():
        assert reference.view == "battle"
        assert HEURISTICS[kind].__name__ == reference.__name__
        assert inspect.signature(HEURISTICS[kind]) == inspect.signature(reference)


def test_unknown_kind_or_argument_lists_the_choices() -> None:
    with pytest.raises(ValueError, match=r"'gymleader'.*gym_leader"):
        heuristic_class("gymleader")
    with pytest.raises(ValueError, match=r"'gymleader'.*gym_leader"):
        make_heuristic("a", "gymleader", {})
    with pytest.raises(ValueError, match="takes no argument boldness; it takes uses_setup"):
        make_heuristic("a", "poke_env_heuristic", {"boldness": 1})
    with pytest.raises(ValueError, match="it takes none"):
        make_heuristic("a", "random", {"boldness": 1})


@pytest.mark.parametrize("kind", HEURISTICS)
def test_is_a_policy(kind: str) -> None:
    policy = make_heuristic("somebody", kind, {})
    assert isinstance(policy, Policy)
    assert policy.name == "somebody"
    assert policy.for_battle(5) is policy
    policy.forget([1, 2])


def test_every_choice_is_legal_and_keyed_by_its_seed() -> None:
    """On battles with every move of the game, the same decision and seed give the same legal action."""
    policies = {kind: make_heuristic(kind, kind, {}) for kind in HEURISTICS}
    again = {kind: make_heuristic(kind, kind, {}) for kind in HEURISTICS}
    chosen: dict[str, Counter[int]] = {kind: Counter() for kind in HEURISTICS}
    varied: Counter[str] = Counter()

    def visit(state: BattleState, seed: int) -> None:
        for kind, policy in policies.items():
            asked = asked_of(policy, [state, state], [seed, seed_from(seed, "other")])
            first, second = policy.act(asked).tolist()
            assert state.legal_mask[first]
            assert state.legal_mask[second]
            [alone] = again[kind].act(asked_of(policy, [state], [seed])).tolist()
            assert alone == first, kind
            chosen[kind][first] += 1
            varied[kind] += first != second

    random = policies["random"]
    list(play(6, (random, random), visit, wild_team))
    assert sum(chosen["random"].values()) > 400
    assert set(+varied) >= DRAWING
    assert not set(+varied) & DECIDED
    assert set(chosen["random"]) == set(range(9))


def test_random_is_uniform_over_what_is_legal() -> None:
    mask = np.array([[True, False, True, False, False, True, False, False, True]] * 8000)
    policy = make_heuristic("random", "random", {})
    seeds = np.array([seed_from("uniform", row) for row in range(len(mask))], np.uint64)
    decisions = Decisions({}, mask, seeds, np.arange(len(mask), dtype=np.int64))
    counts = np.bincount(policy.act(decisions), minlength=9)
    assert (counts[~mask[0]] == 0).all()
    # Four actions, 2000 each expected, standard deviation 39.
    assert (abs(counts[mask[0]] - 2000) < 200).all()
