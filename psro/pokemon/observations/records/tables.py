"""What the kernels know of Gen 1, as arrays: written from the same functions and facts that the Python view reads.

They are arguments of the kernels and not compiled into them: a change of the data needs no new compilation.
"""

from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from psro.pokemon.damage import boosted, critical_chance, effectiveness, move_data, stat
from psro.pokemon.observations.facts import MOVE_ID, MOVES, NUM_SPECIES, SPECIES, MoveFacts
from psro.pokemon.observations.layout import STATUSES, TYPES
from psro.pokemon.observations.records.record import (
    HEALTHY,
    NO_TYPE,
    NUM_BOOSTS,
    NUM_MOVE_NUMBERS,
    NUM_TYPES,
)

BOOST_NAMES = ("atk", "def", "spa", "spd", "spe", "accuracy", "evasion")
"""In the order of a record."""
MAX_LIKELY = 12
"""Most moves that are likely of any species: no more are kept, an assertion tells."""

STAGE_PERCENT = np.array([boosted(100, stage) for stage in range(-6, 7)])
"""By stage + 6, of stats, accuracy and evasion alike."""

# Columns of Tables.moves.
(
    MOVE_TYPE,
    POWER,
    IS_PHYSICAL,
    ACCURACY,
    IS_HIGH_CRITICAL,
    FIXED,
    FIXED_POINTS,
    NUM_HITS,
    HALVES_DEFENSE,
    IGNORES_IMMUNITY,
    IS_MOVE,
    IS_ATTACK,
    IS_OUTSIDE_FORMULA,
    IS_COUNTER,
    EXPLODES,
    CHARGES,
    TRAPS,
    NEEDS_SLEEP,
    PRIORITY,
    TARGETS_SELF,
    NEVER_MISSES,
    GIVES_STATUS,
    USE,
    HEALS_HALF,
    IS_REST,
    ALPHABETICAL,
    IS_THREAT,
    MOVE_BOOSTS,
) = range(28)
NUM_MOVE_COLUMNS = MOVE_BOOSTS + NUM_BOOSTS
"""IS_THREAT: an attack that may be expected again and again, against anybody: what estimates.best_attack counts."""
TWO_TO_FIVE = 0
"""NUM_HITS of a move that hits two to five times."""

FORMULA, POINTS, BY_LEVEL, PSYWAVE, HALF, ONE_HIT_KO, NOT_BY_ITSELF = range(7)
"""FIXED: how it damages."""
_FIXED: dict[str | None, int] = {
    None: FORMULA,
    "level": BY_LEVEL,
    "psywave": PSYWAVE,
    "half": HALF,
    "ohko": ONE_HIT_KO,
    "counter": NOT_BY_ITSELF,
}

(
    USE_OTHER,
    USE_STATUS,
    USE_HEAL,
    USE_LEECH_SEED,
    USE_SUBSTITUTE,
    USE_REFLECT,
    USE_LIGHT_SCREEN,
    USE_CONFUSION,
) = range(8)
"""USE: what decides whether a move that is no attack is useless."""
_USE = {
    "leechseed": USE_LEECH_SEED,
    "substitute": USE_SUBSTITUTE,
    "reflect": USE_REFLECT,
    "lightscreen": USE_LIGHT_SCREEN,
    "confusion": USE_CONFUSION,
}

DRAIN, RECOIL, SLEEP_THREAT, PARALYSIS_THREAT, HEALING_THREAT, EXPLOSION_THREAT = range(6)
"""Columns of Tables.shares; the threats are 1 or 0."""
NUM_THREATS = 4

# Columns of Tables.species. GROWTH_*: what the stat formulas multiply by the level, in hundredths.
(
    BASE_HP,
    BASE_ATTACK,
    BASE_DEFENSE,
    BASE_SPECIAL,
    BASE_SPEED,
    GROWTH_HP,
    GROWTH_ATTACK,
    GROWTH_DEFENSE,
    GROWTH_SPECIAL,
    GROWTH_SPEED,
    FIRST_TYPE,
    SECOND_TYPE,
    CRITICAL,
    CRITICAL_HIGH,
    CRITICAL_FOCUSED,
    CRITICAL_HIGH_FOCUSED,
    SPECIES_ALPHABETICAL,
    NUM_LIKELY,
    LIKELY,
) = range(19)
NUM_SPECIES_COLUMNS = LIKELY + MAX_LIKELY

_DREAM_EATER = "dreameater"
_HEALS_HALF = frozenset({"recover", "softboiled"})


class Tables(NamedTuple):
    """All of them, in the order in which kernels take them."""

    moves: NDArray[np.int64]
    """[NUM_MOVE_NUMBERS, NUM_MOVE_COLUMNS]; 0 and pseudo-moves: zeros."""
    shares: NDArray[np.float64]
    """[NUM_MOVE_NUMBERS, 6]"""
    species: NDArray[np.int64]
    """[1 + NUM_SPECIES, NUM_SPECIES_COLUMNS]"""
    likely: NDArray[np.float64]
    """[1 + NUM_SPECIES, MAX_LIKELY]: how often a species carries its likely moves."""
    chart: NDArray[np.float64]
    """[NUM_TYPES, NUM_TYPES]: multiplier of an attacking type against a defending one."""


MOVE_NUMBER = {id: number - NUM_SPECIES for id, number in MOVE_ID.items()}
"""Move id → number in a record, pseudo-moves included."""


def type_number(name: str) -> int:
    """As a record has it, of an upper-case name."""
    return TYPES.index(name) if name in TYPES else len(TYPES)


@cache
def tables() -> Tables:
    """The tables of this installation."""
    moves = np.zeros((NUM_MOVE_NUMBERS, NUM_MOVE_COLUMNS), np.int64)
    shares = np.zeros((NUM_MOVE_NUMBERS, 2 + NUM_THREATS))
    for move in MOVES.values():
        moves[move.number] = _move_row(move)
        shares[move.number] = (
            move.drain,
            move.recoil,
            move.effect.status == "slp",
            move.effect.status == "par" and not move.is_attack,
            move.id in _HEALS_HALF or move.id == "rest",
            move.explodes,
        )
    species = np.zeros((1 + NUM_SPECIES, NUM_SPECIES_COLUMNS), np.int64)
    likely = np.zeros((1 + NUM_SPECIES, MAX_LIKELY))
    order = sorted(SPECIES)
    for one in SPECIES.values():
        base = (one.base_hp, one.base_attack, one.base_defense, one.base_special, one.base_speed)
        types = [type_number(name) for name in one.types]
        critical = [critical_chance(one.base_speed, high, focused) for focused in (False, True) for high in (False, True)]  # fmt: skip
        carried = [MOVES[id].number for id, _ in one.likely_moves]
        assert len(carried) <= MAX_LIKELY, one.id
        # At level 100 a stat is its growth + 5.
        species[one.number, :LIKELY] = (
            *base,
            *(stat(value) - 5 for value in base),
            *[*types, NO_TYPE][:2],
            *critical,
            order.index(one.id),
            len(carried),
        )
        species[one.number, LIKELY : LIKELY + len(carried)] = carried
        likely[one.number, : len(carried)] = [chance for _, chance in one.likely_moves]
    chart = np.ones((NUM_TYPES, NUM_TYPES))
    for row, attacking in enumerate(TYPES):
        for column, defending in enumerate(TYPES):
            chart[row, column] = effectiveness(attacking, (defending,))
    return Tables(moves, shares, species, likely, chart)


def _move_row(move: MoveFacts) -> list[int]:
    data = move_data(move.id)
    assert data.ignores_immunity == move.ignores_immunity, move.id
    assert data.num_hits == (2, 5) or data.num_hits[0] == data.num_hits[1], move.id
    points = data.fixed if isinstance(data.fixed, int) else 0
    effect = move.effect
    status = HEALTHY if effect.status is None else 1 + STATUSES.index(effect.status)
    use = USE_OTHER
    if status:
        use = USE_STATUS
    elif move.id in _HEALS_HALF or move.id == "rest":
        use = USE_HEAL
    elif effect.volatile in _USE:
        use = _USE[effect.volatile]
    boosts = [effect.boosts.get("spc" if name == "spa" else name, 0) for name in BOOST_NAMES]
    row = [
        type_number(move.type),
        data.base_power,
        data.is_physical,
        data.accuracy,
        data.high_critical,
        POINTS if isinstance(data.fixed, int) else _FIXED[data.fixed],
        points,
        TWO_TO_FIVE if data.num_hits == (2, 5) else data.num_hits[0],
        data.halves_defense,
        move.ignores_immunity,
        True,
        move.is_attack,
        move.fixed is not None,
        move.fixed in ("counter", "bide"),
        move.explodes,
        move.charges,
        move.traps,
        move.id == _DREAM_EATER,
        move.priority,
        move.targets_self,
        move.never_misses,
        status,
        use,
        move.id in _HEALS_HALF,
        move.id == "rest",
        sorted(MOVES).index(move.id),
        move.is_attack and not move.explodes and move.id != _DREAM_EATER,
        *boosts,
    ]
    assert len(row) == NUM_MOVE_COLUMNS
    return [int(value) for value in row]
