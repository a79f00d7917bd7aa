"""Meta-strategies from counts instead of win rates: what is good whatever the true matrix is likely to be.

The plain equilibrium trusts every win rate to the last battle: of two policies that won 101 and 99 of 200 against
each other it takes the one, and leaves the other out. Both solvers here draw matrices from the posterior of the counts
(posterior.posterior_matrices) and choose a σ for all of them. Where every payoff is exact they are the plain equilibrium.
How they compare: benchmarks/noisy_sigma.py, docs/results.md.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from psro.metagame.linear_programs import least_exploitable
from psro.metagame.nash import MetaStrategy, NashSolver, on_grid, strategy_of
from psro.metagame.payoffs import PayoffTable
from psro.metagame.posterior import posterior_matrices, solve_each

Matrix = NDArray[np.float64]

LARGEST_RISK = 0.99
"""Beyond it a handful of draws would decide."""


@dataclass(frozen=True)
class PosteriorNashSolver:
    """The mean of the equilibria of the drawn matrices: each policy's weight is what it has on average.

    Thompson sampling's mixture, one might say: who is best in 40 % of the draws gets about 40 %.
    """

    num_samples: int = 500
    """Drawn matrices."""
    backend: str = "highs"
    """highs (in process) or cbc, both through PuLP."""
    name: str = "posterior_nash"

    def __post_init__(self) -> None:
        _check(self.num_samples, self.backend)

    def solve(self, matrix: Matrix) -> MetaStrategy:
        """The equilibrium of a matrix [K, K] that is known exactly."""
        return NashSolver(self.backend).solve(matrix)

    def solve_batch(self, matrices: Matrix) -> Matrix:
        """See nash.BatchSolver."""
        return solve_each(matrices, NashSolver(self.backend))

    def solve_table(self, table: PayoffTable, rng: np.random.Generator) -> MetaStrategy:
        """See posterior.TableSolver."""
        if not table.counts().any():
            return self.solve(table.matrix())
        drawn = self.solve_batch(posterior_matrices(table, rng, self.num_samples))
        label = f"{self.name}/{self.num_samples}"
        return strategy_of(table.matrix(), on_grid(drawn.mean(axis=0)), label, unique=True)


@dataclass(frozen=True)
class RobustNashSolver:
    """The σ of least exploitability in the drawn matrices: on average, or on average over the worst of them.

    A linear program for the conditional value at risk of max_i (Mσ)_i (Rockafellar and Uryasev 2000). With
    risk 0 it is the Bayes choice: no σ has less expected restricted exploitability, given the counts.
    """

    risk: float = 0.0
    """Which draws count: the worst 1 − risk of them for σ (0: all; 0.9: the worst tenth)."""
    num_samples: int = 200
    """Drawn matrices; the program has num_samples · K rows."""
    backend: str = "highs"
    """highs (in process) or cbc, both through PuLP."""
    name: str = "robust_nash"

    def __post_init__(self) -> None:
        _check(self.num_samples, self.backend)
        if not 0 <= self.risk <= LARGEST_RISK:
            raise ValueError(f"meta_solver.risk is {self.risk:g}; it is in [0, {LARGEST_RISK:g}]")

    def solve(self, matrix: Matrix) -> MetaStrategy:
        """The equilibrium of a matrix [K, K] that is known exactly."""
        return NashSolver(self.backend).solve(matrix)

    def solve_batch(self, matrices: Matrix) -> Matrix:
        """See nash.BatchSolver."""
        return solve_each(matrices, NashSolver(self.backend))

    def solve_table(self, table: PayoffTable, rng: np.random.Generator) -> MetaStrategy:
        """See posterior.TableSolver."""
        if not table.counts().any():
            return self.solve(table.matrix())
        drawn = posterior_matrices(table, rng, self.num_samples) - 0.5
        sigma = on_grid(least_exploitable(drawn, self.risk, self.backend))
        return strategy_of(table.matrix(), sigma, f"{self.name}/{self.risk:g}", unique=True)


def _check(num_samples: int, backend: str) -> None:
    if num_samples < 1:
        raise ValueError(f"meta_solver.num_samples is {num_samples}, but must be at least 1")
    NashSolver(backend)  # which checks it
