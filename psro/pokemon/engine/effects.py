"""What a hit does besides damage: statuses, stages, secondary effects, and what lasts of a move (moveHit in data/mods/gen1/scripts.js)."""

from psro.pokemon.engine.compiled import rule
from psro.pokemon.engine.conditions import (
    add_confusion,
    add_flinch,
    add_trap_lock,
    add_trapped,
    boost,
    drop_for_status,
    set_status,
)
from psro.pokemon.engine.damage import has_type
from psro.pokemon.engine.layout import (
    ATK,
    BOOSTS,
    BRN,
    FOCUS_ENERGY,
    FRZ,
    HP,
    LEECH_SEED,
    LIGHT_SCREEN,
    MAX_HP,
    MIST,
    MUST_RECHARGE,
    PAR,
    PP,
    PSN,
    RAGE,
    RAGE_ACCURACY,
    REFLECT,
    SLP,
    STATUS,
    SUBSTITUTE,
    TOX,
    Lane,
)
from psro.pokemon.engine.places import (
    active_at,
    active_mon_at,
)
from psro.pokemon.engine.prng import chance
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
    BOOST_BY,
    CHANCE,
    EFFECT,
    EFFECT_BIDE,
    EFFECT_CONFUSE,
    EFFECT_CONVERSION,
    EFFECT_DISABLE,
    EFFECT_FOCUS_ENERGY,
    EFFECT_HAZE,
    EFFECT_HEAL,
    EFFECT_LEECH_SEED,
    EFFECT_LIGHT_SCREEN,
    EFFECT_MIMIC,
    EFFECT_MIST,
    EFFECT_RAGE,
    EFFECT_RECHARGE,
    EFFECT_REFLECT,
    EFFECT_REST,
    EFFECT_SUBSTITUTE,
    EFFECT_TRANSFORM,
    EFFECT_TRAP,
    GIVES_STATUS,
    MOVE_TABLE,
    SECONDARY,
    SECONDARY_BOOST,
    SECONDARY_BY,
    SECONDARY_CONFUSION,
    SECONDARY_FLINCH,
    SECONDARY_STATUS,
    SECONDARY_WHAT,
    TYPE,
)


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
