"""One Pokémon as an observation sees it: what poke-env tracks of it, in the terms the damage formulas need.

Most of a battle's Pokémon sit on the bench, where nothing changes from one decision to the next: their sightings are
cached by value. poke-env's private attributes are read where its properties would cost more than what is computed.
"""

from functools import cache, lru_cache

from poke_env.battle.effect import Effect
from poke_env.battle.move import Move
from poke_env.battle.pokemon import Pokemon

from psro.pokemon.damage import Combatant, max_hp, speed_of, stat
from psro.pokemon.gen1_battle import LIGHT_SCREEN
from psro.pokemon.observations.facts import MOVE_ID, MOVES, NO_ID, SPECIES, Species
from psro.pokemon.observations.interned import WeightedMoves, interned_combatant, interned_moves
from psro.pokemon.observations.layout import NUM_FOE_MOVES, STATUSES

PARALYZED, ASLEEP, BURNED, FROZEN = (STATUSES.index(s) for s in ("par", "slp", "brn", "frz"))
HEALTHY = -1
_FAINTED = -2
_STATUS_OF = {name.upper(): k for k, name in enumerate(STATUSES)} | {"FNT": _FAINTED}
"""By the names of poke-env's Status: an Enum's own hash is Python code."""
HP_SCALE = 350
_NO_BOOSTS = (0, 0, 0, 0, 0)
_NO_STATUS = (0.0,) * len(STATUSES)
_ONE_HOT = tuple(
    tuple(float(k == status) for k in range(len(STATUSES))) for status in range(len(STATUSES))
)
_HEALING = frozenset({"recover", "softboiled", "rest"})

Stats = tuple[int, int, int, int]
"""Attack, defense, special, speed, without boosts."""


class Moves:
    """What a Pokémon carries as far as its side or the other knows. One object per distinct content."""

    __slots__ = ("carries", "known", "known_ids", "known_or_likely", "likely")

    def __init__(self, species: str, ids: tuple[str, ...], is_own: bool):
        self.known = interned_moves(tuple([(id, 1.0) for id in ids if id in MOVES]))
        likely = () if is_own else _likely(SPECIES[species], self.known)
        self.likely = interned_moves(likely)
        """Moves not seen yet that a foe's species often carries; none once four are known."""
        self.known_or_likely = interned_moves((*self.known, *likely))
        self.carries = _carries(self.known_or_likely)
        """How likely there is one that puts to sleep, paralyses for sure, heals by half or more, explodes."""
        numbers = [MOVE_ID[id] for id in sorted([id for id, _ in self.known])[:NUM_FOE_MOVES]]
        self.known_ids = tuple(numbers + [NO_ID] * (NUM_FOE_MOVES - len(numbers)))
        """[NUM_FOE_MOVES], alphabetical, padded."""


class Sighting:
    """A Pokémon at a decision. `hp` counts in points, also for a foe, of whom a percentage is shown.

    Not to be changed: that of a benched Pokémon stands for every decision, of any battle, at which it is the same.
    """

    __slots__ = (
        "alive",
        "combatant",
        "condition",
        "fraction",
        "hp",
        "id",
        "is_out",
        "max_hp",
        "moves",
        "species",
        "speed",
        "status",
    )

    def __init__(
        self,
        species: Species,
        hp: int,
        max_hp: int,
        fraction: float,
        status: int,
        moves: Moves,
        combatant: Combatant,
    ):
        self.species = species
        self.id = species.id
        self.fraction = fraction
        self.alive = fraction > 0 and status != _FAINTED
        self.status = max(HEALTHY, status)
        """Index into layout.STATUSES, −1 for none."""
        self.max_hp = max_hp
        self.hp = max(1, hp) if self.alive else hp
        self.moves = moves
        self.combatant = combatant
        self.speed = speed_of(combatant)
        self.is_out = self.alive and self.status in (ASLEEP, FROZEN)
        one_hot = _NO_STATUS if self.status == HEALTHY else _ONE_HOT[self.status]
        self.condition = (fraction, self.hp / HP_SCALE, *one_hot)
        """Features that both an active and a benched Pokémon have: HP as a share and in points, status."""


def sight(pokemon: Pokemon, is_own: bool, is_active: bool) -> Sighting:
    """The Pokémon as it is now."""
    status = HEALTHY if pokemon._status is None else _STATUS_OF.get(pokemon._status._name_, HEALTHY)
    known = _moves_of(pokemon)
    if is_own:
        ids = tuple(known)
        stats = _stats_of(pokemon)
    else:
        # What of a foe has no PP left is no threat; an own Pokémon's PP stand in its actions.
        ids = tuple([id for id, move in known.items() if move._current_pp > 0])
        stats = None
    species, level = pokemon._species, pokemon._level
    hp, full = pokemon._current_hp or 0, pokemon._max_hp or 0
    if not is_active:
        return _benched(species, level, is_own, hp, full, status, ids, stats)
    fraction = hp / full if full else 0.0
    facts = SPECIES[species]
    if not is_own:
        full = _full_hp(species, level)
        hp = _points(fraction, full)
    moves = _moves(species, ids, is_own)
    return Sighting(
        facts, hp, full, fraction, status, moves, _active_combatant(pokemon, facts, status)
    )


@lru_cache(maxsize=1 << 14)
def _benched(
    species: str,
    level: int,
    is_own: bool,
    hp: int,
    full: int,
    status: int,
    ids: tuple[str, ...],
    stats: Stats | None,
) -> Sighting:
    """`hp`, `full`: as poke-env has them, points of an own Pokémon and a percentage of a foe."""
    facts = SPECIES[species]
    fraction = hp / full if full else 0.0
    if not is_own:
        full = _full_hp(species, level)
        hp = _points(fraction, full)
    combatant = interned_combatant(
        facts.types,
        facts.base_speed,
        stats
        or _expected_stats(
            facts.base_attack, facts.base_defense, facts.base_special, facts.base_speed, level
        ),
        level,
        _NO_BOOSTS,
        status == BURNED,
        status == PARALYZED,
        False,
        False,
        False,
    )
    return Sighting(facts, hp, full, fraction, status, _moves(species, ids, is_own), combatant)


def _points(fraction: float, full: int) -> int:
    """A foe's HP: its percentage is rounded up, so at most this many points are left."""
    return int(fraction * full + 0.5)


_moves = lru_cache(maxsize=1 << 14)(Moves)


def _moves_of(pokemon: Pokemon) -> dict[str, Move]:
    """`pokemon.moves`, by a short cut where nothing is mimicked or copied."""
    moves = pokemon._moves
    if moves._transform_moves is None and moves._mimic_move is None:
        return moves._base_moves
    return pokemon.moves


@cache
def _full_hp(species: str, level: int) -> int:
    return max_hp(SPECIES[species].base_hp, level)


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


def _carries(moves: WeightedMoves) -> tuple[float, float, float, float]:
    sleep = paralysis = healing = explosion = 0.0
    for id, weight in moves:
        move = MOVES[id]
        if move.effect.status == "slp":
            sleep = max(sleep, weight)
        if move.effect.status == "par" and not move.is_attack:
            paralysis = max(paralysis, weight)
        if id in _HEALING:
            healing = max(healing, weight)
        if move.explodes:
            explosion = max(explosion, weight)
    return sleep, paralysis, healing, explosion


def _stats_of(pokemon: Pokemon) -> Stats | None:
    """Attack, defense, special, speed as the request tells them; None for a foe."""
    stats = pokemon._stats
    attack, defense, special, speed = stats["atk"], stats["def"], stats["spa"], stats["spe"]
    if attack is None or defense is None or special is None or speed is None:
        return None
    return attack, defense, special, speed


@lru_cache(maxsize=1 << 12)
def _expected_stats(attack: int, defense: int, special: int, speed: int, level: int) -> Stats:
    return stat(attack, level), stat(defense, level), stat(special, level), stat(speed, level)


def _active_combatant(pokemon: Pokemon, species: Species, status: int) -> Combatant:
    stats = _stats_of(pokemon)
    if stats is None or pokemon.transformed:
        base = pokemon.base_stats
        stats = _expected_stats(base["atk"], base["def"], base["spa"], base["spe"], pokemon._level)
    boosts = pokemon._boosts
    # By name, as an Enum's own hash is Python code.
    effects = [effect._name_ for effect in pokemon._effects]
    return interned_combatant(
        tuple([kind._name_ for kind in pokemon.types]),
        species.base_speed,
        stats,
        pokemon._level,
        (boosts["atk"], boosts["def"], boosts["spa"], boosts["spd"], boosts["spe"]),
        status == BURNED,
        status == PARALYZED,
        Effect.REFLECT._name_ in effects,
        LIGHT_SCREEN._name_ in effects,
        Effect.FOCUS_ENERGY._name_ in effects,
    )
