"""What the damage formulas need, read off poke-env's Pokémon; what is hidden of a foe is estimated.

A foe's stats are taken at its level with maximum DVs and Stat Exp, as every serious Gen 1 team has them.
"""

from functools import cache

from poke_env.battle.effect import Effect
from poke_env.battle.pokemon import Pokemon
from poke_env.battle.pokemon_type import PokemonType
from poke_env.battle.status import Status
from poke_env.data import GenData

from psro.pokemon import damage
from psro.pokemon.damage import Combatant
from psro.pokemon.gen1_battle import LIGHT_SCREEN


def combatant_of(pokemon: Pokemon) -> Combatant:
    """The Pokémon as the formulas read it, its boosts and status included.

    Stats are exact where the request told them (one's own, not transformed), else estimated.
    Not followed: a boost undoes the halving by burn and the quartering by paralysis until the next one applies it again.
    """
    stats, boosts, effects = pokemon.stats, pokemon.boosts, pokemon.effects
    base, level, status = pokemon.base_stats, pokemon.level, pokemon.status
    attack, defense, special, speed = stats["atk"], stats["def"], stats["spa"], stats["spe"]
    if pokemon.transformed or attack is None or defense is None or special is None or speed is None:
        attack, defense, special, speed = _estimated_stats(
            base["atk"], base["def"], base["spa"], base["spe"], level
        )
    return Combatant(
        types=type_names(tuple(pokemon.types)),
        base_speed=_own_base_speed(pokemon.species),
        attack=attack,
        defense=defense,
        special=special,
        speed=speed,
        level=level,
        attack_boost=boosts["atk"],
        defense_boost=boosts["def"],
        special_attack_boost=boosts["spa"],
        special_defense_boost=boosts["spd"],
        speed_boost=boosts["spe"],
        is_burned=status is Status.BRN,
        is_paralyzed=status is Status.PAR,
        reflect=Effect.REFLECT in effects,
        light_screen=LIGHT_SCREEN in effects,
        focus_energy=Effect.FOCUS_ENERGY in effects,
        accuracy_boost=boosts["accuracy"],
        evasion_boost=boosts["evasion"],
    )


def most_hp_of(foe: Pokemon) -> int:
    """The most HP that a foe may have left, from the percentage that is shown of it.

    Showdown's HP Percentage Mod rounds up, but shows 100 only for full health: 99 is anything short of it.
    """
    # Not foe.base_stats: Transform copies everything but HP.
    full = _estimated_max_hp(foe.species, foe.level)
    percent = foe.current_hp * 100 // foe.max_hp if foe.max_hp else 0
    if percent >= 99:
        return full if percent == 100 else full - 1
    return full * percent // 100


@cache
def type_names(types: tuple[PokemonType, ...]) -> tuple[str, ...]:
    """Types as the formulas name them: upper case, "???" for none."""
    unknown = PokemonType.THREE_QUESTION_MARKS
    return tuple("???" if kind is unknown else kind.name for kind in types)


@cache
def _estimated_stats(
    attack: int, defense: int, special: int, speed: int, level: int
) -> tuple[int, int, int, int]:
    return (
        damage.stat(attack, level),
        damage.stat(defense, level),
        damage.stat(special, level),
        damage.stat(speed, level),
    )


@cache
def _own_base_speed(species: str) -> int:
    return int(GenData.from_gen(1).pokedex[species]["baseStats"]["spe"])


@cache
def _estimated_max_hp(species: str, level: int) -> int:
    return damage.max_hp(GenData.from_gen(1).pokedex[species]["baseStats"]["hp"], level)
