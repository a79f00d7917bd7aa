"""The point of largest entropy in a polytope, by a barrier Newton method on the dual.

    minimise Σ σ log σ   subject to   Bσ = 0, Cσ ≤ 0, Σσ = 1

The objective is strictly convex, so the answer does not depend on a start, the order of the policies or the
LP backend. The dual is smooth, convex and small: with multipliers λ free and μ ≥ 0,

    σ = softmax(−Bᵀλ − Cᵀμ)   where (λ, μ) minimise   log Σ_j exp(−Bᵀλ − Cᵀμ)_j

(Boyd and Vandenberghe, Convex Optimization, 2004: section 5.7 for the dual, 11.3 for the barrier on μ).
"""

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float64]
Matrix = NDArray[np.float64]

FINAL_BARRIER = 1e-13
"""Slack · multiplier at which the barrier method stops."""
NUM_STEPS = 100
"""Newton steps at most per barrier; two or three are usual, some more for the first."""
USABLE = 1e-10
"""Violation of a constraint that is still accepted."""
RANK_TOLERANCE = 1e-10
"""A direction along which the constraints change by less than this (in win rate) is free."""


class NotConverged(ArithmeticError):
    """The iteration did not reach a usable accuracy."""


def max_entropy_point(equalities: Matrix, inequalities: Matrix) -> Vector:
    """The σ [n] of largest entropy with equalities [r, n] σ = 0, inequalities [m, n] σ ≤ 0, Σσ = 1.

    There must be such a σ with every weight and every slack positive (Slater's condition).
    Raises NotConverged if the constraints cannot be met to 1e-10.
    """
    size, equalities = equalities.shape[1], row_basis(equalities)
    num_equalities = len(equalities)
    constraints = np.vstack([equalities, inequalities])
    multipliers = np.concatenate([np.zeros(num_equalities), np.ones(len(inequalities))])
    bounded = slice(num_equalities, None)
    barrier = 1.0
    while len(inequalities) and barrier > FINAL_BARRIER:
        barrier *= 0.1
        slack = -(inequalities @ _softmax(-constraints.T @ multipliers))
        # The central path ahead: where a slack stays, its multiplier falls with the barrier.
        multipliers[bounded] *= np.where(multipliers[bounded] > slack, 1.0, 0.1)
        multipliers = _newton(constraints, multipliers, num_equalities, barrier)
    sigma = _softmax(-constraints.T @ multipliers)
    # Where a constraint is active with a vanishing multiplier, the barrier only reaches the square root of
    # its accuracy. Solving again with the active constraints as equations reaches all of it.
    active = multipliers[bounded] > -(inequalities @ sigma)
    fixed = row_basis(np.vstack([equalities, inequalities[active]]))
    polished = _softmax(-fixed.T @ _newton(fixed, np.zeros(len(fixed)), len(fixed), 0.0))
    for candidate in (polished, sigma):
        violation = max(
            float(np.abs(equalities @ candidate).max(initial=0.0)),
            float((inequalities @ candidate).max(initial=0.0)),
        )
        if violation <= USABLE:
            return candidate
    raise NotConverged(
        f"maximum entropy over {size} policies: constraints violated by {violation:.1e}"
    )


def row_basis(rows: Matrix) -> Matrix:
    """Orthonormal rows [r, n] that span those of `rows` [m, n], singular values below 1e-10 dropped."""
    if rows.size == 0:
        return rows[:0]
    _, singular, right = np.linalg.svd(rows, full_matrices=False)
    basis: Matrix = right[singular > RANK_TOLERANCE]
    return basis


def _newton(constraints: Matrix, start: Vector, num_free: int, barrier: float) -> Vector:
    """Minimises log Σ exp(−constraintsᵀ x) − barrier · Σ log x over x [r + m], from `start`.

    The first `num_free` multipliers are free, the others stay positive.
    """

    def objective(x: Vector) -> float:
        logits = -constraints.T @ x
        top = logits.max()
        return float(
            top + np.log(np.exp(logits - top).sum()) - barrier * np.log(x[num_free:]).sum()
        )

    def derivatives(x: Vector) -> tuple[Vector, Matrix]:
        sigma = _softmax(-constraints.T @ x)
        mean = constraints @ sigma
        gradient = -mean
        gradient[num_free:] -= barrier / x[num_free:]
        centred = (constraints - mean[:, None]) * np.sqrt(sigma)
        return gradient, centred @ centred.T

    def newton_step(x: Vector, gradient: Vector, hessian: Matrix) -> Vector:
        # In units of each positive multiplier itself, so that large and small ones are equally well scaled.
        unit = np.ones(len(x))
        unit[num_free:] = x[num_free:]
        scaled = hessian * unit[:, None] * unit[None, :]
        scaled[np.arange(num_free, len(x)), np.arange(num_free, len(x))] += barrier
        step: Vector = -unit * np.linalg.lstsq(scaled, unit * gradient, rcond=1e-15)[0]
        return step

    x = start
    gradient, hessian = derivatives(x)
    for _ in range(NUM_STEPS):
        step = newton_step(x, gradient, hessian)
        decrement = float(-gradient @ step)
        length = min(1.0, _step_to_boundary(x, step, num_free))
        if decrement < 1e-10:
            # Quadratic convergence has begun, and the objective is too flat to judge a step by: go on
            # for as long as the gradient falls.
            new_gradient, new_hessian = derivatives(x + length * step)
            if not np.linalg.norm(new_gradient) < 0.5 * np.linalg.norm(gradient):
                return x
            x, gradient, hessian = x + length * step, new_gradient, new_hessian
            continue
        now = objective(x)
        while length > 1e-9 and objective(x + length * step) > now - 0.1 * length * decrement:
            length *= 0.5
        x = x + length * step
        gradient, hessian = derivatives(x)
    return x


def _step_to_boundary(x: Vector, step: Vector, num_free: int) -> float:
    """99 % of the step at which the first positive multiplier would reach 0."""
    values, change = x[num_free:], step[num_free:]
    shrinking = change < 0
    return 0.99 * float((-values[shrinking] / change[shrinking]).min(initial=np.inf))


def _softmax(logits: Vector) -> Vector:
    exponentials = np.exp(logits - logits.max())
    probabilities: Vector = exponentials / exponentials.sum()
    return probabilities
