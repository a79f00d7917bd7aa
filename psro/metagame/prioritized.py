"""Prioritized fictitious self-play (Vinyals et al. 2019, "Grandmaster level in StarCraft II using multi-agent
reinforcement learning", Methods): opponents in proportion to f(the learner's win rate against them)."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from psro.metagame.nash import MetaStrategy, check_matrix, on_grid, strategy_of

Matrix = NDArray[np.float64]

WEIGHTINGS = ("hard", "variance")
LEARNERS = ("newest", "population")


@dataclass(frozen=True)
class PrioritizedSolver:
    """σ_j in proportion to f(x_j): a distribution to train against, and no equilibrium."""

    weighting: str = "hard"
    """hard: f(x) = (1 − x)^power, the more the learner loses to j; variance: f(x) = x (1 − x), the nearer j is to
    the learner's own level."""
    power: float = 2.0
    """hard: how much the hardest opponents are preferred."""
    learner: str = "newest"
    """Whose win rate x_j is: the policy that joined last, or each of the population in turn (f is then averaged, and
    σ does not depend on who joined when)."""
    name: str = "prioritized"

    def __post_init__(self) -> None:
        for key, choices in (("weighting", WEIGHTINGS), ("learner", LEARNERS)):
            if getattr(self, key) not in choices:
                raise ValueError(
                    f"meta_solver.{key}: no {getattr(self, key)!r}; choose from: {', '.join(choices)}"
                )
        if not 0 < self.power <= 100:
            raise ValueError(f"meta_solver.power is {self.power:g}, but must be in (0, 100]")

    def solve(self, matrix: Matrix) -> MetaStrategy:
        """See nash.MetaSolver."""
        sigma = self.solve_batch(check_matrix(matrix)[None])[0]
        return strategy_of(matrix, sigma, f"{self.name}/{self.weighting}", unique=True)

    def solve_batch(self, matrices: Matrix) -> Matrix:
        """See nash.BatchSolver."""
        rates = matrices[:, -1:] if self.learner == "newest" else matrices
        # Never all 0: against itself the learner wins half.
        f = (1 - rates) ** self.power if self.weighting == "hard" else rates * (1 - rates)
        weights = f.mean(axis=1)
        return np.array([on_grid(row / row.sum()) for row in weights])
