"""What PSRO is compared with, as meta-solvers: whom a response is trained against in simpler methods.

Lanctot et al. 2017 (section 3) name them as special cases of PSRO: σ on the newest policy (iterated best response, self-play
with a frozen opponent), σ uniform over all responses so far (fictitious play), σ that never changes (independent
responses). Until there is a response, each plays the Nash equilibrium of the founding population, so that they differ in
nothing but what they do from then on.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from psro.metagame.nash import MetaStrategy, NashSolver, check_matrix, on_grid, strategy_of

Matrix = NDArray[np.float64]
Vector = NDArray[np.float64]


@dataclass(frozen=True)
class _Baseline:
    num_founding: int | None = None
    """How many of the first policies are the founding population. null: as many as the run has."""

    def __post_init__(self) -> None:
        if self.num_founding is not None and self.num_founding < 1:
            raise ValueError(
                f"meta_solver.num_founding is {self.num_founding}, but must be at least 1"
            )

    def founding(self, matrix: Matrix) -> tuple[int, Vector, bool]:
        """How many policies of M [K, K] are founding ones; σ [K], all of whose weight is on them; whether it is unique."""
        if self.num_founding is None:
            raise ValueError(
                "meta_solver.num_founding is null: a run fills it in, here it is needed"
            )
        size = min(self.num_founding, len(check_matrix(matrix)))
        strategy = NashSolver().solve(matrix[:size, :size])
        sigma = np.zeros(len(matrix))
        sigma[:size] = strategy.weights
        return size, sigma, strategy.unique


@dataclass(frozen=True)
class LastIterateSolver(_Baseline):
    """The newest response alone: each is trained against the one before."""

    name: str = "last_iterate"

    def solve(self, matrix: Matrix) -> MetaStrategy:
        """See nash.MetaSolver."""
        size, sigma, unique = self.founding(matrix)
        if len(matrix) > size:
            sigma, unique = np.eye(len(matrix))[-1], True
        return strategy_of(matrix, sigma, self.name, unique)


@dataclass(frozen=True)
class FictitiousSelfPlaySolver(_Baseline):
    """All responses so far, each as often: what was played before, averaged (Heinrich, Lanctot and Silver 2015)."""

    name: str = "fictitious_self_play"

    def solve(self, matrix: Matrix) -> MetaStrategy:
        """See nash.MetaSolver."""
        size, sigma, unique = self.founding(matrix)
        if len(matrix) > size:
            sigma, unique = np.zeros(len(matrix)), True
            sigma[size:] = 1 / (len(matrix) - size)
        return strategy_of(matrix, on_grid(sigma), self.name, unique)


@dataclass(frozen=True)
class FoundingSolver(_Baseline):
    """The founding population for ever: responses are independent of each other."""

    name: str = "founding"

    def solve(self, matrix: Matrix) -> MetaStrategy:
        """See nash.MetaSolver."""
        _, sigma, unique = self.founding(matrix)
        return strategy_of(matrix, sigma, self.name, unique)
