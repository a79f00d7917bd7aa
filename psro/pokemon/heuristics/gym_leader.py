"""metamon's GymLeader: reference/gym_leader.py, compiled."""

from typing import Any, ClassVar

import numpy as np

from psro.pokemon.heuristics import tables as rt
from psro.pokemon.heuristics.compiled import kernel, rule, whole
from psro.pokemon.heuristics.hits import expected_damage, most_hp_of_foe, worst_damage
from psro.pokemon.heuristics.matchups import active_types, type_score
from psro.pokemon.heuristics.record_policy import Asked, RecordPolicy
from psro.pokemon.heuristics.reference.gym_leader import (
    BOOST_PROBABILITY,
    FRESH_HP,
    HEAL_PROBABILITY,
    LOW_HP,
    MIN_BOOST,
    MIN_HEAL,
    SPEED_WEIGHT,
    SURE_ACCURACY,
)
from psro.pokemon.heuristics.request import (
    legal_actions,
    legal_moves,
    legal_switches,
    move_of,
    slot_of,
)
from psro.pokemon.observations.layout import NUM_ACTIONS
from psro.pokemon.observations.records import fighters as f
from psro.pokemon.observations.records import record as r
from psro.pokemon.observations.records import tables as t
from psro.pokemon.observations.records.attacks import effectiveness, hit_chance
from psro.pokemon.observations.records.tables import tables

_SPEED = 3
"""Place of a stat."""
_SURE = SURE_ACCURACY / 256
_NONE = -1


@rule
def _hits_neutrally(row: Any, moves: Any, chart: Any) -> bool:
    """Whether some own move's type has a multiplier ≥ 1."""
    foe_types = active_types(row, r.FOE_ACTIVE)
    at = r.OWN + whole(row[r.OWN_ACTIVE + r.SLOT]) * r.POKEMON_WIDTH + r.MOVES
    for place in range(at, at + r.MOVES_PER_POKEMON):
        move = whole(row[place])
        if move == 0:
            continue
        if effectiveness(moves[move, t.MOVE_TYPE], foe_types[0], foe_types[1], chart) >= 1:
            return True
    return False


@rule
def _knocks_out(
    move: int,
    own: int,
    foe: int,
    foe_hp: int,
    accuracy: int,
    evasion: int,
    fighters: Any,
    moves: Any,
    chart: Any,
) -> bool:
    """Whether the move at its worst takes all HP of a foe that has any, and misses at most once in 256."""
    if foe_hp <= 0 or hit_chance(move, accuracy, evasion, moves) < _SURE:
        return False
    return foe_hp <= worst_damage(move, own, foe, foe_hp, fighters, moves, chart)


@rule
def _switch(
    row: Any,
    order: Any,
    num: int,
    foe_hp: int,
    stats: Any,
    fighters: Any,
    shares: Any,
    moves: Any,
    species: Any,
    chart: Any,
) -> int:
    """The first switch that outspeeds and surely knocks out, else the best by type."""
    foe = f.FIRST_FOE + whole(row[r.FOE_ACTIVE + r.SLOT])
    evasion = whole(row[r.FOE_ACTIVE + r.BOOSTS_AT + f.BOOST_EVASION])
    for k in range(num):
        slot = slot_of(row, order[k])
        f.fill_fighter(row, slot, stats, fighters, shares, species)
        if fighters[slot, f.SPEED] <= fighters[foe, f.SPEED]:
            continue
        at = r.OWN + slot * r.POKEMON_WIDTH + r.MOVES
        for place in range(at, at + r.MOVES_PER_POKEMON):
            move = whole(row[place])
            if (
                move != 0
                and moves[move, t.PRIORITY] >= 0
                and _knocks_out(move, slot, foe, foe_hp, 0, evasion, fighters, moves, chart)
            ):
                return whole(order[k])
    best, best_score = _NONE, -np.inf
    for k in range(num):
        slot = slot_of(row, order[k])
        speed = whole(row[r.OWN + slot * r.POKEMON_WIDTH + r.STATS + _SPEED])
        score = type_score(row, slot, moves, species, chart) + SPEED_WEIGHT * speed
        if score > best_score:
            best, best_score = whole(order[k]), score
    return best


@rule
def _boost_or_heal(row: Any, order: Any, num: int, draws: Any, rules: Any, rule_shares: Any) -> int:
    """The boost of a fresh Pokémon or the heal of a weak one; _NONE where neither is due."""
    at = r.OWN + whole(row[r.OWN_ACTIVE + r.SLOT]) * r.POKEMON_WIDTH
    hp = whole(row[at + r.HP])
    fraction = hp / whole(row[at + r.MAX_HP]) if hp != 0 else 0.0
    boost = heal = whole(order[0])
    for k in range(num):
        move = move_of(row, order[k])
        if rules[move, rt.TOTAL_BOOST] > rules[move_of(row, boost), rt.TOTAL_BOOST]:
            boost = whole(order[k])
        if rule_shares[move, rt.HEAL] > rule_shares[move_of(row, heal), rt.HEAL]:
            heal = whole(order[k])
    if (
        row[r.OWN_ACTIVE + r.ACTIVE_TURNS] == 1
        and fraction > FRESH_HP
        and rules[move_of(row, boost), rt.TOTAL_BOOST] > MIN_BOOST
        and draws[0] < BOOST_PROBABILITY
    ):
        return boost
    if (
        fraction < LOW_HP
        and rule_shares[move_of(row, heal), rt.HEAL] > MIN_HEAL
        and draws[1] < HEAL_PROBABILITY
    ):
        return heal
    return _NONE


@rule
def _attack(
    row: Any,
    order: Any,
    num: int,
    foe_hp: int,
    draws: Any,
    fighters: Any,
    rules: Any,
    rule_shares: Any,
    moves: Any,
    chart: Any,
) -> int:
    """A sure knock-out, a boost or a heal, else the most expected damage."""
    own = whole(row[r.OWN_ACTIVE + r.SLOT])
    foe = f.FIRST_FOE + whole(row[r.FOE_ACTIVE + r.SLOT])
    accuracy = whole(row[r.OWN_ACTIVE + r.BOOSTS_AT + f.BOOST_ACCURACY])
    evasion = whole(row[r.FOE_ACTIVE + r.BOOSTS_AT + f.BOOST_EVASION])
    for k in range(num):
        move = move_of(row, order[k])
        if _knocks_out(move, own, foe, foe_hp, accuracy, evasion, fighters, moves, chart):
            return whole(order[k])
    other = _boost_or_heal(row, order, num, draws, rules, rule_shares)
    if other != _NONE:
        return other
    best, best_damage = _NONE, -1.0
    for k in range(num):
        move = move_of(row, order[k])
        chance = hit_chance(move, accuracy, evasion, moves)
        damage = expected_damage(move, own, foe, foe_hp, chance, fighters, moves, chart)
        if damage > best_damage:
            best, best_damage = whole(order[k]), damage
    return best


@kernel(
    "void(int16[:, ::1], bool_[:, ::1], float64[:, ::1], int64[::1], int64[:, ::1], float64[:, ::1], "
    "int64[:, ::1], int64[:, ::1], float64[:, ::1])"
)
def _choose(
    records: Any,
    legal: Any,
    draws: Any,
    actions: Any,
    rules: Any,
    rule_shares: Any,
    moves: Any,
    species: Any,
    chart: Any,
) -> None:
    order = np.empty(NUM_ACTIONS, np.int64)
    fighters = np.empty((f.NUM_FIGHTERS, f.NUM_COLUMNS), np.int64)
    shares = np.empty((f.NUM_FIGHTERS, f.NUM_SHARES))
    stats = np.empty(4, np.int64)
    for n in range(len(records)):
        row = records[n]
        if legal_actions(legal[n], order) == 1:
            actions[n] = order[0]
            continue
        foe = f.FIRST_FOE + whole(row[r.FOE_ACTIVE + r.SLOT])
        f.fill_fighter(row, foe, stats, fighters, shares, species)
        foe_hp = most_hp_of_foe(row, species)
        num_moves = legal_moves(row, legal[n], order)
        if num_moves == 0 or not _hits_neutrally(row, moves, chart):
            num = legal_switches(row, legal[n], order)
            if num > 0:
                actions[n] = _switch(
                    row, order, num, foe_hp, stats, fighters, shares, moves, species, chart
                )
                continue
            num_moves = legal_moves(row, legal[n], order)
        own = whole(row[r.OWN_ACTIVE + r.SLOT])
        f.fill_fighter(row, own, stats, fighters, shares, species)
        actions[n] = _attack(
            row,
            order,
            num_moves,
            foe_hp,
            draws[n],
            fighters,
            rules,
            rule_shares,
            moves,
            chart,
        )


class GymLeader(RecordPolicy):
    """In order, the first rule that applies:

    1. Forced, or no own move's type has a multiplier ≥ 1 and it may switch: the first switch that outspeeds and surely
       knocks out, else the best type score + 0.001 × speed.
    2. The first sure knock-out.
    3. On the Pokémon's first turn above 90 % HP: the boost of most stages, above 1, with probability ½.
    4. Below 33 % HP: a heal of more than 33 % (Recover, Softboiled; not Rest, as in metamon) with probability ¾.
    5. The most expected damage.
    """

    num_draws: ClassVar[int] = 2

    def choose(self, asked: Asked) -> None:
        """Writes its actions."""
        known, rules = tables(), rt.move_rules()
        _choose(
            *asked,
            rules.numbers,
            rules.shares,
            known.moves,
            known.species,
            known.chart,
        )
