"""Where the time of one round's training goes, with one thread and with two, in turn in one process.

    python benchmarks/training.py RUN [--iteration 5] [--round 0] [--start br_4] [--shards 1] [--repeats 3] [--threads 1 2]

Trains on what RUN collected in that round, by the run's own config. With PYTHONPATH at another checkout it times that one's code.
Shown are medians over repeats [least, most]: seconds of wall time in all, of reading the shards and of passes over the data set;
milliseconds of wall and CPU time a step.
"""

import argparse
import os
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import Any
from unittest.mock import patch

from psro import wiring
from psro.config import Config, to_plain
from psro.entrants import read_config
from psro.game.protocols import ShardSource, TrainTask
from psro.oracle import module, training

PARTS = {
    "read_data": training,
    "log_policy_over": training,
    "state_values": module,
    "fit": training,
}


class Watch:
    """Wall and CPU seconds by part of the training."""

    def __init__(self) -> None:
        self.wall: dict[str, float] = defaultdict(float)
        self.cpu: dict[str, float] = defaultdict(float)

    def around(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """The function, its time added to the part's."""

        def timed(*arguments: Any, **named: Any) -> Any:
            wall, cpu = time.perf_counter(), time.process_time()
            try:
                return function(*arguments, **named)
            finally:
                self.wall[name] += time.perf_counter() - wall
                self.cpu[name] += time.process_time() - cpu

        return timed


def train(config: Config, task: TrainTask) -> tuple[Watch, int]:
    """One training in a process that trained before: its seconds, and how many steps it took."""
    payload = {"config": to_plain(config), "directory": os.getcwd()}
    oracle = wiring.make_worker(payload).bench.oracle
    watch, steps = Watch(), 0

    def count(done: int, *unused: Any) -> None:
        nonlocal steps
        steps = done

    with ExitStack() as patched:
        for name, place in PARTS.items():
            timed = watch.around(name, getattr(place, name))
            patched.enter_context(patch.object(place, name, timed))
        watch.around("all", oracle.train)(task, count, lambda: False)
    return watch, steps


def task_of(run: Path, options: argparse.Namespace, directory: Path) -> TrainTask:
    """What is trained, in an empty directory."""
    collected = run / f"iteration_{options.iteration}" / "trajectories" / f"round_{options.round}"
    shards = sorted(path for path in collected.rglob("*") if path.is_file())[: options.shards]
    for name in ("scratch", "output"):
        (directory / name).mkdir()
    return TrainTask(
        name="timed",
        seed=1,
        start=run / "population" / options.start,
        anchor=None,
        sources=(ShardSource("collected", tuple(shards), 1.0),),
        opponents={},
        opponent_weights={},
        scratch=directory / "scratch",
        output=directory / "output",
    )


def main() -> None:
    """Prints a line for each number of threads."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", type=Path)
    parser.add_argument("--iteration", type=int, default=5)
    parser.add_argument("--round", type=int, default=0)
    parser.add_argument("--start", default="br_4")
    parser.add_argument("--shards", type=int, default=1)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    options = parser.parse_args()
    run = options.run.resolve()
    config = read_config(run)
    found: dict[int, list[tuple[float, ...]]] = defaultdict(list)
    # The first is not counted: it loads Lightning and compiled kernels.
    for repeat in range(options.repeats + 1):
        for threads in options.threads:
            with tempfile.TemporaryDirectory() as directory:
                oracle = replace(config.oracle, threads=threads)
                task = task_of(run, options, Path(directory))
                watch, steps = train(replace(config, oracle=oracle), task)
            wall, cpu = watch.wall, watch.cpu
            passes = wall["log_policy_over"] + wall["state_values"]
            of_steps = wall["fit"] - wall["state_values"]
            cpu_of_steps = cpu["fit"] - cpu["state_values"]
            if repeat:
                per_step = 1000 / steps
                row = (wall["all"], wall["read_data"], passes, of_steps * per_step)
                found[threads].append((*row, cpu_of_steps * per_step))
    print("| threads | all, s | reading, s | passes, s | a step, ms | CPU a step, ms |")
    print("|---|---|---|---|---|---|")
    for threads, rows in found.items():
        columns = [
            f"{median(column):.1f} [{min(column):.1f}, {max(column):.1f}]"
            for column in zip(*rows, strict=True)
        ]
        print(f"| {threads} | {' | '.join(columns)} |")


if __name__ == "__main__":
    main()
