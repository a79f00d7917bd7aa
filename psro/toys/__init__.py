"""Games where everything is known: the PSRO loop itself is tested against truth on them."""
