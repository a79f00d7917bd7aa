"""metamon's BasicSwitcher: chases the best type advantage, then hits with base power × type."""

from collections.abc import Sequence

from poke_env.battle.pokemon import Pokemon

from psro.pokemon import damage
from psro.pokemon.combatants import type_names
from psro.pokemon.heuristics.reference.state_policy import (
    StatePolicy,
    actives,
    legal_moves,
    legal_switches,
)
from psro.pokemon.state import BattleState


class BasicSwitcher(StatePolicy):
    """Switches to the first bench Pokémon with the best own type against the foe, if better than the active's own."""

    def choose(self, state: BattleState, draws: Sequence[float]) -> int:
        """The action."""
        active, foe = actives(state)
        foe_types = type_names(tuple(foe.types))
        moves, switches = legal_moves(state), legal_switches(state)
        if switches:
            action, option = max(switches, key=lambda c: _advantage(c[1].pokemon, foe_types))
            if not moves or _advantage(option.pokemon, foe_types) > _advantage(active, foe_types):
                return action
        powers = [
            option.move.base_power
            * damage.effectiveness(damage.move_data(option.id).type, foe_types)
            for _, option in moves
        ]
        return moves[powers.index(max(powers))][0]


def _advantage(pokemon: Pokemon, foe_types: tuple[str, ...]) -> float:
    return max(damage.effectiveness(t, foe_types) for t in type_names(tuple(pokemon.types)))
