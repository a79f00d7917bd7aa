"""A Pokémon comes in, or is left as Showdown leaves one that leaves: switchIn and runSwitch in sim/battle-actions.js and data/mods/gen4/scripts.js (which the mod inherits), clearVolatile and
transformInto in sim/pokemon.js."""

from psro.pokemon.engine.compiled import rule
from psro.pokemon.engine.conditions import drop_for_status, lose_hp
from psro.pokemon.engine.layout import (
    ACTIVE_SIZE,
    ACTIVE_SLOT,
    BOOSTS,
    BRN,
    FAINTED_THIS_TURN,
    HP,
    LAST_ENEMY_SELECTED_MOVE,
    LAST_MOVE,
    LAST_SELECTED_MOVE,
    LAST_SELECTED_SLOT,
    MAX_HP,
    MODIFIED,
    MON_PP,
    MOVES,
    NO_MOVE,
    PENDING,
    PP,
    PSN,
    SET_LEVEL,
    SET_MOVES,
    SET_SPECIES,
    SET_SPEED_DV,
    SET_STATS,
    SET_TYPES,
    SPE,
    SPECIES,
    SPEED,
    STATUS,
    STORED,
    TOOK,
    TOX,
    TRANSFORMED,
    TRAP_LOCK,
    TYPES,
    Lane,
)
from psro.pokemon.engine.places import active_at, active_mon_at, mon_at, set_at, side_at
from psro.pokemon.engine.prng import skip
from psro.pokemon.engine.tables import METRONOME_MOVE, SPECIES_BASE

_SPEED = 3


@rule
def update_speed(s: Lane, side: int) -> None:
    """pokemon.updateSpeed: ties and order go by the speed as it was then."""
    a = active_at(side)
    s[a + SPEED] = s[a + MODIFIED + SPE]


@rule
def reset_active(s: Lane, side: int) -> None:
    """clearVolatile: the active Pokémon as its set has it, with what its status costs."""
    a = active_at(side)
    slot = s[side_at(side) + ACTIVE_SLOT]
    own = set_at(side, slot)
    m = mon_at(side, slot)
    for entry in range(ACTIVE_SIZE):
        s[a + entry] = 0
    s[a + SPECIES] = s[own + SET_SPECIES]
    s[a + TYPES] = s[own + SET_TYPES]
    s[a + TYPES + 1] = s[own + SET_TYPES + 1]
    for stat in range(4):
        s[a + STORED + stat] = s[own + SET_STATS + stat]
        s[a + MODIFIED + stat] = s[own + SET_STATS + stat]
    for place in range(4):
        s[a + MOVES + place] = s[own + SET_MOVES + place]
        s[a + PP + place] = s[m + MON_PP + place]
    drop_for_status(s, side)
    s[a + SPEED] = s[a + STORED + SPE]


@rule
def switch_in(s: Lane, side: int, slot: int) -> None:
    """switchIn: what was active leaves, the Pokémon of the original slot is active; its entrance (enter) is still to come."""
    s[side_at(side) + ACTIVE_SLOT] = slot
    reset_active(s, side)
    update_speed(s, side)


@rule
def shuffle_if_tied(s: Lane) -> None:
    """eachEvent: a draw orders two Pokémon of the same speed, if neither has fainted, whatever the event."""
    if (
        s[active_at(0) + SPEED] == s[active_at(1) + SPEED]
        and s[active_mon_at(s, 0) + HP] > 0
        and s[active_mon_at(s, 1) + HP] > 0
    ):
        skip(s, 1)


@rule
def enter(s: Lane, side: int) -> None:
    """runSwitch: bad poison becomes poison; burns and poison hurt at once, unless the Pokémon replaces one that fainted this turn.

    Nobody on the field has a last move any more. A Pokémon that trapped with a move that Metronome called gets Metronome again.
    """
    start = side_at(side)
    m = active_mon_at(s, side)
    if s[m + STATUS] == TOX:
        s[m + STATUS] = PSN
    a = active_at(1 - side)
    s[active_at(side) + LAST_MOVE] = 0
    s[start + LAST_SELECTED_SLOT] = 0
    if s[active_mon_at(s, 1 - side) + HP] > 0:
        s[a + LAST_MOVE] = 0
        foe = side_at(1 - side)
        if s[a + TRAP_LOCK] and s[a + MOVES + s[foe + LAST_SELECTED_SLOT]] == METRONOME_MOVE:
            s[foe + LAST_SELECTED_MOVE] = METRONOME_MOVE
            s[foe + LAST_ENEMY_SELECTED_MOVE] = METRONOME_MOVE
            if s[PENDING + 1 - side] != NO_MOVE:
                s[PENDING + 1 - side] = METRONOME_MOVE
                update_speed(s, 1 - side)
    status = s[m + STATUS]
    if s[start + FAINTED_THIS_TURN] == 0 and (status in (BRN, PSN)):
        lose_hp(s, m, max(s[m + MAX_HP] // 16, 1))


@rule
def transform(s: Lane, side: int) -> None:
    """transformInto the other side's active Pokémon. Its speed for ties is, until the next update, the species' with its own DVs."""
    a = active_at(side)
    t = active_at(1 - side)
    own = set_at(side, s[side_at(side) + ACTIVE_SLOT])
    species = s[t + SPECIES]
    base = SPECIES_BASE[species, _SPEED]
    s[a + SPECIES] = species
    s[a + SPEED] = (2 * base + s[own + SET_SPEED_DV]) * s[own + SET_LEVEL] // 100 + 5
    s[a + TYPES] = s[t + TYPES]
    s[a + TYPES + 1] = s[t + TYPES + 1]
    s[a + TRANSFORMED] = 1
    for stat in range(4):
        s[a + STORED + stat] = s[t + STORED + stat]
        s[a + MODIFIED + stat] = s[t + MODIFIED + stat]
    for stat in range(6):
        s[a + BOOSTS + stat] = s[t + BOOSTS + stat]
    for place in range(4):
        s[a + MOVES + place] = s[t + MOVES + place]
        s[a + PP + place] = 0 if s[t + MOVES + place] == NO_MOVE else 5
    s[TOOK] = 1
