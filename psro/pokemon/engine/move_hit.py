"""One hit of a move: moveHit in data/mods/gen1/scripts.js, and Substitute's part of it (moves.js)."""

from psro.pokemon.engine.compiled import rule
from psro.pokemon.engine.conditions import (
    add_confusion,
    break_substitute,
    heal,
    lose_hp,
)
from psro.pokemon.engine.damage import FAILED, UNDEFINED, get_damage
from psro.pokemon.engine.effects import (
    affects_user,
    build_rage,
    change_stage,
    inflict,
    lasting_effect,
    refuses,
    secondary_effect,
    substitute_blocks,
)
from psro.pokemon.engine.layout import (
    HP,
    SUBSTITUTE,
    SUBSTITUTE_HP,
    Lane,
)
from psro.pokemon.engine.places import (
    active_at,
    active_mon_at,
    get_last_damage,
    set_last_damage,
)
from psro.pokemon.engine.prng import chance
from psro.pokemon.engine.tables import (
    AT_SELF,
    BOOST_BY,
    BOOST_STAT,
    CATEGORY,
    CHANCE,
    DRAIN,
    EFFECT,
    EXPLODES,
    GIVES_STATUS,
    MOVE_TABLE,
    RECOIL,
    SECONDARY,
    SECONDARY_CONFUSION,
    STATUS_MOVE,
)


@rule
def recoil(s: Lane, side: int, move: int, damage: int) -> None:
    """applyRecoilDamage (data/mods/gen4/scripts.js, which the mod inherits): rounded down, at least 1."""
    divisor = MOVE_TABLE[move, RECOIL]
    if divisor and damage:
        lose_hp(s, active_mon_at(s, side), max(damage // divisor, 1))


@rule
def drain(s: Lane, side: int, move: int, damage: int) -> None:
    """What the user of a draining move gets, which is then the battle's last damage."""
    divisor = MOVE_TABLE[move, DRAIN]
    if divisor:
        amount = max(damage // divisor, 1)
        set_last_damage(s, amount)
        heal(s, active_mon_at(s, side), amount)


@rule
def hit_substitute(s: Lane, side: int, move: int, damage: int) -> None:
    """The other side's Substitute takes the damage; recoil, drain and confusion come of it only if it holds."""
    target = 1 - side
    t = active_at(target)
    set_last_damage(s, damage)
    if damage >= s[t + SUBSTITUTE_HP]:
        break_substitute(s, target)
        return
    s[t + SUBSTITUTE_HP] -= damage
    recoil(s, side, move, damage)
    drain(s, side, move, damage)
    if MOVE_TABLE[move, SECONDARY] == SECONDARY_CONFUSION and chance(s, MOVE_TABLE[move, CHANCE]):
        add_confusion(s, target)


@rule
def take_damage(s: Lane, side: int, move: int, damage: int) -> int:
    """battle.damage by a move on the other side's Pokémon, with drain and recoil: what it lost."""
    target = active_mon_at(s, 1 - side)
    hp = s[target + HP]
    if hp == 0:
        return 0
    dealt = min(damage, hp)
    set_last_damage(s, dealt)
    lose_hp(s, target, dealt)
    if dealt:
        drain(s, side, move, dealt)
        recoil(s, side, move, dealt)
    return dealt


@rule
def move_hit(s: Lane, side: int, move: int, hit: int, is_last: bool, repeated: int) -> int:
    """moveHit: HP taken, UNDEFINED or FAILED. `hit`: 1, 2, … of a move that hits more than once, whose later hits take `repeated`."""
    target = side if MOVE_TABLE[move, AT_SELF] else 1 - side
    t = active_at(target)
    effect = MOVE_TABLE[move, EFFECT]
    is_status = MOVE_TABLE[move, CATEGORY] == STATUS_MOVE
    if refuses(s, target, effect):
        return FAILED
    if s[t + SUBSTITUTE] and is_status and substitute_blocks(target, side, move):
        return FAILED
    if s[t + SUBSTITUTE] and not is_status and target != side:
        damage = get_last_damage(s) if hit > 1 else get_damage(s, side, move)
        if damage < 0:
            return FAILED
        hit_substitute(s, side, move, damage)
        affects_user(s, side, move, effect, s[t + SUBSTITUTE] == 0)
        return 0
    damage = UNDEFINED
    if not is_status and target != side:
        damage = repeated if hit > 1 else get_damage(s, side, move)
        if damage == FAILED:
            return FAILED
        if damage >= 0:
            damage = take_damage(s, side, move, damage)
    if (
        MOVE_TABLE[move, BOOST_BY] != 0
        and s[active_mon_at(s, target) + HP] > 0
        and not change_stage(
            s, target, side, MOVE_TABLE[move, BOOST_STAT], MOVE_TABLE[move, BOOST_BY], is_status
        )
    ):
        return FAILED
    if MOVE_TABLE[move, GIVES_STATUS]:
        inflict(s, target, side, MOVE_TABLE[move, GIVES_STATUS])
    if not lasting_effect(s, target, side, effect):
        return FAILED
    if not is_status and not MOVE_TABLE[move, EXPLODES]:
        build_rage(s, target, side)
    affects_user(s, side, move, effect, False)
    if is_last:
        secondary_effect(s, side, move)
    return damage
