"""Training that is stopped or killed, and called again, gives the bytes of training that was not."""

import shutil
import signal
import sys
from pathlib import Path

import pytest

from psro.game.protocols import ShardSource
from psro.machine.errors import Preempted, UserError
from psro.oracle.checkpoints import CHECKPOINT
from psro.oracle.offline import OfflineOracle
from tests.oracle.toy import (
    SPEC,
    never,
    play,
    silent,
    small_config,
    small_model,
    task_in,
    train_until_killed,
    write_shard,
)

KEPT = "epoch_2.safetensors"
"""The first candidate, waiting for the end."""


def make(kind="mlp", checkpoint_every_steps=0):
    """With everything that has state: an average, dropout, bootstrapped targets, a warm-up."""
    config = small_config(
        checkpoint_every_steps, ema_decay=0.9, batch_size=64, warmup_steps=20, targets="lambda"
    )
    return OfflineOracle(config, small_model(kind, dropout=0.1), SPEC)


def sources(directory):
    paths = [directory / name for name in ("collected.shard", "replay.shard")]
    for seed, path in enumerate(paths):
        if not path.exists():
            write_shard(path, play(150 + 100 * seed, seed, share_masked=0.1))
    return ShardSource("collected", (paths[0],), 3.0), ShardSource("replay", (paths[1],), 1.0)


def result(directory):
    """Every file of the output, by name."""
    output = directory / "output"
    return {
        str(p.relative_to(output)): p.read_bytes() for p in sorted(output.rglob("*")) if p.is_file()
    }


@pytest.fixture(scope="module", params=["mlp", "transformer_tiny"])
def uninterrupted(request, tmp_path_factory):
    """(kind, directory with the data, what comes out, how many steps it takes)."""
    directory = tmp_path_factory.mktemp("whole")
    counts = []
    make(request.param).train(
        task_in(directory, sources(directory)), lambda done, total, _: counts.append(total), never
    )
    return request.param, directory, result(directory), counts[-1]


def after(num_steps):
    """A stop flag that is set after so many steps; that it is polled elsewhere too does not count."""
    answers = iter([False] * (num_steps - 1) + [True])

    def should_stop():
        return sys._getframe(1).f_code.co_name == "on_train_batch_end" and next(answers)

    return should_stop


def test_stopped_anywhere_it_goes_on_with_the_same_bits(uninterrupted, tmp_path):
    kind, data, expected, total = uninterrupted
    epoch = total // 3
    # Early, mid-epoch, at the last step of an epoch, the first of the next, just before the end.
    stops = [1, epoch // 2, epoch, epoch + 1, epoch + 2, 2 * epoch, total - 1]
    task = task_in(tmp_path, sources(data))
    for number, stop in enumerate(stops):
        done = stops[number - 1] if number else 0
        with pytest.raises(Preempted, match=f"after step {stop} of {total}"):
            make(kind).train(task, silent, after(stop - done))
    make(kind).train(task, silent, never)
    assert result(tmp_path) == expected


@pytest.mark.parametrize("num_polls", [0, 1, 2, 3])
def test_stopped_while_it_reads_its_data_and_passes_over_them(uninterrupted, tmp_path, num_polls):
    """Long with much data, so it is polled there too: nobody is to take it for hung."""
    kind, data, expected, _ = uninterrupted
    task = task_in(tmp_path, sources(data))
    answers = iter([False] * num_polls + [True])
    with pytest.raises(Preempted, match="between two steps"):
        make(kind).train(task, silent, lambda: next(answers))
    make(kind).train(task, silent, never)
    assert result(tmp_path) == expected


def test_checkpoints_on_the_way_change_nothing(uninterrupted, tmp_path):
    kind, data, expected, _ = uninterrupted
    make(kind, checkpoint_every_steps=7).train(task_in(tmp_path, sources(data)), silent, never)
    assert result(tmp_path) == expected
    assert (tmp_path / "scratch" / CHECKPOINT).exists()


def test_called_again_after_the_end_it_gives_the_same(uninterrupted, tmp_path):
    kind, data, expected, _ = uninterrupted
    task = task_in(tmp_path, sources(data))
    for _ in range(2):
        candidates = make(kind, checkpoint_every_steps=7).train(task, silent, never)
        assert [c.label for c in candidates] == ["epoch_2", "epoch_3"]
        assert result(tmp_path) == expected


def test_killed_it_goes_on_with_the_same_bits(uninterrupted, tmp_path):
    kind, data, expected, _ = uninterrupted
    if kind != "mlp":
        pytest.skip("one kill is enough; the stops above cover both models")
    train_until_killed(__name__, tmp_path, data, checkpoint_every_steps=5, step_s=0.02)
    make(kind, checkpoint_every_steps=5).train(task_in(tmp_path, sources(data)), silent, never)
    assert result(tmp_path) == expected


def flip(path):
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def another_task_s(path):
    other = path.parent.parent / "other"
    stopped(other, sources(path.parent.parent), seed=8)
    shutil.copy(other / "scratch" / path.name, path)


def a_directory(path):
    path.unlink()
    path.mkdir()


DAMAGE = {
    "torn": lambda path: path.write_bytes(path.read_bytes()[:1000]),
    "empty": lambda path: path.write_bytes(b""),
    "flipped": flip,
    "another task's": another_task_s,
    "a directory": a_directory,
}


def stopped(directory, data, **changes):
    """A training stopped in its last epoch, when one candidate is kept and its checkpoint written."""
    answers = iter([False] * 41 + [True])
    with pytest.raises(Preempted):
        make(checkpoint_every_steps=7).train(
            task_in(directory, data, **changes), silent, lambda: next(answers)
        )
    assert {p.name for p in (directory / "scratch").iterdir()} >= {CHECKPOINT, KEPT}


@pytest.mark.parametrize("name", [CHECKPOINT, KEPT])
@pytest.mark.parametrize("damage", [*DAMAGE.values(), Path.unlink], ids=[*DAMAGE, "gone"])
def test_with_damaged_files_it_starts_again(uninterrupted, tmp_path, caplog, name, damage):
    kind, data, expected, _ = uninterrupted
    if kind != "mlp":
        pytest.skip("one model is enough")
    task = task_in(tmp_path, sources(data))
    stopped(tmp_path, sources(data))
    damage(tmp_path / "scratch" / name)
    steps = []
    make().train(task, lambda done, *_: steps.append(done), never)
    assert steps[0] == 5, "the first report of a training from its beginning"
    assert result(tmp_path) == expected
    if not (damage is Path.unlink and name == CHECKPOINT):
        assert f"{tmp_path / 'scratch' / name}" in caplog.text
        assert "starts again from its beginning" in caplog.text


def test_a_candidate_damaged_on_the_way_is_never_published(uninterrupted, tmp_path):
    kind, data, expected, _ = uninterrupted

    def damage_at_the_end(done, of, metrics):
        if done == of:
            flip(tmp_path / "scratch" / KEPT)

    task = task_in(tmp_path, sources(data))
    with pytest.raises(UserError, match=rf"{KEPT} was damaged .* run the same command again"):
        make(kind, checkpoint_every_steps=7).train(task, damage_at_the_end, never)
    assert not (tmp_path / "output" / "epoch_2").exists()
    make(kind, checkpoint_every_steps=7).train(task, silent, never)
    assert result(tmp_path) == expected


def test_signal_handlers_are_left_alone(tmp_path):
    before = signal.getsignal(signal.SIGTERM)
    seen = []

    def look(done, total, metrics):
        seen.append(signal.getsignal(signal.SIGTERM))

    make().train(task_in(tmp_path, sources(tmp_path)), look, never)
    assert set(seen) == {before}
