"""How much a move does: getDamage in data/mods/gen1/scripts.js and the callbacks of data/mods/gen1/moves.js.

Results are HP, or `UNDEFINED` (the move does no damage) or `FAILED`, as the simulator's undefined and false.
"""

from typing import Final

from psro.pokemon.engine.compiled import rule
from psro.pokemon.engine.layout import (
    ACTIVE_SLOT,
    ATK,
    DEF,
    FOCUS_ENERGY,
    HP,
    LAST_ENEMY_MOVE,
    LAST_ENEMY_SELECTED_MOVE,
    LIGHT_SCREEN,
    MODIFIED,
    REFLECT,
    SET_LEVEL,
    SET_SPECIES,
    SET_STATS,
    SPA,
    TRAP_DAMAGE,
    TRAP_LOCK,
    TRAP_LOCKED,
    TYPES,
    Lane,
)
from psro.pokemon.engine.places import (
    active_at,
    active_mon_at,
    get_last_damage,
    set_at,
    side_at,
)
from psro.pokemon.engine.prng import chance, draw
from psro.pokemon.engine.tables import (
    CATEGORY,
    CHART,
    COUNTER,
    CRIT_RATIO,
    EFFECT,
    EFFECT_COUNTER,
    EFFECT_PSYWAVE,
    EFFECT_SUPER_FANG,
    EFFECT_TRAP,
    EXPLODES,
    FIXED,
    IGNORES_IMMUNITY,
    MOVE_TABLE,
    OHKO,
    PHYSICAL,
    POWER,
    SPECIES_BASE,
    TYPE,
)

UNDEFINED: Final = -1
FAILED: Final = -2

_GHOST = 8
_NORMAL = 1
_FIGHTING = 2
_SPEED = 3


@rule
def has_type(s: Lane, a: int, kind: int) -> bool:
    """Whether the active Pokémon at `a` has the type now; nobody has the type 0."""
    return kind != 0 and (s[a + TYPES] == kind or s[a + TYPES + 1] == kind)


@rule
def is_immune(s: Lane, a: int, move: int) -> bool:
    """Whether the active Pokémon at `a` is immune to the move by its types."""
    if MOVE_TABLE[move, IGNORES_IMMUNITY]:
        return False
    kind = MOVE_TABLE[move, TYPE]
    return CHART[kind, s[a + TYPES]] == 0 or CHART[kind, s[a + TYPES + 1]] == 0


@rule
def counter_damage(s: Lane, target: int) -> int:
    """Twice the last damage of the battle, if the foe's last move was Normal or Fighting with power and it did not select Counter."""
    foe = side_at(target)
    last = s[foe + LAST_ENEMY_MOVE]
    kind = MOVE_TABLE[last, TYPE]
    damage = get_last_damage(s)
    if (
        s[foe + LAST_ENEMY_SELECTED_MOVE] == COUNTER
        or MOVE_TABLE[last, POWER] == 0
        or (kind != _NORMAL and kind != _FIGHTING)
        or damage <= 0
    ):
        return FAILED
    return 2 * damage


@rule
def is_critical(s: Lane, side: int, move: int) -> bool:
    """By the base speed of the user's own species, whatever it has turned into."""
    own = set_at(side, s[side_at(side) + ACTIVE_SLOT])
    threshold = SPECIES_BASE[s[own + SET_SPECIES], _SPEED] // 2
    if s[active_at(side) + FOCUS_ENERGY]:
        threshold = threshold // 2
    else:
        threshold = min(max(threshold * 2, 1), 255)
    if MOVE_TABLE[move, CRIT_RATIO] == 1:
        threshold = threshold // 2
    else:
        threshold = min(max(threshold * 4, 1), 255)
    return threshold > 0 and chance(s, threshold)


@rule
def get_damage(s: Lane, side: int, move: int) -> int:
    """Damage of `side`'s active Pokémon's move against the other's, before the target's HP limit it."""
    target = 1 - side
    a = active_at(side)
    t = active_at(target)
    if is_immune(s, t, move):
        return FAILED
    if MOVE_TABLE[move, OHKO]:
        return 65535
    effect = MOVE_TABLE[move, EFFECT]
    own = set_at(side, s[side_at(side) + ACTIVE_SLOT])
    level = s[own + SET_LEVEL]
    if effect == EFFECT_COUNTER:
        return counter_damage(s, target)
    if effect == EFFECT_PSYWAVE:
        if (level + (level >> 1)) & 255 < 2:
            return FAILED
        return draw(s, (level * 3) // 2 - 1) + 1
    if effect == EFFECT_SUPER_FANG:
        return max(s[active_mon_at(s, target) + HP] // 2, 1)
    fixed = MOVE_TABLE[move, FIXED]
    if fixed == -1:
        return level
    if fixed != 0:
        return fixed
    kind = MOVE_TABLE[move, TYPE]
    if effect == EFFECT_TRAP and kind == _NORMAL and has_type(s, t, _GHOST):
        return 0
    if s[a + TRAP_LOCK] and s[a + TRAP_LOCKED] == s[side_at(target) + ACTIVE_SLOT]:
        return s[a + TRAP_DAMAGE]
    power = MOVE_TABLE[move, POWER]
    if power == 0:
        return UNDEFINED
    critical = is_critical(s, side, move)
    physical = MOVE_TABLE[move, CATEGORY] == PHYSICAL
    attack_stat = ATK if physical else SPA
    defence_stat = DEF if physical else SPA
    if critical:
        level = (level * 2) & 255
        attack = s[own + SET_STATS + attack_stat] + 0
        theirs = set_at(target, s[side_at(target) + ACTIVE_SLOT])
        defence = s[theirs + SET_STATS + defence_stat] + 0
    else:
        attack = s[a + MODIFIED + attack_stat] + 0
        defence = s[t + MODIFIED + defence_stat] + 0
        if s[t + (REFLECT if physical else LIGHT_SCREEN)]:
            defence = defence * 2
    if attack >= 256 or defence >= 256:
        attack = max((attack // 4) & 255, 1)
        defence = max((defence // 4) & 255, 1)
    if MOVE_TABLE[move, EXPLODES] and physical:
        defence = max(defence // 2, 1)
    damage = (level * 2 // 5 + 2) * power * attack // defence
    damage = min(damage // 50, 997) + 2
    if has_type(s, a, kind):
        damage += damage // 2
    for place in range(2):
        effectiveness = CHART[kind, s[t + TYPES + place]]
        if effectiveness == 4:
            damage = damage * 2
        elif effectiveness == 1:
            damage = damage // 2
    if damage > 1:
        damage = damage * (draw(s, 39) + 217) // 255
    return damage
