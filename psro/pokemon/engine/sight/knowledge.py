"""What happens tells those who watch: an action, a switch, a faint, a new turn. The rules are those of Gen1Battle (gen1_battle.py)
and poke-env's Pokemon, which read the same from the simulator's protocol."""

from psro.pokemon.engine.compiled import rule
from psro.pokemon.engine.layout import (
    ACTIVE_SLOT,
    CONFUSION_TIME,
    EXECUTED,
    FIRST_MOVE,
    HELD_ALOUD,
    HELD_ASLEEP,
    HELD_BIDING,
    HELD_BY,
    HP,
    LAST_SELECTED_SLOT,
    MUST_RECHARGE,
    SET_SPECIES,
    SET_TYPES,
    SPECIES,
    TOOK,
    TOX,
    TWO_TURN,
    Lane,
)
from psro.pokemon.engine.layout import BIDE as LANE_BIDE
from psro.pokemon.engine.layout import BOOSTS as LANE_BOOSTS
from psro.pokemon.engine.layout import CONFUSION as LANE_CONFUSION
from psro.pokemon.engine.layout import DISABLE as LANE_DISABLE
from psro.pokemon.engine.layout import FOCUS_ENERGY as LANE_FOCUS_ENERGY
from psro.pokemon.engine.layout import LEECH_SEED as LANE_LEECH_SEED
from psro.pokemon.engine.layout import LIGHT_SCREEN as LANE_LIGHT_SCREEN
from psro.pokemon.engine.layout import MIST as LANE_MIST
from psro.pokemon.engine.layout import MOVES as LANE_MOVES
from psro.pokemon.engine.layout import REFLECT as LANE_REFLECT
from psro.pokemon.engine.layout import STATUS as LANE_STATUS
from psro.pokemon.engine.layout import SUBSTITUTE as LANE_SUBSTITUTE
from psro.pokemon.engine.layout import TYPES as LANE_TYPES
from psro.pokemon.engine.places import active_at, active_mon_at, set_at, side_at
from psro.pokemon.engine.sight.moves import show_mimic, show_move, show_transform
from psro.pokemon.engine.sight.places import (
    ACTIVE_END,
    BIDE,
    BIDE_TURNS,
    BOOSTS,
    CONFUSION,
    COPIED,
    COUNTER,
    DISABLE,
    DISABLE_TURNS,
    FOCUS_ENERGY,
    FORM,
    LAST_MOVE,
    LAST_OWN_MOVE,
    LEECH_SEED,
    LIGHT_SCREEN,
    MIMIC,
    MIMICKED,
    MINIMIZE,
    MIST,
    NUM_SEEN,
    NUM_STARTED,
    ORDER,
    OWN_VIEW_LAST_MOVE,
    PARTY,
    PREPARING,
    RECHARGING,
    REFLECT,
    SIDE_SIZE,
    STARTED,
    STATUS,
    SUBSTITUTE,
    TRANSFORMED,
    TURNS,
    TYPE_CHANGE,
    TYPES,
    Knowledge,
    known_at,
    known_mon_at,
)
from psro.pokemon.engine.tables import MOVE_NUMBERS

_CONVERSION = MOVE_NUMBERS["conversion"]
_MIMIC = MOVE_NUMBERS["mimic"]
_MINIMIZE = MOVE_NUMBERS["minimize"]
_TRANSFORM = MOVE_NUMBERS["transform"]

_BOOSTS = (0, 1, 3, 3, 2, 4, 5)
"""The engine's places of a record's boosts: Special stands twice."""


@rule
def start_effect(k: Knowledge, side: int, effect: int) -> None:
    """An effect begins, unless it is there."""
    known = known_at(side)
    if k[known + STARTED + effect]:
        return
    k[known + NUM_STARTED] += 1
    k[known + STARTED + effect] = k[known + NUM_STARTED]
    if effect == BIDE:
        k[known + BIDE_TURNS] = 0
    elif effect == DISABLE:
        k[known + DISABLE_TURNS] = 0


@rule
def end_effect(k: Knowledge, side: int, effect: int) -> None:
    """An effect ends."""
    k[known_at(side) + STARTED + effect] = 0


@rule
def follow_effect(k: Knowledge, side: int, effect: int, is_there: int) -> None:
    """An effect whose start and end are both announced."""
    if is_there:
        start_effect(k, side, effect)
    else:
        end_effect(k, side, effect)


@rule
def end_effects(k: Knowledge, side: int) -> None:
    """All effects end."""
    for place in range(known_at(side) + STARTED, known_at(side) + BIDE_TURNS):
        k[place] = 0


@rule
def look(s: Lane, k: Knowledge, side: int) -> None:
    """What both sides see of a side's active Pokémon as it is: after an action and before its faints, which take it away."""
    known = known_at(side)
    a = active_at(side)
    mon = known_mon_at(side, s[side_at(side) + ACTIVE_SLOT])
    status = s[active_mon_at(s, side) + LANE_STATUS]
    if k[mon + STATUS] != status:
        k[mon + STATUS] = status
        k[mon + COUNTER] = 0
    k[known + FORM] = s[a + SPECIES]
    k[known + TYPES] = s[a + LANE_TYPES]
    k[known + TYPES + 1] = s[a + LANE_TYPES + 1]
    for stat in range(7):
        k[known + BOOSTS + stat] = s[a + LANE_BOOSTS + _BOOSTS[stat]]
    follow_effect(k, side, SUBSTITUTE, s[a + LANE_SUBSTITUTE])
    follow_effect(k, side, REFLECT, s[a + LANE_REFLECT])
    follow_effect(k, side, LIGHT_SCREEN, s[a + LANE_LIGHT_SCREEN])
    follow_effect(k, side, LEECH_SEED, s[a + LANE_LEECH_SEED])
    follow_effect(k, side, CONFUSION, s[a + LANE_CONFUSION])
    follow_effect(k, side, FOCUS_ENERGY, s[a + LANE_FOCUS_ENERGY])
    follow_effect(k, side, MIST, s[a + LANE_MIST])
    follow_effect(k, side, DISABLE, s[a + LANE_DISABLE])


@rule
def see_move(s: Lane, k: Knowledge, side: int, confusion_ended: bool) -> None:
    """A Pokémon's turn to move has passed. `confusion_ended`: its confusion had one turn left before."""
    known = known_at(side)
    a = active_at(side)
    held = s[HELD_BY]
    if held in (HELD_ASLEEP, HELD_ALOUD):
        k[known + RECHARGING] = 0
    if held == HELD_ASLEEP:
        k[known_mon_at(side, s[side_at(side) + ACTIVE_SLOT]) + COUNTER] += 1
    if held == HELD_BIDING:
        follow_effect(k, side, BIDE, s[a + LANE_BIDE])
    if held:
        return
    first = s[FIRST_MOVE] + 0
    executed = s[EXECUTED] + 0
    if confusion_ended:
        # It may be confused anew, by the end of its own rampage.
        end_effect(k, side, CONFUSION)
    if first > 0:
        show_move(s, k, side, first)
    if first == _MINIMIZE or first == -_MINIMIZE or executed == _MINIMIZE:
        start_effect(k, side, MINIMIZE)
    if s[TOOK]:
        if executed == _TRANSFORM:
            show_transform(s, k, side)
        elif executed == _CONVERSION:
            start_effect(k, side, TYPE_CHANGE)
        elif executed == _MIMIC:
            show_mimic(s, k, side, s[a + LANE_MOVES + s[side_at(side) + LAST_SELECTED_SLOT]])
            start_effect(k, side, MIMIC)
    if s[a + LANE_BIDE]:
        start_effect(k, side, BIDE)
    k[known + RECHARGING] = s[a + MUST_RECHARGE]
    k[known + PREPARING] = s[a + TWO_TURN]


@rule
def see_switch(s: Lane, k: Knowledge, side: int, leaving: int) -> None:
    """The side's active Pokémon has come in, for the one in slot `leaving`."""
    known = known_at(side)
    slot = s[side_at(side) + ACTIVE_SLOT] + 0
    if k[known + NUM_SEEN]:
        left = known_mon_at(side, leaving)
        if k[left + STATUS] == TOX:
            k[left + COUNTER] = 0
    seen = k[known + NUM_SEEN] + 0
    is_new = True
    for place in range(seen):
        if k[known + ORDER + place] == slot:
            is_new = False
    if is_new:
        k[known + ORDER + seen] = slot
        k[known + NUM_SEEN] = seen + 1
    for place in range(known + COPIED, known + ACTIVE_END):
        k[place] = 0
    # switchIn of sim/battle-actions.js: the two change places, one that fainted as well.
    for place in range(known + PARTY, known + SIDE_SIZE):
        if k[place] == leaving:
            k[place] = slot
        elif k[place] == slot:
            k[place] = leaving


@rule
def see_faints(s: Lane, k: Knowledge) -> None:
    """What a fainted Pokémon loses at once; its boosts and copied types stay as they were until another comes in."""
    for side in range(2):
        known = known_at(side)
        slot = s[side_at(side) + ACTIVE_SLOT]
        if s[active_mon_at(s, side) + HP] > 0:
            continue
        own = set_at(side, slot)
        if k[known + STARTED + TYPE_CHANGE]:
            k[known + TYPES] = s[own + SET_TYPES]
            k[known + TYPES + 1] = s[own + SET_TYPES + 1]
        end_effects(k, side)
        if k[known + TRANSFORMED]:
            k[known + LAST_MOVE] = k[known + LAST_OWN_MOVE]
            k[known + OWN_VIEW_LAST_MOVE] = k[known + LAST_OWN_MOVE]
        k[known + TRANSFORMED] = 0
        for place in range(4):
            k[known + MIMICKED + place] = 0
        k[known + FORM] = s[own + SET_SPECIES]


@rule
def see_turn(s: Lane, k: Knowledge) -> None:
    """A new turn: counters go on."""
    for side in range(2):
        known = known_at(side)
        mon = known_mon_at(side, s[side_at(side) + ACTIVE_SLOT])
        k[known + TURNS] += 1
        k[known + BIDE_TURNS] += 1
        k[known + DISABLE_TURNS] += 1
        if s[active_mon_at(s, side) + LANE_STATUS] == TOX:
            k[mon + COUNTER] += 1


@rule
def confusion_is_over(s: Lane, side: int) -> bool:
    """Whether the Pokémon, if it gets to move, will snap out of confusion."""
    return s[active_at(side) + LANE_CONFUSION] != 0 and s[active_at(side) + CONFUSION_TIME] == 1
