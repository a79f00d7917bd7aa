"""What a training learns from decisions that were looked ahead at (psro.game.lookahead), and what it leaves alone."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from psro.game.protocols import ShardSource
from psro.game.trajectories import Trajectories
from psro.oracle.offline import OfflineOracle
from psro.oracle.policy import load_neural_policy
from psro.oracle.weights import read_network, read_record
from tests.oracle.toy import (
    SPEC,
    decisions_from,
    never,
    play,
    silent,
    situations,
    small_config,
    small_model,
    task_in,
    write_shard,
)

EVERY_OTHER = 2


def looked_ahead(seed: int) -> Trajectories:
    """Every other decision looked ahead at, what it found being true: 1 for the best action, −1 for the others."""
    trajectories = play(900, seed)
    _, _, best = situations(trajectories.num_steps, _after_the_lengths(seed))
    values = np.full(trajectories.legal_mask.shape, np.nan, np.float16)
    rows = np.arange(0, trajectories.num_steps, EVERY_OTHER)
    values[rows] = np.where(trajectories.legal_mask[rows], -1.0, np.nan)
    values[rows, best[rows]] = 1.0
    return replace(trajectories, action_values=values)


def _after_the_lengths(seed: int) -> np.random.Generator:
    """The generator as `play` has it when it makes its situations."""
    rng = np.random.default_rng(seed)
    rng.integers(1, 10, size=900)
    return rng


def with_other_actions(trajectories: Trajectories, rows: np.ndarray) -> Trajectories:
    """The same, but at `rows` the first legal action was taken."""
    actions = trajectories.actions.copy()
    actions[rows] = trajectories.legal_mask[rows].argmax(axis=1)
    return replace(trajectories, actions=actions)


def trained(directory: Path, *sources: Trajectories) -> Path:
    """The policy trained by lookahead on these sources."""
    config = small_config(
        discount=0.0,
        weighting="lookahead",
        proximal_coefficient=0.3,
        joint_epochs=4,
        candidates=[5],
    )
    named = tuple(
        ShardSource(f"source_{n}", (write_shard(directory / f"shard_{n}", source),), 1.0)
        for n, source in enumerate(sources)
    )
    oracle = OfflineOracle(config, small_model(), SPEC)
    (candidate,) = oracle.train(task_in(directory, named), silent, never)
    return candidate.directory


def actor_of(directory: Path) -> torch.Tensor:
    """All its weights."""
    network = read_network(directory, read_record(directory))
    return torch.cat([p.detach().flatten() for p in network.actor.parameters()])


@pytest.fixture(scope="module")
def looked() -> Trajectories:
    return looked_ahead(seed=3)


@pytest.fixture(scope="module")
def actor(looked: Trajectories, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return trained(tmp_path_factory.mktemp("looked"), looked)


def test_it_learns_what_was_found_whatever_was_played(actor: Path) -> None:
    policy = load_neural_policy(actor, read_record(actor), 0.0)
    observations, legal, best = situations(3000, np.random.default_rng(99))
    assert (policy.act(decisions_from(observations, legal)) == best).mean() > 0.7


def test_what_was_played_at_the_decisions_between_is_nothing_to_the_actor(
    looked: Trajectories, actor: Path, tmp_path: Path
) -> None:
    between = np.arange(1, looked.num_steps, EVERY_OTHER)
    other = trained(tmp_path, with_other_actions(looked, between))
    assert torch.equal(actor_of(actor), actor_of(other))


def test_battles_where_nobody_looked_ahead_are_learnt_from_by_what_was_played(
    looked: Trajectories, tmp_path: Path
) -> None:
    replays = play(300, seed=4)
    everywhere = np.arange(replays.num_steps)
    first = trained(tmp_path / "first", looked, replays)
    second = trained(tmp_path / "second", looked, with_other_actions(replays, everywhere))
    assert not torch.equal(actor_of(first), actor_of(second))


def test_a_batch_where_nobody_looked_ahead_teaches_the_actor_nothing_and_breaks_nothing(
    looked: Trajectories, tmp_path: Path
) -> None:
    assert looked.action_values is not None
    values = looked.action_values.copy()
    values[20:] = np.nan  # of batches of 128 most have none of these
    assert actor_of(trained(tmp_path, replace(looked, action_values=values))).isfinite().all()
