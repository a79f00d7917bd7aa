"""The base of the policies that read a BattleState."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from poke_env.battle.pokemon import Pokemon

from psro.game.policies import BasePolicy, Decisions, mix, uniform_from
from psro.pokemon.state import BattleState, MoveOption, SwitchOption

NUM_MOVES = 4
"""Actions 0 … 3 are moves, 4 … 8 switches."""

Choices = list[tuple[int, MoveOption]]
Switches = list[tuple[int, SwitchOption]]


class StatePolicy(BasePolicy, ABC):
    """A rule that looks at one BattleState at a time."""

    view = "battle"
    num_draws: ClassVar[int] = 1
    """How many uniforms a decision may use; draw k of a decision comes from stream k of its seed."""

    def __init__(self, name: str):
        self.name = name

    @abstractmethod
    def choose(self, state: BattleState, draws: Sequence[float]) -> int:
        """The action, legal by `state.legal_mask`. `draws`: `num_draws` uniforms in [0, 1)."""

    def act(self, decisions: Decisions) -> NDArray[np.int64]:
        """The chosen actions [B]. Where only one is legal, it is taken without asking the rule."""
        states, mask = decisions.observations, decisions.legal_mask
        assert not isinstance(states, Mapping), f"{self.name} reads states, not arrays"
        actions = mask.argmax(axis=1).astype(np.int64)
        draws = np.stack(
            [uniform_from(mix(decisions.seeds, stream)) for stream in range(self.num_draws)], axis=1
        ).tolist()
        for row in np.flatnonzero(mask.sum(axis=1) > 1).tolist():
            action = self.choose(states[row], draws[row])
            if not mask[row, action]:
                raise AssertionError(f"{self.name} chose action {action}, legal are {mask[row]}")
            actions[row] = action
        return actions


def actives(state: BattleState) -> tuple[Pokemon, Pokemon]:
    """One's own Pokémon on the field and the foe's, either may have fainted. Gen 1 asks nothing before both leads are out."""
    own, foe = state.battle.active_pokemon, state.battle.opponent_active_pokemon
    assert own is not None
    assert foe is not None
    return own, foe


def legal_moves(state: BattleState) -> Choices:
    """(action, move) of every legal move, in the order of the request: ties go to the first."""
    legal = state.legal_mask.tolist()
    moves = [(a, m) for a, m in enumerate(state.moves) if m is not None and legal[a]]
    moves.sort(key=_request_index)
    return moves


def legal_switches(state: BattleState) -> Switches:
    """(action, switch) of every legal switch, in the order of the request: ties go to the first."""
    legal = state.legal_mask.tolist()
    switches = [
        (NUM_MOVES + slot, s)
        for slot, s in enumerate(state.switches)
        if s is not None and legal[NUM_MOVES + slot]
    ]
    switches.sort(key=_request_index)
    return switches


def _request_index(choice: tuple[int, MoveOption | SwitchOption]) -> int:
    return choice[1].index


def uniform_legal(state: BattleState, draw: float) -> int:
    """A legal action, uniform in `draw`."""
    return pick(np.flatnonzero(state.legal_mask).tolist(), draw)


def pick(actions: Sequence[int], draw: float) -> int:
    """One of `actions`, uniform in `draw`, a uniform in [0, 1)."""
    return actions[int(draw * len(actions))]
