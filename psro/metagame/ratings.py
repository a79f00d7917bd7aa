"""One number a policy: Bradley and Terry's strengths (1952) on Elo's scale, with intervals.

P(i beats j) = 1 / (1 + 10^((r_j − r_i) / 400)), ties one half. Ratings maximise the likelihood of the counts under the model's
Jeffreys prior, √det I(r) with I the Fisher information (Firth 1993, "Bias reduction of maximum likelihood estimates"). Without
a prior a policy that lost all its battles has no rating (Ford 1957); with half a win and half a loss added to every matchup,
which is Jeffreys' prior of one win rate, all ratings of a wide population would be drawn together. Firth's amounts to adding
its leverage to a matchup, half of it won, half lost: K − 1 battles over all matchups, few where one side always wins.

Intervals are those of the profile likelihood under the same prior (Heinze and Schemper 2002): a policy that lost everything is
known upwards, and hardly downwards. They are about chance under the model, not about its being wrong. A rating cannot say that
a beats b beats c beats a, so the largest misfit comes with it: where it is large, read the interaction matrix instead.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from psro.metagame.intervals import LEVEL, Interval, normal_quantile
from psro.metagame.payoffs import PayoffTable

Vector = NDArray[np.float64]
Matrix = NDArray[np.float64]

ELO_PER_LOGIT = 400 / math.log(10)
MAX_STEP = 1.0
"""Of a Newton step, in logits: far from the optimum a whole one may overshoot."""
MAX_NUM_STEPS = 200
CONVERGED = 1e-9
"""Largest gradient, per battle."""
END_TOLERANCE = 1e-4
"""Of an interval's end, in standard errors."""


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


def elo_ratings(table: PayoffTable, level: float = LEVEL) -> Ratings | None:
    """Ratings of all members; None where they have none (see can_be_rated)."""
    if not can_be_rated(table):
        return None
    battles = _Battles.of(table)
    best = maximise(battles)
    above = _above_founders(table)
    points = tuple(
        Interval(
            float(contrast @ best),
            _end(battles, best, contrast, -1, level),
            _end(battles, best, contrast, 1, level),
            level,
        ).scaled(ELO_PER_LOGIT)
        for contrast in above
    )
    return Ratings(points, _worst(table, best))


def can_be_rated(table: PayoffTable) -> bool:
    """Whether there are two members or more, and every pair of them played: exact payoffs are no battles."""
    size = len(table.population)
    return size > 1 and bool((table.counts().sum(axis=2) + np.eye(size) > 0).all())


def elo_estimates(table: PayoffTable) -> Vector:
    """The ratings [K] alone, in Elo points. Raises ValueError where the table cannot be rated."""
    if not can_be_rated(table):
        raise ValueError("ratings need two policies or more of which every pair played")
    estimates: Vector = _above_founders(table) @ maximise(_Battles.of(table)) * ELO_PER_LOGIT
    return estimates


@dataclass(frozen=True)
class _Battles:
    """Battles of every pair and what the row won of them, ties one half [K, K]; both 0 on the diagonal."""

    played: Matrix
    won: Matrix

    @classmethod
    def of(cls, table: PayoffTable) -> "_Battles":
        counts = table.counts()
        return cls(counts.sum(axis=2).astype(np.float64), counts @ np.array([1.0, 0.5, 0.0]))

    def expected(self, strengths: Vector) -> Matrix:
        """Win rates [K, K] that strengths [K], in logits, lead to expect."""
        rates: Matrix = 1 / (1 + np.exp(strengths[None, :] - strengths[:, None]))
        return rates

    def information(self, strengths: Vector) -> Matrix:
        """Fisher's [K, K]; singular, since strengths are known up to a constant."""
        rates = self.expected(strengths)
        information: Matrix = -self.played * rates * (1 - rates)
        np.fill_diagonal(information, -information.sum(axis=1))
        return information

    def gradient(self, strengths: Vector) -> Vector:
        """Of log likelihood and log prior [K]: what was won and is expected, the prior's battles included."""
        rates = self.expected(strengths)
        covariance = np.linalg.inv(_regular(self.information(strengths)))
        variances = np.diag(covariance)
        of_gaps = variances[:, None] + variances[None, :] - 2 * covariance
        leverage = self.played * rates * (1 - rates) * of_gaps
        gradient: Vector = (self.won - self.played * rates + leverage * (0.5 - rates)).sum(axis=1)
        return gradient

    def log_posterior(self, strengths: Vector) -> float:
        """Up to a constant."""
        gaps = strengths[:, None] - strengths[None, :]
        likelihood = -(self.won * np.logaddexp(0, -gaps)).sum()
        return float(likelihood + 0.5 * np.linalg.slogdet(_regular(self.information(strengths)))[1])


def maximise(
    battles: _Battles, contrast: Vector | None = None, at: float = 0.0, start: Vector | None = None
) -> Vector:
    """Strengths in logits [K], mean 0, of the greatest posterior; among those with contrast [K] · strengths = at, if given.

    Newton's method with Fisher's information (Firth 1993). A contrast adds up to 0.
    """
    size = len(battles.played)
    strengths = np.zeros(size) if start is None else start.copy()
    if contrast is not None:
        strengths += contrast * (at - contrast @ strengths) / (contrast @ contrast)
    for _ in range(MAX_NUM_STEPS):
        gradient = battles.gradient(strengths)
        inverse = np.linalg.inv(_regular(battles.information(strengths)))
        step = inverse @ gradient
        if contrast is not None:
            along = inverse @ contrast
            step -= along * (contrast @ step) / (contrast @ along)
            gradient = gradient - contrast * (along @ gradient) / (contrast @ along)
        if np.abs(gradient).max() <= CONVERGED * battles.played.sum():
            return strengths - strengths.mean()
        strengths += step * min(1.0, MAX_STEP / max(float(np.abs(step).max()), 1e-300))
    raise AssertionError(f"Newton's method did not settle in {MAX_NUM_STEPS} steps")


def _end(battles: _Battles, best: Vector, contrast: Vector, side: int, level: float) -> float:
    """Where the profile likelihood of contrast · strengths has fallen as far as the level allows, below (−1) or above (1).

    The signed root of the fall is nearly linear in the distance, so the distance is scaled until it fits.
    """
    if not contrast.any():
        return 0.0  # a single founder is the zero of its own scale
    wanted = normal_quantile(level)
    centre, top = float(contrast @ best), battles.log_posterior(best)
    covariance = np.linalg.inv(_regular(battles.information(best)))
    distance, strengths = wanted * float(np.sqrt(contrast @ covariance @ contrast)), best
    for _ in range(MAX_NUM_STEPS):
        strengths = maximise(battles, contrast, centre + side * distance, strengths)
        root = float(np.sqrt(2 * max(top - battles.log_posterior(strengths), 0.0)))
        if abs(root - wanted) <= END_TOLERANCE:
            return centre + side * distance
        distance *= min(2.0, wanted / max(root, 1e-6))
    raise AssertionError(f"an interval's end did not settle in {MAX_NUM_STEPS} steps")


def _regular(information: Matrix) -> Matrix:
    """Strengths are known up to a constant; fixing their sum makes the information regular."""
    regular: Matrix = information + 1 / len(information)
    return regular


def _above_founders(table: PayoffTable) -> Matrix:
    """What makes strengths [K] ratings [K, K]: above the founding population's mean."""
    is_founder = np.array([member.iteration == 0 for member in table.population])
    above: Matrix = np.eye(len(is_founder)) - is_founder / is_founder.sum()
    return above


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
