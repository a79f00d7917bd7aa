"""poke-env's SimpleHeuristicsPlayer: reference/poke_env_heuristic.py, compiled.

The order of the factors and terms is poke-env's: rounding decides ties.
"""

from typing import Any

import numpy as np

from psro.pokemon.heuristics import tables as rt
from psro.pokemon.heuristics.compiled import kernel, rule, whole
from psro.pokemon.heuristics.matchups import active_types, best_multiplier, species_types
from psro.pokemon.heuristics.record_policy import Asked, RecordPolicy
from psro.pokemon.heuristics.reference.poke_env_heuristic import (
    BAD_MATCHUP,
    HP_WEIGHT,
    SPEED_WEIGHT,
    WORN_DOWN,
)
from psro.pokemon.heuristics.request import (
    legal_actions,
    legal_moves,
    legal_switches,
    move_of,
    slot_of,
)
from psro.pokemon.observations.layout import NUM_ACTIONS
from psro.pokemon.observations.records import record as r
from psro.pokemon.observations.records import tables as t
from psro.pokemon.observations.records.attacks import effectiveness
from psro.pokemon.observations.records.tables import tables

_ATK, _DEF, _SPA, _SPD = range(4)
"""Places of boosts."""
_ATTACK, _SPECIAL = 0, 2
"""Places of stats."""
_MAX_BOOST = 6


@rule
def _fraction(row: Any, at: int) -> float:
    """The share of its HP that a Pokémon has left."""
    hp = whole(row[at + r.HP])
    return hp / whole(row[at + r.MAX_HP]) if hp != 0 else 0.0


@rule
def _own_at(row: Any) -> int:
    return r.OWN + whole(row[r.OWN_ACTIVE + r.SLOT]) * r.POKEMON_WIDTH


@rule
def _matchup(row: Any, slot: int, species: Any, chart: Any) -> float:
    """poke_env_heuristic.matchup of an own Pokémon, on the field or on the bench, against the foe."""
    at = r.OWN + slot * r.POKEMON_WIDTH
    foe = r.FOE + whole(row[r.FOE_ACTIVE + r.SLOT]) * r.POKEMON_WIDTH
    if slot == row[r.OWN_ACTIVE + r.SLOT]:
        types = active_types(row, r.OWN_ACTIVE)
        form = whole(row[r.OWN_ACTIVE + r.FORM])
    else:
        types = species_types(row, slot, species)
        form = whole(row[at + r.SPECIES])
    foe_types = active_types(row, r.FOE_ACTIVE)
    score = best_multiplier(types, foe_types, chart) - best_multiplier(foe_types, types, chart)
    speed = species[form, t.BASE_SPEED]
    foe_speed = species[row[r.FOE_ACTIVE + r.FORM], t.BASE_SPEED]
    if speed > foe_speed:
        score += SPEED_WEIGHT
    elif foe_speed > speed:
        score -= SPEED_WEIGHT
    score += _fraction(row, at) * HP_WEIGHT
    score -= _fraction(row, foe) * HP_WEIGHT
    return score


@rule
def _is_worth_leaving(row: Any, species: Any, chart: Any) -> bool:
    boosts = r.OWN_ACTIVE + r.BOOSTS_AT
    stats = _own_at(row) + r.STATS
    attack, special = row[stats + _ATTACK], row[stats + _SPECIAL]
    if row[boosts + _DEF] <= WORN_DOWN or row[boosts + _SPD] <= WORN_DOWN:
        return True
    if row[boosts + _ATK] <= WORN_DOWN and attack >= special:
        return True
    if row[boosts + _SPA] <= WORN_DOWN and attack <= special:
        return True
    return _matchup(row, whole(row[r.OWN_ACTIVE + r.SLOT]), species, chart) < BAD_MATCHUP


@rule
def _stat(row: Any, active: int, boost_at: int, base_at: int, species: Any) -> float:
    """poke-env's estimate of a stat of a Pokémon on the field."""
    boost = whole(row[active + r.BOOSTS_AT + boost_at])
    factor = (2 + boost) / 2 if boost > 1 else 2 / (2 - boost)
    base = species[row[active + r.FORM], base_at]
    return ((2 * base + 31) + 5) * factor


@rule
def _is_setup(row: Any, move: int, rules: Any) -> bool:
    """Whether the move raises own stats by two stages or more, one of which can still rise."""
    for boost in range(r.NUM_BOOSTS):
        stage = row[r.OWN_ACTIVE + r.BOOSTS_AT + boost]
        if rules[move, rt.SETS_UP + boost] and stage < _MAX_BOOST:
            return True
    return False


@rule
def _attack_or_set_up(
    row: Any,
    order: Any,
    num: int,
    uses_setup: bool,
    rules: Any,
    shares: Any,
    species: Any,
    chart: Any,
) -> int:
    if (
        uses_setup
        and _fraction(row, _own_at(row)) == 1
        and _matchup(row, whole(row[r.OWN_ACTIVE + r.SLOT]), species, chart) > 0
    ):
        for k in range(num):
            if _is_setup(row, move_of(row, order[k]), rules):
                return whole(order[k])
    own, foe = r.OWN_ACTIVE, r.FOE_ACTIVE
    physical = _stat(row, own, _ATK, t.BASE_ATTACK, species) / _stat(
        row, foe, _DEF, t.BASE_DEFENSE, species
    )
    special = _stat(row, own, _SPA, t.BASE_SPECIAL, species) / _stat(
        row, foe, _SPD, t.BASE_SPECIAL, species
    )
    types, foe_types = active_types(row, own), active_types(row, foe)
    best, best_score = -1, -1.0
    for k in range(num):
        move = move_of(row, order[k])
        kind = rules[move, rt.TYPE]
        same_type = kind == types[0] or kind == types[1]
        score = (
            rules[move, rt.BASE_POWER]
            * (1.5 if same_type else 1.0)
            * (physical if rules[move, rt.IS_PHYSICAL] else special)
            * shares[move, rt.ACCURACY]
            * shares[move, rt.EXPECTED_HITS]
            * effectiveness(kind, foe_types[0], foe_types[1], chart)
        )
        if score > best_score:
            best, best_score = whole(order[k]), score
    return best


@kernel(
    "void(int16[:, ::1], bool_[:, ::1], int64[::1], boolean, int64[:, ::1], float64[:, ::1], int64[:, ::1], float64[:, ::1])"
)
def _choose(
    records: Any,
    legal: Any,
    actions: Any,
    uses_setup: bool,
    rules: Any,
    shares: Any,
    species: Any,
    chart: Any,
) -> None:
    order = np.empty(NUM_ACTIONS, np.int64)
    for n in range(len(records)):
        row = records[n]
        if legal_actions(legal[n], order) == 1:
            actions[n] = order[0]
            continue
        num = legal_moves(row, legal[n], order)
        if num == 0 or _is_worth_leaving(row, species, chart):
            best, switch = -np.inf, -1
            for k in range(legal_switches(row, legal[n], order)):
                score = _matchup(row, slot_of(row, order[k]), species, chart)
                if score > best:
                    best, switch = score, whole(order[k])
            if switch >= 0 and (num == 0 or best > 0):
                actions[n] = switch
                continue
            num = legal_moves(row, legal[n], order)
        actions[n] = _attack_or_set_up(row, order, num, uses_setup, rules, shares, species, chart)


class PokeEnvHeuristic(RecordPolicy):
    """Switches out of a worn-down or badly matched Pokémon, else the move of most estimated damage.

    `uses_setup`: at full health in a good matchup, the first move that raises the user's own stats by two stages in
    all. SimpleHeuristicsPlayer has this rule but never follows it in poke-env 0.16.1: it compares the target, by now
    an enum, with the string "self". False is what that player does; True what its authors meant.
    """

    def __init__(self, name: str, uses_setup: bool = False):
        super().__init__(name)
        self.uses_setup = uses_setup

    def choose(self, asked: Asked) -> None:
        """Writes its actions."""
        known, rules = tables(), rt.move_rules()
        _choose(
            asked.records,
            asked.legal,
            asked.actions,
            self.uses_setup,
            rules.numbers,
            rules.shares,
            known.species,
            known.chart,
        )
