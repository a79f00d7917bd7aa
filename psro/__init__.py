"""psro: approximate Nash equilibria of Gen 1 OU battles by Policy Space Response Oracles."""

__version__ = "0.1.0"

import os

# Read by OpenMP when torch is loaded. Threads that wait for each other otherwise spin, and a training on a machine that is
# busy besides goes many times slower (benchmarks/waiting_threads.py); no result depends on it.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
