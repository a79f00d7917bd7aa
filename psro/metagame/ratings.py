"""One number a policy: Bradley and Terry's strengths (1952) on Elo's scale, with intervals.

P(i beats j) = 1 / (1 + 10^((r_j − r_i) / 400)), ties one half. Ratings maximise the likelihood of the counts, to which
every played matchup adds Jeffreys' ½ win, ½ tie and ½ loss, the prior of σ's posterior too (posterior.py): without it a
policy that lost all its battles has no rating (Ford 1957). Intervals are the fits to matrices drawn from that posterior.

A rating cannot say that a beats b beats c beats a, so the largest misfit comes with it: where it is large, read the
interaction matrix instead.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from psro.metagame.intervals import LEVEL, Interval
from psro.metagame.payoffs import PayoffTable
from psro.metagame.posterior import JEFFREYS, posterior_matrices

Vector = NDArray[np.float64]
Matrix = NDArray[np.float64]

ELO_PER_LOGIT = 400 / math.log(10)
PRIOR_BATTLES = 3 * JEFFREYS
LEAST_RATE = 1e-9
"""Of a drawn win rate: a smaller one is 0 from the other side, in float64."""
MAX_STEP = 2.0
"""Of a Newton step, in logits: far from the optimum a whole one may overshoot."""
MAX_NUM_STEPS = 100
CONVERGED = 1e-9


@dataclass(frozen=True)
class Misfit:
    """The matchup that one number a policy explains worst."""

    row: str
    column: str
    played: float
    """The row's win rate on the counts."""
    expected: float
    """What the ratings say."""


@dataclass(frozen=True)
class Ratings:
    """Elo points of every member; 0 is the mean of the founding population."""

    points: tuple[Interval, ...]
    """[K] in population order."""
    worst: Misfit


def elo_ratings(
    table: PayoffTable, rng: np.random.Generator, num_samples: int = 300, level: float = LEVEL
) -> Ratings | None:
    """Ratings of all members; None where they have none (see can_be_rated). `rng` draws the posterior."""
    if not can_be_rated(table):
        return None
    estimate = elo_estimates(table)
    matrices = posterior_matrices(table, rng, num_samples).clip(LEAST_RATE, 1 - LEAST_RATE)
    drawn = _above_founders(table, fit(matrices, _weights(table)))
    low, high = np.quantile(drawn, [(1 - level) / 2, (1 + level) / 2], axis=0)
    points = tuple(
        Interval(float(e), float(lo), float(hi), level).reaching(float(e))
        for e, lo, hi in zip(estimate, low, high, strict=True)
    )
    return Ratings(points, _worst(table, estimate / ELO_PER_LOGIT))


def can_be_rated(table: PayoffTable) -> bool:
    """Whether there are two members or more, and every pair of them played: exact payoffs are no battles."""
    size = len(table.population)
    return size > 1 and bool((table.counts().sum(axis=2) + np.eye(size) > 0).all())


def elo_estimates(table: PayoffTable) -> Vector:
    """The ratings [K] alone, in Elo points. Raises ValueError where the table cannot be rated."""
    if not can_be_rated(table):
        raise ValueError("ratings need two policies or more of which every pair played")
    num_battles = table.counts().sum(axis=2)
    weights = _weights(table)
    # Half of the prior's battles are won.
    wins = table.matrix() * num_battles + 0.5 * (weights - num_battles)
    rates = wins / (weights + np.eye(len(weights)))
    return _above_founders(table, fit(rates[None], weights))[0]


def fit(rates: Matrix, weights: Matrix) -> Matrix:
    """Strengths in logits [S, K], mean 0, for win rates [S, K, K] of so many battles [K, K] (diagonal 0).

    Newton's method on the concave log-likelihood. Raises ValueError for a rate of 0 or 1, which may leave it without
    a maximum.
    """
    num_samples, size, _ = rates.shape
    met = weights > 0
    if not ((rates[:, met] > 0) & (rates[:, met] < 1)).all():
        raise ValueError(
            "a win rate of 0 or 1 may have no maximum likelihood; add a prior to the counts"
        )
    strengths = np.zeros((num_samples, size))
    for _ in range(MAX_NUM_STEPS):
        expected = 1 / (1 + np.exp(strengths[:, None, :] - strengths[:, :, None]))
        gradient = (weights * (rates - expected)).sum(axis=2)
        if np.abs(gradient).max() <= CONVERGED * weights.sum():
            return strengths - strengths.mean(axis=1, keepdims=True)
        information = -weights * expected * (1 - expected)
        information[:, range(size), range(size)] = -information.sum(axis=2)
        # Strengths are known up to a constant; fixing the sum of a step makes the system regular.
        step = np.linalg.solve(information + 1 / size, gradient[:, :, None])[:, :, 0]
        strengths += (
            step * np.minimum(1, MAX_STEP / np.maximum(np.abs(step).max(axis=1), 1e-300))[:, None]
        )
    raise AssertionError(f"Newton's method did not settle in {MAX_NUM_STEPS} steps")


def _weights(table: PayoffTable) -> Matrix:
    """Battles of every pair [K, K], the prior's too; 0 on the diagonal."""
    num_battles = table.counts().sum(axis=2).astype(np.float64)
    return num_battles + PRIOR_BATTLES * (1 - np.eye(len(num_battles)))


def _above_founders(table: PayoffTable, strengths: Matrix) -> Matrix:
    """Logits [S, K] as Elo points above the founding population's mean."""
    is_founder = np.array([member.iteration == 0 for member in table.population])
    above: Matrix = strengths - strengths[:, is_founder].mean(axis=1, keepdims=True)
    return above * ELO_PER_LOGIT


def _worst(table: PayoffTable, strengths: NDArray[np.float64]) -> Misfit:
    matrix, names = table.matrix(), table.population.names
    expected = 1 / (1 + np.exp(strengths[None, :] - strengths[:, None]))
    off = np.triu(np.abs(matrix - expected), 1)
    row, column = np.unravel_index(int(off.argmax()), off.shape)
    if matrix[row, column] < expected[row, column]:
        row, column = column, row
    return Misfit(
        names[row], names[column], float(matrix[row, column]), float(expected[row, column])
    )
