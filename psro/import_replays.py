"""python -m psro.import_replays <parsed replays> <new directory>: metamon's parsed replays, read into shards once.

<parsed replays> holds gen1ou/*.json[.lz4], as metamon's cache does in parsed-replays/. The new directory is what a run names:

    python -m psro.main +experiment=... oracle.view=metamon +replay_data=parsed replay_data.directory=<new directory>

Interrupted or called again, it goes on: files whose contents are known are not read again. What was left out, and why, is told at
the end and, file by file, written to skipped.txt.
"""

import argparse
import contextlib
import logging
import os
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from pathlib import Path

from psro.ending import ending
from psro.game.replay_data import ReplayData, reward_key, write_replay_data
from psro.machine import exit_codes
from psro.machine.durable import atomic_write, make_directory
from psro.machine.errors import UserError
from psro.machine.lifeline import die_with
from psro.machine.signals import STOP_SIGNALS, StopFlag
from psro.pokemon.parsed_replays.importing import (
    VIEW,
    Bucket,
    Note,
    find_files,
    import_bucket,
    known_note,
    plan,
)
from psro.pokemon.parsed_replays.report import account, lines_of
from psro.pokemon.rewards import make_reward

FORMAT = "gen1ou"
SKIPPED = "skipped.txt"
POLL_S = 0.2
LINES = 20
"""Where there is no terminal, the progress is told in about so many lines."""


def import_replays(
    source: Path,
    destination: Path,
    reward: str,
    reward_arguments: dict[str, float],
    num_workers: int,
    stop: StopFlag,
) -> ReplayData:
    """Reads what is new or changed, and writes the index. Raises UserError, and Preempted when asked to stop: what was read is kept."""
    try:
        make_reward(reward, reward_arguments)
    except ValueError as error:
        raise UserError(str(error)) from error
    folder, files, others = find_files(source, FORMAT)
    if destination.resolve() in (source.resolve(), folder.resolve()):
        raise UserError(f"{destination} holds the replays themselves; name a new directory")
    make_directory(destination)
    buckets = plan(folder, files, destination, FORMAT, reward, reward_arguments)
    notes: dict[str, Note] = {}
    for bucket in buckets:
        stop.raise_if_set()
        if (known := known_note(bucket)) is not None:
            notes[bucket.label] = known
    new = [bucket for bucket in buckets if bucket.label not in notes]
    print(
        f"{len(files):,} files in {folder}; {len(new)} of {len(buckets)} shards are to be made",
        flush=True,
    )
    bar = _Bar(sum(len(bucket.files) for bucket in new))
    started = time.monotonic()
    for bucket, note in _made(new, num_workers, stop):
        notes[bucket.label] = note
        bar.advance(len(bucket.files))
    bar.close()
    ordered = [notes[bucket.label] for bucket in buckets]
    found = account(ordered, others)
    if new:
        seconds = time.monotonic() - started
        num_files = sum(len(bucket.files) for bucket in new)
        print(f"{num_files:,} files in {seconds:.0f} s, {num_files / seconds:.0f} a second")
    print("\n".join(lines_of(found, ordered, others)))
    skipped = [
        f"{name}\t{why}\t{detail}\n" for note in ordered for name, why, detail in note.skipped
    ]
    atomic_write(destination / SKIPPED, "".join(sorted(skipped)).encode())
    shards = [note.shard for note in ordered if note.shard is not None]
    if not shards:
        raise UserError(f"no file of {folder} could be used; {destination / SKIPPED} says why")
    about = {"source": str(folder), "format": FORMAT} | found
    data = write_replay_data(destination, VIEW, reward_key(reward, reward_arguments), shards, about)
    kept = {shard.file for shard in shards} | {bucket.note.name for bucket in buckets}
    for path in destination.glob("shard_*_of_*"):
        if path.name not in kept:
            path.unlink()  # of another number of buckets
    print(f"{destination}: {len(shards)} shards, {data.digest[:12]}")
    return data


def _made(
    buckets: Sequence[Bucket], num_workers: int, stop: StopFlag
) -> Iterator[tuple[Bucket, Note]]:
    """Imports the buckets, in processes of their own where there are more than one; yields each when it is done."""
    if num_workers == 1 or len(buckets) <= 1:
        for bucket in buckets:
            stop.raise_if_set()
            yield bucket, import_bucket(bucket)
        return
    pool = ProcessPoolExecutor(
        min(num_workers, len(buckets)), get_context("spawn"), _begin, (os.getpid(),)
    )
    try:
        waiting: dict[Future[Note], Bucket] = {
            pool.submit(import_bucket, bucket): bucket for bucket in buckets
        }
        while waiting:
            stop.raise_if_set()
            done, _ = wait(waiting, POLL_S, FIRST_COMPLETED)
            for future in done:
                yield waiting.pop(future), future.result()
    except BrokenProcessPool as error:
        raise UserError(
            "a worker process was killed (out of memory?); run the same command again, perhaps with fewer --workers"
        ) from error
    finally:
        # What runs is finished: a bucket takes seconds, and is whole or not there.
        pool.shutdown(wait=True, cancel_futures=True)


def _begin(parent: int) -> None:
    """A worker's start: the driver alone hears signals, and no worker outlives it."""
    die_with(parent)
    for signum in STOP_SIGNALS:
        signal.signal(signum, signal.SIG_IGN)


class _Bar:
    """Progress over files: a bar on a terminal, else some lines."""

    def __init__(self, total: int):
        self._total, self._done, self._told = total, 0, 0
        self._bar = None
        if total and sys.stdout.isatty():
            from rich.progress import Progress

            self._bar = Progress(transient=True)
            self._task = self._bar.add_task("reading replays", total=total)
            self._bar.start()

    def advance(self, num_files: int) -> None:
        self._done += num_files
        if self._bar is not None:
            self._bar.advance(self._task, num_files)
        elif self._done == self._total or self._done - self._told >= self._total / LINES:
            self._told = self._done
            print(f"  {self._done:,} of {self._total:,} files", flush=True)

    def close(self) -> None:
        if self._bar is not None:
            self._bar.stop()


def main(arguments: Sequence[str] | None = None) -> int:
    """Returns an exit code."""
    given = _parser().parse_args(arguments)
    logging.basicConfig(level=logging.WARNING, format="%(message)s", force=True)

    def work() -> None:
        if given.workers < 1:
            raise UserError(f"--workers is {given.workers}; at least 1")
        with StopFlag() as stop:
            import_replays(
                given.source.expanduser(),
                given.destination.expanduser(),
                given.reward,
                {} if given.gamma is None else {"gamma": given.gamma},
                given.workers,
                stop,
            )

    return exit_codes.exit_code_for(ending(work))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m psro.import_replays",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("source", type=Path, help="such as $METAMON_CACHE_DIR/parsed-replays")
    parser.add_argument("destination", type=Path, help="a directory of its own; made if need be")
    parser.add_argument(
        "--reward",
        default="hp_margin",
        help="game.reward.name of the runs that will read them (default: %(default)s)",
    )
    parser.add_argument("--gamma", type=float, help="--reward potential: its gamma")
    parser.add_argument(
        "--workers", type=int, default=os.cpu_count() or 1, help="processes (default: %(default)s)"
    )
    return parser


if __name__ == "__main__":
    with contextlib.suppress(BrokenPipeError):
        sys.exit(main())
