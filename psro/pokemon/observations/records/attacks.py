"""What a move would do: psro/pokemon/observations/estimates.py, compiled, in the same order of floating-point operations."""

from typing import Any

import numpy as np

from psro.pokemon.damage import MAX_ROLL, MIN_ROLL
from psro.pokemon.observations.records import fighters as f
from psro.pokemon.observations.records import tables as t
from psro.pokemon.observations.records.compiled import rule, whole

NUM_DUEL = 8
_SHARE_OF_HITS = (0.0, 0.0, 0.375, 0.375, 0.125, 0.125)


@rule
def hit_chance(move: int, accuracy: int, evasion: int, moves: Any) -> float:
    """At the user's accuracy and the target's evasion stage; estimates.hit_chance."""
    chance = moves[move, t.ACCURACY]
    if chance >= 256:
        return 1.0
    if accuracy != 0 or evasion != 0:
        chance = chance * t.STAGE_PERCENT[accuracy + 6] // 100
        chance = chance * t.STAGE_PERCENT[6 - evasion] // 100
    return max(1, min(255, chance)) / 256


@rule
def effectiveness(kind: int, type_1: int, type_2: int, chart: Any) -> float:
    """The multiplier of an attack of this type."""
    product: float = chart[kind, type_1] * chart[kind, type_2]
    return product


@rule
def _spread(probability: float, least: int, most: int, hp: int) -> tuple[float, float]:
    """What one uniform segment adds to the mean, capped by the HP, and to the chance to KO."""
    width = most - least + 1
    if hp >= most:
        ko_chance = probability / width if hp == most else 0.0
        return probability * (least + most) / 2, ko_chance
    if hp <= least:
        return probability * hp, probability
    below = hp - least  # values least … hp − 1
    total = below * (least + hp - 1) / 2 + (most - hp + 1) * hp
    return probability * (total / width), probability * (most - hp + 1) / width


@rule
def _over(number: int, divisor: int) -> int:
    """number // divisor, where neither is negative: Python's rule for those that are costs as much as the division."""
    return whole(np.uint64(number) // np.uint64(divisor))


@rule
def _attack_and_defense(
    critical: int, physical: int, attacker: int, defender: int, fighters: Any
) -> tuple[int, int]:
    """What the formula multiplies a move's power by, of level and attack, and what it divides that by."""
    factor = fighters[attacker, f.LEVEL] * (1 + critical) % 256 * 2 // 5 + 2
    if physical:
        attack = fighters[attacker, f.ATTACK_IN_CRITICAL if critical else f.ATTACK]
        defense = fighters[defender, f.DEFENSE_IN_CRITICAL if critical else f.DEFENSE]
    else:
        attack = fighters[attacker, f.SPECIAL_IN_CRITICAL if critical else f.SPECIAL_ATTACK]
        defense = fighters[defender, f.SPECIAL_IN_CRITICAL if critical else f.SPECIAL_DEFENSE]
    if attack >= 256 or defense >= 256:
        attack = max(1, attack // 4 % 256)
        defense = max(1, defense // 4 % 256)
    return factor * attack, defense


@rule
def _damage(
    move: int,
    kind: int,
    multiplied: int,
    defense: int,
    attacker: int,
    defender: int,
    fighters: Any,
    moves: Any,
    chart: Any,
) -> int:
    """damage.damage_before_roll, from what _attack_and_defense returns. Without a branch where it goes by the move: they are taken as often as not."""
    if moves[move, t.HALVES_DEFENSE]:
        defense = max(1, defense // 2)
    # In floating point it is faster, and the same: the product is less than 2 ** 23, so no quotient is rounded up to a whole number.
    damage = whole(multiplied * moves[move, t.POWER] / defense)
    damage = min(997, _over(damage, 50)) + 2
    same_type = kind == fighters[attacker, f.TYPE_1] or kind == fighters[attacker, f.TYPE_2]
    damage += (damage >> 1) * same_type
    # Rounded down per type, which one multiplication by the product would miss.
    factor = chart[kind, fighters[defender, f.TYPE_1]]
    damage = (damage << (factor > 1)) >> (factor < 1)
    factor = chart[kind, fighters[defender, f.TYPE_2]]
    return (damage << (factor > 1)) >> (factor < 1)


@rule
def damage_before_roll(
    move: int,
    kind: int,
    critical: bool,
    attacker: int,
    defender: int,
    fighters: Any,
    moves: Any,
    chart: Any,
) -> int:
    """damage.damage_before_roll of a move with base power on a target that is not immune."""
    multiplied, defense = _attack_and_defense(
        whole(critical), moves[move, t.IS_PHYSICAL], attacker, defender, fighters
    )
    return _damage(move, kind, multiplied, defense, attacker, defender, fighters, moves, chart)


@rule
def meet(attacker: int, defender: int, fighters: Any, duel: Any) -> None:
    """Writes to `duel`, int64 [NUM_DUEL], what _attack_and_defense returns: special, physical, then both in critical hits."""
    for critical in range(2):
        for physical in range(2):
            at = 4 * critical + 2 * physical
            duel[at], duel[at + 1] = _attack_and_defense(
                critical, physical, attacker, defender, fighters
            )


@rule
def _strike_by_formula(
    move: int, attacker: int, defender: int, duel: Any, fighters: Any, moves: Any, chart: Any
) -> tuple[bool, float, int, float]:
    hp = fighters[defender, f.HP]
    kind = moves[move, t.MOVE_TYPE]
    high = moves[move, t.IS_HIGH_CRITICAL]
    chance = fighters[attacker, f.CRITICAL_HIGH if high else f.CRITICAL] / 256
    num_hits = moves[move, t.NUM_HITS]
    damages = False
    mean = ko_chance = 0.0
    weakest = 0
    physical = moves[move, t.IS_PHYSICAL] != 0
    for critical in range(2):
        at = 4 * critical + 2 * physical
        damage = _damage(
            move, kind, duel[at], duel[at + 1], attacker, defender, fighters, moves, chart
        )
        least = _over(damage * MIN_ROLL, MAX_ROLL) if damage > 1 else damage
        most = damage
        if most <= 0:
            continue
        probability = chance if critical else 1 - chance
        if num_hits != t.TWO_TO_FIVE:
            weakest = min(weakest, least * num_hits) if damages else least * num_hits
            more, more_ko = _spread(probability, least * num_hits, most * num_hits, hp)
            mean += more
            ko_chance += more_ko
        else:
            weakest = min(weakest, least * 2) if damages else least * 2
            for n in range(2, 6):
                more, more_ko = _spread(probability * _SHARE_OF_HITS[n], least * n, most * n, hp)
                mean += more
                ko_chance += more_ko
        damages = True
    return damages, mean, weakest, ko_chance


@rule
def strike(
    move: int, attacker: int, defender: int, duel: Any, fighters: Any, moves: Any, chart: Any
) -> tuple[bool, float, int, float]:
    """One use of a move that hits; `duel`: of the two, by `meet`. Returns whether it can damage at all, and estimates.Attack's mean, least, ko_chance."""
    hp = fighters[defender, f.HP]
    kind = moves[move, t.MOVE_TYPE]
    immune = (
        effectiveness(kind, fighters[defender, f.TYPE_1], fighters[defender, f.TYPE_2], chart) == 0
    )
    if immune and not moves[move, t.IGNORES_IMMUNITY]:
        return False, 0.0, 0, 0.0
    fixed = moves[move, t.FIXED]
    if fixed == t.FORMULA:
        if immune or moves[move, t.POWER] == 0:
            return False, 0.0, 0, 0.0
        return _strike_by_formula(move, attacker, defender, duel, fighters, moves, chart)
    if fixed == t.HALF:
        half = max(1, hp // 2)
        return True, float(half), half, 1.0 if hp == 1 else 0.0
    if fixed == t.ONE_HIT_KO:
        if fighters[defender, f.SPEED] <= fighters[attacker, f.SPEED]:
            return True, float(hp), hp, 1.0
        return False, 0.0, 0, 0.0
    if fixed == t.NOT_BY_ITSELF:
        return False, 0.0, 0, 0.0
    least = most = fighters[attacker, f.LEVEL]
    if fixed == t.POINTS:
        least = most = moves[move, t.FIXED_POINTS]
    elif fixed == t.PSYWAVE:
        least, most = 1, fighters[attacker, f.LEVEL] * 3 // 2 - 1
    mean, ko_chance = _spread(1.0, least, most, hp)
    return True, mean, least, ko_chance


@rule
def best_attack(
    attacker: int,
    start: int,
    stop: int,
    defender: int,
    accuracy: int,
    evasion: int,
    duel: Any,
    fighters: Any,
    shares: Any,
    moves: Any,
    chart: Any,
) -> tuple[float, float]:
    """estimates.best_attack of the attacker's carried moves start … stop − 1: mean damage in HP, chance to KO. `duel`: of the two, by `meet`."""
    best_mean = best_ko = 0.0
    for s in range(start, stop):
        move = fighters[attacker, f.CARRIED + s]
        if not moves[move, t.IS_THREAT]:
            continue
        damages, mean, _, ko_chance = strike(move, attacker, defender, duel, fighters, moves, chart)
        if not damages:
            continue
        chance = shares[attacker, f.CHANCES + s] * hit_chance(move, accuracy, evasion, moves)
        if moves[move, t.CHARGES]:
            chance *= 0.5
        best_mean = max(best_mean, chance * mean)
        best_ko = max(best_ko, chance * ko_chance)
    return best_mean, best_ko
