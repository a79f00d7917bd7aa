"""metamon's Grunt and BugCatcher: one rolls the damage of its moves and takes the most, the other the least."""

from abc import abstractmethod
from collections.abc import Sequence
from typing import ClassVar

from psro.pokemon import damage
from psro.pokemon.combatants import combatant_of, most_hp_of
from psro.pokemon.heuristics.reference.state_policy import (
    NUM_MOVES,
    StatePolicy,
    actives,
    legal_moves,
    legal_switches,
)
from psro.pokemon.heuristics.reference.type_score import type_score
from psro.pokemon.state import BattleState


class _DamageRoller(StatePolicy):
    """Imagines one hit or miss and one damage roll per move; never switches by choice."""

    num_draws: ClassVar[int] = 2 * NUM_MOVES

    @abstractmethod
    def prefer(self, values: Sequence[float]) -> float:
        """Which of the values, by damage or by type score, it goes for."""

    def choose(self, state: BattleState, draws: Sequence[float]) -> int:
        """The action, the first in the request among equals."""
        active, foe = actives(state)
        moves = legal_moves(state)
        if not moves:
            switches = legal_switches(state)
            scores = [type_score(option.pokemon, foe) for _, option in switches]
            return switches[scores.index(self.prefer(scores))][0]
        own, other, foe_hp = combatant_of(active), combatant_of(foe), most_hp_of(foe)
        rolled: list[float] = []
        for slot, option in moves:
            move = damage.move_data(option.id)
            hits = draws[slot] < damage.hit_chance(move, own, other) / 256
            roll = damage.MIN_ROLL + int(draws[NUM_MOVES + slot] * damage.NUM_ROLLS)
            hit = damage.hit_damage(move, own, other, foe_hp, roll=roll)
            rolled.append(hits * min(foe_hp, hit * move.expected_hits))
        return moves[rolled.index(self.prefer(rolled))][0]


class Grunt(_DamageRoller):
    """The move of most rolled damage; forced to switch, the best type score."""

    def prefer(self, values: Sequence[float]) -> float:
        """The highest."""
        return max(values)


class BugCatcher(_DamageRoller):
    """Bad on purpose: the move of least rolled damage; forced to switch, the worst type score."""

    def prefer(self, values: Sequence[float]) -> float:
        """The lowest."""
        return min(values)
