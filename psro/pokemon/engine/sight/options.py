"""What a side's request offers, in the order of the nine actions (choices.py): moves and switches, each alphabetical by id."""

from typing import Any, Final

import numpy as np

from psro.pokemon.engine.compiled import rule
from psro.pokemon.engine.layout import (
    ACTIVE_SLOT,
    BIDE,
    DISABLE,
    DISABLE_SLOT,
    FIRST_SWITCH,
    FRZ,
    HP,
    LOCKED,
    LOCKED_MOVE,
    MAYBE_LOCKED,
    MOVES,
    MUST_RECHARGE,
    NO_MOVE,
    PP,
    RAGE,
    REQUEST,
    SET_MOVES,
    SET_SPECIES,
    SLP,
    STATUS,
    SWITCH,
    TEAM_SIZE,
    TRAP_LOCK,
    TRAP_MOVE,
    TRAPPED,
    TWO_TURN,
    TWO_TURN_MOVE,
    Lane,
)
from psro.pokemon.engine.places import active_at, active_mon_at, mon_at, set_at, side_at
from psro.pokemon.engine.requests import has_usable_move, legal_bits
from psro.pokemon.engine.sight.places import PARTY, Knowledge, known_at
from psro.pokemon.engine.tables import (
    MAX_PP,
    MOVE_NUMBERS,
    MOVE_TABLE,
    SPECIES_NUMBERS,
    STRUGGLE,
)
from psro.pokemon.observations.records import record

_BIDE_MOVE: Final = MOVE_NUMBERS["bide"]
_RAGE_MOVE: Final = MOVE_NUMBERS["rage"]
_RECHARGE: Final = record.RECHARGE
_FIGHT: Final = record.FIGHT
_STRUGGLE_PP: Final = 16
"""poke-env's count of what has none."""
_OPTIONS: Final = record.OPTIONS
_SWITCHES: Final = record.SWITCHES
_LEGAL: Final = record.LEGAL
_MOVE_ORDER: Final = record.MOVE_ORDER
_SWITCH_ORDER: Final = record.SWITCH_ORDER
_ORDER_BITS: Final = record.ORDER_BITS
_NUM_MOVES: Final = record.MOVES_PER_POKEMON


def _ranks(numbers: dict[str, int]) -> np.ndarray[Any, np.dtype[np.int16]]:
    """By number: the place in alphabetical order of ids."""
    ranks = np.zeros(max(numbers.values()) + 1, np.int16)
    for rank, name in enumerate(sorted(numbers)):
        ranks[numbers[name]] = rank
    return ranks


MOVE_RANK: Final = _ranks(MOVE_NUMBERS)
SPECIES_RANK: Final = _ranks(SPECIES_NUMBERS)


@rule
def only_move(s: Lane, side: int) -> int:
    """The move that the side's Pokémon goes on with, as its request names it; NO_MOVE if it may choose, or cannot tell."""
    a = active_at(side)
    if s[a + MUST_RECHARGE]:
        return _RECHARGE
    if s[a + RAGE]:
        return _RAGE_MOVE
    if s[a + LOCKED]:
        return s[a + LOCKED_MOVE] + 0
    if s[a + TWO_TURN]:
        return s[a + TWO_TURN_MOVE] + 0
    if s[side_at(side) + MAYBE_LOCKED] == 0:
        if s[a + TRAP_LOCK]:
            return s[a + TRAP_MOVE] + 0
        if s[a + BIDE]:
            return _BIDE_MOVE
    return NO_MOVE


@rule
def max_pp(s: Lane, side: int, place: int) -> int:
    """Of one of the active Pokémon's moves now. PP Ups are the set's: a place that the set does not fill has none (sim/pokemon.js)."""
    move = s[active_at(side) + MOVES + place]
    most = MOVE_TABLE[move, MAX_PP] + 0
    if s[set_at(side, s[side_at(side) + ACTIVE_SLOT]) + SET_MOVES + place] != NO_MOVE:
        return most
    # 8/5 of 40 is cut down to 61.
    return 40 if most == 61 else most * 5 // 8


@rule
def write_single(r: Lane, move: int, pp: int) -> None:
    """The only option, which is none of the Pokémon's own moves."""
    r[_OPTIONS] = move
    r[_OPTIONS + 1] = pp
    r[_OPTIONS + 2] = pp
    r[_LEGAL] |= 1
    r[_MOVE_ORDER] = 1


@rule
def write_moves(s: Lane, r: Lane, side: int) -> None:
    """Actions 0 to 3. Of a move that stands twice (by Mimic) and that it is locked into, one is listed."""
    a = active_at(side)
    move = only_move(s, side)
    status = s[active_mon_at(s, side) + STATUS]
    if move == _RECHARGE:
        write_single(r, _RECHARGE, 1)
        return
    only_slot = -1
    if move != NO_MOVE:
        for place in range(_NUM_MOVES - 1, -1, -1):
            if s[a + MOVES + place] == move:
                only_slot = place
        if only_slot < 0:
            write_single(r, move, MOVE_TABLE[move, MAX_PP] + 0)
            return
    elif status in (FRZ, SLP) or (s[a + TRAPPED] and s[side_at(side) + MAYBE_LOCKED] == 0):
        write_single(r, _FIGHT, 1)
        return
    elif not has_usable_move(s, a):
        write_single(r, STRUGGLE, _STRUGGLE_PP)
        return
    for place in range(_NUM_MOVES):
        own = s[a + MOVES + place]
        if own == NO_MOVE or (own == move and place != only_slot):
            continue
        action = 0
        for other in range(_NUM_MOVES):
            rival = s[a + MOVES + other]
            if rival != NO_MOVE and (rival != move or other == only_slot):
                before = MOVE_RANK[rival] < MOVE_RANK[own]
                action += before or (rival == own and other < place)
        at = _OPTIONS + 3 * action
        r[at] = own
        r[at + 1] = s[a + PP + place]
        # A request that names one move does not tell its PP.
        r[at + 2] = MOVE_TABLE[own, MAX_PP] if only_slot >= 0 else max_pp(s, side, place)
        if only_slot < 0:
            r[_MOVE_ORDER] |= (place + 1) << (_ORDER_BITS * action)
        elif place == only_slot:
            r[_MOVE_ORDER] |= 1 << (_ORDER_BITS * action)
        disabled = s[a + PP + place] <= 0 or (s[a + DISABLE] != 0 and s[a + DISABLE_SLOT] == place)
        if place == only_slot or (only_slot < 0 and not disabled):
            r[_LEGAL] |= 1 << action


@rule
def party_place(k: Knowledge, side: int, slot: int) -> int:
    """Where a request shows the Pokémon of an original slot, 1 … 6."""
    party = known_at(side) + PARTY
    place = 0
    while k[party + place] != slot:
        place += 1
    return place + 1


@rule
def write_options(s: Lane, k: Knowledge, r: Lane, side: int) -> None:
    """All nine actions, of a side that decides, into a record that has none yet."""
    start = side_at(side)
    r[_LEGAL] = 0
    if s[start + REQUEST] != SWITCH:
        write_moves(s, r, side)
    may_switch = (legal_bits(s, side) >> FIRST_SWITCH) != 0
    active = s[start + ACTIVE_SLOT]
    size = s[start + TEAM_SIZE]
    for slot in range(size):
        if slot == active or s[mon_at(side, slot) + HP] == 0:
            continue
        rank = SPECIES_RANK[s[set_at(side, slot) + SET_SPECIES]]
        action = 0
        for other in range(size):
            if other != active and s[mon_at(side, other) + HP] > 0:
                action += SPECIES_RANK[s[set_at(side, other) + SET_SPECIES]] < rank
        r[_SWITCHES + action] = slot + 1
        r[_SWITCH_ORDER] |= party_place(k, side, slot) << (_ORDER_BITS * action)
        if may_switch:
            r[_LEGAL] |= 1 << (_NUM_MOVES + action)
