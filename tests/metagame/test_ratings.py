"""Bradley–Terry ratings with intervals."""

import math
from itertools import combinations

import numpy as np
import pytest

from psro.metagame.payoffs import OutcomeCounts, PayoffTable
from psro.metagame.population import Population
from psro.metagame.ratings import ELO_PER_LOGIT, elo_estimates, elo_ratings, fit


def rng():
    return np.random.default_rng(7)


def table_of(counts, names=("a", "b", "c")):
    population = Population()
    for name in names:
        population = population.append(name, "any", 0)
    table = PayoffTable(population)
    for (row, column), cell in counts.items():
        table = table.with_counts(row, column, OutcomeCounts(*cell))
    return table


def test_two_policies_have_the_rating_of_their_win_rate():
    """Closed form: half the log-odds of the counts with Jeffreys' ½ win, ½ tie and ½ loss each."""
    points = elo_estimates(table_of({("a", "b"): (60, 10, 30)}, ("a", "b")))
    ahead, behind = 60 + 5 + 0.75, 30 + 5 + 0.75
    expected = 400 * math.log10(ahead / behind)
    assert points == pytest.approx([expected / 2, -expected / 2])


def test_strengths_that_made_the_win_rates_are_found_again():
    strengths = np.array([0.9, 0.1, -0.4, -0.6])
    rates = 1 / (1 + np.exp(strengths[None, :] - strengths[:, None]))
    weights = 50.0 * (1 - np.eye(4))
    assert fit(rates[None], weights)[0] == pytest.approx(strengths, abs=1e-6)


def test_zero_is_the_mean_of_the_founders_whoever_joins():
    table = table_of({("a", "b"): (70, 0, 30)}, ("a", "b"))
    grown = table.with_population(table.population.append("br_1", "best_response", 1))
    for name in ("a", "b"):
        grown = grown.with_counts("br_1", name, OutcomeCounts(80, 0, 20))
    points = elo_estimates(grown)
    assert points[0] + points[1] == pytest.approx(0)
    assert points[2] > points[0] > points[1]


def test_a_policy_that_lost_everything_has_a_rating_that_is_known_downwards_only():
    counts = {("a", "b"): (50, 0, 50), ("a", "c"): (100, 0, 0), ("b", "c"): (100, 0, 0)}
    worst = elo_ratings(table_of(counts), rng()).points[2]
    assert math.isfinite(worst.estimate)
    assert worst.estimate - worst.low > 1.5 * (worst.high - worst.estimate) > 0


def test_intervals_cover_what_made_the_counts():
    """Of 200 tables from known strengths; 95 % wanted, and 4.5 standard errors below are not met by chance."""
    dice, gap, inside = rng(), 100.0, 0
    rate = 1 / (1 + 10 ** (-gap / 400))
    for _ in range(200):
        wins = int(dice.binomial(80, rate))
        table = table_of({("a", "b"): (wins, 0, 80 - wins)}, ("a", "b"))
        interval = elo_ratings(table, dice, num_samples=200).points[0]
        inside += interval.low <= gap / 2 <= interval.high
    assert inside / 200 > 0.88


def test_a_cycle_is_named_as_what_ratings_cannot_say():
    beats = {("a", "b"): (90, 0, 10), ("b", "c"): (90, 0, 10), ("a", "c"): (10, 0, 90)}
    ratings = elo_ratings(table_of(beats), rng())
    assert [point.estimate for point in ratings.points] == pytest.approx([0, 0, 0], abs=1e-6)
    assert (ratings.worst.row, ratings.worst.column) in {("a", "b"), ("b", "c"), ("c", "a")}
    assert ratings.worst.played == pytest.approx(0.9)
    assert ratings.worst.expected == pytest.approx(0.5)


def test_the_same_counts_and_dice_give_the_same_ratings():
    table = table_of(dict.fromkeys(combinations("abc", 2), (30, 2, 20)))
    assert elo_ratings(table, rng()) == elo_ratings(table, rng())


def test_exact_payoffs_and_missing_battles_have_no_ratings():
    exact = table_of({}, ("a", "b")).with_exact("a", "b", 0.6)
    assert elo_ratings(exact, rng()) is None
    assert elo_ratings(table_of({("a", "b"): (5, 0, 5)}), rng()) is None
    with pytest.raises(ValueError, match="every pair"):
        elo_estimates(exact)


def test_what_may_have_no_maximum_is_an_error_and_no_number():
    with pytest.raises(ValueError, match="no maximum"):
        fit(np.array([[[0.5, 1.0], [0.0, 0.5]]]), np.array([[0.0, 9.0], [9.0, 0.0]]))


def test_points_are_elos():
    assert pytest.approx(math.log(10) * ELO_PER_LOGIT) == 400
