"""Fictitious play on an interaction matrix (Brown 1951; it converges in zero-sum games, Robinson 1951)."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from psro.metagame.nash import MetaStrategy, check_matrix, on_grid, strategy_of

Matrix = NDArray[np.float64]

_TIE = 1e-9
"""Sums of payoffs that agree so far are equal: whom rounding favours must not be the best response."""


@dataclass(frozen=True)
class FictitiousPlaySolver:
    """The average of best responses, each to the average of those before it and, once, of all policies.

    Equal best responses share their step, so that σ does not depend on the order of the policies. What is never
    a best response gets no weight. After n steps σ is about 1/√n from an equilibrium, often closer.
    """

    num_iterations: int = 10_000
    """Best responses averaged."""
    name: str = "fictitious_play"

    def __post_init__(self) -> None:
        if self.num_iterations < 1:
            raise ValueError(
                f"meta_solver.num_iterations is {self.num_iterations}, but must be at least 1"
            )

    def solve(self, matrix: Matrix) -> MetaStrategy:
        """See nash.MetaSolver."""
        sigma = self.solve_batch(check_matrix(matrix)[None])[0]
        return strategy_of(matrix, sigma, f"{self.name}/{self.num_iterations}", unique=True)

    def solve_batch(self, matrices: Matrix) -> Matrix:
        """See nash.BatchSolver."""
        advantage = matrices - 0.5
        earned = advantage.mean(axis=2)
        played = np.zeros_like(earned)
        for _ in range(self.num_iterations):
            best = (earned >= earned.max(axis=1, keepdims=True) - _TIE).astype(np.float64)
            best /= best.sum(axis=1, keepdims=True)
            played += best
            earned += np.einsum("sij,sj->si", advantage, best)
        return np.array([on_grid(counts / self.num_iterations) for counts in played])
