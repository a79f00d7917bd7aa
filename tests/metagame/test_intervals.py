import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from psro.metagame.intervals import (
    Interval,
    bonferroni_level,
    exactly,
    largest_of,
    normal_quantile,
    stratified_interval,
    win_rate_interval,
)
from psro.metagame.payoffs import OutcomeCounts


def coverage(num: int, rate: float, tie_share: float = 0.0) -> float:
    """The exact probability that the interval of `num` battles holds the true win rate."""
    ties = tie_share * 2 * min(rate, 1 - rate)
    probabilities = (rate - ties / 2, ties, 1 - rate - ties / 2)
    logs = [math.log(p) if p > 0 else None for p in probabilities]
    total = 0.0
    for num_ties in range(num + 1 if ties else 1):
        for wins in range(num - num_ties + 1):
            counts = (wins, num_ties, num - wins - num_ties)
            interval = win_rate_interval(OutcomeCounts(*counts))
            if not interval.low <= rate <= interval.high:
                continue
            weight = math.lgamma(num + 1)
            for count, log in zip(counts, logs, strict=True):
                weight += count * (log or 0.0) - math.lgamma(count + 1)
            total += math.exp(weight)
    return total


def test_known_wilson_interval() -> None:
    interval = win_rate_interval(OutcomeCounts(wins=15, losses=5))
    assert interval.estimate == 0.75
    # (p + z²/2n ± z sqrt(p(1−p)/n + z²/4n²)) / (1 + z²/n) by hand
    assert interval.low == pytest.approx(0.53130, abs=1e-5)
    assert interval.high == pytest.approx(0.88814, abs=1e-5)


def test_a_clean_sweep_is_not_certain() -> None:
    interval = win_rate_interval(OutcomeCounts(wins=50))
    assert interval.high == 1.0
    assert interval.low == pytest.approx(50 / (50 + normal_quantile(0.95) ** 2))


def test_coverage_without_ties_is_95_percent_on_average_and_never_far_below() -> None:
    by_rate = [coverage(50, rate) for rate in np.linspace(0.02, 0.98, 49)]
    assert np.mean(by_rate) == pytest.approx(0.95, abs=0.01)
    assert min(by_rate) > 0.90


@pytest.mark.parametrize("tie_share", [0.2, 0.6, 1.0])
def test_ties_only_make_it_safer(tie_share: float) -> None:
    for rate in (0.2, 0.5, 0.7):
        assert coverage(40, rate, tie_share) > 0.94


@given(st.integers(0, 300), st.integers(0, 300), st.integers(0, 300))
def test_bounds_hold_the_estimate_and_mirror(wins: int, ties: int, losses: int) -> None:
    if wins + ties + losses == 0:
        return
    counts = OutcomeCounts(wins, ties, losses)
    interval = win_rate_interval(counts)
    assert 0.0 <= interval.low <= interval.estimate <= interval.high <= 1.0
    mirrored = win_rate_interval(counts.mirrored()).complement()
    assert mirrored.low == pytest.approx(interval.low, abs=1e-12)
    assert mirrored.high == pytest.approx(interval.high, abs=1e-12)


def test_no_battles_and_bad_levels_are_errors() -> None:
    with pytest.raises(ValueError, match="no battle"):
        win_rate_interval(OutcomeCounts())
    with pytest.raises(ValueError, match="between 0 and 1"):
        win_rate_interval(OutcomeCounts(1, 0, 0), level=95)


def test_one_opponent_is_wilsons_interval() -> None:
    counts = OutcomeCounts(31, 2, 17)
    stratified = stratified_interval([counts], np.array([1.0]))
    wilson = win_rate_interval(counts)
    assert stratified.rate.low == pytest.approx(wilson.low)
    assert stratified.rate.high == pytest.approx(wilson.high)
    assert stratified.num_battles == 50


def test_the_mixture_weighs_the_opponents_not_the_battles() -> None:
    results = [OutcomeCounts(9, 0, 1), OutcomeCounts(100, 0, 300), OutcomeCounts(0, 0, 50)]
    stratified = stratified_interval(results, np.array([0.5, 0.5, 0.0]))
    assert stratified.rate.estimate == pytest.approx((0.9 + 0.25) / 2)
    assert stratified.num_battles == 410


def test_exact_results_have_no_width() -> None:
    stratified = stratified_interval([0.25, 0.75], np.array([0.5, 0.5]))
    assert stratified.rate == exactly(0.5)
    assert stratified.num_battles == 0


def test_opponents_never_met_widen_the_interval_by_their_weight() -> None:
    met = OutcomeCounts(80, 0, 20)
    sigma = np.array([0.9, 0.1])
    known = stratified_interval([met, met], np.array([0.9, 0.1]))
    partly = stratified_interval([met, OutcomeCounts()], sigma)
    assert known.unplayed_weight == 0.0
    assert partly.unplayed_weight == pytest.approx(0.1)
    assert partly.rate.estimate == pytest.approx(0.8)
    alone = win_rate_interval(met)
    assert partly.rate.low == pytest.approx(0.9 * alone.low)
    assert partly.rate.high == pytest.approx(0.9 * alone.high + 0.1)
    with pytest.raises(ValueError, match="no battle was played against any opponent"):
        stratified_interval([OutcomeCounts(), met], np.array([1.0, 0.0]))
    with pytest.raises(ValueError, match="2 results for a mixture of 1"):
        stratified_interval([met, met], np.array([1.0]))


@pytest.mark.parametrize("rates", [(0.6, 0.5, 0.9), (0.97, 0.99, 0.9), (0.5, 0.02, 0.3)])
def test_coverage_against_a_mixture_by_simulation(rates: tuple[float, ...]) -> None:
    rng = np.random.default_rng(7)
    sigma = np.array([0.6, 0.3, 0.1])
    truth = float(sigma @ rates)
    hits = 0
    for _ in range(2000):
        met = rng.multinomial(200, sigma)  # opponents drawn from σ, as MEASURE does
        wins = rng.binomial(met, rates)
        results = [OutcomeCounts(int(w), 0, int(n - w)) for w, n in zip(wins, met, strict=True)]
        rate = stratified_interval(results, sigma).rate
        hits += rate.low <= truth <= rate.high
    assert 0.93 <= hits / 2000 <= 0.985


def test_the_largest_of_several_is_covered_simultaneously() -> None:
    rng = np.random.default_rng(8)
    truths = np.array([0.55, 0.56, 0.56, 0.5, 0.54])
    level = bonferroni_level(0.95, len(truths))
    naive_hits = hits = 0
    for _ in range(2000):
        wins = rng.binomial(200, truths)
        cells = [OutcomeCounts(int(w), 0, int(200 - w)) for w in wins]
        largest = largest_of([win_rate_interval(cell, level) for cell in cells], 0.95)
        hits += largest.low <= truths.max() <= largest.high
        winner = win_rate_interval(cells[int(wins.argmax())])
        naive_hits += winner.low <= truths.max() <= winner.high
    assert hits / 2000 >= 0.95
    assert naive_hits < hits  # the winner's own interval forgets that it was picked


def test_interval_arithmetic_and_json() -> None:
    interval = Interval(0.1, -0.2, 0.3)
    assert interval.floored(0.0) == Interval(0.1, 0.0, 0.3)
    assert interval.scaled(2.0) == Interval(0.2, -0.4, 0.6)
    assert interval.shifted(0.5) == Interval(0.6, 0.3, 0.8)
    assert Interval.from_json(interval.to_json()) == interval
    with pytest.raises(ValueError, match="at least one"):
        bonferroni_level(0.95, 0)
