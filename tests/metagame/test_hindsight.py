"""What later members gain against an earlier σ."""

import pytest

from psro.metagame.hindsight import in_hindsight
from psro.metagame.intervals import bonferroni_level, win_rate_interval
from psro.metagame.payoffs import OutcomeCounts, PayoffTable
from psro.metagame.population import Population

POPULATION = (
    Population().append("a", "x", 0).append("b", "x", 0).append("c", "x", 1).append("d", "x", 2)
)


def test_the_best_later_member_counts_with_an_interval_for_all_of_them() -> None:
    wins = OutcomeCounts(80, 0, 20)
    table = (
        PayoffTable(POPULATION)
        .with_counts("c", "a", OutcomeCounts(60, 0, 40))
        .with_counts("d", "a", wins)
    )
    found = in_hindsight(table, {"a": 1.0, "b": 0.0}, ["c", "d"])
    assert found is not None
    assert (found.member, found.num_members, found.is_exact) == ("d", 2, False)
    assert found.gain.estimate == pytest.approx(0.3)
    assert found.gain.low == pytest.approx(
        win_rate_interval(wins, bonferroni_level(0.95, 2)).low - 0.5
    )


def test_it_is_weighted_by_sigma_and_may_be_negative_and_exact() -> None:
    table = PayoffTable(POPULATION).with_exact("c", "a", 0.2).with_exact("c", "b", 0.6)
    found = in_hindsight(table, {"a": 0.75, "b": 0.25}, ["c"])
    assert found is not None
    assert found.gain.estimate == pytest.approx(0.75 * 0.2 + 0.25 * 0.6 - 0.5)
    assert found.is_exact
    assert found.gain.low == found.gain.high


def test_the_newest_sigma_has_no_later_members_and_a_pair_must_have_met() -> None:
    assert in_hindsight(PayoffTable(POPULATION), {"a": 1.0}, []) is None
    with pytest.raises(ValueError, match=r"\(c, a\) was not played"):
        in_hindsight(PayoffTable(POPULATION), {"a": 1.0}, ["c"])
