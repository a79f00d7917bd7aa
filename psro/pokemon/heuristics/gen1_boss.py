"""After the trainers of the Gen 1 games: reference/gen1_boss.py, compiled."""

from typing import Any, ClassVar

import numpy as np

from psro.pokemon.heuristics import tables as rt
from psro.pokemon.heuristics.compiled import kernel, rule, whole
from psro.pokemon.heuristics.matchups import active_types
from psro.pokemon.heuristics.record_policy import Asked, RecordPolicy
from psro.pokemon.heuristics.reference.gen1_boss import START_SCORE, USELESS_STATUS
from psro.pokemon.heuristics.request import (
    legal_actions,
    legal_moves,
    legal_switches,
    move_of,
    pick,
)
from psro.pokemon.observations.layout import NUM_ACTIONS
from psro.pokemon.observations.records import record as r
from psro.pokemon.observations.records.attacks import effectiveness
from psro.pokemon.observations.records.tables import tables


@rule
def _score(row: Any, move: int, rules: Any, chart: Any) -> int:
    """gen1_boss.score"""
    foe_types = active_types(row, r.FOE_ACTIVE)
    foe = r.FOE + whole(row[r.FOE_ACTIVE + r.SLOT]) * r.POKEMON_WIDTH
    total = START_SCORE
    if rules[move, rt.ONLY_GIVES_STATUS] and row[foe + r.STATUS] != r.HEALTHY:
        total += USELESS_STATUS
    if rules[move, rt.SUITS_FIRST_TURN] and row[r.OWN_ACTIVE + r.ACTIVE_TURNS] == 1:
        total -= 1
    multiplier = effectiveness(rules[move, rt.TYPE], foe_types[0], foe_types[1], chart)
    return total - 1 if multiplier >= 1 else total + 1


@kernel(
    "void(int16[:, ::1], bool_[:, ::1], float64[:, ::1], int64[::1], boolean, int64[:, ::1], float64[:, ::1])"
)
def _choose(
    records: Any, legal: Any, draws: Any, actions: Any, scores: bool, rules: Any, chart: Any
) -> None:
    """`scores`: only a move of the lowest score will do."""
    order = np.empty(NUM_ACTIONS, np.int64)
    best = np.empty(NUM_ACTIONS, np.int64)
    for n in range(len(records)):
        row = records[n]
        if legal_actions(legal[n], order) == 1:
            actions[n] = order[0]
            continue
        num = legal_moves(row, legal[n], order)
        if num == 0:
            legal_switches(row, legal[n], order)
            actions[n] = order[0]
            continue
        if not scores:
            actions[n] = pick(order, num, draws[n, 0])
            continue
        lowest = num_best = 0
        for k in range(num):
            score = _score(row, move_of(row, order[k]), rules, chart)
            if num_best == 0 or score < lowest:
                lowest = score
                num_best = 0
            if score == lowest:
                best[num_best] = order[k]
                num_best += 1
        actions[n] = pick(best, num_best, draws[n, 0])


class Gen1Trainer(RecordPolicy):
    """A uniformly drawn legal move; never switches by choice; forced, the first bench slot."""

    num_draws: ClassVar[int] = 1

    def choose(self, asked: Asked) -> None:
        """Writes its actions."""
        _choose(*asked, False, rt.move_rules().numbers, tables().chart)


class Gen1Boss(RecordPolicy):
    """The games' good AI: never switches by choice; forced, the first bench slot.

    Every move starts at 10: + 5 if it only gives a status and the foe has one already; on the Pokémon's first turn
    − 1 for boosts, heals, screens and Transform; − 1 if the type multiplier is ≥ 1, else + 1. Uniform among the lowest.
    """

    num_draws: ClassVar[int] = 1

    def choose(self, asked: Asked) -> None:
        """Writes its actions."""
        _choose(*asked, True, rt.move_rules().numbers, tables().chart)
