"""The moves that a side has shown, as its foe counts them: by the `move` lines that are no `[from]` anything.

The list that counts now is the copied one of a transformed Pokémon, else its own; any of its places may be a mimicked move's.
"""

from typing import Final

from psro.pokemon.engine.compiled import rule
from psro.pokemon.engine.layout import ACTIVE_SLOT, NO_MOVE, Lane
from psro.pokemon.engine.layout import MOVES as LANE_MOVES
from psro.pokemon.engine.places import active_at, side_at
from psro.pokemon.engine.sight.places import (
    COPIED,
    LAST_MOVE,
    LAST_OWN_MOVE,
    MIMICKED,
    MIMICKED_PP,
    MOVES,
    OWN_VIEW_LAST_MOVE,
    OWN_VIEW_PREVIOUS_MOVE,
    PREVIOUS_MOVE,
    TRANSFORMED,
    Knowledge,
    known_at,
    known_mon_at,
)
from psro.pokemon.engine.tables import MAX_PP, MOVE_NUMBERS, MOVE_TABLE, STRUGGLE

COPIED_MOVE_PP: Final = 5
"""Of every move of a transformed Pokémon."""
_MIMIC_MOVE: Final = MOVE_NUMBERS["mimic"]
_TRANSFORM_MOVE: Final = MOVE_NUMBERS["transform"]


@rule
def moves_at(s: Lane, k: Knowledge, side: int) -> int:
    """Where the list of the active Pokémon begins that counts now; four PP follow the four moves."""
    if k[known_at(side) + TRANSFORMED]:
        return known_at(side) + COPIED
    return known_mon_at(side, s[side_at(side) + ACTIVE_SLOT]) + MOVES


@rule
def place_of(s: Lane, k: Knowledge, side: int, move: int) -> int:
    """The place of a move in the list as it is now, the last one if it stands twice (by Mimic), or -1."""
    at = moves_at(s, k, side)
    known = known_at(side)
    for place in range(3, -1, -1):
        mimicked = k[known + MIMICKED + place]
        here = k[at + place] if mimicked == NO_MOVE else mimicked
        if here == move:
            return place
    return -1


@rule
def show_move(s: Lane, k: Knowledge, side: int, move: int) -> None:
    """A move by a choice of its own: known from now on, a PP less, the last one used. A fifth one cannot be its own."""
    if move == STRUGGLE:
        return
    at = moves_at(s, k, side)
    known = known_at(side)
    a = active_at(side)
    mon = known_mon_at(side, s[side_at(side) + ACTIVE_SLOT])
    for own in range(4):
        # A trapping move that Metronome or Mirror Move called goes on as if it were its own, if its target is replaced.
        if s[a + LANE_MOVES + own] == move:
            k[known + OWN_VIEW_LAST_MOVE] = move
            k[mon + OWN_VIEW_PREVIOUS_MOVE] = move
    if move in (_MIMIC_MOVE, _TRANSFORM_MOVE):
        # By now others stand in its place, or in that of all.
        k[mon + OWN_VIEW_PREVIOUS_MOVE] = move
    place = place_of(s, k, side, move)
    if place < 0:
        place = 0
        while place < 4 and k[at + place] != NO_MOVE:
            place += 1
        if place == 4:
            return
        k[at + place] = move
        k[at + 4 + place] = MOVE_TABLE[move, MAX_PP]
    is_mimicked = k[known + MIMICKED + place] != NO_MOVE
    left = known + MIMICKED_PP + place if is_mimicked else at + 4 + place
    k[left] = max(k[left] - 1, 0)
    k[known + LAST_MOVE] = move
    k[mon + PREVIOUS_MOVE] = move


@rule
def show_transform(s: Lane, k: Knowledge, side: int) -> None:
    """It has the moves of the other side's active Pokémon, all of which that side knows, and has used none of them."""
    known = known_at(side)
    t = active_at(1 - side)
    if k[known + TRANSFORMED] == 0:
        k[known + LAST_OWN_MOVE] = k[known + LAST_MOVE]
    k[known + TRANSFORMED] = 1
    k[known + LAST_MOVE] = NO_MOVE
    k[known + OWN_VIEW_LAST_MOVE] = NO_MOVE
    for place in range(4):
        k[known + MIMICKED + place] = NO_MOVE
        move = s[t + LANE_MOVES + place]
        k[known + COPIED + place] = move
        k[known + COPIED + 4 + place] = 0 if move == NO_MOVE else COPIED_MOVE_PP


@rule
def show_mimic(s: Lane, k: Knowledge, side: int, move: int) -> None:
    """The mimicked move takes the place of the one that called Mimic, with all its PP as poke-env counts them."""
    known = known_at(side)
    caller = k[known + LAST_MOVE] + 0
    place = place_of(s, k, side, caller if caller else _MIMIC_MOVE)
    if place < 0:
        return
    k[known + MIMICKED + place] = move
    k[known + MIMICKED_PP + place] = MOVE_TABLE[move, MAX_PP]
    k[known + LAST_MOVE] = NO_MOVE
    k[known + OWN_VIEW_LAST_MOVE] = NO_MOVE
