"""psro: approximate Nash equilibria of Gen 1 OU battles by Policy Space Response Oracles."""

__version__ = "0.1.0"

import os

# Read by OpenMP when torch is loaded: how long threads that wait for each other spin before they sleep. Its default is for a
# machine of our own: beside other work a training is many times slower (benchmarks/waiting_threads.py). No result depends on it.
os.environ.setdefault("GOMP_SPINCOUNT", "10000")
