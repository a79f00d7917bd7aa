"""Sighting records from lanes and knowledge: what observations/records/from_state.py fills from poke-env, without it."""

from typing import Final

import numpy as np

from psro.pokemon.engine.compiled import rule
from psro.pokemon.engine.layout import (
    ACTIVE_SLOT,
    HP,
    MAX_HP,
    NO_MOVE,
    REQUEST,
    SET_LEVEL,
    SET_MOVES,
    SET_SPECIES,
    SET_STATS,
    STATUS,
    SWITCH,
    TEAM_SIZE,
    TURN,
    WAIT,
    Lane,
    Lanes,
)
from psro.pokemon.engine.layout import MOVES as LANE_MOVES
from psro.pokemon.engine.places import active_at, mon_at, set_at, side_at
from psro.pokemon.engine.rows import row
from psro.pokemon.engine.sight import places
from psro.pokemon.engine.sight.moves import moves_at
from psro.pokemon.engine.sight.options import write_options
from psro.pokemon.engine.sight.places import Knowledge, kernel, known_at, known_mon_at
from psro.pokemon.engine.tables import RULES
from psro.pokemon.observations.layout import TYPES
from psro.pokemon.observations.records import record
from psro.pokemon.observations.records.record import (
    BOOSTS_AT,
    CONDITIONS,
    COUNTER,
    FAINTED,
    FOE_TEAM_SIZE,
    FORCED_SWITCH,
    FORM,
    MOVES,
    OWN,
    POKEMON_WIDTH,
    SLOT,
    SPECIES,
    STATS,
    TYPES_AT,
    WIDTH,
)

_STATUS: Final = np.array(
    [
        *(record.HEALTHY, record.BURNED, record.PARALYZED, record.ASLEEP),
        *(record.FROZEN, record.POISONED, record.BADLY_POISONED),
    ],
    np.int16,
)
"""A record's number by the engine's."""
_TYPE: Final = np.array(
    [
        TYPES.index(name.upper()) if name.upper() in TYPES else record.NO_TYPE
        for name in RULES["types"]
    ],
    np.int16,
)
"""A record's number by the engine's, in which 0 is no type."""
_NUM_EFFECTS: Final = len(record.EFFECT_WORDS)
_CONDITION: Final = np.zeros(_NUM_EFFECTS, np.int16)
"""The bit that an effect sets in CONDITIONS."""
for _effect, _bit in (
    (places.SUBSTITUTE, record.SUBSTITUTE),
    (places.REFLECT, record.REFLECT),
    (places.LIGHT_SCREEN, record.LIGHT_SCREEN),
    (places.LEECH_SEED, record.LEECH_SEED),
    (places.CONFUSION, record.CONFUSION),
    (places.FOCUS_ENERGY, record.FOCUS_ENERGY),
    (places.MIST, record.MIST),
    (places.DISABLE, record.DISABLED),
    (places.BIDE, record.BIDING),
    (places.RAGE, record.RAGING),
):
    _CONDITION[_effect] = _bit
_FOE: Final = record.FOE
_MOVES_PER_POKEMON: Final = record.MOVES_PER_POKEMON
_LEVEL: Final = record.LEVEL
_HP: Final = record.HP
_MAX_HP: Final = record.MAX_HP
_STATUS_AT: Final = record.STATUS
_PP: Final = record.PP
_ASLEEP: Final = record.ASLEEP
_BADLY_POISONED: Final = record.BADLY_POISONED
_OWN_ACTIVE: Final = record.OWN_ACTIVE
_FOE_ACTIVE: Final = record.FOE_ACTIVE
_LAST_MOVE: Final = record.LAST_MOVE
_PREVIOUS_MOVE: Final = record.PREVIOUS_MOVE
_ACTIVE_TURNS: Final = record.ACTIVE_TURNS
_EFFECT: Final = record.EFFECT
_RECHARGING: Final = record.RECHARGING
_PREPARING: Final = record.PREPARING
_TRANSFORMED: Final = record.TRANSFORMED
_TURN: Final = record.TURN


@rule
def percentage(hp: int, max_hp: int) -> int:
    """What HP Percentage Mod shows of HP (sim/pokemon.js, getHealth): rounded up, 100 only for all of them."""
    shown = (100 * hp + max_hp - 1) // max_hp
    return 99 if shown == 100 and hp < max_hp else shown


@rule
def write_mon(s: Lane, k: Knowledge, r: Lane, at: int, side: int, slot: int) -> None:
    """What both sides know of a Pokémon, at `at`."""
    own = set_at(side, slot)
    m = mon_at(side, slot)
    fainted = s[m + HP] == 0
    status = FAINTED if fainted else _STATUS[s[m + STATUS]] + 0
    r[at + SPECIES] = s[own + SET_SPECIES]
    r[at + _LEVEL] = s[own + SET_LEVEL]
    r[at + _STATUS_AT] = status
    if status in (_ASLEEP, _BADLY_POISONED):
        r[at + COUNTER] = k[known_mon_at(side, slot) + places.COUNTER]


@rule
def write_own(s: Lane, k: Knowledge, r: Lane, side: int) -> None:
    """The side's own team, in its original order."""
    active = s[side_at(side) + ACTIVE_SLOT]
    for slot in range(s[side_at(side) + TEAM_SIZE]):
        at = OWN + slot * POKEMON_WIDTH
        m = mon_at(side, slot)
        own = set_at(side, slot)
        write_mon(s, k, r, at, side, slot)
        r[at + _HP] = s[m + HP]
        r[at + _MAX_HP] = s[m + MAX_HP]
        moves = active_at(side) + LANE_MOVES if slot == active else own + SET_MOVES
        for place in range(_MOVES_PER_POKEMON):
            r[at + MOVES + place] = s[moves + place]
        # The engine has attack, defense, speed, special.
        r[at + STATS] = s[own + SET_STATS]
        r[at + STATS + 1] = s[own + SET_STATS + 1]
        r[at + STATS + 2] = s[own + SET_STATS + 3]
        r[at + STATS + 3] = s[own + SET_STATS + 2]


@rule
def write_foe(s: Lane, k: Knowledge, r: Lane, foe: int) -> int:
    """The other side's Pokémon as they came out. Returns the active one's place."""
    known = known_at(foe)
    active = s[side_at(foe) + ACTIVE_SLOT]
    active_place = 0
    for seen in range(k[known + places.NUM_SEEN]):
        slot = k[known + places.ORDER + seen] + 0
        at = _FOE + seen * POKEMON_WIDTH
        m = mon_at(foe, slot)
        write_mon(s, k, r, at, foe, slot)
        r[at + _HP] = percentage(s[m + HP] + 0, s[m + MAX_HP] + 0)
        r[at + _MAX_HP] = 100
        moves = known_mon_at(foe, slot) + places.MOVES
        if slot == active:
            active_place = seen
            moves = moves_at(s, k, foe)
        for place in range(_MOVES_PER_POKEMON):
            is_mimicked = slot == active and k[known + places.MIMICKED + place] != NO_MOVE
            r[at + MOVES + place] = (
                k[known + places.MIMICKED + place] if is_mimicked else k[moves + place]
            )
            r[at + _PP + place] = (
                k[known + places.MIMICKED_PP + place] if is_mimicked else k[moves + 4 + place]
            )
    return active_place


@rule
def first_effect(k: Knowledge, known: int) -> int:
    """Of the effects there are the first to have begun among those with the least count, or 0."""
    found = 0
    least = 0
    for effect in range(_NUM_EFFECTS):
        began = k[known + places.STARTED + effect]
        if began == 0:
            continue
        count = 0
        if effect == places.BIDE:
            count = k[known + places.BIDE_TURNS] + 0
        elif effect == places.DISABLE:
            count = k[known + places.DISABLE_TURNS] + 0
        if (
            found == 0
            or count < least
            or (count == least and began < k[known + places.STARTED + found])
        ):
            found = effect
            least = count
    return found


@rule
def write_active(k: Knowledge, r: Lane, at: int, side: int, place: int) -> None:
    """What only a Pokémon on the field has."""
    known = known_at(side)
    r[at + SLOT] = place
    r[at + FORM] = k[known + places.FORM]
    r[at + TYPES_AT] = _TYPE[k[known + places.TYPES]]
    r[at + TYPES_AT + 1] = _TYPE[k[known + places.TYPES + 1]]
    for stat in range(7):
        r[at + BOOSTS_AT + stat] = k[known + places.BOOSTS + stat]
    conditions = 0
    for effect in range(_NUM_EFFECTS):
        if k[known + places.STARTED + effect]:
            conditions |= _CONDITION[effect]
    if k[known + places.RECHARGING]:
        conditions |= _RECHARGING
    if k[known + places.PREPARING]:
        conditions |= _PREPARING
    if k[known + places.TRANSFORMED]:
        conditions |= _TRANSFORMED
    r[at + CONDITIONS] = conditions
    r[at + _LAST_MOVE] = k[known + places.LAST_MOVE]
    r[at + _ACTIVE_TURNS] = k[known + places.TURNS]
    r[at + _EFFECT] = first_effect(k, known)


@rule
def write_record(s: Lane, k: Knowledge, r: Lane, side: int) -> None:
    """One side's record, all of it."""
    for place in range(WIDTH):
        r[place] = NO_MOVE
    write_own(s, k, r, side)
    foe_place = write_foe(s, k, r, 1 - side)
    write_active(k, r, _OWN_ACTIVE, side, s[side_at(side) + ACTIVE_SLOT] + 0)
    write_active(k, r, _FOE_ACTIVE, 1 - side, foe_place)
    r[_OWN_ACTIVE + _LAST_MOVE] = k[known_at(side) + places.OWN_VIEW_LAST_MOVE]
    own = known_mon_at(side, s[side_at(side) + ACTIVE_SLOT])
    foe = known_mon_at(1 - side, s[side_at(1 - side) + ACTIVE_SLOT])
    r[_OWN_ACTIVE + _PREVIOUS_MOVE] = k[own + places.OWN_VIEW_PREVIOUS_MOVE]
    r[_FOE_ACTIVE + _PREVIOUS_MOVE] = k[foe + places.PREVIOUS_MOVE]
    write_options(s, k, r, side)
    r[_TURN] = s[TURN]
    r[FORCED_SWITCH] = s[side_at(side) + REQUEST] == SWITCH
    r[FOE_TEAM_SIZE] = s[side_at(1 - side) + TEAM_SIZE]


@kernel("void(int16[:, ::1], int16[:, ::1], int16[:, ::1])")
def write_records(lanes: Lanes, knowledge: Knowledge, records: Lanes) -> None:
    """Writes records int16 [lanes · 2, WIDTH]: row 2 · lane + side, where that side decides; other rows stay as they are."""
    for lane in range(lanes.shape[0]):
        s = row(lanes, lane)
        k = row(knowledge, lane)
        for side in range(2):
            if s[side_at(side) + REQUEST] != WAIT:
                write_record(s, k, row(records, 2 * lane + side), side)
