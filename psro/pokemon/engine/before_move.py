"""What may keep a Pokémon from moving: the BeforeMove handlers of data/mods/gen1/conditions.js, in their order."""

from psro.pokemon.engine.compiled import rule
from psro.pokemon.engine.conditions import (
    break_substitute,
    hurt_itself,
    lose_hp,
    remove_confusion,
    remove_trap_lock,
)
from psro.pokemon.engine.effects import build_rage
from psro.pokemon.engine.layout import (
    ACTIVE_SLOT,
    ATK,
    BIDE,
    BIDE_DAMAGE,
    BIDE_DAMAGE_HIGH,
    BIDE_TIME,
    CONFUSION,
    CONFUSION_TIME,
    DEF,
    DISABLE,
    DISABLE_MOVE,
    DISABLE_TIME,
    FLINCH,
    FRZ,
    HELD_ALOUD,
    HELD_ASLEEP,
    HELD_BIDING,
    HELD_BY,
    HELD_SILENTLY,
    HP,
    INVULNERABLE,
    LAST_MOVE,
    LOCKED,
    LOCKED_ACCURACY,
    LOCKED_MOVE,
    LOCKED_TIME,
    MODIFIED,
    MUST_RECHARGE,
    PAR,
    SET_LEVEL,
    SLEEP_TURNS,
    SLP,
    STATUS,
    SUBSTITUTE,
    SUBSTITUTE_HP,
    TRAP_LOCK,
    TRAP_LOCKED,
    TRAPPED,
    TWO_TURN,
    TWO_TURN_MOVE,
    Lane,
)
from psro.pokemon.engine.places import (
    active_at,
    active_mon_at,
    get_bide_damage,
    get_last_damage,
    set_at,
    set_bide_damage,
    set_last_damage,
    side_at,
)
from psro.pokemon.engine.prng import chance
from psro.pokemon.engine.special_moves import remove_disable
from psro.pokemon.engine.tables import MOVE_NUMBERS

_BIDE_MOVE = MOVE_NUMBERS["bide"]


@rule
def remove_two_turn(s: Lane, a: int) -> None:
    """Ends twoturnmove, which leaves a Pokémon underground or in the air."""
    s[a + TWO_TURN] = 0
    s[a + TWO_TURN_MOVE] = 0


@rule
def remove_rampage(s: Lane, a: int) -> None:
    """Ends lockedmove."""
    s[a + LOCKED] = 0
    s[a + LOCKED_MOVE] = 0
    s[a + LOCKED_TIME] = 0
    s[a + LOCKED_ACCURACY] = 0


@rule
def remove_bide(s: Lane, a: int) -> None:
    """Ends Bide."""
    s[a + BIDE] = 0
    s[a + BIDE_DAMAGE] = 0
    s[a + BIDE_DAMAGE_HIGH] = 0
    s[a + BIDE_TIME] = 0


@rule
def interrupt(s: Lane, a: int) -> None:
    """What full paralysis and confusion's blow end, if the Pokémon still stands."""
    remove_bide(s, a)
    remove_two_turn(s, a)
    remove_trap_lock(s, a)
    remove_rampage(s, a)


@rule
def confused_blow(s: Lane, side: int) -> None:
    """Confusion's blow against oneself: typeless, 40 power, no critical hit, no spread."""
    a = active_at(side)
    level = s[set_at(side, s[side_at(side) + ACTIVE_SLOT]) + SET_LEVEL]
    attack = s[a + MODIFIED + ATK]
    damage = (2 * level // 5 + 2) * attack * 40 // s[a + MODIFIED + DEF] // 50 + 2
    hurt_itself(s, side, damage)
    if s[active_mon_at(s, side) + HP] > 0:
        interrupt(s, a)
        s[a + INVULNERABLE] = 0


@rule
def release_bide(s: Lane, side: int, damage: int) -> None:
    """Twice what was stored, whatever types and Dig say."""
    target = 1 - side
    t = active_at(target)
    if s[t + SUBSTITUTE]:
        set_last_damage(s, damage)
        if damage >= s[t + SUBSTITUTE_HP]:
            break_substitute(s, target)
        else:
            s[t + SUBSTITUTE_HP] -= damage
        return
    m = active_mon_at(s, target)
    dealt = min(damage, s[m + HP])
    set_last_damage(s, dealt)
    lose_hp(s, m, dealt)
    build_rage(s, target, side)


@rule
def bides(s: Lane, side: int) -> None:
    """A turn of Bide."""
    a = active_at(side)
    stored = get_bide_damage(s, a) + get_last_damage(s)
    set_bide_damage(s, a, stored)
    s[a + BIDE_TIME] -= 1
    if s[a + BIDE_TIME] == 0:
        if stored:
            release_bide(s, side, 2 * stored)
        remove_bide(s, a)


@rule
def can_move(s: Lane, side: int, target: int, move: int) -> bool:
    """Whether the Pokémon gets to use the move it set out to; counters run down on the way."""
    a = active_at(side)
    m = active_mon_at(s, side)
    status = s[m + STATUS]
    s[HELD_BY] = HELD_ALOUD
    if status == FRZ:
        s[a + LAST_MOVE] = 0
        return False
    if status == SLP:
        s[m + SLEEP_TURNS] -= 1
        s[HELD_BY] = HELD_ASLEEP if s[m + SLEEP_TURNS] > 0 else HELD_SILENTLY
        s[a + LAST_MOVE] = 0
        return False
    if s[a + TRAPPED] or s[a + FLINCH]:
        return False
    if s[a + MUST_RECHARGE]:
        s[a + MUST_RECHARGE] = 0
        return False
    if s[a + DISABLE]:
        s[a + DISABLE_TIME] -= 1
        if s[a + DISABLE_TIME] == 0:
            remove_disable(s, a)
        elif s[a + DISABLE_MOVE] == (_BIDE_MOVE if s[a + BIDE] else move):
            remove_two_turn(s, a)
            return False
    if s[a + CONFUSION]:
        s[a + CONFUSION_TIME] -= 1
        if s[a + CONFUSION_TIME] == 0:
            remove_confusion(s, a)
        elif not chance(s, 128):
            confused_blow(s, side)
            s[HELD_BY] = HELD_SILENTLY
            return False
    if status == PAR and chance(s, 63):
        interrupt(s, a)
        return False
    if s[a + BIDE]:
        bides(s, side)
        s[HELD_BY] = HELD_BIDING
        return False
    s[HELD_BY] = 0
    if s[a + TRAP_LOCK] and (
        target == side or s[a + TRAP_LOCKED] != s[side_at(target) + ACTIVE_SLOT]
    ):
        remove_trap_lock(s, a)
    return True
