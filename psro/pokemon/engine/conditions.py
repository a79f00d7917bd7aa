"""Statuses, stat stages, volatile conditions and HP: what moves do to Pokémon.

Sources: data/mods/gen1/conditions.js and scripts.js (boostBy, boost), sim/pokemon.js (setStatus, addVolatile), sim/battle.js (damage,
heal, directDamage) and data/rulesets.js (the clauses).
"""

import numpy as np

from psro.pokemon.engine.compiled import rule
from psro.pokemon.engine.layout import (
    ACCURACY,
    ACTIVE_SLOT,
    ATK,
    BOOSTS,
    BRN,
    CONFUSION,
    CONFUSION_TIME,
    FLINCH,
    FRZ,
    HP,
    MAX_HP,
    MIST,
    MODIFIED,
    MUST_RECHARGE,
    PAR,
    RESIDUAL,
    RESIDUAL_COUNTER,
    SELF_INFLICTED,
    SLEEP_TURNS,
    SLP,
    SPE,
    STATUS,
    STORED,
    SUB_BROKEN,
    SUBSTITUTE,
    SUBSTITUTE_HP,
    TEAM_SIZE,
    TOX,
    TRAP_DAMAGE,
    TRAP_DURATION,
    TRAP_LOCK,
    TRAP_LOCKED,
    TRAP_MOVE,
    TRAP_TOTAL,
    TRAPPED,
    TRAPPED_DURATION,
    TRAPPED_MAYBE_LOCKED,
    TRAPPED_SOURCE,
    TYPES,
    Lane,
)
from psro.pokemon.engine.places import (
    active_at,
    active_mon_at,
    get_last_damage,
    mon_at,
    set_last_damage,
    side_at,
)
from psro.pokemon.engine.prng import draw, skip
from psro.pokemon.engine.tables import BOOST_FACTORS, STATUS_IMMUNE


@rule
def two_to_five(s: Lane) -> int:
    """battle.sample([2, 2, 2, 3, 3, 3, 4, 5])."""
    drawn = draw(s, 8)
    if drawn < 3:
        return 2
    if drawn < 6:
        return 3
    return drawn - 2


@rule
def drop_for_status(s: Lane, side: int) -> None:
    """The stat that a burn or a paralysis costs, taken (once more) from what is used now."""
    status = s[active_mon_at(s, side) + STATUS]
    a = active_at(side)
    if status == PAR:
        s[a + MODIFIED + SPE] = max(s[a + MODIFIED + SPE] // 4, 1)
    elif status == BRN:
        s[a + MODIFIED + ATK] = max(s[a + MODIFIED + ATK] // 2, 1)


@rule
def boost_by(s: Lane, a: int, stat: int, by: int) -> bool:
    """Changes a stage of the active Pokémon at `a` and recomputes the stat; whether it did (the mod's boostBy)."""
    stage = s[a + BOOSTS + stat]
    if (by > 0 and stage >= 6) or (by < 0 and stage <= -6):
        return False
    stage = min(max(stage + by, -6), 6)
    if stat < ACCURACY:
        modified = s[a + MODIFIED + stat]
        if by > 0 and modified == 999:
            s[a + BOOSTS + stat] = stage - 1
            return False
        if by < 0 and modified == 1:
            s[a + BOOSTS + stat] = stage + 1
            return False
        modified = int(s[a + STORED + stat] * BOOST_FACTORS[stage + 6])
        if by > 0 and modified > 999:
            modified = 999
        s[a + MODIFIED + stat] = max(modified, 1)
    s[a + BOOSTS + stat] = stage
    return True


@rule
def boost(s: Lane, target: int, source: int, stat: int, by: int, mist_applies: bool) -> bool:
    """battle.boost: False if the target has fainted, Mist stands before it, or the stage cannot change."""
    a = active_at(target)
    if s[active_mon_at(s, target) + HP] == 0:
        return False
    if by < 0 and mist_applies and source != target and s[a + MIST]:
        return False
    return boost_by(s, a, stat, by)


@rule
def set_status(s: Lane, target: int, source: int, status: int) -> bool:
    """pokemon.setStatus with a status: whether it took. One draw orders the Sleep and Freeze Clauses, whatever the status."""
    m = active_mon_at(s, target)
    a = active_at(target)
    if s[m + HP] == 0 or s[m + STATUS] == status:
        return False
    if STATUS_IMMUNE[status, s[a + TYPES]] or STATUS_IMMUNE[status, s[a + TYPES + 1]]:
        return False
    skip(s, 1)
    if source != target and (status in (SLP, FRZ)):
        for slot in range(s[side_at(target) + TEAM_SIZE]):
            other = mon_at(target, slot)
            if s[other + STATUS] != status:
                continue
            if status == FRZ or (s[other + HP] > 0 and s[other + SELF_INFLICTED] == 0):
                return False
    s[m + STATUS] = status
    s[m + SLEEP_TURNS] = 0
    s[m + SELF_INFLICTED] = 0
    if status == SLP:
        s[m + SLEEP_TURNS] = draw(s, 7) + 1
        s[m + SELF_INFLICTED] = source == target
    elif status == TOX:
        s[a + RESIDUAL] = 1
        s[a + RESIDUAL_COUNTER] = 0
    return True


@rule
def cure_status(s: Lane, side: int) -> None:
    """pokemon.cureStatus: the stats it cost stay as they are."""
    m = active_mon_at(s, side)
    if s[m + HP] > 0:
        s[m + STATUS] = 0
        s[m + SLEEP_TURNS] = 0
        s[m + SELF_INFLICTED] = 0


@rule
def add_confusion(s: Lane, side: int) -> bool:
    """Confuses for 2 to 5 turns, if alive and not confused yet."""
    a = active_at(side)
    if s[active_mon_at(s, side) + HP] == 0 or s[a + CONFUSION]:
        return False
    s[a + CONFUSION] = 1
    s[a + CONFUSION_TIME] = draw(s, 4) + 2
    return True


@rule
def remove_confusion(s: Lane, a: int) -> None:
    """Ends the confusion."""
    s[a + CONFUSION] = 0
    s[a + CONFUSION_TIME] = 0


@rule
def add_flinch(s: Lane, side: int) -> None:
    """Makes flinch, which spares a recharge."""
    a = active_at(side)
    if s[active_mon_at(s, side) + HP] > 0 and s[a + FLINCH] == 0:
        s[a + FLINCH] = 1
        s[a + MUST_RECHARGE] = 0


@rule
def remove_trap_lock(s: Lane, a: int) -> None:
    """Ends partialtrappinglock."""
    for entry in range(TRAP_LOCK, TRAP_LOCKED + 1):
        s[a + entry] = 0


@rule
def remove_trapped(s: Lane, a: int) -> None:
    """Ends partiallytrapped."""
    for entry in range(TRAPPED, TRAPPED_SOURCE + 1):
        s[a + entry] = 0


@rule
def add_trapped(s: Lane, side: int) -> None:
    """partiallytrapped by the other side's active Pokémon; again: two turns more, the first source stays."""
    a = active_at(side)
    if s[active_mon_at(s, side) + HP] == 0:
        return
    if s[a + TRAPPED] == 0:
        s[a + TRAPPED] = 1
        s[a + TRAPPED_MAYBE_LOCKED] = 0
        s[a + TRAPPED_SOURCE] = s[side_at(1 - side) + ACTIVE_SLOT]
    s[a + TRAPPED_DURATION] = 2


@rule
def add_trap_lock(s: Lane, side: int, move: int) -> None:
    """partialtrappinglock for the user of a trapping move: the duration is drawn even if there is nobody left to trap."""
    a = active_at(side)
    if s[active_mon_at(s, side) + HP] == 0 or s[a + TRAP_LOCK]:
        return
    duration = two_to_five(s)
    if s[active_mon_at(s, 1 - side) + HP] == 0:
        return
    s[a + TRAP_LOCK] = 1
    s[a + TRAP_MOVE] = move
    s[a + TRAP_DURATION] = duration
    s[a + TRAP_TOTAL] = duration
    s[a + TRAP_DAMAGE] = np.int16(get_last_damage(s))
    s[a + TRAP_LOCKED] = s[side_at(1 - side) + ACTIVE_SLOT]
    add_trapped(s, 1 - side)


@rule
def lose_hp(s: Lane, m: int, damage: int) -> int:
    """pokemon.damage: what was lost."""
    lost = min(damage, s[m + HP])
    s[m + HP] -= lost
    return lost


@rule
def heal(s: Lane, m: int, amount: int) -> None:
    """battle.heal: nothing for the fainted."""
    if s[m + HP] > 0:
        s[m + HP] = min(s[m + HP] + amount, s[m + MAX_HP])


@rule
def hurt_itself(s: Lane, side: int, damage: int) -> None:
    """directDamage by confusion or a crash: with a Substitute up, it is the other side's Substitute that takes it, if there is one."""
    m = active_mon_at(s, side)
    if s[m + HP] == 0:
        return
    set_last_damage(s, damage)
    if s[active_at(side) + SUBSTITUTE] == 0:
        lose_hp(s, m, damage)
        return
    foe = active_at(1 - side)
    if s[foe + SUBSTITUTE]:
        s[foe + SUBSTITUTE_HP] -= damage
        if s[foe + SUBSTITUTE_HP] <= 0:
            break_substitute(s, 1 - side)


@rule
def break_substitute(s: Lane, side: int) -> None:
    """Ends the Substitute; the Pokémon remembers that it broke until a move is aimed at it."""
    a = active_at(side)
    s[a + SUBSTITUTE] = 0
    s[a + SUBSTITUTE_HP] = 0
    s[active_mon_at(s, side) + SUB_BROKEN] = 1
