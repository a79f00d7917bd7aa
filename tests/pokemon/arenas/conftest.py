"""The fixtures of the tests of the arenas."""

from tests.pokemon.arenas.arenas import arena, simulator  # noqa: F401
