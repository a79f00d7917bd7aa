"""BattleState: one side of one battle, as that side may see it, and what it may choose.

This is the state view named "battle": what the rules in heuristics/reference read, and what observations, rewards and records are
computed from. A state is one object for the whole battle, brought up to date in place: readers copy what they keep.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from poke_env.battle import Move, Pokemon, Status

from psro.pokemon.choices import (
    NUM_ACTIONS,
    NUM_MOVES,
    NUM_SWITCHES,
    PSEUDO_MOVES,
    Choices,
    MoveChoice,
    read_choices,
)
from psro.pokemon.gen1_battle import BattleError, Gen1Battle

__all__ = [
    "NUM_ACTIONS",
    "PSEUDO_MOVES",
    "BattleError",
    "BattleState",
    "MoveOption",
    "SwitchOption",
]


@dataclass(slots=True)
class MoveOption:
    """A move of the active Pokemon, or the pseudo-move that stands for all of them."""

    move: Move
    """poke-env's, with its PP set to the request's."""
    id: str
    index: int
    """1-based in the request; 0 where it is not offered."""
    pp: int
    max_pp: int
    disabled: bool
    """Not to be chosen now: Disable, no PP, or locked into another move."""


@dataclass(slots=True)
class SwitchOption:
    """A benched Pokemon that has not fainted (listed even when the active one is trapped)."""

    pokemon: Pokemon
    id: str
    """Species id."""
    index: int
    """1-based in the request's side.pokemon."""
    hp_fraction: float
    status: Status | None


class BattleState:
    """One side of one battle. `read` what happened, then `decide` on a request; the fields then stand for that decision."""

    __slots__ = (
        "battle",
        "choices",
        "forced_switch",
        "legal_mask",
        "moves",
        "request",
        "side",
        "switches",
    )

    battle: Gen1Battle
    """poke-env's Battle: teams, statuses, boosts, effects, turn."""
    side: int
    request: dict[str, Any]
    """The last request that was decided on, the simulator's JSON."""
    choices: Choices
    forced_switch: bool
    """The active Pokemon fainted: only switches are legal."""
    moves: tuple[MoveOption | None, ...]
    """[4], by action. All None on a forced switch; the only one, at 0, may be a pseudo-move (PSEUDO_MOVES)."""
    switches: tuple[SwitchOption | None, ...]
    """[5], by action − 4."""
    legal_mask: NDArray[np.bool_]
    """[9]"""

    def __init__(self, tag: str, side: int):
        """`side` 0 or 1 of the battle called `tag`."""
        self.battle = Gen1Battle(tag, side)
        self.side = side
        self.request = {}
        self.forced_switch = False
        self.moves = (None,) * NUM_MOVES
        self.switches = (None,) * NUM_SWITCHES
        self.legal_mask = np.zeros(NUM_ACTIONS, np.bool_)

    def read(self, lines: list[str]) -> None:
        """Takes in what happened since. Raises BattleError naming the line it does not understand."""
        self.battle.read(lines)

    def decide(self, request: dict[str, Any], choices: Choices | None = None) -> None:
        """Stands for this request from now on; `choices`, where already read from it, spare reading it again.

        Raises BattleError where the request contradicts what was read.
        """
        choices = choices or read_choices(request)
        battle = self.battle
        try:
            battle.read_request(request)
        except Exception as error:
            raise BattleError(
                f"cannot take in the request of turn {battle.turn}: {error!r}"
            ) from error
        active = battle.active_pokemon
        assert active is not None
        self.request = request
        self.choices = choices
        self.forced_switch = choices.forced_switch
        self.legal_mask = np.array(choices.legal, np.bool_)
        moves: list[MoveOption | None] = [_move_option(active, move) for move in choices.moves]
        switches: list[SwitchOption | None] = []
        team = battle._team
        for switch in choices.switches:
            mon = team[switch.entry["ident"]]
            switches.append(
                SwitchOption(mon, switch.id, switch.index, mon.current_hp_fraction, mon._status)
            )
        # What poke-env's own players read.
        battle._trapped = bool(switches) and not choices.legal[NUM_MOVES]
        battle._available_moves = [move.move for move in moves if move and not move.disabled]
        battle._available_switches = (
            [] if battle._trapped else [switch.pokemon for switch in switches if switch]
        )
        self.moves = tuple(moves + [None] * (NUM_MOVES - len(moves)))
        self.switches = tuple(switches + [None] * (NUM_SWITCHES - len(switches)))

    def choice(self, action: int) -> str:
        """What to send the simulator for an action of this decision. Raises ValueError for an illegal one."""
        return self.choices.command(action)


def _move_option(active: Pokemon, choice: MoveChoice) -> MoveOption:
    move = active.moves.get(choice.id)
    if move is None:
        # Recharge, Fight, Struggle, or what Metronome began.
        move = Move(choice.id, gen=1)
    if choice.pp is not None:
        move._current_pp = choice.pp
    max_pp = choice.max_pp if choice.max_pp is not None else move.max_pp
    return MoveOption(move, choice.id, choice.index, move._current_pp, max_pp, not choice.legal)
