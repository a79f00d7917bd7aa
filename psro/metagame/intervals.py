"""Intervals for win rates, for averages of win rates over opponents, and for the largest of several.

**Win rate of one matchup**: Wilson's score interval (1927) for n battles at p̂ = (wins + ties/2)/n. An
outcome is 0, ½ or 1, and any variable in [0, 1] with mean p has variance at most p(1 − p), with
equality only if there are no ties. So the binomial formula is Wilson's own without ties and errs on the
safe side with them, and needs no estimate of the tie rate (which fails when all battles so far tied).
Coverage is 95 % on average over p; near p = 0 or 1 single points dip lower, as is known of Wilson's
(92 % at n = 50, p = .98; tests/metagame/test_intervals.py enumerates it).

**Win rate against a mixture**, Σ_j σ_j p_j: the matchups' intervals are combined by MOVER (Zou and
Donner 2008), L = Σ σ_j p̂_j − sqrt(Σ σ_j² (p̂_j − l_j)²) and U likewise. It keeps Wilson's good behaviour
near 0 and 1, where a normal interval has no width, and with one opponent it is Wilson's interval.
"""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from statistics import NormalDist
from typing import Any

import numpy as np
from numpy.typing import NDArray

from psro.metagame.payoffs import Cell, OutcomeCounts

LEVEL = 0.95
"""The confidence level of everything that is reported."""


@dataclass(frozen=True)
class Interval:
    """An estimate with its uncertainty, all in the unit of the thing estimated."""

    estimate: float
    low: float
    high: float
    level: float = LEVEL
    """Coverage aimed at; simultaneous where the maker says so."""

    def reaching(self, value: float) -> "Interval":
        """Widened to `value`, if it lies outside."""
        return Interval(self.estimate, min(self.low, value), max(self.high, value), self.level)

    def shifted(self, by: float) -> "Interval":
        return Interval(self.estimate + by, self.low + by, self.high + by, self.level)

    def scaled(self, by: float) -> "Interval":
        """`by` must be positive."""
        return Interval(self.estimate * by, self.low * by, self.high * by, self.level)

    def floored(self, at: float) -> "Interval":
        return Interval(max(self.estimate, at), max(self.low, at), max(self.high, at), self.level)

    def complement(self) -> "Interval":
        """1 − x: the same win rate from the other side."""
        return Interval(1.0 - self.estimate, 1.0 - self.high, 1.0 - self.low, self.level)

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "Interval":
        return cls(**data)


def exactly(value: float, level: float = LEVEL) -> Interval:
    """A value that is known: an interval without width."""
    return Interval(value, value, value, level)


def normal_quantile(level: float) -> float:
    """The two-sided standard normal quantile: 1.96 at level 0.95. Raises ValueError outside (0, 1)."""
    if not 0.0 < level < 1.0:
        raise ValueError(f"a confidence level is between 0 and 1, not {level}")
    return NormalDist().inv_cdf(0.5 + level / 2)


def win_rate_interval(cell: Cell, level: float = LEVEL) -> Interval:
    """The win rate (wins + ties/2)/n with its Wilson interval; no width for an exact win rate.

    Raises ValueError if no battle was played.
    """
    z = normal_quantile(level)
    if not isinstance(cell, OutcomeCounts):
        return exactly(cell, level)
    rate, num = cell.win_rate, cell.num_battles
    shrink = 1.0 + z * z / num
    centre = (rate + z * z / (2 * num)) / shrink
    radius = z / shrink * math.sqrt(rate * (1 - rate) / num + z * z / (4 * num * num))
    # In exact arithmetic the bounds are 0 and 1 at the ends; rounding must not leave the estimate out.
    return Interval(
        rate, min(rate, max(0.0, centre - radius)), max(rate, min(1.0, centre + radius)), level
    )


@dataclass(frozen=True)
class StratifiedRate:
    """A win rate against a mixture of opponents."""

    rate: Interval
    num_battles: int
    """Battles it rests on: those against opponents with positive weight."""
    unplayed_weight: float
    """Weight of the opponents that were never met. Their win rate could be anything, so the interval
    is wider by this; the estimate is the average over the opponents that were met."""


def stratified_interval(
    results: Sequence[Cell], weights: NDArray[np.float64], level: float = LEVEL
) -> StratifiedRate:
    """Σ_j weights_j · p_j with a MOVER interval.

    `results` [K]: outcomes against opponent j, or the exact win rate. `weights` [K]: the mixture, adding
    up to 1. Weighting by σ instead of pooling removes the luck of who was drawn how often.
    Raises ValueError if the lengths differ or no opponent with positive weight was met.
    """
    if len(results) != len(weights):
        raise ValueError(f"{len(results)} results for a mixture of {len(weights)} policies")
    total = below = above = played = 0.0
    num_battles = 0
    for cell, weight in zip(results, weights.tolist(), strict=True):
        if weight <= 0.0 or (isinstance(cell, OutcomeCounts) and cell.num_battles == 0):
            continue
        interval = win_rate_interval(cell, level)
        total += weight * interval.estimate
        below += (weight * (interval.estimate - interval.low)) ** 2
        above += (weight * (interval.high - interval.estimate)) ** 2
        played += weight
        num_battles += cell.num_battles if isinstance(cell, OutcomeCounts) else 0
    if played == 0.0:
        raise ValueError("no battle was played against any opponent that the mixture uses")
    unplayed = max(0.0, 1.0 - played) if played < 1.0 - 1e-9 else 0.0
    rate = Interval(
        total / played,
        max(0.0, total - math.sqrt(below)),
        min(1.0, total + math.sqrt(above) + unplayed),
        level,
    )
    return StratifiedRate(rate, num_battles, unplayed)


def bonferroni_level(level: float, num: int) -> float:
    """The level each of `num` intervals needs so that all hold together at `level`."""
    if num < 1:
        raise ValueError("a simultaneous interval needs at least one quantity")
    return 1.0 - (1.0 - level) / num


def largest_of(intervals: Sequence[Interval], level: float) -> Interval:
    """The largest of several quantities, given intervals that hold simultaneously at `level`.

    When every interval holds, the largest quantity is at least every low end and at most the largest
    high end. The estimate, a maximum of noisy estimates, leans upwards; the interval does not rest on it.
    """
    return Interval(
        max(interval.estimate for interval in intervals),
        max(interval.low for interval in intervals),
        max(interval.high for interval in intervals),
        level,
    )
