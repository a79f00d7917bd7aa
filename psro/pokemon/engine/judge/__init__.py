"""Pokemon Showdown as the judge of the engine: what README.md beside this file specifies."""
