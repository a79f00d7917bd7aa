"""A move meets its target: tryMoveHit and moveHit in data/mods/gen1/scripts.js, and Substitute's part of it (moves.js)."""

from psro.pokemon.engine.compiled import rule
from psro.pokemon.engine.conditions import (
    add_confusion,
    add_flinch,
    add_trap_lock,
    add_trapped,
    boost,
    break_substitute,
    cure_status,
    drop_for_status,
    heal,
    lose_hp,
    remove_confusion,
    remove_trap_lock,
    set_status,
    two_to_five,
)
from psro.pokemon.engine.damage import FAILED, UNDEFINED, get_damage, has_type, is_immune
from psro.pokemon.engine.layout import (
    ACCURACY,
    ACTIVE_SLOT,
    ATK,
    BOOSTS,
    BRN,
    EVASION,
    FOCUS_ENERGY,
    FRZ,
    HP,
    INVULNERABLE,
    LEECH_SEED,
    LIGHT_SCREEN,
    LOCKED,
    LOCKED_ACCURACY,
    LOCKED_MOVE,
    LOCKED_TIME,
    MAX_HP,
    MIST,
    MODIFIED,
    MUST_RECHARGE,
    PAR,
    PP,
    PSN,
    RAGE,
    RAGE_ACCURACY,
    REFLECT,
    SLP,
    SPE,
    STATUS,
    SUB_BROKEN,
    SUBSTITUTE,
    SUBSTITUTE_HP,
    TOX,
    TRAPPED,
    TRAPPED_SOURCE,
    Lane,
)
from psro.pokemon.engine.places import (
    active_at,
    active_mon_at,
    get_last_damage,
    set_last_damage,
    side_at,
)
from psro.pokemon.engine.prng import chance, draw
from psro.pokemon.engine.special_moves import (
    add_bide,
    add_disable,
    convert,
    haze,
    make_substitute,
    mimic,
    recover,
    rest,
)
from psro.pokemon.engine.switching import transform
from psro.pokemon.engine.tables import (
    ACC,
    AT_SELF,
    BOOST_BY,
    BOOST_FACTORS,
    BOOST_STAT,
    CATEGORY,
    CHANCE,
    DRAIN,
    EFFECT,
    EFFECT_BIDE,
    EFFECT_CONFUSE,
    EFFECT_CONVERSION,
    EFFECT_DISABLE,
    EFFECT_DREAM_EATER,
    EFFECT_FOCUS_ENERGY,
    EFFECT_HAZE,
    EFFECT_HEAL,
    EFFECT_LEECH_SEED,
    EFFECT_LIGHT_SCREEN,
    EFFECT_MIMIC,
    EFFECT_MIST,
    EFFECT_RAGE,
    EFFECT_RAMPAGE,
    EFFECT_RECHARGE,
    EFFECT_REFLECT,
    EFFECT_REST,
    EFFECT_SUBSTITUTE,
    EFFECT_SWIFT,
    EFFECT_TRANSFORM,
    EFFECT_TRAP,
    EXPLODES,
    GIVES_STATUS,
    HITS,
    MOVE_TABLE,
    OHKO,
    RECOIL,
    SECONDARY,
    SECONDARY_BOOST,
    SECONDARY_BY,
    SECONDARY_CONFUSION,
    SECONDARY_FLINCH,
    SECONDARY_STATUS,
    SECONDARY_WHAT,
    STATUS_MOVE,
    TYPE,
)

_GRASS = 11


@rule
def faint(s: Lane, side: int) -> None:
    """pokemon.faint, of a Pokémon that blows itself up."""
    s[active_mon_at(s, side) + HP] = 0


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
def build_rage(s: Lane, target: int, source: int) -> None:
    """A raging Pokémon's Attack rises."""
    t = active_at(target)
    if s[t + RAGE] and s[t + BOOSTS + ATK] < 6:
        boost(s, target, source, ATK, 1, True)


@rule
def inflict(s: Lane, target: int, side: int, status: int) -> None:
    """moveHit's statuses: sleep takes a recharging Pokémon whatever it has; burns and paralyses cost stats at once."""
    m = active_mon_at(s, target)
    t = active_at(target)
    if status == SLP and s[t + MUST_RECHARGE]:
        if set_status(s, target, side, status):
            s[t + MUST_RECHARGE] = 0
    elif s[m + STATUS] == 0 and set_status(s, target, side, status) and (status in (BRN, PAR)):
        drop_for_status(s, target)


@rule
def change_stage(s: Lane, target: int, side: int, stat: int, by: int, is_status: bool) -> bool:
    """moveHit's boosts; whoever the user's foe is loses once more what its burn or paralysis costs."""
    if not boost(s, target, side, stat, by, is_status):
        return False
    drop_for_status(s, 1 - side)
    return True


@rule
def secondary_effect(s: Lane, side: int, move: int) -> None:
    """The secondary effect of a move that has hit, if it is drawn."""
    kind = MOVE_TABLE[move, SECONDARY]
    target = 1 - side
    if kind == 0 or s[active_mon_at(s, target) + HP] == 0:
        return
    what = MOVE_TABLE[move, SECONDARY_WHAT]
    if (
        kind == SECONDARY_STATUS
        and (what in (PAR, BRN, FRZ))
        and has_type(s, active_at(target), MOVE_TABLE[move, TYPE])
    ):
        return
    if not chance(s, MOVE_TABLE[move, CHANCE]):
        return
    if kind == SECONDARY_STATUS:
        inflict(s, target, side, what)
    elif kind == SECONDARY_BOOST:
        change_stage(s, target, side, what, MOVE_TABLE[move, SECONDARY_BY], False)
    elif kind == SECONDARY_FLINCH:
        add_flinch(s, target)
    elif kind == SECONDARY_CONFUSION:
        add_confusion(s, target)


@rule
def refuses(s: Lane, target: int, effect: int) -> bool:
    """The moves' own onTryHit."""
    t = active_at(target)
    if effect == EFFECT_DISABLE:
        return (s[t + PP] | s[t + PP + 1] | s[t + PP + 2] | s[t + PP + 3]) == 0
    if effect == EFFECT_LIGHT_SCREEN:
        return s[t + LIGHT_SCREEN] != 0
    if effect == EFFECT_REFLECT:
        return s[t + REFLECT] != 0
    if effect == EFFECT_SUBSTITUTE:
        m = active_mon_at(s, target)
        return s[t + SUBSTITUTE] != 0 or s[m + HP] * 4 < s[m + MAX_HP]
    return False


@rule
def substitute_blocks(target: int, side: int, move: int) -> bool:
    """Which status moves a Substitute keeps off: poisons, stage changes by the foe, confusion."""
    status = MOVE_TABLE[move, GIVES_STATUS]
    return (
        status in (PSN, TOX)
        or (MOVE_TABLE[move, BOOST_BY] != 0 and target != side)
        or MOVE_TABLE[move, EFFECT] == EFFECT_CONFUSE
    )


@rule
def lasting_effect(s: Lane, target: int, side: int, effect: int) -> bool:
    """moveHit's volatiles and onHit for the moves that have one: False if the move did nothing."""
    t = active_at(target)
    if effect == EFFECT_CONFUSE:
        add_confusion(s, target)
    elif effect == EFFECT_DISABLE:
        add_disable(s, target)
    elif effect == EFFECT_LEECH_SEED:
        s[t + LEECH_SEED] = 1
    elif effect == EFFECT_MIST:
        s[t + MIST] = 1
    elif effect == EFFECT_FOCUS_ENERGY:
        s[t + FOCUS_ENERGY] = 1
    elif effect == EFFECT_LIGHT_SCREEN:
        s[t + LIGHT_SCREEN] = 1
    elif effect == EFFECT_REFLECT:
        s[t + REFLECT] = 1
    elif effect == EFFECT_BIDE:
        add_bide(s, t)
    elif effect == EFFECT_SUBSTITUTE:
        make_substitute(s, target)
    elif effect == EFFECT_TRAP:
        add_trapped(s, target)
    elif effect == EFFECT_HAZE:
        haze(s, side)
    elif effect == EFFECT_CONVERSION:
        convert(s, side)
    elif effect == EFFECT_MIMIC:
        mimic(s, side)
    elif effect == EFFECT_TRANSFORM:
        transform(s, side)
    elif effect == EFFECT_HEAL:
        return recover(s, side)
    elif effect == EFFECT_REST:
        return rest(s, side)
    return True


@rule
def affects_user(s: Lane, side: int, move: int, effect: int, substitute_fell: bool) -> None:
    """moveHit's `self`: recharging and raging are spared if the move broke a Substitute, trapping is not."""
    a = active_at(side)
    if effect == EFFECT_TRAP:
        add_trap_lock(s, side, move)
    elif not substitute_fell and s[active_mon_at(s, side) + HP] > 0:
        if effect == EFFECT_RECHARGE:
            s[a + MUST_RECHARGE] = 1
        elif effect == EFFECT_RAGE and s[a + RAGE] == 0:
            s[a + RAGE] = 1
            s[a + RAGE_ACCURACY] = 255


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


@rule
def rampage(s: Lane, side: int, move: int) -> None:
    """Thrash and Petal Dance count at every use, hit or miss; the user is confused anew at the end."""
    a = active_at(side)
    if s[a + LOCKED]:
        s[a + LOCKED_TIME] -= 1
        if s[a + LOCKED_TIME] == 0:
            remove_confusion(s, a)
            add_confusion(s, side)
    else:
        s[a + LOCKED] = 1
        s[a + LOCKED_MOVE] = move
        s[a + LOCKED_TIME] = draw(s, 2) + 2
        s[a + LOCKED_ACCURACY] = 255


@rule
def misses(s: Lane, side: int, target: int, move: int) -> bool:
    """tryMoveHit's accuracy, out of 256. Rage and rampages keep (and wear down) the accuracy of their last use."""
    a = active_at(side)
    t = active_at(target)
    accuracy = MOVE_TABLE[move, ACC] + 0
    if MOVE_TABLE[move, GIVES_STATUS] == SLP and s[t + MUST_RECHARGE]:
        accuracy = 256
    if accuracy != 256:
        if s[a + LOCKED]:
            accuracy = s[a + LOCKED_ACCURACY] + 0
        if s[a + RAGE]:
            accuracy = s[a + RAGE_ACCURACY] + 0
        accuracy = int(accuracy * BOOST_FACTORS[s[a + BOOSTS + ACCURACY] + 6])
        accuracy = int(accuracy * BOOST_FACTORS[6 - s[t + BOOSTS + EVASION]])
        accuracy = min(max(accuracy, 1), 255)
        if s[a + LOCKED]:
            s[a + LOCKED_ACCURACY] = accuracy
        if s[a + RAGE]:
            s[a + RAGE_ACCURACY] = accuracy
    if (
        s[t + TRAPPED]
        and target != side
        and s[t + TRAPPED_SOURCE] == s[side_at(side) + ACTIVE_SLOT]
    ):
        accuracy = 256
    return accuracy != 256 and not chance(s, accuracy)


@rule
def avoids(s: Lane, side: int, target: int, move: int) -> bool:
    """What stands before accuracy: Dig and Fly, types, and the moves' own immunities. Explosions explode all the same."""
    t = active_at(target)
    effect = MOVE_TABLE[move, EFFECT]
    flies = s[t + INVULNERABLE] != 0 and target != side
    if (flies and effect != EFFECT_SWIFT and effect != EFFECT_TRANSFORM) or is_immune(s, t, move):
        if MOVE_TABLE[move, EXPLODES]:
            faint(s, side)
        return True
    if effect == EFFECT_LEECH_SEED:
        return has_type(s, t, _GRASS)
    if effect == EFFECT_DREAM_EATER:
        return s[active_mon_at(s, target) + STATUS] != SLP or s[t + SUBSTITUTE] != 0
    if MOVE_TABLE[move, OHKO]:
        return s[t + MODIFIED + SPE] > s[active_at(side) + MODIFIED + SPE]
    return False


@rule
def hit_often(s: Lane, side: int, target: int, move: int) -> int:
    """The hits of a move, one or more; 0 or more is what the last hit took, FAILED that the first did nothing."""
    hits = two_to_five(s) if MOVE_TABLE[move, HITS] == 5 else MOVE_TABLE[move, HITS] + 0
    m = active_mon_at(s, target)
    own = active_mon_at(s, side)
    # Not the literal 0, for which numba would compile move_hit once more.
    damage = hits * 0
    repeated = hits * 0
    hit = hits * 0
    while hit < hits and s[m + HP] > 0 and s[own + HP] > 0:
        result = move_hit(s, side, move, hit + 1, hit + 1 == hits, repeated)
        if result == FAILED:
            break
        damage = max(result, 0)
        if hit == 0:
            repeated = damage
        hit += 1
        if s[m + SUB_BROKEN]:
            break
    return damage if hit else FAILED


@rule
def try_move_hit(s: Lane, side: int, move: int) -> int:
    """tryMoveHit: FAILED for the simulator's false, else anything."""
    target = side if MOVE_TABLE[move, AT_SELF] else 1 - side
    a = active_at(side)
    active_at(target)
    m = active_mon_at(s, target)
    if MOVE_TABLE[move, EFFECT] == EFFECT_RAMPAGE:
        rampage(s, side, move)
    if avoids(s, side, target, move):
        return FAILED
    if misses(s, side, target, move):
        set_last_damage(s, 0)
        damage = FAILED
    else:
        damage = hit_often(s, side, target, move)
        if damage == FAILED and MOVE_TABLE[move, HITS] > 1:
            return 1
    if MOVE_TABLE[move, EXPLODES] and s[m + SUB_BROKEN] == 0:
        faint(s, side)
    if damage == FAILED:
        remove_trap_lock(s, a)
        return FAILED
    if (
        MOVE_TABLE[move, SECONDARY] == SECONDARY_STATUS
        and MOVE_TABLE[move, SECONDARY_WHAT] == BRN
        and s[m + STATUS] == FRZ
    ):
        cure_status(s, target)
    return damage
