"""Shards come back as they were written, and say so when they do not."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from psro.game.battles import Failure, Outcome, PlayResult
from psro.game.shards import encode_shard, read_header, read_shard
from psro.game.spec import ArraySpec, ObservationSpec
from psro.game.trajectories import Episode, Trajectories, concatenate
from psro.machine.errors import UserError

SPEC = ObservationSpec(
    "toy",
    (
        ArraySpec("numbers", (3,), "float16", "numbers"),
        ArraySpec("ids", (2,), "int16", "ids", vocabulary=7),
        ArraySpec("actions", (4, 2), "float16", "action_numbers"),
    ),
    num_actions=4,
)


def random_result(seed: int, lengths: list[int]) -> PlayResult:
    """A result with one recorded side per battle."""
    rng = np.random.default_rng(seed)
    num_steps = sum(lengths)
    observations = SPEC.empty(num_steps)
    for array in observations.values():
        array[...] = rng.integers(0, 7, array.shape)
    scores = rng.choice([0.0, 0.5, 1.0], len(lengths)).tolist()
    return PlayResult(
        tuple(Outcome(i, ("a", "b"), s, 3, (2, 2), ("x", "y")) for i, s in enumerate(scores)),
        (Failure(99, ("a", "b"), "broke"),),
        Trajectories(
            SPEC,
            "score",
            observations,
            rng.random((num_steps, 4)) < 0.5,
            rng.integers(-1, 4, num_steps).astype(np.int8),
            rng.normal(size=num_steps).astype(np.float32),
            np.cumsum([0, *lengths]).astype(np.int64),
            tuple(Episode(i, i % 2, "a", "b", s) for i, s in enumerate(scores)),
        ),
    )


def assert_equal(first: Trajectories, second: Trajectories) -> None:
    assert (first.spec, first.reward, first.episodes) == (
        second.spec,
        second.reward,
        second.episodes,
    )
    for name in ("legal_mask", "actions", "rewards", "offsets"):
        np.testing.assert_array_equal(getattr(first, name), getattr(second, name))
    for name, array in first.observations.items():
        np.testing.assert_array_equal(array, second.observations[name])


@given(st.integers(0, 2**32), st.lists(st.integers(0, 9), min_size=1, max_size=6))
def test_round_trip(
    tmp_path_factory: pytest.TempPathFactory, seed: int, lengths: list[int]
) -> None:
    result = random_result(seed, lengths)
    path = tmp_path_factory.mktemp("shards") / "000.shard"
    path.write_bytes(encode_shard(result, {"unit": "u"}))
    shard = read_shard(path)
    assert shard.header["meta"] == {"unit": "u"}
    assert (shard.result.outcomes, shard.result.failures) == (result.outcomes, result.failures)
    assert result.trajectories is not None
    assert shard.result.trajectories is not None
    assert_equal(result.trajectories, shard.result.trajectories)
    assert read_header(path) == shard.header


def test_a_result_without_trajectories_round_trips(tmp_path: Path) -> None:
    path = tmp_path / "a.shard"
    path.write_bytes(encode_shard(PlayResult((), (), None), {}))
    assert read_shard(path).result == PlayResult((), (), None)


@pytest.mark.parametrize("share", [0.0, 0.3, 0.6, 0.999])
def test_a_flipped_byte_anywhere_is_found_and_the_file_is_named(
    tmp_path: Path, share: float
) -> None:
    data = bytearray(encode_shard(random_result(1, [5, 6]), {}))
    data[int(share * len(data))] ^= 1
    path = tmp_path / "flipped.shard"
    path.write_bytes(data)
    with pytest.raises(UserError, match=r"flipped\.shard is corrupt.*run again"):
        read_shard(path)


@pytest.mark.parametrize("change", [b"more", -1, -100, -10_000])
def test_a_truncated_or_extended_file_is_found(tmp_path: Path, change: bytes | int) -> None:
    data = encode_shard(random_result(1, [5, 6]), {})
    path = tmp_path / "torn.shard"
    path.write_bytes(data + change if isinstance(change, bytes) else data[:change])
    with pytest.raises(UserError, match="corrupt"):
        read_shard(path)


def test_concatenation_keeps_every_episode_in_order() -> None:
    parts = [random_result(seed, [2, 3]).trajectories for seed in (1, 2)]
    assert parts[0] is not None
    assert parts[1] is not None
    whole = concatenate([parts[0], parts[1]])
    assert whole.offsets.tolist() == [0, 2, 5, 7, 10]
    assert whole.episodes == parts[0].episodes + parts[1].episodes
    np.testing.assert_array_equal(whole.rewards[5:], parts[1].rewards)


def test_action_values_come_back_and_are_joined_with_none(tmp_path):
    result = random_result(3, [2, 3])
    assert result.trajectories is not None
    values = np.random.default_rng(0).normal(size=(5, 4)).astype(np.float16)
    values[1] = np.nan
    with_values = replace(result.trajectories, action_values=values)
    (tmp_path / "s").write_bytes(encode_shard(replace(result, trajectories=with_values), {}))
    read = read_shard(tmp_path / "s").result.trajectories
    assert read is not None
    np.testing.assert_array_equal(read.action_values, values)
    joined = concatenate([result.trajectories, read]).action_values
    assert joined is not None
    assert np.isnan(joined[:5]).all()
    np.testing.assert_array_equal(joined[5:], values)
