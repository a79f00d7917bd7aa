"""poke-env's MaxBasePowerPlayer: reference/max_base_power.py, compiled."""

from typing import Any, ClassVar

import numpy as np

from psro.pokemon.heuristics.compiled import kernel
from psro.pokemon.heuristics.record_policy import Asked, RecordPolicy
from psro.pokemon.heuristics.request import legal_actions, legal_moves, move_of, pick
from psro.pokemon.heuristics.tables import BASE_POWER, move_rules
from psro.pokemon.observations.layout import NUM_ACTIONS


@kernel("void(int16[:, ::1], bool_[:, ::1], float64[:, ::1], int64[::1], int64[:, ::1])")
def _choose(records: Any, legal: Any, draws: Any, actions: Any, rules: Any) -> None:
    order = np.empty(NUM_ACTIONS, np.int64)
    for n in range(len(records)):
        row = records[n]
        num = legal_moves(row, legal[n], order)
        if num == 0:
            actions[n] = pick(order, legal_actions(legal[n], order), draws[n, 0])
            continue
        best = -1
        for k in range(num):
            power = rules[move_of(row, order[k]), BASE_POWER]
            if power > best:
                best = power
                actions[n] = order[k]


class MaxBasePower(RecordPolicy):
    """The legal move of the highest base power, the first in the request among equals.

    Forced to switch: uniform over what is legal. Fixed damage counts as base power 1, as in poke-env.
    """

    num_draws: ClassVar[int] = 1

    def choose(self, asked: Asked) -> None:
        """Writes its actions."""
        _choose(*asked, move_rules().numbers)
