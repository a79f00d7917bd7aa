"""metamon's GymLeader: knows types, damage, knock-outs, boosts and heals.

Source: metamon, `baselines/heuristic/basic.py`. Mended: it compares damage in HP with the foe's HP in per cent; here both
are HP, the foe's estimated (`combatants.most_hp_of`). Its damage is the game's formula, not an approximation of it.
"""

from collections.abc import Sequence
from typing import ClassVar

from poke_env.battle.pokemon import Pokemon

from psro.pokemon import damage
from psro.pokemon.combatants import combatant_of, most_hp_of, type_names
from psro.pokemon.damage import Combatant
from psro.pokemon.heuristics.reference.state_policy import (
    Choices,
    StatePolicy,
    actives,
    legal_moves,
    legal_switches,
)
from psro.pokemon.heuristics.reference.type_score import best_by_type
from psro.pokemon.state import BattleState

SPEED_WEIGHT = 0.001
FRESH_HP = 0.9
MIN_BOOST = 1
BOOST_PROBABILITY = 0.5
LOW_HP = 0.33
MIN_HEAL = 0.33
HEAL_PROBABILITY = 0.75
SURE_ACCURACY = 255
"""Of 256: Gen 1's "100 %"."""


class GymLeader(StatePolicy):
    """In order, the first rule that applies:

    1. Forced, or no own move's type has a multiplier ≥ 1 and it may switch: the first switch that outspeeds and surely
       knocks out, else the best type score + 0.001 × speed.
    2. The first sure knock-out.
    3. On the Pokémon's first turn above 90 % HP: the boost of most stages, above 1, with probability ½.
    4. Below 33 % HP: a heal of more than 33 % (Recover, Softboiled; not Rest, as in metamon) with probability ¾.
    5. The most expected damage.
    """

    num_draws: ClassVar[int] = 2

    def choose(self, state: BattleState, draws: Sequence[float]) -> int:
        """The action."""
        active, foe = actives(state)
        moves, switches = legal_moves(state), legal_switches(state)
        foe_combatant, foe_hp = combatant_of(foe), most_hp_of(foe)
        if switches and (not moves or not _hits_neutrally(active, foe)):
            for action, option in switches:
                if _outspeeds_and_knocks_out(option.pokemon, foe_combatant, foe_hp):
                    return action
            return best_by_type(switches, foe, SPEED_WEIGHT)
        own = combatant_of(active)
        knock_out = _sure_knock_out(moves, own, foe_combatant, foe_hp)
        if knock_out is not None:
            return knock_out
        if active.first_turn and active.current_hp_fraction > FRESH_HP:
            action, stages = _best(moves, [float(total_boost(m.move.boosts)) for _, m in moves])
            if stages > MIN_BOOST and draws[0] < BOOST_PROBABILITY:
                return action
        if active.current_hp_fraction < LOW_HP:
            action, heal = _best(moves, [m.move.heal for _, m in moves])
            if heal > MIN_HEAL and draws[1] < HEAL_PROBABILITY:
                return action
        expected = [
            damage.expected_damage(damage.move_data(m.id), own, foe_combatant, foe_hp)
            for _, m in moves
        ]
        return _best(moves, expected)[0]


def _best(moves: Choices, values: list[float]) -> tuple[int, float]:
    """The action of the highest value, the first among equals, and that value."""
    value = max(values)
    return moves[values.index(value)][0], value


def _hits_neutrally(active: Pokemon, foe: Pokemon) -> bool:
    """Whether some own move's type has a multiplier ≥ 1. As in metamon, status moves count too."""
    foe_types = type_names(tuple(foe.types))
    return any(
        damage.effectiveness(damage.move_data(move_id).type, foe_types) >= 1
        for move_id in active.moves
    )


def total_boost(boosts: dict[str, int] | None) -> int:
    """Stages over the five stats; accuracy and evasion do not count. Gen 1's special counts twice (Amnesia: 4)."""
    return sum((boosts or {}).get(name, 0) for name in ("atk", "def", "spa", "spd", "spe"))


def _knocks_out(move_id: str, own: Combatant, foe: Combatant, foe_hp: int) -> bool:
    """Whether the move at its worst takes all HP of a foe that has any, and misses at most once in 256."""
    move = damage.move_data(move_id)
    return (
        0 < foe_hp <= damage.worst_damage(move, own, foe, foe_hp)
        and damage.hit_chance(move, own, foe) >= SURE_ACCURACY
    )


def _sure_knock_out(moves: Choices, own: Combatant, foe: Combatant, foe_hp: int) -> int | None:
    for action, option in moves:
        if _knocks_out(option.id, own, foe, foe_hp):
            return action
    return None


def _outspeeds_and_knocks_out(pokemon: Pokemon, foe: Combatant, foe_hp: int) -> bool:
    """Whether it is surely first and has a sure knock-out that does not act last."""
    own = combatant_of(pokemon)
    return damage.speed_of(own) > damage.speed_of(foe) and any(
        move.priority >= 0 and _knocks_out(move_id, own, foe, foe_hp)
        for move_id, move in pokemon.moves.items()
    )
