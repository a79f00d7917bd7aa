"""After the trainers of the Gen 1 games, whose "good AI" scores moves and takes the lowest.

Source: metamon's `Gen1Trainer` and `Gen1BossAI` and the page they follow (Trainer AI of Red/Blue/Yellow, pokemonspeedruns).
Two slips of metamon's are mended here: the status penalty looks at `status` moves (Thunder Wave) as the games do, not at
volatile ones (Confuse Ray), and Rest counts as a heal.
"""

from collections.abc import Sequence
from functools import cache
from typing import ClassVar

from poke_env.battle.move import Move
from poke_env.battle.move_category import MoveCategory

from psro.pokemon import damage
from psro.pokemon.combatants import type_names
from psro.pokemon.heuristics.reference.state_policy import (
    StatePolicy,
    actives,
    legal_moves,
    legal_switches,
    pick,
)
from psro.pokemon.state import BattleState

START_SCORE = 10
USELESS_STATUS = 5
_FIRST_TURN_MOVES = frozenset({"reflect", "lightscreen", "transform", "rest"})


class Gen1Trainer(StatePolicy):
    """A uniformly drawn legal move; never switches by choice; forced, the first bench slot."""

    def choose(self, state: BattleState, draws: Sequence[float]) -> int:
        """The action."""
        moves = legal_moves(state)
        if not moves:
            return legal_switches(state)[0][0]
        return pick([action for action, _ in moves], draws[0])


class Gen1Boss(StatePolicy):
    """The games' good AI: never switches by choice; forced, the first bench slot.

    Every move starts at 10: + 5 if it only gives a status and the foe has one already; on the Pokémon's first turn
    − 1 for boosts, heals, screens and Transform; − 1 if the type multiplier is ≥ 1, else + 1. Uniform among the lowest.
    """

    num_draws: ClassVar[int] = 1

    def choose(self, state: BattleState, draws: Sequence[float]) -> int:
        """The action."""
        moves = legal_moves(state)
        if not moves:
            return legal_switches(state)[0][0]
        active, foe = actives(state)
        foe_types = type_names(tuple(foe.types))
        scores = [
            score(option.id, foe_types, foe.status is not None, active.first_turn)
            for _, option in moves
        ]
        lowest = min(scores)
        best = [action for (action, _), s in zip(moves, scores, strict=True) if s == lowest]
        return pick(best, draws[0])


@cache
def score(
    move_id: str, foe_types: tuple[str, ...], foe_has_status: bool, is_first_turn: bool
) -> int:
    """The good AI's score of a move, lower is better. A status move's type counts as well."""
    total = START_SCORE
    if foe_has_status and only_gives_status(move_id):
        total += USELESS_STATUS
    if is_first_turn and suits_first_turn(move_id):
        total -= 1
    [kind] = type_names((Move(move_id, gen=1).type,))
    return total - 1 if damage.effectiveness(kind, foe_types) >= 1 else total + 1


def only_gives_status(move_id: str) -> bool:
    """Whether all it does is to give a status."""
    move = Move(move_id, gen=1)
    return move.category is MoveCategory.STATUS and "status" in move.entry


def suits_first_turn(move_id: str) -> bool:
    """Whether the good AI likes it on a Pokémon's first turn: boosts, heals, screens and Transform."""
    move = Move(move_id, gen=1)
    return bool(move.boosts) or move.heal > 0 or move_id in _FIRST_TURN_MOVES
