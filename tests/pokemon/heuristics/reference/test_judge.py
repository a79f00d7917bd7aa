"""The kernels that are played choose as the rules in Python do, at every decision of real battles, of OU teams and of any."""

import numpy as np
import pytest

from psro.pokemon.heuristics.max_base_power import MaxBasePower
from psro.pokemon.heuristics.record_policy import Asked
from psro.pokemon.heuristics.reference.judge import VARIANTS, Found, compare_battles
from psro.pokemon.heuristics.registry import make_heuristic


@pytest.fixture(scope="module")
def found() -> Found:
    """Both kinds of battles, some decisions of each."""
    return compare_battles(3, 26, ("real", "random", "boosts", "trapping"))


def test_every_kernel_chooses_as_its_reference(found: Found) -> None:
    assert found.decisions > 1000
    assert not found.differing, found.examples
    assert not found.reasons
    for name in VARIANTS:
        assert len(found.chosen[name]) == 9, f"{name} never chose some of the nine actions"


def test_set_up_moves_are_used_where_they_are_asked_for(found: Found) -> None:
    asked = found.asked()
    plain = make_heuristic("a", "poke_env_heuristic", {}).act(asked)
    sets_up = make_heuristic("b", "poke_env_heuristic", {"uses_setup": True}).act(asked)
    assert (plain != sets_up).sum() > 5


def test_a_difference_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def first_legal(self: MaxBasePower, asked: Asked) -> None:
        asked.actions[:] = np.argmax(asked.legal, axis=1)

    monkeypatch.setattr(MaxBasePower, "choose", first_legal)
    found = compare_battles(3, 2, ("real",))
    assert found.differing.keys() == {"max_base_power"}
    assert "max_base_power: 0 real turn 1 " in found.examples[0]
