"""Projected replicator dynamics (Lanctot et al. 2017, "A Unified Game-Theoretic Approach to Multiagent
Reinforcement Learning", section 3.2), both players alike, as in a symmetric game."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from psro.metagame.nash import MetaStrategy, check_matrix, on_grid, strategy_of

Matrix = NDArray[np.float64]


@dataclass(frozen=True)
class ProjectedReplicatorSolver:
    """The average, from the uniform strategy on, of Euler steps of the replicator equation

        dσ_i/dt = σ_i ((Mσ)_i − σᵀMσ)

    each moved to the nearest strategy whose weights are all at least exploration / K, so that no policy is ever
    quite forgotten. The average comes close to an equilibrium, to about ln K / (num_iterations · step) + step / 10.
    With much exploration it may not: the projection takes from a weight at the floor what it gives to
    others there, and a policy that should come back may stay down.
    """

    num_iterations: int = 5_000
    """Euler steps."""
    step: float = 0.1
    """Length of one, with payoffs in win rate."""
    exploration: float = 1e-6
    """γ: the part of σ that is spread over all K policies, whatever they are worth."""
    name: str = "projected_replicator"

    def __post_init__(self) -> None:
        if self.num_iterations < 1:
            raise ValueError(
                f"meta_solver.num_iterations is {self.num_iterations}, but must be at least 1"
            )
        if not 0 < self.step <= 1:
            raise ValueError(f"meta_solver.step is {self.step:g}, but must be in (0, 1]")
        if not 0 <= self.exploration < 1:
            raise ValueError(f"meta_solver.exploration is {self.exploration:g}; it is in [0, 1)")

    def solve(self, matrix: Matrix) -> MetaStrategy:
        """See nash.MetaSolver."""
        sigma = self.solve_batch(check_matrix(matrix)[None])[0]
        return strategy_of(matrix, sigma, f"{self.name}/{self.exploration:g}", unique=True)

    def solve_batch(self, matrices: Matrix) -> Matrix:
        """See nash.BatchSolver."""
        advantage = matrices - 0.5
        size = matrices.shape[1]
        floor = self.exploration / size
        sigma = np.full(matrices.shape[:2], 1.0 / size)
        total = sigma.copy()
        for _ in range(self.num_iterations):
            # σᵀAσ is 0: in a symmetric zero-sum game the mean payoff is always ½.
            sigma = sigma * (1 + self.step * np.einsum("sij,sj->si", advantage, sigma))
            sigma /= sigma.sum(axis=1, keepdims=True)
            low = (sigma < floor).any(axis=1)
            if low.any():
                sigma[low] = nearest_above(sigma[low], floor)
            total += sigma
        return np.array([on_grid(row / row.sum()) for row in total])


def nearest_above(points: Matrix, floor: float) -> Matrix:
    """The nearest strategies [S, K] to `points` [S, K], rows adding up to 1, with no weight below `floor`.

    The Euclidean projection on a simplex: every weight falls by the same amount, but not below the floor
    (Wang and Carreira-Perpiñán 2013).
    """
    size = points.shape[1]
    excess = points - floor
    room = 1 - size * floor
    falling = -np.sort(-excess, axis=1)
    drop = (np.cumsum(falling, axis=1) - room) / np.arange(1, size + 1)
    kept = (falling > drop).sum(axis=1)
    amount = drop[np.arange(len(points)), kept - 1]
    projected: Matrix = np.maximum(excess - amount[:, None], 0.0) + floor
    return projected
