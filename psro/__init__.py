"""psro: approximate Nash equilibria of Gen 1 OU battles by Policy Space Response Oracles."""

__version__ = "0.1.0"
