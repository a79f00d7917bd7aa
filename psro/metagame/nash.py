"""Meta-strategies: the Nash equilibrium of an interaction matrix, with a stated choice among several.

Nash of the symmetric zero-sum game M (value ½) by two steps that share nothing but the support:

1. One linear program (PuLP) finds which policies have weight in *some* equilibrium
   (`strictly_complementary_ray`). On these, and only these, every equilibrium satisfies (Mσ)_i = ½.
2. Those equations are solved in double precision here. One solution: the equilibrium is unique. More:
   the equilibrium of maximum entropy is taken (Ortiz, Schapire and Kakade 2007).

Maximum entropy makes σ independent of the backend and of the order of the policies, treats equal policies
equally, and gives weight to every policy that any equilibrium uses.
"""

import warnings
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from psro.metagame.exploitability import EQUILIBRIUM_TOLERANCE
from psro.metagame.linear_programs import (
    SolverError,
    check_backend,
    strictly_complementary_ray,
    vertex_equilibrium,
)
from psro.metagame.max_entropy import RANK_TOLERANCE, NotConverged, max_entropy_point, row_basis

Vector = NDArray[np.float64]
Matrix = NDArray[np.float64]

SMALLEST_WEIGHT = 1e-9
"""Smaller weights are set to zero."""
WEIGHT_GRID = 2**44
"""Weights are multiples of 1/WEIGHT_GRID (6e-14), so that they add up to exactly 1.0 in floating point and
the last bits, where linear algebra libraries differ, are gone."""

SELECTIONS = ("maximum_entropy", "vertex")


@dataclass(frozen=True)
class MetaStrategy:
    """A distribution over the population, aligned with the rows of the matrix it was computed from."""

    weights: tuple[float, ...]
    """Non-negative, adding up to exactly 1.0; none in (0, 1e-9)."""
    value: float
    """The win rate σ is sure of against every member of the population: min_j (σᵀM)_j; ½ at a Nash."""
    solver: str
    """Which solver and rule chose the weights."""
    unique: bool
    """Whether the solver's criterion admits these weights only: for a Nash, a unique equilibrium."""

    def array(self) -> Vector:
        return np.array(self.weights, dtype=np.float64)

    def by_name(self, names: tuple[str, ...]) -> dict[str, float]:
        """The weights under the population's names. Raises ValueError if their number differs."""
        return dict(zip(names, self.weights, strict=True))

    def to_json(self, names: tuple[str, ...]) -> dict[str, Any]:
        return {
            "weights": self.by_name(names),
            "value": self.value,
            "solver": self.solver,
            "unique": self.unique,
        }

    @classmethod
    def from_json(cls, data: dict[str, Any], names: tuple[str, ...]) -> "MetaStrategy":
        """The inverse of `to_json`. Raises ValueError if fields are missing or the names differ."""
        try:
            if set(data["weights"]) != set(names):
                raise ValueError(
                    f"the meta-strategy is over {sorted(data['weights'])}, the population is {sorted(names)}"
                )
            weights = tuple(float(data["weights"][name]) for name in names)
            return cls(weights, float(data["value"]), str(data["solver"]), bool(data["unique"]))
        except (KeyError, TypeError) as error:
            raise ValueError(f"not a meta-strategy: {error!r}") from error


class MetaSolver(Protocol):
    """Chooses a meta-strategy for an interaction matrix. A frozen dataclass, which is its own config schema
    (`meta_solver=`): `name` says which, the other fields are its parameters."""

    @property
    def name(self) -> str: ...

    def solve(self, matrix: Matrix) -> MetaStrategy:
        """`matrix` is M [K, K]. Raises ValueError if it is no interaction matrix."""
        ...


@runtime_checkable
class BatchSolver(MetaSolver, Protocol):
    """One that solves many matrices at once much faster than one by one."""

    def solve_batch(self, matrices: Matrix) -> Matrix:
        """The weights [S, K] for each of `matrices` [S, K, K], the same bits as `solve` gives one by one."""
        ...


@dataclass(frozen=True)
class UniformSolver:
    """Every policy with the same weight (fictitious self-play's meta-strategy)."""

    name: str = "uniform"

    def solve(self, matrix: Matrix) -> MetaStrategy:
        size = len(check_matrix(matrix))
        return strategy_of(matrix, on_grid(np.full(size, 1.0 / size)), self.name, unique=True)


@dataclass(frozen=True)
class NashSolver:
    """The Nash equilibrium of the restricted game.

    If rounding defeats the maximum-entropy selection the backend's vertex is returned instead, with a
    warning, and `MetaStrategy.solver` ends in `vertex`.
    """

    backend: str = "highs"
    """`highs` (in process) or `cbc`."""
    selection: str = "maximum_entropy"
    """`maximum_entropy`, or `vertex`: whatever basic solution the backend arrives at, so it depends on the
    backend and on the order of the policies."""
    name: str = "nash"

    def __post_init__(self) -> None:
        try:
            check_backend(self.backend)
        except ValueError as error:
            raise ValueError(f"meta_solver.backend: {error}") from error
        if self.selection not in SELECTIONS:
            raise ValueError(
                f"meta_solver.selection: no {self.selection!r}; choose from: {', '.join(SELECTIONS)}"
            )

    def solve(self, matrix: Matrix) -> MetaStrategy:
        """The chosen equilibrium of M [K, K].

        Raises ValueError if M is no interaction matrix, SolverError if no σ with Mσ ≤ ½ + 1e-9 is found.
        """
        advantage = check_matrix(matrix) - 0.5
        try:
            sigma, unique = self._max_entropy(advantage)
            if self.selection == "maximum_entropy" or unique:
                return self._strategy(matrix, sigma, "maximum_entropy", unique)
        except (NotConverged, SolverError) as error:
            if self.selection == "maximum_entropy":
                warnings.warn(f"{error}; taking a vertex equilibrium instead", stacklevel=2)
            unique = False
        sigma = _polished(advantage, vertex_equilibrium(advantage, self.backend))
        _check_equilibrium(advantage, sigma)
        return self._strategy(matrix, sigma, "vertex", unique)

    def _max_entropy(self, advantage: Matrix) -> tuple[Vector, bool]:
        ray, slack = strictly_complementary_ray(advantage, self.backend)
        support = ray > slack
        certified = equilibrium_on_support(advantage, support)
        if certified is not None:
            return certified, True
        if not support.any():
            raise SolverError("the linear program gave no policy any weight")
        inside = advantage[np.ix_(support, support)]
        outside = advantage[np.ix_(~support, support)]
        weights = max_entropy_point(inside, outside)
        sigma = np.zeros(len(advantage))
        sigma[support] = weights
        sigma = on_grid(sigma)
        _check_equilibrium(advantage, sigma)
        return sigma, False

    def _strategy(
        self, matrix: Matrix, sigma: Vector, selection: str, unique: bool
    ) -> MetaStrategy:
        return strategy_of(matrix, sigma, f"nash/{self.backend}/{selection}", unique)


def equilibrium_on_support(advantage: Matrix, support: NDArray[np.bool_]) -> Vector | None:
    """The unique equilibrium [K] of A [K, K] if it has exactly this support [K]; None if it has not.

    A unique equilibrium is strict (Goldman and Tucker 1956): with S its support, A_SS σ = 0 has one
    solution up to scale, which is positive, and (Aσ)_i < 0 outside S. Conversely these three conditions
    prove that there is no other equilibrium: weight outside S would be at a loss, and inside S the
    equations leave no choice. So this is a certificate, found without a linear program.
    """
    chosen = np.flatnonzero(support)
    # An antisymmetric matrix has even rank, so a one-dimensional kernel needs an odd size.
    if len(chosen) % 2 == 0:
        return None
    inside = advantage[np.ix_(chosen, chosen)]
    _, singular, right = np.linalg.svd(inside)
    if singular[-1] > RANK_TOLERANCE or (len(chosen) > 1 and singular[-2] <= RANK_TOLERANCE):
        return None
    kernel = right[-1] if right[-1][0] > 0 else -right[-1]
    if kernel.min() < SMALLEST_WEIGHT:  # a unit vector, so at most its weight in σ
        return None
    weights = kernel / kernel.sum()
    sigma = np.zeros(len(advantage))
    sigma[chosen] = weights
    sigma = on_grid(sigma)
    gains = advantage @ sigma
    outside = np.delete(gains, chosen)
    if np.abs(gains[chosen]).max() > EQUILIBRIUM_TOLERANCE:
        return None
    return sigma if outside.max(initial=-1.0) < -EQUILIBRIUM_TOLERANCE else None


def check_matrix(matrix: Matrix) -> Matrix:
    """Returns M [K, K]. Raises ValueError unless it is finite, in [0, 1], and M + Mᵀ = 1 within 1e-9."""
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1] or matrix.shape[0] == 0:
        raise ValueError(f"an interaction matrix is square and not empty, not {matrix.shape}")
    if not np.isfinite(matrix).all():
        row, column = np.argwhere(~np.isfinite(matrix))[0]
        raise ValueError(f"interaction matrix: cell ({row}, {column}) is {matrix[row, column]}")
    if matrix.min() < 0.0 or matrix.max() > 1.0:
        raise ValueError("interaction matrix: win rates must be in [0, 1]")
    error = np.abs(matrix + matrix.T - 1.0)
    if error.max() > EQUILIBRIUM_TOLERANCE:
        row, column = np.unravel_index(error.argmax(), error.shape)
        raise ValueError(
            f"interaction matrix: cells ({row}, {column}) = {matrix[row, column]} and ({column}, {row}) = "
            f"{matrix[column, row]} must add up to 1"
        )
    return matrix


def on_grid(sigma: Vector) -> Vector:
    """σ [K] with tiny and negative weights zeroed, rounded to the weight grid, adding up to exactly 1."""
    kept = np.where(sigma < SMALLEST_WEIGHT, 0.0, sigma)
    steps = np.rint(kept / kept.sum() * WEIGHT_GRID).astype(np.int64)
    steps[steps.argmax()] += WEIGHT_GRID - steps.sum()
    return steps / float(WEIGHT_GRID)


def _polished(advantage: Matrix, sigma: Vector) -> Vector:
    """A vertex [K] at solver accuracy, moved onto the equations it satisfies: tight rows and unit sum."""
    support = sigma > 1e-7
    tight = advantage @ sigma > -1e-7
    equations = np.vstack(
        [row_basis(advantage[np.ix_(tight, support)]), np.ones((1, support.sum()))]
    )
    target = np.zeros(len(equations))
    target[-1] = 1.0
    moved = np.zeros_like(sigma)
    correction = np.linalg.lstsq(equations, target - equations @ sigma[support], rcond=None)[0]
    moved[support] = sigma[support] + correction
    # Where advantages differ a lot in size the equations are ill-conditioned and the move does harm.
    return min(on_grid(moved), on_grid(sigma), key=lambda x: float((advantage @ x).max()))


def _check_equilibrium(advantage: Matrix, sigma: Vector) -> None:
    gain = float((advantage @ sigma).max())
    if gain > EQUILIBRIUM_TOLERANCE:
        raise SolverError(f"σ is no equilibrium: a policy gains {gain:.1e} against it")


def strategy_of(matrix: Matrix, sigma: Vector, solver: str, unique: bool) -> MetaStrategy:
    """σ [K], which `solver` chose on M [K, K], with its value."""
    weights = tuple(float(weight) for weight in sigma)
    return MetaStrategy(weights, float((sigma @ matrix).min()), solver, unique)
