"""A move meets its target: tryMoveHit in data/mods/gen1/scripts.js: immunity, accuracy, number of hits."""

from psro.pokemon.engine.compiled import rule
from psro.pokemon.engine.conditions import (
    add_confusion,
    cure_status,
    remove_confusion,
    remove_trap_lock,
    two_to_five,
)
from psro.pokemon.engine.damage import FAILED, has_type, is_immune
from psro.pokemon.engine.layout import (
    ACCURACY,
    ACTIVE_SLOT,
    BOOSTS,
    BRN,
    EVASION,
    FRZ,
    HP,
    INVULNERABLE,
    LOCKED,
    LOCKED_ACCURACY,
    LOCKED_MOVE,
    LOCKED_TIME,
    MODIFIED,
    MUST_RECHARGE,
    RAGE,
    RAGE_ACCURACY,
    SLP,
    SPE,
    STATUS,
    SUB_BROKEN,
    SUBSTITUTE,
    TRAPPED,
    TRAPPED_SOURCE,
    Lane,
)
from psro.pokemon.engine.move_hit import move_hit
from psro.pokemon.engine.places import (
    active_at,
    active_mon_at,
    set_last_damage,
    side_at,
)
from psro.pokemon.engine.prng import chance, draw
from psro.pokemon.engine.tables import (
    ACC,
    AT_SELF,
    BOOST_FACTORS,
    EFFECT,
    EFFECT_DREAM_EATER,
    EFFECT_LEECH_SEED,
    EFFECT_RAMPAGE,
    EFFECT_SWIFT,
    EFFECT_TRANSFORM,
    EXPLODES,
    GIVES_STATUS,
    HITS,
    MOVE_TABLE,
    OHKO,
    SECONDARY,
    SECONDARY_STATUS,
    SECONDARY_WHAT,
)

_GRASS = 11


@rule
def faint(s: Lane, side: int) -> None:
    """pokemon.faint, of a Pokémon that blows itself up."""
    s[active_mon_at(s, side) + HP] = 0


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
