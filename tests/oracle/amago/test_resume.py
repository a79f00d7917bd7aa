"""A training by AMAGO's objective that is stopped or killed, and called again, gives the bytes of one that was not."""

from pathlib import Path

import numpy as np
import pytest

from psro.game.battles import PlayResult
from psro.game.protocols import ShardSource
from psro.game.shards import encode_shard
from psro.game.trajectories import Episode, Trajectories
from psro.machine.errors import Preempted, UserError
from psro.oracle.amago.config import AmagoConfig, AmagoTrainingConfig
from psro.oracle.amago.oracle import AmagoOracle
from psro.oracle.data import as_seen
from psro.oracle.metamon.config import MetamonConfig
from psro.pokemon.observations.metamon_reader import MetamonReader, read_words, table_of
from psro.pokemon.observations.views import spec_of
from tests.oracle.metamon.stand_in import SETTINGS
from tests.oracle.test_resume import after, result
from tests.oracle.toy import never, silent, task_in, train_until_killed

SPEC = spec_of("metamon")
REWARD = "metamon_shaped"


def make(
    critics: str = "two_hot", checkpoint_every_steps: int = 0, max_length: int = 8
) -> AmagoOracle:
    """With all that draws at random: hidden words, dropout, windows of long battles, drawn critics and actions."""
    # The stand-ins' shape, less wide still.
    shape = SETTINGS | {"critics": critics, "num_critics": 3, "max_length": max_length}
    model = MetamonConfig(**shape, dropout=0.1, masked_words=0.33, discounts=[0.9, 0.99])  # type: ignore[arg-type]
    response = AmagoTrainingConfig(
        online_weight=0.5, offline_weight=0.5, warmup_steps=3, batch_size=30, epochs=2, candidates=[1, 2]
    )  # fmt: skip
    config = AmagoConfig(
        model=model, response=response, threads=1, curve_every_steps=3,
        checkpoint_every_steps=checkpoint_every_steps,
    )  # fmt: skip
    words = read_words(None)
    return AmagoOracle(config, as_seen(SPEC), words, table_of, MetamonReader.view, REWARD)


def sources(directory: Path) -> tuple[ShardSource, ...]:
    """Battles of 3 to 14 decisions, written once; one action in ten is not known."""
    path = directory / "battles.shard"
    if not path.exists():
        rng = np.random.default_rng(5)
        lengths = rng.integers(3, 15, size=24)
        num = int(lengths.sum())
        actions = rng.integers(9, size=num)
        actions[rng.random(num) < 0.1] = -1
        trajectories = Trajectories(
            spec=SPEC,
            reward=REWARD,
            observations={
                "words": rng.integers(1, 300, size=(num, 87)).astype(SPEC.arrays[0].dtype),
                "numbers": rng.normal(size=(num, 48)).astype(SPEC.arrays[1].dtype),
            },
            legal_mask=np.ones((num, 9), np.bool_),
            actions=actions.astype(np.int16),
            rewards=rng.normal(size=num).astype(np.float32),
            offsets=np.cumsum([0, *lengths]).astype(np.int64),
            episodes=tuple(Episode(n, 0, "a", "b", float(n % 2)) for n in range(len(lengths))),
        )
        path.write_bytes(encode_shard(PlayResult((), (), trajectories), {}))
    return (ShardSource("collected", (path,), 1.0),)


@pytest.fixture(scope="module", params=["two_hot", "scalar"])
def uninterrupted(request, tmp_path_factory):
    """(critics, directory with the data, what comes out, how many steps it takes)."""
    directory = tmp_path_factory.mktemp("whole")
    counts: list[int] = []
    make(request.param).train(
        task_in(directory, sources(directory)), lambda done, total, _: counts.append(total), never
    )
    return request.param, directory, result(directory), counts[-1]


def test_stopped_anywhere_it_goes_on_with_the_same_bits(uninterrupted, tmp_path):
    critics, data, expected, total = uninterrupted
    assert total >= 8
    stops = [1, total // 2, total // 2 + 1, total - 1]
    task = task_in(tmp_path, sources(data))
    for number, stop in enumerate(stops):
        done = stops[number - 1] if number else 0
        with pytest.raises(Preempted, match=f"after step {stop} of {total}"):
            make(critics).train(task, silent, after(stop - done))
    make(critics).train(task, silent, never)
    assert result(tmp_path) == expected


def test_killed_it_goes_on_with_the_same_bits(uninterrupted, tmp_path):
    critics, data, expected, _ = uninterrupted
    if critics != "two_hot":
        pytest.skip("one kill is enough; the stops above cover both kinds")
    train_until_killed(__name__, tmp_path, data, checkpoint_every_steps=2, step_s=0.2)
    make(critics, checkpoint_every_steps=2).train(task_in(tmp_path, sources(data)), silent, never)
    assert result(tmp_path) == expected


def test_a_start_that_was_made_with_other_settings_is_refused(uninterrupted, tmp_path):
    critics, data, _, _ = uninterrupted
    start = data / "output/epoch_2"
    with pytest.raises(
        UserError, match=r"made with other settings: give oracle\.model\.max_length=8"
    ):
        make(critics, max_length=9).train(
            task_in(tmp_path / "other", sources(data), start=start), silent, never
        )
