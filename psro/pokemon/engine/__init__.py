"""Gen 1 battles as Pokémon Showdown plays them, compiled, many at a time: docs/engine.md says how it is built and proven."""
