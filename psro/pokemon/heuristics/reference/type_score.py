"""How well a benched Pokémon's types stand against the foe's: metamon's `switch_scores`."""

from poke_env.battle.pokemon import Pokemon

from psro.pokemon import damage
from psro.pokemon.combatants import type_names
from psro.pokemon.heuristics.reference.state_policy import Switches


def type_score(pokemon: Pokemon, foe: Pokemon) -> float:
    """Its own damaging types against the foe minus the foe's types against it: sums of multipliers.

    An own type counts when some move of that type deals damage.
    """
    own, other = type_names(tuple(pokemon.types)), type_names(tuple(foe.types))
    attacks = {move.type for move in map(damage.move_data, pokemon.moves) if move.deals_damage}
    offense = sum(damage.effectiveness(kind, other) for kind in own if kind in attacks)
    return offense - sum(damage.effectiveness(kind, own) for kind in other)


def best_by_type(switches: Switches, foe: Pokemon, speed_weight: float = 0.0) -> int:
    """The action of the highest type score + `speed_weight` × speed, the first among equals."""

    def value(pokemon: Pokemon) -> float:
        score = type_score(pokemon, foe)
        return score + speed_weight * own_speed(pokemon) if speed_weight else score

    return max(switches, key=lambda choice: value(choice[1].pokemon))[0]


def own_speed(pokemon: Pokemon) -> int:
    """Speed of one's own benched Pokémon, as the request tells it; a benched one has no boosts."""
    speed = pokemon.stats["spe"]
    assert speed is not None, "a request tells one's own stats"
    return speed
