"""What the sides of many lanes may do, and what an action comes to: between records, whose actions are the nine of choices.py, and
the engine, whose choices are move slots and original slots."""

from pathlib import Path

import numpy as np
import numpy.typing as npt

from psro.machine.compiled import Compiler
from psro.pokemon.engine.compiled import SOURCES, rule
from psro.pokemon.engine.layout import ENDED, FIRST_SWITCH, MOVES, REQUEST, WAIT, Lane, Lanes
from psro.pokemon.engine.places import active_at, side_at
from psro.pokemon.engine.requests import legal_bits
from psro.pokemon.engine.rows import row
from psro.pokemon.observations.records import record

_LEGAL = record.LEGAL
_OPTIONS = record.OPTIONS
_OPTION_WIDTH = record.OPTION_WIDTH
_SWITCHES = record.SWITCHES
_NUM_MOVES = record.MOVES_PER_POKEMON
_NUM_ACTIONS = 9

COMPILER = Compiler("arena", [*SOURCES, Path(__file__), *record.SOURCES])


@rule
def choice_of(s: Lane, r: Lane, side: int, action: int) -> int:
    """The engine's choice for a legal action of the record."""
    if action >= _NUM_MOVES:
        return FIRST_SWITCH + r[_SWITCHES + action - _NUM_MOVES] - 1
    if legal_bits(s, side) & 15 == 1:
        # The only slot left, or a move that is not for the side to choose.
        return 0
    move = r[_OPTIONS + action * _OPTION_WIDTH]
    # A move that stands twice (by Mimic): its slots are in the order of its actions.
    before = 0
    for other in range(action):
        before += r[_OPTIONS + other * _OPTION_WIDTH] == move
    for place in range(_NUM_MOVES):
        if s[active_at(side) + MOVES + place] == move:
            if before == 0:
                return place
            before -= 1
    return -1


@COMPILER.kernel("void(int16[:, ::1], int16[:, ::1], int8[:, ::1], boolean[:, ::1])")
def survey(
    lanes: Lanes,
    records: Lanes,
    choices: npt.NDArray[np.int8],
    decides: npt.NDArray[np.bool_],
) -> None:
    """Which sides decide, bool[lanes, 2], and the choices of those that have but one: int8[lanes, 2], -1 for the others.

    records: int16[lanes · 2, WIDTH], as write_records left them for these lanes.
    """
    for lane in range(lanes.shape[0]):
        s = row(lanes, lane)
        for side in range(2):
            choices[lane, side] = -1
            decides[lane, side] = False
            if s[ENDED] or s[side_at(side) + REQUEST] == WAIT:
                continue
            r = row(records, 2 * lane + side)
            legal = r[_LEGAL] + 0
            num_legal = 0
            only = 0
            for action in range(_NUM_ACTIONS):
                if (legal >> action) & 1:
                    num_legal += 1
                    only = action
            if num_legal == 1:
                choices[lane, side] = choice_of(s, r, side, only)
            else:
                decides[lane, side] = True


@COMPILER.kernel("void(int16[:, ::1], int16[:, ::1], int64[::1], int64[::1], int8[:, ::1])")
def answer(
    lanes: Lanes,
    records: Lanes,
    rows: npt.NDArray[np.int64],
    actions: npt.NDArray[np.int64],
    choices: npt.NDArray[np.int8],
) -> None:
    """Enters the legal actions taken at `rows` (2 · lane + side) among the choices; both [K]."""
    for k in range(rows.shape[0]):
        lane = rows[k] >> 1
        side = rows[k] & 1
        s = row(lanes, lane)
        choices[lane, side] = choice_of(s, row(records, rows[k]), side, actions[k])
