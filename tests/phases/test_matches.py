"""Who meets whom, and how often."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from psro.game.battles import Job, Outcome
from psro.metagame.payoffs import OutcomeCounts
from psro.phases.matches import (
    Match,
    MatchTally,
    allocate_opponents,
    draw_opponents,
    plan,
    split,
    tally_outcomes,
)
from psro.phases.response import opponent_mix

weights = st.dictionaries(
    st.sampled_from("abcdefgh"), st.floats(0.001, 1.0), min_size=1, max_size=8
)


@given(weights, st.integers(8, 500))
def test_everyone_with_weight_is_met_and_shares_follow_the_weights(
    mixture: dict[str, float], num_battles: int
) -> None:
    counts = Counter(allocate_opponents(mixture, num_battles))
    assert counts.total() == num_battles
    assert set(counts) == set(mixture)
    total = sum(mixture.values())
    for name, weight in mixture.items():
        assert abs(counts[name] - num_battles * weight / total) <= len(mixture) + 1


def test_too_few_battles_for_the_opponents_is_an_error() -> None:
    with pytest.raises(ValueError, match="too few"):
        allocate_opponents({"a": 0.5, "b": 0.5}, 1)


@given(weights, st.integers(0, 50))
def test_draws_depend_on_their_seed_alone(mixture: dict[str, float], seed: int) -> None:
    draws = draw_opponents(mixture, 20, seed, "x")
    assert draws == draw_opponents(dict(reversed(mixture.items())), 20, seed, "x")
    assert set(draws) <= set(mixture)


@given(st.integers(1, 1000), st.integers(1, 300))
def test_units_cover_all_battles(num_battles: int, battles_per_unit: int) -> None:
    sizes = split(num_battles, battles_per_unit)
    assert sum(sizes) == num_battles
    assert max(sizes) <= battles_per_unit
    assert max(sizes) - min(sizes) <= 1, "a unit of a few battles would miss opponents"


def test_a_score_against_a_mixture_weighs_opponents_by_it_not_by_battles() -> None:
    tally = MatchTally({"often": OutcomeCounts(10, 0, 0), "rare": OutcomeCounts(0, 0, 10)}, {}, 0)
    assert tally.score_against({"often": 0.9, "rare": 0.1}) == pytest.approx(0.9)
    with pytest.raises(ValueError, match="none of"):
        tally.score_against({"never": 1.0})


def test_units_of_a_match_meet_the_whole_mixture_together() -> None:
    sigma = {"main": 0.95, "a": 0.03, "b": 0.02}
    units = plan(Match("m", "me", "d", sigma, 401, "training", ("x",)), "root", 100, 0.0)
    met: Counter[str] = Counter()
    for unit in units:
        met.update(unit.payload["opponents"])
    assert met == Counter(allocate_opponents(sigma, 401))
    assert len({str(unit.payload["seed_parts"]) for unit in units}) == len(units) == 5


def test_scores_are_counted_from_whichever_side_the_policy_sat_on() -> None:
    jobs = [
        Job(1, ("me", "you")),
        Job(2, ("you", "me")),
        Job(3, ("me", "her")),
        Job(4, ("me", "you")),
    ]
    outcomes = [
        Outcome(1, ("me", "you"), 1.0, 3, (3, 3)),
        Outcome(2, ("you", "me"), 1.0, 3, (3, 3)),
        Outcome(3, ("me", "drawn member"), 0.5, 3, (3, 3)),
    ]
    tally = tally_outcomes("me", jobs, outcomes)
    assert tally == {"you": OutcomeCounts(1, 0, 1), "her": OutcomeCounts(0, 1, 0)}


@given(weights, st.floats(0, 1))
def test_the_opponent_mix_is_sigma_with_uniform_noise(
    mixture: dict[str, float], epsilon: float
) -> None:
    total = sum(mixture.values())
    sigma = {name: weight / total for name, weight in mixture.items()} | {"never": 0.0}
    mix = opponent_mix(sigma, epsilon)
    assert sum(mix.values()) == pytest.approx(1)
    assert mix.get("never", 0.0) == pytest.approx(epsilon / len(sigma))
