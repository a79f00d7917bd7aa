"""What a move would do: its damage as a distribution, cached, on the formulas of psro/pokemon/damage.py.

Damage of one use that hits is a mixture of uniforms: critical or not, times the number of hits, times the roll
217 … 255. Means and chances to KO follow from that without simulating.
"""

from functools import lru_cache
from typing import NamedTuple

from psro.pokemon.damage import (
    MAX_ROLL,
    MIN_ROLL,
    Combatant,
    critical_chance,
    damage_before_roll,
    effectiveness,
    move_data,
    rolled,
    speed_of,
)
from psro.pokemon.observations.facts import MOVES

_CACHE = 1 << 16
# Accuracy and evasion stages, `boostTable` of data/mods/gen1/scripts.js.
_STAGE_PERCENT = (25, 28, 33, 40, 50, 66, 100, 150, 200, 250, 300, 350, 400)
_TWO_TO_FIVE_HITS = ((2, 0.375), (3, 0.375), (4, 0.125), (5, 0.125))

Segment = tuple[float, int, int]
"""(probability, least, most): damage in HP, uniform between."""


class Attack(NamedTuple):
    """One use of a move that hits a target with so much HP left. In HP; the mean is capped by that HP."""

    mean: float
    least: int
    """The least it can take, not capped. (With boosts a critical hit, which ignores them, can be the weaker one.)"""
    ko_chance: float


class BestAttack(NamedTuple):
    """The most that several moves threaten, accuracy and how likely the move is carried counted."""

    mean: float
    """HP per turn."""
    ko_chance: float


NOTHING = Attack(0.0, 0, 0.0)
HALF: tuple[Segment, ...] = ((1.0, -1, -1),)
"""Super Fang's damage."""
ALL: tuple[Segment, ...] = ((1.0, -2, -2),)
"""A one-hit KO's."""


@lru_cache(maxsize=_CACHE)
def segments(move_id: str, attacker: Combatant, defender: Combatant) -> tuple[Segment, ...]:
    """The damage of a move, or HALF or ALL of the HP that the target has left. Empty where it cannot damage."""
    move = move_data(move_id)
    if not move.ignores_immunity and effectiveness(move.type, defender.types) == 0:
        return ()
    if isinstance(move.fixed, int):
        return ((1.0, move.fixed, move.fixed),)
    if move.fixed == "level":
        return ((1.0, attacker.level, attacker.level),)
    if move.fixed == "psywave":
        return ((1.0, 1, attacker.level * 3 // 2 - 1),)
    if move.fixed == "half":
        return HALF
    if move.fixed == "ohko":
        return ALL if speed_of(defender) <= speed_of(attacker) else ()
    if move.base_power == 0 or move.fixed is not None:
        return ()
    chance = critical_chance(attacker.base_speed, move.high_critical, attacker.focus_energy) / 256
    hits = _TWO_TO_FIVE_HITS if move.num_hits == (2, 5) else ((move.num_hits[0], 1.0),)
    result = []
    for probability, is_critical in ((1 - chance, False), (chance, True)):
        damage = damage_before_roll(move, attacker, defender, is_critical)
        least, most = rolled(damage, MIN_ROLL), rolled(damage, MAX_ROLL)
        if most > 0:
            # Every hit of a multi-hit move repeats the first one's damage.
            result += [(probability * share, least * n, most * n) for n, share in hits]
    return tuple(result)


def attack(move_id: str, attacker: Combatant, defender: Combatant, defender_hp: int) -> Attack:
    """The damage of a move that hits a target with `defender_hp` > 0 left.

    Counter and Bide, which depend on what has not happened yet, count as nothing.
    """
    parts = segments(move_id, attacker, defender)
    if not parts:
        return NOTHING
    mean, ko_chance = _mean_and_ko_chance(parts, defender_hp)
    return Attack(mean, _least(parts, defender_hp), ko_chance)


def _least(parts: tuple[Segment, ...], hp: int) -> int:
    if parts is HALF:
        return max(1, hp // 2)
    return hp if parts is ALL else min([least for _, least, _ in parts])


def _mean_and_ko_chance(parts: tuple[Segment, ...], hp: int) -> tuple[float, float]:
    if parts is HALF:
        return max(1, hp // 2), float(hp == 1)
    if parts is ALL:
        return hp, 1.0
    mean = ko_chance = 0.0
    for probability, least, most in parts:
        if hp >= most:
            mean += probability * (least + most) / 2
            if hp == most:
                ko_chance += probability / (most - least + 1)
        elif hp <= least:
            mean += probability * hp
            ko_chance += probability
        else:
            mean += probability * _capped_mean(least, most, hp)
            ko_chance += probability * (most - hp + 1) / (most - least + 1)
    return mean, ko_chance


def _capped_mean(least: int, most: int, cap: int) -> float:
    """E[min(D, cap)] for D uniform over the integers least … most, cap among them."""
    below = cap - least  # values least … cap − 1
    total = below * (least + cap - 1) / 2 + (most - cap + 1) * cap
    return total / (most - least + 1)


@lru_cache(maxsize=_CACHE)
def hit_chance(move_id: str, accuracy_stage: int = 0, evasion_stage: int = 0) -> float:
    """Chance to hit at the user's accuracy and the target's evasion stage; in Gen 1 at most 255/256."""
    accuracy = move_data(move_id).accuracy
    if accuracy >= 256:
        return 1.0
    accuracy = accuracy * _STAGE_PERCENT[accuracy_stage + 6] // 100
    accuracy = accuracy * _STAGE_PERCENT[6 - evasion_stage] // 100
    return max(1, min(255, accuracy)) / 256


@lru_cache(maxsize=_CACHE)
def best_attack(
    moves: tuple[tuple[str, float], ...],
    attacker: Combatant,
    defender: Combatant,
    defender_hp: int,
    stages: tuple[int, int] = (0, 0),
) -> BestAttack:
    """The best of `moves`, (id, chance that it is there), against a target with `defender_hp` left.

    Moves that cost their user its life do not count; a move that charges for a turn counts half; Dream Eater
    is left out because most targets are awake. `stages`: the user's accuracy, the target's evasion.
    """
    best_mean = best_ko = 0.0
    for chance, parts in _prepared(moves, attacker, defender, stages):
        mean, ko_chance = _mean_and_ko_chance(parts, defender_hp)
        mean, ko_chance = chance * mean, chance * ko_chance
        if mean > best_mean:
            best_mean = mean
        if ko_chance > best_ko:
            best_ko = ko_chance
    return BestAttack(best_mean, best_ko)


@lru_cache(maxsize=_CACHE)
def _prepared(
    moves: tuple[tuple[str, float], ...],
    attacker: Combatant,
    defender: Combatant,
    stages: tuple[int, int],
) -> tuple[tuple[float, tuple[Segment, ...]], ...]:
    """What of best_attack does not depend on HP: (chance, damage) of each move that counts."""
    result = []
    for move_id, weight in moves:
        facts = MOVES[move_id]
        if not facts.is_attack or facts.explodes or move_id == "dreameater":
            continue
        parts = segments(move_id, attacker, defender)
        if parts:
            chance = weight * hit_chance(move_id, *stages) * (0.5 if facts.charges else 1.0)
            result.append((chance, parts))
    return tuple(result)
