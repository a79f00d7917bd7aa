"""One Pokémon as an observation sees it: what poke-env tracks of it, in the terms the damage formulas need."""

from functools import cache, lru_cache

from poke_env.battle.effect import Effect
from poke_env.battle.pokemon import Pokemon
from poke_env.battle.status import Status

from psro.pokemon.damage import Combatant, max_hp, stat
from psro.pokemon.gen1_battle import LIGHT_SCREEN
from psro.pokemon.observations.facts import MOVES, SPECIES, Species

STATUS_INDEX = {
    Status.PAR: 0,
    Status.SLP: 1,
    Status.PSN: 2,
    Status.TOX: 3,
    Status.BRN: 4,
    Status.FRZ: 5,
}
"""Index into layout.STATUSES."""
PARALYZED, ASLEEP, BURNED, FROZEN = 0, 1, 4, 5
HEALTHY = -1
WeightedMoves = tuple[tuple[str, float], ...]
"""(move id, chance that the Pokémon carries it)"""


class Sighting:
    """A Pokémon at a decision. `hp` counts in points, also for a foe, of whom a percentage is shown."""

    __slots__ = (
        "alive",
        "combatant",
        "fraction",
        "hp",
        "id",
        "known_moves",
        "max_hp",
        "pokemon",
        "species",
        "status",
    )

    def __init__(self, pokemon: Pokemon, is_own: bool, is_active: bool):
        self.pokemon = pokemon
        self.species: Species = SPECIES[pokemon.species]
        self.id = self.species.id
        status = pokemon.status
        self.status = HEALTHY if status is None else STATUS_INDEX.get(status, HEALTHY)
        """Index into layout.STATUSES, −1 for none."""
        hp, full = pokemon.current_hp, pokemon.max_hp
        self.fraction = hp / full if full else 0.0
        self.alive = self.fraction > 0 and status is not Status.FNT
        self.max_hp = full if is_own else _full_hp(self.id, pokemon.level)
        # A foe's percentage is rounded up: at most this many points are left.
        self.hp = hp if is_own else int(self.fraction * self.max_hp + 0.5)
        if self.alive:
            self.hp = max(1, self.hp)
        moves = pokemon.moves
        # What of a foe has no PP left is no threat; an own Pokémon's PP stand in its actions.
        ids = tuple(moves if is_own else [id for id, m in moves.items() if m.current_pp > 0])
        self.known_moves = _known(ids)
        if is_active:
            self.combatant = _active_combatant(pokemon, self.species)
        else:
            stats = _stats_of(pokemon) if is_own else None
            burned, paralyzed = self.status == BURNED, self.status == PARALYZED
            self.combatant = _benched_combatant(self.id, pokemon.level, stats, burned, paralyzed)

    @property
    def likely_moves(self) -> WeightedMoves:
        """Moves not seen yet that its species often carries; none once four are known."""
        return _likely(self.species, self.known_moves)


@lru_cache(maxsize=1 << 14)
def _known(ids: tuple[str, ...]) -> WeightedMoves:
    return tuple([(id, 1.0) for id in ids if id in MOVES])


@cache
def _full_hp(species: str, level: int) -> int:
    return max_hp(SPECIES[species].base_hp, level)


@lru_cache(maxsize=1 << 12)
def _likely(species: Species, known: WeightedMoves) -> WeightedMoves:
    seen = {move for move, _ in known}
    if len(seen) >= 4:
        return ()
    # A surprising move seen makes room for one fewer of the usual ones.
    usual = [(move, weight) for move, weight in species.likely_moves if move not in seen]
    room = 4 - len(seen)
    total = sum(weight for _, weight in usual)
    scale = min(1.0, room / total) if total else 0.0
    return tuple((move, weight * scale) for move, weight in usual)


def _stats_of(pokemon: Pokemon) -> tuple[int, int, int, int] | None:
    """Attack, defense, special, speed as the request tells them; None for a foe."""
    stats = pokemon.stats
    attack, defense, special, speed = stats["atk"], stats["def"], stats["spa"], stats["spe"]
    if attack is None or defense is None or special is None or speed is None:
        return None
    return attack, defense, special, speed


@lru_cache(maxsize=1 << 12)
def _expected_stats(
    attack: int, defense: int, special: int, speed: int, level: int
) -> tuple[int, int, int, int]:
    return stat(attack, level), stat(defense, level), stat(special, level), stat(speed, level)


@lru_cache(maxsize=1 << 14)
def _benched_combatant(
    species: str,
    level: int,
    stats: tuple[int, int, int, int] | None,
    is_burned: bool,
    is_paralyzed: bool,
) -> Combatant:
    facts = SPECIES[species]
    attack, defense, special, speed = stats or _expected_stats(
        facts.base_attack, facts.base_defense, facts.base_special, facts.base_speed, level
    )
    return Combatant(
        types=facts.types,
        base_speed=facts.base_speed,
        attack=attack,
        defense=defense,
        special=special,
        speed=speed,
        level=level,
        is_burned=is_burned,
        is_paralyzed=is_paralyzed,
    )


def _active_combatant(pokemon: Pokemon, species: Species) -> Combatant:
    stats = _stats_of(pokemon)
    if stats is None or pokemon.transformed:
        base = pokemon.base_stats
        stats = _expected_stats(base["atk"], base["def"], base["spa"], base["spe"], pokemon.level)
    boosts, effects = pokemon.boosts, pokemon.effects
    return Combatant(
        types=tuple([t.name for t in pokemon.types]),
        base_speed=species.base_speed,
        attack=stats[0],
        defense=stats[1],
        special=stats[2],
        speed=stats[3],
        level=pokemon.level,
        attack_boost=boosts["atk"],
        defense_boost=boosts["def"],
        special_attack_boost=boosts["spa"],
        special_defense_boost=boosts["spd"],
        speed_boost=boosts["spe"],
        is_burned=pokemon.status is Status.BRN,
        is_paralyzed=pokemon.status is Status.PAR,
        reflect=Effect.REFLECT in effects,
        light_screen=LIGHT_SCREEN in effects,
        focus_energy=Effect.FOCUS_ENERGY in effects,
    )
