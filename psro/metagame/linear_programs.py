"""The linear programs of a symmetric zero-sum game, written in PuLP.

A game is given by its advantage matrix A = M − ½ [K, K], antisymmetric, of value 0. Its equilibria are
the polytope {σ ≥ 0, Σσ = 1, Aσ ≤ 0}: against such a σ no policy has an advantage.
"""

import warnings
from collections.abc import Callable, Sequence

import numpy as np
import pulp
from numpy.typing import NDArray

Vector = NDArray[np.float64]
Matrix = NDArray[np.float64]

LP_TOLERANCE = 1e-9
"""Primal and dual feasibility tolerance asked of the solvers (their defaults are 1e-7)."""


RAY_BOUNDS = (1e6, 1e3)
"""Bounds on the weights of the unnormalised ray, so that no solver calls the program unbounded; the second
is for games too badly scaled for the first."""


_ROW_TOLERANCE = 1e-8
"""A draw's gain may be this much above the program's without a row being missing."""


class SolverError(RuntimeError):
    """A linear program that has a solution by construction was not solved."""


def _highs() -> pulp.LpSolver:
    return pulp.HiGHS(
        msg=False,
        threads=1,
        primal_feasibility_tolerance=LP_TOLERANCE,
        dual_feasibility_tolerance=LP_TOLERANCE,
    )


def _cbc() -> pulp.LpSolver:
    with warnings.catch_warnings():
        # PuLP 4 drops this class with the program it brings along; until then nothing is to be installed.
        warnings.filterwarnings("ignore", "PULP_CBC_CMD is deprecated", DeprecationWarning)
        return pulp.PULP_CBC_CMD(
            msg=False,
            threads=1,
            options=[f"primalTolerance {LP_TOLERANCE}", f"dualTolerance {LP_TOLERANCE}"],
        )


BACKENDS: dict[str, Callable[[], pulp.LpSolver]] = {"highs": _highs, "cbc": _cbc}
"""Closed registry: `highs` runs in process and keeps full precision; `cbc` is a program that is fed and
answers in text with about 9 digits, so nothing here relies on more than that."""


def check_backend(name: str) -> str:
    """Returns `name`. Raises ValueError, listing the choices, if there is no such backend."""
    if name not in BACKENDS:
        raise ValueError(f"unknown LP backend {name!r}; choose from: {', '.join(BACKENDS)}")
    return name


def _is_solved(problem: pulp.LpProblem, backend: str) -> bool:
    return bool(problem.solve(BACKENDS[check_backend(backend)]()) == pulp.LpStatusOptimal)


def _solve(problem: pulp.LpProblem, backend: str) -> None:
    if not _is_solved(problem, backend):
        raise SolverError(
            f"LP backend {backend!r} answered {pulp.LpStatus[problem.status]!r} to {problem.name}, "
            f"which always has an optimum; try another backend ({' | '.join(BACKENDS)})"
        )


def _variables(
    problem: pulp.LpProblem, prefix: str, num: int, upper: float | None = None
) -> list[pulp.LpVariable]:
    # Zero-padded: PuLP orders variables by name.
    return [problem.add_variable(f"{prefix}{index:04d}", 0, upper) for index in range(num)]


def _values(variables: Sequence[pulp.LpVariable]) -> Vector:
    return np.array([variable.value() for variable in variables], dtype=np.float64)


def _advantages(
    advantage: Matrix, sigma: Sequence[pulp.LpVariable]
) -> list[pulp.LpAffineExpression]:
    """(Aσ)_i for every i."""
    return [
        pulp.LpAffineExpression([(x, a) for x, a in zip(sigma, row, strict=True) if a != 0.0])
        for row in advantage.tolist()
    ]


def vertex_equilibrium(advantage: Matrix, backend: str) -> Vector:
    """Some equilibrium [K]: min v s.t. Aσ ≤ v, the textbook program. Which one is the backend's choice."""
    problem = pulp.LpProblem("vertex_equilibrium", pulp.LpMinimize)
    sigma = _variables(problem, "sigma", len(advantage))
    value = problem.add_variable("value")
    problem += value
    for gain in _advantages(advantage, sigma):
        problem += gain - value <= 0
    problem += pulp.lpSum(sigma) == 1
    _solve(problem, backend)
    return _values(sigma)


def strictly_complementary_ray(advantage: Matrix, backend: str) -> tuple[Vector, Vector]:
    """A ray σ ≥ 0 [K] of equilibria, not normalised, and its slacks −Aσ ≥ 0 [K], as far apart as can be.

    By Goldman and Tucker (1956) some equilibrium gives every policy i either weight (σ_i > 0) or a
    strict disadvantage ((Aσ)_i < 0). On the cone Aσ ≤ 0 scale is free, so one program finds it: raise
    Σ_i min(σ_i, 1) + min(−(Aσ)_i, 1), whose optimum is K. Its support is the union of the supports of
    all equilibria.
    """
    problem, sigma = _complementarity_program(advantage, RAY_BOUNDS[0])
    if not _is_solved(problem, backend):
        # Advantages of very different size (1e-8 beside 1) need a ray that is less long.
        problem, sigma = _complementarity_program(advantage, RAY_BOUNDS[1])
        _solve(problem, backend)
    ray = _values(sigma)
    return ray, -(advantage @ ray)


def _complementarity_program(
    advantage: Matrix, bound: float
) -> tuple[pulp.LpProblem, list[pulp.LpVariable]]:
    size = len(advantage)
    problem = pulp.LpProblem("strictly_complementary_ray", pulp.LpMaximize)
    sigma = _variables(problem, "sigma", size, upper=bound)
    weight = _variables(problem, "weight", size, upper=1.0)
    slack = _variables(problem, "slack", size, upper=1.0)
    problem += pulp.lpSum(weight) + pulp.lpSum(slack)
    for i, gain in enumerate(_advantages(advantage, sigma)):
        problem += gain + slack[i] <= 0
        problem += weight[i] - sigma[i] <= 0
    return problem, sigma


def least_exploitable(advantages: Matrix, risk: float, backend: str) -> Vector:
    """The σ [K] whose gain max_i (Aσ)_i, averaged over the worst 1 − risk of `advantages` [S, K, K], is least.

    min t + mean_s (g_s − t)⁺ / (1 − risk) with g_s ≥ (A_s σ)_i for every i (Rockafellar and Uryasev 2000,
    "Optimization of conditional value-at-risk"). Of all these rows few bind, so only those that some σ on the
    way violates are put into the program; the answer is that of the whole.
    """
    num_draws, size, _ = advantages.shape
    sigma = np.full(size, 1.0 / size)
    rows: dict[tuple[int, int], None] = {}
    gains = np.full(num_draws, -np.inf)
    while True:
        violated = advantages @ sigma
        worst = violated.argmax(axis=1)
        new = [
            (draw, int(row))
            for draw, row in enumerate(worst)
            if violated[draw, row] > gains[draw] + _ROW_TOLERANCE and (draw, int(row)) not in rows
        ]
        if not new:
            return sigma
        rows |= dict.fromkeys(new)
        sigma, gains = _risk_program(advantages, list(rows), risk, backend)


def _risk_program(
    advantages: Matrix, rows: list[tuple[int, int]], risk: float, backend: str
) -> tuple[Vector, Vector]:
    """σ [K] and its gain in each draw [S], where only `rows` of the draws are known."""
    num_draws, size, _ = advantages.shape
    problem = pulp.LpProblem("least_exploitable", pulp.LpMinimize)
    sigma = _variables(problem, "sigma", size)
    excess = _variables(problem, "excess", num_draws)
    # No advantage is below −½, and below its least value the threshold buys nothing.
    threshold = problem.add_variable("threshold", -1.0, 1.0)
    problem += threshold + pulp.lpSum(excess) * (1.0 / (num_draws * (1.0 - risk)))
    for draw, row in rows:
        terms = zip(sigma, advantages[draw, row].tolist(), strict=True)
        gain = pulp.LpAffineExpression([(x, a) for x, a in terms if a != 0.0])
        problem += gain - threshold - excess[draw] <= 0
    problem += pulp.lpSum(sigma) == 1
    _solve(problem, backend)
    return _values(sigma), threshold.value() + _values(excess)


def weight_ranges(advantage: Matrix, backend: str) -> Matrix:
    """The least and greatest weight of each policy over all equilibria [K, 2]; 2K linear programs."""
    size = len(advantage)
    ranges = np.empty((size, 2))
    for index in range(size):
        for column, sense in enumerate((pulp.LpMinimize, pulp.LpMaximize)):
            problem = pulp.LpProblem("weight_range", sense)
            sigma = _variables(problem, "sigma", size)
            problem += pulp.LpAffineExpression([(sigma[index], 1.0)])
            for gain in _advantages(advantage, sigma):
                problem += gain <= 0
            problem += pulp.lpSum(sigma) == 1
            _solve(problem, backend)
            ranges[index, column] = sigma[index].value()
    return np.clip(ranges, 0.0, 1.0)
