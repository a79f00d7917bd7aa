"""Gen 1's stat and damage formulas as pure functions of integers.

Source of every rule: pokemon-showdown, `data/mods/gen1/scripts.js` (`getDamage`, `boostBy`, `tryMoveHit`), checked against
the running simulator in tests/pokemon/test_damage.py. Types are upper-case names as in poke-env's type chart ("WATER").
"""

import math
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Literal, NamedTuple

from poke_env.data import GenData

MIN_ROLL, MAX_ROLL = 217, 255
"""The last factor of the formula is roll / 255, the roll uniform over 217 … 255."""
NUM_ROLLS = MAX_ROLL - MIN_ROLL + 1
MEAN_ROLL = 236
MAX_DV, MAX_STAT_EXP = 15, 65535
MAX_STAT = 999

_SPECIAL_TYPES = frozenset({"WATER", "GRASS", "FIRE", "ICE", "ELECTRIC", "PSYCHIC", "DRAGON"})
_BOOST_PERCENT = (25, 28, 33, 40, 50, 66, 100, 150, 200, 250, 300, 350, 400)
_PSEUDO_MOVES = frozenset({"recharge", "fight", "cannotmove", "nomove"})

FixedDamage = Literal["level", "half", "psywave", "counter", "ohko"]

_CALLBACKS: dict[str, FixedDamage] = {
    "superfang": "half",
    "psywave": "psywave",
    "counter": "counter",
}


@dataclass(frozen=True)
class MoveData:
    """What the formulas read of a move."""

    id: str
    type: str
    base_power: int
    is_physical: bool
    accuracy: int
    """Chance to hit, out of 256, before accuracy and evasion; 256: it cannot miss."""
    high_critical: bool
    num_hits: tuple[int, int]
    fixed: FixedDamage | int | None
    """How a move outside the formula damages: the user's level, half the target's HP, …, or a number."""
    halves_defense: bool
    """Explosion and Self-Destruct."""
    ignores_immunity: bool

    @property
    def deals_damage(self) -> bool:
        """Whether using it on a foe is an attack."""
        return self.fixed is not None or self.base_power > 0

    @property
    def expected_hits(self) -> float:
        """Mean number of hits; two to five hits fall 3/8, 3/8, 1/8, 1/8."""
        return 3.0 if self.num_hits == (2, 5) else sum(self.num_hits) / 2


class Combatant(NamedTuple):
    """What the formulas read of an active Pokémon. Hashable, so that results can be cached."""

    types: tuple[str, ...]
    base_speed: int
    """Of its own species, even when transformed: critical hits go by it."""
    attack: int
    """Attack, defense, special and speed: unmodified stats."""
    defense: int
    special: int
    speed: int
    level: int = 100
    attack_boost: int = 0
    """Boosts: stages −6 … 6."""
    defense_boost: int = 0
    special_attack_boost: int = 0
    """Gen 1 has one special; the simulator keeps its boosts under both names, always equal."""
    special_defense_boost: int = 0
    speed_boost: int = 0
    is_burned: bool = False
    is_paralyzed: bool = False
    reflect: bool = False
    light_screen: bool = False
    focus_energy: bool = False
    accuracy_boost: int = 0
    evasion_boost: int = 0


@cache
def move_data(move_id: str) -> MoveData:
    """The move of that id. Raises ValueError for an id that Gen 1 does not know."""
    if move_id in _PSEUDO_MOVES:
        return MoveData(move_id, "NORMAL", 0, True, 256, False, (1, 1), None, False, False)
    moves = GenData.from_gen(1).moves
    if move_id not in moves:
        raise ValueError(f"no move {move_id!r} in Gen 1")
    entry = moves[move_id]
    fixed: FixedDamage | int | None = entry.get("damage")
    if "damageCallback" in entry:
        fixed = _CALLBACKS[move_id]
    elif "ohko" in entry:
        fixed = "ohko"
    hits = entry.get("multihit", 1)
    percent = entry["accuracy"]
    kind = entry["type"].upper()
    return MoveData(
        id=move_id,
        type=kind,
        base_power=entry["basePower"] if fixed is None else 0,
        is_physical=kind not in _SPECIAL_TYPES,
        accuracy=256 if percent is True else percent * 255 // 100,
        high_critical=entry.get("critRatio", 1) == 2,
        num_hits=(hits, hits) if isinstance(hits, int) else (hits[0], hits[1]),
        fixed=fixed,
        halves_defense="selfdestruct" in entry,
        ignores_immunity=bool(entry.get("ignoreImmunity", entry["category"] == "Status")),
    )


def stat(base: int, level: int = 100, dv: int = MAX_DV, stat_exp: int = MAX_STAT_EXP) -> int:
    """Attack, defense, special or speed from the species' base stat."""
    return _growth(base, level, dv, stat_exp) + 5


def max_hp(base: int, level: int = 100, dv: int = MAX_DV, stat_exp: int = MAX_STAT_EXP) -> int:
    """Maximum HP from the species' base HP."""
    return _growth(base, level, dv, stat_exp) + level + 10


def _growth(base: int, level: int, dv: int, stat_exp: int) -> int:
    # The game takes the ceiling of the root and caps it at 255.
    root = min(255, math.isqrt(stat_exp - 1) + 1) if stat_exp else 0
    return ((base + dv) * 2 + root // 4) * level // 100


def boosted(value: int, stage: int) -> int:
    """An unmodified stat at a boost stage −6 … 6, within 1 … 999."""
    return max(1, min(MAX_STAT, value * _BOOST_PERCENT[stage + 6] // 100))


def speed_of(fighter: Combatant) -> int:
    """Speed as it orders a turn: boosted, quartered by paralysis."""
    speed = boosted(fighter.speed, fighter.speed_boost)
    return max(1, speed // 4) if fighter.is_paralyzed else speed


@cache
def effectiveness(move_type: str, defender_types: tuple[str, ...]) -> float:
    """The type multiplier of an attack: 0, ¼, ½, 1, 2 or 4; "???" is always neutral."""
    chart = GenData.from_gen(1).type_chart
    product = 1.0
    for defender_type in defender_types:
        if move_type in chart and defender_type in chart:
            product *= chart[defender_type][move_type]
    return product


@cache
def critical_chance(base_speed: int, high_critical: bool, focus_energy: bool = False) -> int:
    """Chance of a critical hit out of 256. Focus Energy divides it, as the games' bug has it."""
    chance = base_speed // 2
    chance = chance // 2 if focus_energy else max(1, min(255, chance * 2))
    return max(1, min(255, chance * 4)) if high_critical else chance // 2


@lru_cache(maxsize=1 << 16)
def formula_damage(
    move: MoveData, attacker: Combatant, defender: Combatant, is_critical: bool, roll: int
) -> int:
    """One hit of a move with base power, in HP, not capped by what HP the target has left.

    A critical hit doubles the level and ignores boosts, burn and screens.
    `roll`: 217 … 255. Returns 0 for an immune target or a move without base power.
    """
    return rolled(damage_before_roll(move, attacker, defender, is_critical), roll)


def rolled(damage: int, roll: int) -> int:
    """The formula's last step."""
    return damage * roll // 255 if damage > 1 else damage


def damage_before_roll(
    move: MoveData, attacker: Combatant, defender: Combatant, is_critical: bool
) -> int:
    """`formula_damage` but for the roll."""
    if move.base_power == 0 or effectiveness(move.type, defender.types) == 0:
        return 0
    attack, defense = _attack_and_defense(move, attacker, defender, is_critical)
    if attack >= 256 or defense >= 256:
        attack = max(1, attack // 4 % 256)
        defense = max(1, defense // 4 % 256)
    if move.halves_defense:
        defense = max(1, defense // 2)
    level = attacker.level * (2 if is_critical else 1) % 256
    damage = (level * 2 // 5 + 2) * move.base_power * attack // defense
    damage = min(997, damage // 50) + 2
    if move.type in attacker.types:
        damage += damage // 2
    for defender_type in defender.types:
        factor = effectiveness(move.type, (defender_type,))
        # Rounded down per type, which one multiplication by the product would miss.
        damage = damage * 2 if factor > 1 else damage // 2 if factor < 1 else damage
    return damage


def _attack_and_defense(
    move: MoveData, attacker: Combatant, defender: Combatant, is_critical: bool
) -> tuple[int, int]:
    """Both stats of the formula. A halving by screens comes before the roll-over at 1024."""
    if move.is_physical:
        if is_critical:
            return attacker.attack, defender.defense
        attack = boosted(attacker.attack, attacker.attack_boost)
        attack = max(1, attack // 2) if attacker.is_burned else attack
        defense = boosted(defender.defense, defender.defense_boost)
        return attack, defense * 2 if defender.reflect else defense
    if is_critical:
        return attacker.special, defender.special
    attack = boosted(attacker.special, attacker.special_attack_boost)
    defense = boosted(defender.special, defender.special_defense_boost)
    return attack, defense * 2 if defender.light_screen else defense


def hit_damage(
    move: MoveData,
    attacker: Combatant,
    defender: Combatant,
    defender_hp: int,
    is_critical: bool = False,
    roll: int = MEAN_ROLL,
) -> int:
    """What one hit of any move takes of a defender's HP: at most `defender_hp`. See `uncapped_damage`."""
    return min(
        defender_hp, uncapped_damage(move, attacker, defender, defender_hp, is_critical, roll)
    )


def uncapped_damage(
    move: MoveData,
    attacker: Combatant,
    defender: Combatant,
    defender_hp: int,
    is_critical: bool = False,
    roll: int = MEAN_ROLL,
) -> int:
    """One hit of any move, in HP: by the formula, or fixed. It may exceed `defender_hp`, which Super Fang halves.

    Psywave counts as its mean, Counter as 0 (it depends on a hit not yet taken), a one-hit KO as `defender_hp`, or as
    0 on a faster target.
    """
    if not move.ignores_immunity and effectiveness(move.type, defender.types) == 0:
        return 0
    if move.fixed is None:
        return formula_damage(move, attacker, defender, is_critical, roll)
    if isinstance(move.fixed, int):
        return move.fixed
    if move.fixed == "level":
        return attacker.level
    if move.fixed == "half":
        return max(1, defender_hp // 2)
    if move.fixed == "psywave":
        return attacker.level * 3 // 4  # uniform over 1 … 1.5 × level − 1
    if move.fixed == "ohko":
        return 0 if speed_of(defender) > speed_of(attacker) else defender_hp
    assert move.fixed == "counter"
    return 0


def hit_chance(move: MoveData, attacker: Combatant, defender: Combatant) -> int:
    """Chance to hit out of 256, with accuracy and evasion stages; 256: it cannot miss.

    "100 %" is 255: Gen 1's moves miss once in 256.
    """
    if move.accuracy == 256:
        return 256
    chance = move.accuracy * _BOOST_PERCENT[attacker.accuracy_boost + 6] // 100
    chance = chance * _BOOST_PERCENT[6 - defender.evasion_boost] // 100
    return max(1, min(255, chance))


def expected_damage(
    move: MoveData, attacker: Combatant, defender: Combatant, defender_hp: int
) -> float:
    """Mean damage of one use, in HP: accuracy × hits × mean over critical and normal at the mean roll.

    Not capped by `defender_hp`.
    """
    chance = critical_chance(attacker.base_speed, move.high_critical, attacker.focus_energy) / 256
    normal = uncapped_damage(move, attacker, defender, defender_hp)
    critical = uncapped_damage(move, attacker, defender, defender_hp, is_critical=True)
    mean = (1 - chance) * normal + chance * critical
    return hit_chance(move, attacker, defender) / 256 * move.expected_hits * mean


def worst_damage(move: MoveData, attacker: Combatant, defender: Combatant, defender_hp: int) -> int:
    """The least damage of one use that hits: lowest roll, no critical hit, fewest hits, in HP."""
    if move.fixed == "psywave":
        return min(1, defender_hp)
    hit = hit_damage(move, attacker, defender, defender_hp, roll=MIN_ROLL)
    return min(defender_hp, hit * move.num_hits[0])
