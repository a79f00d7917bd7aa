"""metamon's Grunt and BugCatcher: reference/grunt.py, compiled."""

from typing import Any, ClassVar

import numpy as np

from psro.pokemon.damage import MIN_ROLL, NUM_ROLLS
from psro.pokemon.heuristics.compiled import kernel, rule, whole
from psro.pokemon.heuristics.hits import expected_hits, most_hp_of_foe, uncapped_damage
from psro.pokemon.heuristics.matchups import type_score
from psro.pokemon.heuristics.record_policy import Asked, RecordPolicy
from psro.pokemon.heuristics.request import (
    legal_actions,
    legal_moves,
    legal_switches,
    move_of,
    slot_of,
)
from psro.pokemon.observations.layout import NUM_ACTIONS, NUM_MOVES
from psro.pokemon.observations.records import fighters as f
from psro.pokemon.observations.records import record as r
from psro.pokemon.observations.records.attacks import hit_chance
from psro.pokemon.observations.records.tables import tables


@rule
def _rolled(
    row: Any,
    action: int,
    draws: Any,
    foe_hp: int,
    fighters: Any,
    moves: Any,
    chart: Any,
) -> float:
    """The damage of a move as it is imagined: by one draw it hits or misses, by another it is rolled."""
    own = whole(row[r.OWN_ACTIVE + r.SLOT])
    foe = f.FIRST_FOE + whole(row[r.FOE_ACTIVE + r.SLOT])
    move = move_of(row, action)
    accuracy = whole(row[r.OWN_ACTIVE + r.BOOSTS_AT + f.BOOST_ACCURACY])
    evasion = whole(row[r.FOE_ACTIVE + r.BOOSTS_AT + f.BOOST_EVASION])
    if draws[action] >= hit_chance(move, accuracy, evasion, moves):
        return 0.0
    roll = MIN_ROLL + whole(draws[NUM_MOVES + action] * NUM_ROLLS)
    hit = min(foe_hp, uncapped_damage(move, own, foe, foe_hp, False, roll, fighters, moves, chart))
    return min(float(foe_hp), hit * expected_hits(move, moves))


@kernel(
    "void(int16[:, ::1], bool_[:, ::1], float64[:, ::1], int64[::1], float64, int64[:, ::1], int64[:, ::1], float64[:, ::1])"
)
def _choose(
    records: Any,
    legal: Any,
    draws: Any,
    actions: Any,
    sign: float,
    moves: Any,
    species: Any,
    chart: Any,
) -> None:
    """`sign`: 1.0 prefers the highest values, −1.0 the lowest."""
    order = np.empty(NUM_ACTIONS, np.int64)
    fighters = np.empty((f.NUM_FIGHTERS, f.NUM_COLUMNS), np.int64)
    shares = np.empty((f.NUM_FIGHTERS, f.NUM_SHARES))
    stats = np.empty(4, np.int64)
    for n in range(len(records)):
        row = records[n]
        if legal_actions(legal[n], order) == 1:
            actions[n] = order[0]
            continue
        best = -np.inf
        num = legal_moves(row, legal[n], order)
        if num == 0:
            for k in range(legal_switches(row, legal[n], order)):
                value = sign * type_score(row, slot_of(row, order[k]), moves, species, chart)
                if value > best:
                    best = value
                    actions[n] = order[k]
            continue
        own = whole(row[r.OWN_ACTIVE + r.SLOT])
        foe = f.FIRST_FOE + whole(row[r.FOE_ACTIVE + r.SLOT])
        f.fill_fighter(row, own, stats, fighters, shares, species)
        f.fill_fighter(row, foe, stats, fighters, shares, species)
        foe_hp = most_hp_of_foe(row, species)
        for k in range(num):
            value = sign * _rolled(row, order[k], draws[n], foe_hp, fighters, moves, chart)
            if value > best:
                best = value
                actions[n] = order[k]


class _DamageRoller(RecordPolicy):
    """Imagines one hit or miss and one damage roll per move; never switches by choice."""

    num_draws: ClassVar[int] = 2 * NUM_MOVES
    sign: ClassVar[float]
    """1 prefers the highest values, −1 the lowest."""

    def choose(self, asked: Asked) -> None:
        """Writes its actions."""
        known = tables()
        _choose(*asked, self.sign, known.moves, known.species, known.chart)


class Grunt(_DamageRoller):
    """The move of most rolled damage; forced to switch, the best type score."""

    sign: ClassVar[float] = 1.0


class BugCatcher(_DamageRoller):
    """Bad on purpose: the move of least rolled damage; forced to switch, the worst type score."""

    sign: ClassVar[float] = -1.0
