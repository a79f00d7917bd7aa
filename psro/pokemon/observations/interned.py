"""Values that caches find by identity: equal ones are the same object, so that hashing does not read them anew.

The estimates are asked dozens of times a decision with the same few combatants and lists of moves, each a tuple that
Python would hash field by field every time. A value that has left the bounded cache below and comes back is another
object: what was cached for the first is computed again, nothing else changes.
"""

from functools import lru_cache

from psro.pokemon.damage import Combatant

WeightedMoves = tuple[tuple[str, float], ...]
"""(move id, chance that the Pokémon carries it)"""

_CACHE = 1 << 14


class _Identity:
    """Hashes and compares as plain objects do. Empty slots: it only lends its methods to tuples."""

    __slots__ = ()
    __hash__ = object.__hash__
    __eq__ = object.__eq__
    __ne__ = object.__ne__


class _Combatant(_Identity, Combatant):
    __slots__ = ()


class _Moves(_Identity, tuple[tuple[str, float], ...]):
    __slots__ = ()


@lru_cache(maxsize=_CACHE)
def interned_combatant(
    types: tuple[str, ...],
    base_speed: int,
    stats: tuple[int, int, int, int],
    level: int,
    boosts: tuple[int, int, int, int, int],
    is_burned: bool,
    is_paralyzed: bool,
    reflect: bool,
    light_screen: bool,
    focus_energy: bool,
) -> Combatant:
    """The combatant of these values. `stats`, `boosts`: in the order of Combatant's fields.

    No defaults, and all by position: lru_cache would take another way to say the same for something else.
    """
    return _Combatant(
        types,
        base_speed,
        *stats,
        level,
        *boosts,
        is_burned,
        is_paralyzed,
        reflect,
        light_screen,
        focus_energy,
    )


@lru_cache(maxsize=_CACHE)
def interned_moves(moves: WeightedMoves) -> WeightedMoves:
    """These moves."""
    return _Moves(moves)
