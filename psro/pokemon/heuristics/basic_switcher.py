"""metamon's BasicSwitcher: reference/basic_switcher.py, compiled."""

from typing import Any

import numpy as np

from psro.pokemon.heuristics import tables as rt
from psro.pokemon.heuristics.compiled import kernel
from psro.pokemon.heuristics.matchups import active_types, best_multiplier, species_types
from psro.pokemon.heuristics.record_policy import Asked, RecordPolicy
from psro.pokemon.heuristics.request import (
    legal_actions,
    legal_moves,
    legal_switches,
    move_of,
    slot_of,
)
from psro.pokemon.observations.layout import NUM_ACTIONS
from psro.pokemon.observations.records import record as r
from psro.pokemon.observations.records.attacks import effectiveness
from psro.pokemon.observations.records.tables import tables


@kernel(
    "void(int16[:, ::1], bool_[:, ::1], int64[::1], int64[:, ::1], int64[:, ::1], float64[:, ::1])"
)
def _choose(records: Any, legal: Any, actions: Any, rules: Any, species: Any, chart: Any) -> None:
    order = np.empty(NUM_ACTIONS, np.int64)
    for n in range(len(records)):
        row = records[n]
        if legal_actions(legal[n], order) == 1:
            actions[n] = order[0]
            continue
        foe_types = active_types(row, r.FOE_ACTIVE)
        best = -1.0
        for k in range(legal_switches(row, legal[n], order)):
            types = species_types(row, slot_of(row, order[k]), species)
            advantage = best_multiplier(types, foe_types, chart)
            if advantage > best:
                best = advantage
                actions[n] = order[k]
        num = legal_moves(row, legal[n], order)
        if num == 0:
            continue
        if best > best_multiplier(active_types(row, r.OWN_ACTIVE), foe_types, chart):
            continue
        best = -1.0
        for k in range(num):
            move = move_of(row, order[k])
            kind = rules[move, rt.TYPE]
            power = rules[move, rt.BASE_POWER] * effectiveness(
                kind, foe_types[0], foe_types[1], chart
            )
            if power > best:
                best = power
                actions[n] = order[k]


class BasicSwitcher(RecordPolicy):
    """Switches to the first bench Pokémon with the best own type against the foe, if better than the active's own.

    Else the move of the highest base power × type multiplier.
    """

    def choose(self, asked: Asked) -> None:
        """Writes its actions."""
        known = tables()
        rules = rt.move_rules().numbers
        _choose(asked.records, asked.legal, asked.actions, rules, known.species, known.chart)
