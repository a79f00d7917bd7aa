"""λ-returns against the recursion written as a loop, and at their two ends."""

from itertools import pairwise

import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st

from psro.oracle.returns import effective_lambda, lambda_returns


def by_loop(rewards, values, offsets, discount, lambda_):
    returns = np.zeros(len(rewards))
    for start, end in pairwise(offsets):
        for t in reversed(range(start, end)):
            returns[t] = rewards[t]
            if t + 1 < end:
                mixed = (1 - lambda_) * values[t + 1] + lambda_ * returns[t + 1]
                returns[t] += discount * mixed
    return returns


@st.composite
def episodes(draw):
    lengths = draw(st.lists(st.integers(0, 12), min_size=1, max_size=10))
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    num = int(offsets[-1])
    return rng.normal(size=num), rng.normal(size=num), offsets


@given(episodes(), st.floats(0, 1), st.floats(0, 1))
def test_equals_the_loop(data, discount, lambda_):
    rewards, values, offsets = data
    found = lambda_returns(
        torch.from_numpy(rewards),
        torch.from_numpy(values),
        torch.from_numpy(offsets),
        discount,
        lambda_,
    )
    np.testing.assert_allclose(
        found.numpy(), by_loop(rewards, values, offsets, discount, lambda_), atol=1e-12
    )


def test_by_hand():
    arguments = (
        torch.tensor([1.0, 2.0, 4.0, 8.0]),
        torch.tensor([100.0, 10.0, 20.0, 1000.0]),
        torch.tensor([0, 3, 4]),
        0.5,
    )
    assert lambda_returns(*arguments, effective_lambda("td0", 0.9)).tolist() == [6, 12, 4, 8]
    assert lambda_returns(*arguments, effective_lambda("monte_carlo", 0.9)).tolist() == [3, 4, 4, 8]
    # G_1 = 2 + .5·(.5·20 + .5·4) = 8; G_0 = 1 + .5·(.5·10 + .5·8) = 5.5
    assert lambda_returns(*arguments, effective_lambda("lambda", 0.5)).tolist() == [5.5, 8, 4, 8]


def test_an_episode_does_not_see_the_next():
    rewards, values = torch.zeros(4), torch.zeros(4)
    rewards[2:], values[2:] = 100.0, 100.0
    found = lambda_returns(rewards, values, torch.tensor([0, 2, 4]), 0.9, 0.9)
    assert found[:2].tolist() == [0, 0]
