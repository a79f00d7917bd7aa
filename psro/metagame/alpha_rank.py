"""α-Rank (Omidshafiei et al. 2019, "α-Rank: Multi-Agent Evaluation by Evolution"), one population.

A population of m agents plays one policy; now and then one of them tries another at random, which takes over the
whole population or dies out (a Moran process under selection of intensity α). α-Rank is the share of time that
each policy holds the population, the stationary distribution of that Markov chain. It is no equilibrium: it
follows who beats whom, not by how much a mixture is safe.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from psro.metagame.nash import MetaStrategy, check_matrix, on_grid, strategy_of

Matrix = NDArray[np.float64]

_EVEN = 1e-12
"""Win rates this close to ½ are even."""


@dataclass(frozen=True)
class AlphaRankSolver:
    """The stationary distribution, by elimination in logarithms: chances of 1e-1000 are no trouble."""

    alpha: float | None = 100.0
    """α, intensity of selection, per win rate; null: infinite, where only who beats whom counts."""
    num_agents: int = 50
    """m, the size of the population."""
    noise: float = 0.01
    """ε, with infinite α: the chance that a worse policy takes over all the same."""
    name: str = "alpha_rank"

    def __post_init__(self) -> None:
        if self.alpha is not None and not 0 < self.alpha < float("inf"):
            raise ValueError(
                f"meta_solver.alpha is {self.alpha:g}; a positive number, or null for infinite"
            )
        if self.num_agents < 2:
            raise ValueError(
                f"meta_solver.num_agents is {self.num_agents}; there must be 2 or more"
            )
        if not 0 < self.noise < 0.5:
            raise ValueError(f"meta_solver.noise is {self.noise:g}, but must be in (0, ½)")

    def solve(self, matrix: Matrix) -> MetaStrategy:
        """See nash.MetaSolver."""
        sigma = self.solve_batch(check_matrix(matrix)[None])[0]
        alpha = "infinite" if self.alpha is None else f"{self.alpha:g}"
        return strategy_of(matrix, sigma, f"{self.name}/{alpha}", unique=True)

    def solve_batch(self, matrices: Matrix) -> Matrix:
        """See nash.BatchSolver."""
        # Who invades is uniform over the others, a common factor that the stationary distribution is free of.
        takes_over = self._log_fixation(matrices.transpose(0, 2, 1) - 0.5)
        return np.array([on_grid(sigma) for sigma in stationary(takes_over)])

    def _log_fixation(self, advantage: Matrix) -> Matrix:
        """log ρ [S, K, K]: that a single j, whose advantage over i is advantage[i, j], takes over from i.

        ρ = (1 − e^−u) / (1 − e^−mu) with u = α m/(m−1) (M[j, i] − ½), the paper's closed form for
        constant-sum games; 1/m where u is 0.
        """
        even = np.abs(advantage) < _EVEN
        if self.alpha is None:
            better = np.where(advantage > 0, np.log1p(-self.noise), np.log(self.noise))
            return np.where(even, np.log(0.5), better)
        m = self.num_agents
        u = np.where(even, 1.0, self.alpha * m / (m - 1) * advantage)
        log_rho = (
            (m - 1) * np.minimum(u, 0.0)
            + np.log(-np.expm1(-np.abs(u)))
            - np.log(-np.expm1(-m * np.abs(u)))
        )
        return np.where(even, -np.log(m), log_rho)


def stationary(log_rates: Matrix) -> Matrix:
    """The stationary distributions [S, K] of Markov chains with rates exp(log_rates [S, K, K]) from i to j ≠ i.

    States are taken out one by one, without a subtraction (Grassmann, Taksar and Heyman 1985), so every
    weight keeps its relative accuracy.
    """
    logs = log_rates.copy()
    size = logs.shape[1]
    for last in range(size - 1, 0, -1):
        leaves = np.logaddexp.reduce(logs[:, last, :last], axis=1)
        logs[:, :last, last] -= leaves[:, None]
        through = logs[:, :last, last, None] + logs[:, last, None, :last]
        logs[:, :last, :last] = np.logaddexp(logs[:, :last, :last], through)
    weights = np.zeros(logs.shape[:2])
    for state in range(1, size):
        weights[:, state] = np.logaddexp.reduce(weights[:, :state] + logs[:, :state, state], axis=1)
    chances = np.exp(weights - weights.max(axis=1, keepdims=True))
    normalised: Matrix = chances / chances.sum(axis=1, keepdims=True)
    return normalised
