"""Random choices and the mixture."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from psro.game.mixture import MixturePolicy
from psro.game.policies import Policy, choose_from, mix, uniform_from
from psro.toys.matrix import MixedStrategy


def seeds(num: int) -> np.ndarray:
    return mix(np.arange(num, dtype=np.uint64), 3)


def test_uniforms_are_uniform() -> None:
    counts, _ = np.histogram(uniform_from(seeds(100_000)), bins=20, range=(0, 1))
    chi_square = ((counts - 5000) ** 2 / 5000).sum()
    assert chi_square < 45, "the 99.9 % point of chi square with 19 degrees is 43.8"


def test_streams_differ() -> None:
    base = np.arange(1000, dtype=np.uint64)
    assert not np.intersect1d(mix(base, 0), mix(base, 1)).size


def test_choices_follow_the_probabilities() -> None:
    probabilities = np.tile([[0.1, 0.0, 0.6, 0.3]], (50_000, 1))
    counts = np.bincount(choose_from(probabilities, seeds(50_000)), minlength=4) / 50_000
    np.testing.assert_allclose(counts, [0.1, 0, 0.6, 0.3], atol=0.01)


@given(st.lists(st.floats(0, 1), min_size=2, max_size=9), st.integers(0, 2**63))
def test_an_action_without_probability_is_never_chosen(row: list[float], seed: int) -> None:
    probabilities = np.array([row])
    if sum(row) == 0:
        with pytest.raises(ValueError, match="no mass"):
            choose_from(probabilities, np.array([seed], np.uint64))
    else:
        assert row[choose_from(probabilities, np.array([seed], np.uint64))[0]] > 0


def members() -> dict[str, Policy]:
    return {name: MixedStrategy(name, np.array([1.0, 0.0])) for name in ("a", "b", "c")}


def test_the_mixture_draws_a_member_per_battle_with_its_weight() -> None:
    mixture = MixturePolicy("nash", members(), {"a": 0.7, "b": 0.3, "c": 0.0})
    drawn = Counter(mixture.for_battle(seed).name for seed in range(4000))
    assert set(drawn) == {"a", "b"}
    assert abs(drawn["a"] / 4000 - 0.7) < 0.03
    assert mixture.for_battle(5).name == mixture.for_battle(5).name


@pytest.mark.parametrize("weights", [{"a": 0.5}, {"a": 1.5, "b": -0.5}, {"a": 0.5, "z": 0.5}])
def test_weights_that_do_not_fit_are_refused(weights: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="mixture nash"):
        MixturePolicy("nash", members(), weights)
