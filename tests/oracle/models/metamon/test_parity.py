"""Ours gives what metamon's own code gave with the same weights."""

import pytest
import torch
from torch import Tensor

from psro.oracle.metamon.reading import read_state
from psro.oracle.models.metamon import MetamonAgent
from psro.oracle.models.metamon.trajectory import Cache
from tests.oracle.models.metamon.golden import (
    INPUTS,
    KINDS,
    agent,
    arrays,
    checkpoint,
    error,
)

LARGEST_ERROR = 1e-5


def heads(kind: str, states: Tensor) -> dict[str, Tensor]:
    ours = agent(kind)
    return {
        "trajectory_encoder": states,
        "actor": ours.actor.policy(states),
        "target_actor": ours.target_actor.policy(states),
        "critics": ours.values(states),
        "target_critics": ours.values_of(ours.target_critics, states),
    }


@pytest.mark.parametrize("kind", KINDS)
def test_whole_battles(kind: str) -> None:
    theirs = arrays(kind)
    words, numbers, previous, times = (theirs[name] for name in INPUTS)
    with torch.no_grad():
        turns = agent(kind).tstep_encoder(words[0], numbers[0], previous[0])
        found = heads(kind, agent(kind).states(words, numbers, previous, times))
    assert error(turns, theirs["turn_encoder"][0]) < LARGEST_ERROR
    for name, ours in found.items():
        assert ours.shape == theirs[name].shape
        assert error(ours[theirs["real"]], theirs[name][theirs["real"]]) < LARGEST_ERROR, name


@pytest.mark.parametrize("kind", KINDS)
def test_decision_by_decision(kind: str) -> None:
    theirs = arrays(kind)
    cache = Cache(agent(kind).config, 5, torch.device("cpu"))
    for time in range(theirs["real"].shape[1]):
        running = theirs["real"][:, time]
        now = [theirs[name][running, time] for name in INPUTS]
        with torch.no_grad():
            # Slots in another order than the battles, and not all of them.
            slots = torch.tensor([3, 1])[running]
            found = heads(kind, agent(kind).next_states(*now, slots, cache))
        for name, ours in found.items():
            assert error(ours, theirs[name][running, time]) < 3 * LARGEST_ERROR, (name, time)


def test_longer_than_it_looks_back() -> None:
    """A ring that goes round: what a decision sees is exactly the last max_length of them."""
    theirs = arrays("tiny")
    words, numbers, previous, _ = (theirs[name][:1] for name in INPUTS)
    config = agent("tiny").config
    length = config.max_length + 7
    again = torch.arange(length) % words.shape[1]
    inputs = [array[:, again] for array in (words, numbers, previous)]
    times = torch.arange(length).unsqueeze(0)
    layer = agent("tiny").traj_encoder.tformer.layers[0].attention_layer
    cache = Cache(config, 1, torch.device("cpu"))
    with torch.no_grad():
        for time in range(length):
            now = [array[:, time] for array in inputs]
            agent("tiny").next_states(*now, times[:, time], torch.tensor([0]), cache)
        # The first layer's keys depend on nothing behind them, so they can be computed anew.
        tformer = agent("tiny").traj_encoder.tformer
        turns = agent("tiny").tstep_encoder(*(array[0] for array in inputs))
        keys = layer._project(tformer.layers[0].norm1(tformer.enter(turns.unsqueeze(0), times)))[1]
    kept = cache.keys[0, 0, torch.arange(7, length) % config.max_length]
    assert torch.allclose(kept, keys[0, 7:].flatten(1), atol=1e-6)


@pytest.mark.parametrize("kind", KINDS)
def test_every_key_of_their_checkpoint_is_ours(kind: str) -> None:
    state = read_state(checkpoint(kind))
    ours = agent(kind).state_dict()
    assert set(ours) == set(state)
    assert all(torch.equal(ours[key], state[key]) for key in state)


def test_a_cache_grows_without_forgetting() -> None:
    theirs, ours = arrays("tiny"), agent("tiny")
    small = Cache(ours.config, 2, torch.device("cpu"))
    slots = torch.tensor([0, 1])
    with torch.no_grad():
        first = [theirs[name][:, 0] for name in INPUTS]
        ours.next_states(*first, slots, small)
        grown = small.grown(4)
        second = [theirs[name][:, 1] for name in INPUTS]
        states = ours.next_states(*second, slots, grown)
    assert grown.num_slots == 4
    assert error(states, theirs["trajectory_encoder"][:, 1]) < LARGEST_ERROR


def test_fresh_weights_are_keyed_by_the_seed() -> None:
    config = agent("tiny").config
    first, same, other = (MetamonAgent(config, 5, seed).state_dict() for seed in (1, 1, 2))
    assert all(torch.equal(first[key], same[key]) for key in first)
    key = "actor.base.in_layer.weight"
    assert not torch.equal(first[key], other[key])
    assert torch.equal(first[key], first[f"target_{key}"])


@pytest.mark.parametrize("kind", KINDS)
def test_padding_may_be_left_out(kind: str) -> None:
    theirs = arrays(kind)
    counted = theirs["real"].clone()
    counted[1, 6:] = False
    states = agent(kind).states(*(theirs[name] for name in INPUTS), counted)
    assert error(states[counted], theirs["trajectory_encoder"][counted]) < LARGEST_ERROR
    assert error(states[~counted], theirs["trajectory_encoder"][~counted]) > 0.01
