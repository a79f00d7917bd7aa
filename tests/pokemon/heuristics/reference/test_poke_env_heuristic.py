"""Our rewriting against poke-env's own player object, decision by decision, on the real simulator."""

from typing import Any

import numpy as np
import pytest
from poke_env.battle import Pokemon
from poke_env.battle.move import Move
from poke_env.player.baselines import MaxBasePowerPlayer, SimpleHeuristicsPlayer

from psro.pokemon.heuristics.reference.max_base_power import MaxBasePower
from psro.pokemon.heuristics.reference.poke_env_heuristic import PokeEnvHeuristic
from psro.pokemon.state import BattleState
from tests.pokemon.heuristics.heuristic_battles import decisions_of, packaged_team, play, wild_team

PLAYER: Any = object.__new__(SimpleHeuristicsPlayer)  # without __init__, which opens a websocket


class TargetAsText(str):
    """What `Move.target` was when the set-up rule was written: a string equal to "self"."""


def as_poke_env_reads(state: BattleState) -> Any:
    """The battle with available moves and switches as poke-env itself reads them from the request."""
    battle, request = state.battle, state.request
    active = battle.active_pokemon
    assert active is not None
    battle._available_moves = (
        active.available_moves_from_request(request["active"][0]) if "active" in request else []
    )
    trapped = "active" in request and request["active"][0].get("trapped", False)
    team = [battle.team[entry["ident"]] for entry in request["side"]["pokemon"]]
    battle._available_switches = [
        mon for mon in team if not trapped and mon is not active and not mon.fainted
    ]
    return battle


def action_of(order: Move | Pokemon, state: BattleState) -> int:
    for action, option in enumerate((*state.moves, *state.switches)):
        if option is not None and (
            option.id == order.id
            if isinstance(order, Move)
            else getattr(option, "pokemon", None) is order
        ):
            return action
    raise AssertionError(f"{order} is none of {state.moves} {state.switches}")


class Compare:
    """Visits decisions and asks both."""

    def __init__(self, ours: Any, theirs: Any):
        self.ours, self.theirs = ours, theirs
        self.num_decisions = self.num_switches = self.num_illegal = 0

    def __call__(self, state: BattleState, seed: int) -> None:
        expected = action_of(self.theirs(as_poke_env_reads(state)).order, state)
        [action] = self.ours.act(decisions_of([state], [seed]))
        assert state.legal_mask[action]
        if not state.legal_mask[expected]:
            self.num_illegal += 1
            return
        assert action == expected, (state.battle.turn, state.moves, state.switches)
        self.num_decisions += state.legal_mask.sum() > 1
        self.num_switches += bool(action >= 4 and not state.forced_switch)


@pytest.mark.parametrize(("draw_team", "epsilon"), [(packaged_team, 0.1), (wild_team, 0.2)])
def test_chooses_as_poke_envs_player_does(draw_team: Any, epsilon: float) -> None:
    policy = PokeEnvHeuristic("ours")
    compare = Compare(policy, PLAYER.choose_move)
    list(play(24, (policy, policy), compare, draw_team, epsilon))
    assert compare.num_decisions > 1000
    assert compare.num_switches > 5
    assert compare.num_illegal == 0


def test_uses_setup_as_poke_envs_player_would(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Move, "target", property(lambda move: TargetAsText(move.entry["target"])))
    policy, without = PokeEnvHeuristic("ours", uses_setup=True), PokeEnvHeuristic("without")
    compare, num_setups = Compare(policy, PLAYER.choose_move), 0

    def visit(state: BattleState, seed: int) -> None:
        nonlocal num_setups
        compare(state, seed)
        asked = decisions_of([state], [seed])
        num_setups += bool(np.any(policy.act(asked) != without.act(asked)))

    list(play(15, (policy, policy), visit, wild_team))
    assert num_setups > 8


def test_max_base_power_chooses_as_poke_envs_player_does() -> None:
    policy = MaxBasePower("ours")
    player: Any = object.__new__(MaxBasePowerPlayer)
    compare = Compare(policy, lambda battle: player.choose_singles_move(battle))

    def visit(state: BattleState, seed: int) -> None:
        if not state.forced_switch:  # drawn at random there
            compare(state, seed)

    list(play(8, (policy, policy), visit, wild_team, epsilon=0.2))
    assert compare.num_decisions > 300
