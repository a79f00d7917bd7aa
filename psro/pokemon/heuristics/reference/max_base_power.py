"""poke-env's MaxBasePowerPlayer."""

from collections.abc import Sequence

from psro.pokemon.heuristics.reference.state_policy import StatePolicy, legal_moves, uniform_legal
from psro.pokemon.state import BattleState


class MaxBasePower(StatePolicy):
    """The legal move of the highest base power, the first in the request among equals.

    Forced to switch: uniform over what is legal. Fixed damage counts as base power 1, as in poke-env.
    """

    def choose(self, state: BattleState, draws: Sequence[float]) -> int:
        """The action."""
        moves = legal_moves(state)
        if not moves:
            return uniform_legal(state, draws[0])
        return max(moves, key=lambda choice: choice[1].move.base_power)[0]
