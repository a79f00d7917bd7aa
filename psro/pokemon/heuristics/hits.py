"""The damage of one use of a move, in HP: the functions of psro/pokemon/damage.py of these names, compiled.

Attacker and defender are fighters (observations/records/fighters.py); the defender's HP are given apart, as the most that it may have.
"""

from typing import Any

from psro.pokemon.damage import MEAN_ROLL, MIN_ROLL
from psro.pokemon.heuristics.compiled import rule, whole
from psro.pokemon.observations.records import fighters as f
from psro.pokemon.observations.records import record as r
from psro.pokemon.observations.records import tables as t
from psro.pokemon.observations.records.attacks import damage_before_roll, effectiveness


@rule
def most_hp_of_foe(row: Any, species: Any) -> int:
    """combatants.most_hp_of of the foe on the field."""
    at = r.FOE + whole(row[r.FOE_ACTIVE + r.SLOT]) * r.POKEMON_WIDTH
    level = whole(row[at + r.LEVEL])
    full = species[row[at + r.SPECIES], t.GROWTH_HP] * level // 100 + level + 10
    shown_full = whole(row[at + r.MAX_HP])
    percent = whole(row[at + r.HP]) * 100 // shown_full if shown_full != 0 else 0
    if percent >= 99:
        return full if percent == 100 else full - 1
    return full * percent // 100


@rule
def uncapped_damage(
    move: int,
    attacker: int,
    defender: int,
    hp: int,
    critical: bool,
    roll: int,
    fighters: Any,
    moves: Any,
    chart: Any,
) -> int:
    """damage.uncapped_damage"""
    kind = moves[move, t.MOVE_TYPE]
    immune = (
        effectiveness(kind, fighters[defender, f.TYPE_1], fighters[defender, f.TYPE_2], chart) == 0
    )
    if immune and not moves[move, t.IGNORES_IMMUNITY]:
        return 0
    fixed = moves[move, t.FIXED]
    level = fighters[attacker, f.LEVEL]
    if fixed == t.FORMULA:
        if immune or moves[move, t.POWER] == 0:
            return 0
        damage = damage_before_roll(
            move, kind, critical, attacker, defender, fighters, moves, chart
        )
        return damage * roll // 255 if damage > 1 else damage
    if fixed == t.POINTS:
        points: int = moves[move, t.FIXED_POINTS]
        return points
    if fixed == t.BY_LEVEL:
        return whole(level)
    if fixed == t.HALF:
        return max(1, hp // 2)
    if fixed == t.PSYWAVE:
        return whole(level * 3 // 4)
    if fixed == t.ONE_HIT_KO:
        return 0 if fighters[defender, f.SPEED] > fighters[attacker, f.SPEED] else hp
    return 0


@rule
def expected_hits(move: int, moves: Any) -> float:
    """MoveData.expected_hits"""
    hits = moves[move, t.NUM_HITS]
    return 3.0 if hits == t.TWO_TO_FIVE else float(hits)


@rule
def expected_damage(
    move: int,
    attacker: int,
    defender: int,
    hp: int,
    chance: float,
    fighters: Any,
    moves: Any,
    chart: Any,
) -> float:
    """damage.expected_damage; `chance`: to hit."""
    high = moves[move, t.IS_HIGH_CRITICAL]
    critical = fighters[attacker, f.CRITICAL_HIGH if high else f.CRITICAL] / 256
    normal = uncapped_damage(move, attacker, defender, hp, False, MEAN_ROLL, fighters, moves, chart)
    more = uncapped_damage(move, attacker, defender, hp, True, MEAN_ROLL, fighters, moves, chart)
    mean = (1 - critical) * normal + critical * more
    return chance * expected_hits(move, moves) * mean


@rule
def worst_damage(
    move: int, attacker: int, defender: int, hp: int, fighters: Any, moves: Any, chart: Any
) -> int:
    """damage.worst_damage"""
    if moves[move, t.FIXED] == t.PSYWAVE:
        return min(1, hp)
    hit = min(
        hp,
        uncapped_damage(move, attacker, defender, hp, False, MIN_ROLL, fighters, moves, chart),
    )
    hits = moves[move, t.NUM_HITS]
    return min(hp, hit * (2 if hits == t.TWO_TO_FIVE else hits))
