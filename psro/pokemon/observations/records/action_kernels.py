"""The features of actions: psro/pokemon/observations/move_features.py and switch_features.py, compiled."""

from typing import Any

from psro.pokemon.observations.layout import (
    DYNAMIC_MOVE_FEATURES,
    NUM_MOVES,
    STATUSES,
    SWITCH_FEATURES,
    TYPES,
)
from psro.pokemon.observations.move_features import MOST_LEAST_DAMAGE
from psro.pokemon.observations.records import fighters as f
from psro.pokemon.observations.records import record as r
from psro.pokemon.observations.records import tables as t
from psro.pokemon.observations.records.attacks import (
    best_attack,
    effectiveness,
    hit_chance,
    meet,
    strike,
)
from psro.pokemon.observations.records.compiled import rule, whole
from psro.pokemon.observations.records.state_kernels import (
    comes_first,
    indicator,
    speed_ratio,
    threats,
)
from psro.pokemon.observations.sighting import HP_SCALE

_NUM_DYNAMIC = len(DYNAMIC_MOVE_FEATURES)
_NUM_SWITCH = 1 + len(SWITCH_FEATURES)
"""With is_switch before it."""
_SLEEP_MOVE = 1 + SWITCH_FEATURES.index("has_sleep_move")
_NUM_STATUSES = len(STATUSES)
_GRASS, _POISON = TYPES.index("GRASS"), TYPES.index("POISON")
MEAN, LEAST, KO_CHANCE = range(3)


@rule
def strike_with_options(
    row: Any, fighters: Any, damages: Any, strikes: Any, duel: Any, moves: Any, chart: Any
) -> tuple[float, float]:
    """What each option does to the foe when it hits: `damages` [NUM_MOVES] at all, `strikes` [NUM_MOVES, 3].

    Returns the most expected damage in HP and the best chance to KO of the legal ones.
    """
    own = whole(row[r.OWN_ACTIVE + r.SLOT])
    foe = f.FIRST_FOE + whole(row[r.FOE_ACTIVE + r.SLOT])
    accuracy = whole(row[r.OWN_ACTIVE + r.BOOSTS_AT + f.BOOST_ACCURACY])
    evasion = whole(row[r.FOE_ACTIVE + r.BOOSTS_AT + f.BOOST_EVASION])
    # The substitute takes it: the same damage, but no KO.
    shielded = row[r.FOE_ACTIVE + r.CONDITIONS] & r.SUBSTITUTE
    best_damage = best_ko = 0.0
    meet(own, foe, fighters, duel)
    for k in range(NUM_MOVES):
        move = whole(row[r.OPTIONS + k * r.OPTION_WIDTH + r.OPTION_MOVE])
        damages[k] = False
        strikes[k, :] = 0
        if not moves[move, t.IS_ATTACK] or not fighters[foe, f.ALIVE]:
            continue
        if moves[move, t.NEEDS_SLEEP] and fighters[foe, f.STATUS] != r.ASLEEP:
            continue
        damages[k], mean, least, ko_chance = strike(move, own, foe, duel, fighters, moves, chart)
        if not damages[k]:
            continue
        if shielded:
            ko_chance = 0.0
        strikes[k, MEAN], strikes[k, LEAST], strikes[k, KO_CHANCE] = mean, least, ko_chance
        if (row[r.LEGAL] >> k) & 1:
            chance = hit_chance(move, accuracy, evasion, moves)
            if not moves[move, t.EXPLODES]:
                best_damage = max(best_damage, chance * mean)
            best_ko = max(best_ko, chance * ko_chance)
    return best_damage, best_ko


@rule
def _status_lands(row: Any, move: int, foe: Any, clauses: Any, moves: Any, chart: Any) -> bool:
    """Whether the move can give its status to the foe's active Pokémon (if it hits and its chance comes up)."""
    status = moves[move, t.GIVES_STATUS]
    conditions = whole(row[r.FOE_ACTIVE + r.CONDITIONS])
    if status == r.ASLEEP:
        # Sleep lands on a recharging foe whatever its status (`moveHit` of data/mods/gen1/scripts.js).
        free = foe[f.STATUS] == r.HEALTHY or (conditions & r.RECHARGING) != 0
        return free and not clauses[0]
    if foe[f.STATUS] != r.HEALTHY:
        return False
    if status == r.FROZEN and clauses[2]:
        return False
    shielded = (conditions & r.SUBSTITUTE) != 0
    type_1, type_2 = foe[f.TYPE_1], foe[f.TYPE_2]
    if status == r.POISONED or status == r.BADLY_POISONED:
        return type_1 != _POISON and type_2 != _POISON and not shielded
    kind = moves[move, t.MOVE_TYPE]
    if moves[move, t.IS_ATTACK]:
        # A secondary burn, freeze or paralysis spares targets that share the move's type.
        return kind != type_1 and kind != type_2 and not shielded
    return moves[move, t.IGNORES_IMMUNITY] != 0 or effectiveness(kind, type_1, type_2, chart) > 0


@rule
def _gain(
    row: Any, move: int, mean: float, own: Any, fraction: float, moves: Any, move_shares: Any
) -> float:
    """HP that the user wins or loses by it, as a share of its maximum."""
    missing = (own[f.MAX_HP] - own[f.HP]) / own[f.MAX_HP]
    if moves[move, t.HEALS_HALF]:
        return min(0.5, missing)
    if moves[move, t.IS_REST]:
        return missing
    if moves[move, t.EXPLODES]:
        return -fraction
    if move_shares[move, t.DRAIN] != 0:
        return min(missing, move_shares[move, t.DRAIN] * mean / own[f.MAX_HP])
    if move_shares[move, t.RECOIL] != 0:
        return -min(fraction, move_shares[move, t.RECOIL] * mean / own[f.MAX_HP])
    return -0.25 if moves[move, t.USE] == t.USE_SUBSTITUTE else 0.0


@rule
def _is_useless(
    row: Any, move: int, damages: bool, lands: bool, own: Any, foe: Any, moves: Any
) -> bool:
    """Whether using it now surely changes nothing."""
    if moves[move, t.IS_ATTACK]:
        return not damages and not moves[move, t.IS_COUNTER]
    own_conditions = whole(row[r.OWN_ACTIVE + r.CONDITIONS])
    foe_conditions = whole(row[r.FOE_ACTIVE + r.CONDITIONS])
    use = moves[move, t.USE]
    if use == t.USE_STATUS:
        return not lands
    if use == t.USE_HEAL:
        return own[f.HP] >= own[f.MAX_HP]
    if use == t.USE_LEECH_SEED:
        seeded = (foe_conditions & r.LEECH_SEED) != 0
        return seeded or foe[f.TYPE_1] == _GRASS or foe[f.TYPE_2] == _GRASS
    if use == t.USE_SUBSTITUTE:
        return (own_conditions & r.SUBSTITUTE) != 0 or own[f.HP] * 4 < own[f.MAX_HP]
    if use == t.USE_REFLECT:
        return (own_conditions & r.REFLECT) != 0
    if use == t.USE_LIGHT_SCREEN:
        return (own_conditions & r.LIGHT_SCREEN) != 0
    if use == t.USE_CONFUSION:
        return (foe_conditions & (r.SUBSTITUTE | r.CONFUSION)) != 0
    boosts = r.BOOSTS_AT + (r.OWN_ACTIVE if moves[move, t.TARGETS_SELF] else r.FOE_ACTIVE)
    any_boost = False
    for k in range(r.NUM_BOOSTS):
        stages = moves[move, t.MOVE_BOOSTS + k]
        if stages != 0:
            any_boost = True
            if row[boosts + k] * (1 if stages > 0 else -1) < 6:
                return False
    return any_boost


@rule
def write_option(
    row: Any,
    k: int,
    damages: bool,
    struck: Any,
    best_damage: float,
    clauses: Any,
    fighters: Any,
    shares: Any,
    moves: Any,
    move_shares: Any,
    chart: Any,
    out: Any,
) -> None:
    """layout.DYNAMIC_MOVE_FEATURES of option `k`. `best_damage`: of strike_with_options, in HP; `struck`: its row."""
    at = r.OPTIONS + k * r.OPTION_WIDTH
    move = whole(row[at + r.OPTION_MOVE])
    out[:_NUM_DYNAMIC] = 0
    if move == 0:
        return
    pp, max_pp = row[at + r.OPTION_PP], row[at + r.OPTION_MAX_PP]
    legal = (row[r.LEGAL] >> k) & 1
    share = pp / max_pp if max_pp != 0 else 0.0
    slot = row[r.OWN_ACTIVE + r.SLOT]
    own, foe = fighters[slot], fighters[f.FIRST_FOE + row[r.FOE_ACTIVE + r.SLOT]]
    if not moves[move, t.IS_MOVE] or not foe[f.ALIVE]:
        out[0], out[1], out[2] = legal, share, pp <= 2
        return
    chance = 1.0
    if not moves[move, t.TARGETS_SELF] and not moves[move, t.NEVER_MISSES]:
        accuracy = whole(row[r.OWN_ACTIVE + r.BOOSTS_AT + f.BOOST_ACCURACY])
        evasion = whole(row[r.FOE_ACTIVE + r.BOOSTS_AT + f.BOOST_EVASION])
        chance = hit_chance(move, accuracy, evasion, moves)
    least, ko_chance = struck[LEAST], struck[KO_CHANCE]
    mean = chance * struck[MEAN]
    lands = False
    if moves[move, t.GIVES_STATUS]:
        lands = _status_lands(row, move, foe, clauses, moves, chart)
    is_attack = moves[move, t.IS_ATTACK] != 0
    kind = moves[move, t.MOVE_TYPE]
    multiplier = 1.0
    if is_attack:
        multiplier = effectiveness(kind, foe[f.TYPE_1], foe[f.TYPE_2], chart)
    same_type = kind == own[f.TYPE_1] or kind == own[f.TYPE_2]
    priority = moves[move, t.PRIORITY]
    first = comes_first(own[f.SPEED], foe[f.SPEED])
    if priority != 0:
        first = 1.0 if priority > 0 else 0.0
    features = (
        float(legal),
        share,
        indicator(pp <= 2),
        min(multiplier, 4.0) / 2,
        indicator(0 < multiplier < 1),
        indicator(is_attack and multiplier == 0 and not moves[move, t.IGNORES_IMMUNITY]),
        indicator(is_attack and not moves[move, t.IS_OUTSIDE_FORMULA] and same_type),
        chance,
        mean / foe[f.HP],
        mean / foe[f.MAX_HP],
        min(least / foe[f.HP], MOST_LEAST_DAMAGE),
        chance * ko_chance,
        indicator(ko_chance > 0 and least >= foe[f.HP] and chance > 0.99),
        indicator(best_damage > 0 and mean >= best_damage),
        first,
        indicator(lands),
        _gain(row, move, struck[MEAN], own, shares[slot, f.FRACTION], moves, move_shares),
        indicator(_is_useless(row, move, damages, lands, own, foe, moves)),
        indicator(row[r.OWN_ACTIVE + r.LAST_MOVE] == move),
    )
    for place, feature in enumerate(features):
        out[place] = feature


@rule
def _type_score(attacker: Any, defender: Any, chart: Any) -> float:
    """switch_features.type_score"""
    type_1, type_2 = defender[f.TYPE_1], defender[f.TYPE_2]
    score = effectiveness(attacker[f.TYPE_1], type_1, type_2, chart)
    if attacker[f.TYPE_2] != r.NO_TYPE:
        score = max(score, effectiveness(attacker[f.TYPE_2], type_1, type_2, chart))
    return score / 2


@rule
def write_switch(
    row: Any, k: int, duel: Any, fighters: Any, shares: Any, moves: Any, chart: Any, out: Any
) -> None:
    """is_switch and layout.SWITCH_FEATURES of switch `k`, 0 … 4."""
    out[:_NUM_SWITCH] = 0
    slot = whole(row[r.SWITCHES + k]) - 1
    if slot < 0:
        return
    own = whole(row[r.OWN_ACTIVE + r.SLOT])
    foe_slot = f.FIRST_FOE + whole(row[r.FOE_ACTIVE + r.SLOT])
    newcomer, foe = fighters[slot], fighters[foe_slot]
    out[0] = 1.0
    out[1] = (row[r.LEGAL] >> (NUM_MOVES + k)) & 1
    out[2] = shares[slot, f.FRACTION]
    out[3] = newcomer[f.HP] / HP_SCALE
    for status in range(_NUM_STATUSES):
        out[4 + status] = newcomer[f.STATUS] == status + 1
    at = 4 + _NUM_STATUSES
    out[at] = newcomer[f.COUNTER] / 7 if newcomer[f.STATUS] == r.ASLEEP else 0.0
    for threat in range(t.NUM_THREATS):
        out[_SLEEP_MOVE + threat] = shares[slot, f.THREATS + threat]
    out[_SLEEP_MOVE + t.NUM_THREATS] = row[r.FORCED_SWITCH]
    if not foe[f.ALIVE] or not newcomer[f.ALIVE]:
        return
    evasion = whole(row[r.FOE_ACTIVE + r.BOOSTS_AT + f.BOOST_EVASION])
    meet(slot, foe_slot, fighters, duel)
    best, best_ko = best_attack(
        slot, 0, newcomer[f.NUM_KNOWN], foe_slot, 0, evasion, duel, fighters, shares, moves, chart
    )
    known, known_ko, likely, likely_ko = threats(
        row, foe_slot, slot, own, duel, fighters, shares, moves, chart
    )
    hp, max_hp = newcomer[f.HP], newcomer[f.MAX_HP]
    best_of_max = best / foe[f.MAX_HP]
    features = (
        comes_first(newcomer[f.SPEED], foe[f.SPEED]),
        speed_ratio(newcomer[f.SPEED], foe[f.SPEED]),
        best / foe[f.HP],
        best_of_max,
        best_ko,
        known / hp,
        known / max_hp,
        known_ko,
        likely / hp,
        likely_ko,
        best_of_max - likely / max_hp,
        _type_score(newcomer, foe, chart),
        _type_score(foe, newcomer, chart),
    )
    for place, feature in enumerate(features):
        out[at + 1 + place] = feature
