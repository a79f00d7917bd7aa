"""COLLECT by executor=slurm on the test cluster of tests/slurm: battles per second with one worker and with two, beside
executor=processes with as many, and what a unit costs the driver.

    python -m benchmarks.slurm_executor [--policy runs/phase1/seed_0/population/br_1] [--units 8] [--battles 250] [--repeats 3]

The learner plays poke_env_heuristic and another network, half and half, its side recorded, with everything else as in phase 1;
without --policy both networks have fresh weights. Every executor plays a group of units twice: cold, its workers still to be
started, and warm, by those that stayed. The executors take turns, `repeats` times; medians, and the lowest and highest. Cold less
warm is what a start costs: SLURM's, Python's, torch's, the simulator's.
"""

import argparse
import contextlib
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.battles import HEURISTIC, phase1_config, write_fresh_policy
from psro import wiring
from psro.config import Config
from psro.game.policies import PolicyRecord
from psro.machine import environment
from psro.machine.artifacts import Artifact
from psro.machine.canonical import canonical_json
from psro.machine.durable import atomic_write
from psro.machine.executors import Executor, UnitDone
from psro.machine.executors.slurm.batch import Batch
from psro.machine.executors.slurm.config import SlurmConfig
from psro.machine.executors.slurm.spool import DONE, Report, Spool
from psro.machine.journal import Journal, JournalRecord
from psro.machine.signals import StopFlag
from psro.machine.units import Unit
from psro.phases import collect, layout
from psro.phases.workbench import PlayMode
from tests.slurm import cluster

NUM_DRIVEN = 200
"""Units that the driver's cost is the mean of."""


class Deaf:
    """Hears nothing; of workers, it has none and wants none."""

    def __getattr__(self, name: str) -> Any:
        return lambda *_: frozenset() if name == "look" else None


def prepare(config: Config, directory: Path, policy: Path | None) -> None:
    """A run directory with a population to play."""
    for name in ("learner", "rival"):
        target = directory / layout.policy(name)
        if policy is None:
            write_fresh_policy(config, target)
        else:
            shutil.copytree(policy, target)
    record = PolicyRecord(HEURISTIC, HEURISTIC, "state", {})
    atomic_write(
        directory / layout.policy(HEURISTIC) / "policy.json",
        canonical_json(record.to_json()).encode(),
    )


def units_of(config: Config, group: str, count: int, num_battles: int) -> list[Unit]:
    """`count` units of COLLECT."""
    return collect.plan_learner(
        root="iteration_1",
        group=group,
        learner_directory=layout.policy("learner"),
        opponents={HEURISTIC: 0.5, "rival": 0.5},
        num_battles=count * num_battles,
        battles_per_unit=num_battles,
        mode=PlayMode(config.psro.collect.temperature, config.psro.collect.epsilon),
        opponent_temperature=config.tournament.temperature,
    )


@contextlib.contextmanager
def executor_of(config: Config, name: str, num_workers: int, run: Path) -> Iterator[Executor]:
    """The executor as a run has it."""
    slurm = SlurmConfig(num_workers=num_workers, linger_s=300.0, poll_s=1.0)
    section = replace(config.executor, name=name, num_workers=num_workers, slurm=slurm)
    executor = wiring.make_executor(replace(config, executor=section), run)
    try:
        yield executor
    finally:
        executor.close()


def play(executor: Executor, units: list[Unit]) -> tuple[float, list[UnitDone]]:
    """Seconds from the first to the last, and what was done."""
    began = time.monotonic()
    done = list(executor.run(units, StopFlag(), Deaf()))
    return time.monotonic() - began, done


def measure(given: argparse.Namespace, config: Config) -> dict[tuple[str, int], list[Any]]:
    """(executor, workers) → per repeat: cold s, warm s, a unit's s, bytes of a shard."""
    figures: dict[tuple[str, int], list[Any]] = {}
    kinds = [(name, count) for name in ("processes", "slurm") for count in given.workers]
    for _ in range(given.repeats):
        for kind in kinds:
            with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as run:
                prepare(config, Path(run), given.policy)
                with executor_of(config, *kind, Path(run)) as executor:
                    cold, _ = play(executor, units_of(config, "cold", given.units, given.battles))
                    warm, done = play(
                        executor, units_of(config, "warm", given.units, given.battles)
                    )
                seconds = sum(unit.seconds for unit in done) / len(done)
                size = sum(unit.artifacts[-1].size for unit in done) / len(done)
                figures.setdefault(kind, []).append((cold, warm, seconds, size))
    return figures


def show(figures: dict[tuple[str, int], list[Any]], num_battles: int) -> None:
    """A row per executor and number of workers."""
    print(
        "| executor | workers | battles/s, warm [lowest, highest] | × one worker | a unit, s | start, s | shard, kB |\n"
        + "|---" * 7 + "|"
    )  # fmt: skip
    for (name, count), rows in figures.items():
        cold, warm, seconds, size = (median(column) for column in zip(*rows, strict=True))
        rates = [num_battles / row[1] for row in rows]
        one = figures[name, min(c for n, c in figures if n == name)]
        # Repeat by repeat: the machine may be slower in one than in the next.
        ratio = median(a[1] / b[1] for a, b in zip(one, rows, strict=True))
        print(
            f"| {name} | {count} | {num_battles / warm:.1f} [{min(rates):.1f}, {max(rates):.1f}] | {ratio:.2f} | "
            f"{seconds:.2f} | {cold - warm:.1f} | {size / 1000:.0f} |"
        )


def driver_cost(config: Config, size: int) -> None:
    """What of a unit the driver does itself, and what its worker does about it besides the battles."""
    shard, here = os.urandom(size), environment.here(())
    with tempfile.TemporaryDirectory() as folder:
        run = Path(folder)
        spool, journal = Spool(run / "slurm" / "x"), Journal(run)
        spool.make()
        units = units_of(config, "paper", NUM_DRIVEN, 250)
        milliseconds = {"posting": 0.0, "taking": 0.0, "writing the shard": 0.0, "reporting": 0.0}

        def timed(what: str, work: Any, *arguments: Any) -> Any:
            began = time.monotonic()
            result = work(*arguments)
            milliseconds[what] += 1000 * (time.monotonic() - began) / NUM_DRIVEN
            return result

        for unit in units:
            timed("posting", spool.post, unit)
        for unit in units:
            name, unit = timed("taking", spool.take, "7_0")
            timed("writing the shard", atomic_write, run / unit.result, shard)
            artifact = Artifact.of_bytes(unit.result, shard)
            timed("reporting", spool.report, name, Report("7_0", "h", here, DONE, (artifact,)))
        began, cpu, journalling = time.monotonic(), time.process_time(), 0.0
        listener: Any = Deaf()
        batch = Batch(run, spool, listener, units, StopFlag(), listener, 60.0, 10.0, str)
        for done in batch.run():
            before = time.monotonic()
            journal.append([JournalRecord(done.artifacts, {}, done.unit)])
            journalling += time.monotonic() - before
        adopting = 1000 * (time.monotonic() - began) / NUM_DRIVEN
        cpu = 1000 * (time.process_time() - cpu) / NUM_DRIVEN
        journal.close()
    print(f"\nMilliseconds per unit, files of {size / 1000:.0f} kB on {folder}:")
    print(f"  driver: posting {milliseconds.pop('posting'):.2f}, adopting {adopting:.2f}", end="")
    print(f" (its CPU {cpu:.2f}, the journal {1000 * journalling / NUM_DRIVEN:.2f})")
    print("  worker: " + ", ".join(f"{what} {ms:.2f}" for what, ms in milliseconds.items()))


def main() -> None:
    """Prints the table and the driver's cost."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--policy", type=Path, help="directory of a neural policy")
    parser.add_argument("--units", type=int, default=8)
    parser.add_argument("--battles", type=int, default=250, help="per unit")
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--repeats", type=int, default=3)
    given = parser.parse_args()
    config = phase1_config("competitive")
    print(f"load of the machine {os.getloadavg()[0]:.1f} of {os.cpu_count()} cores\n", flush=True)
    running = cluster.up()
    try:
        os.environ.update(running.environment)
        figures = measure(given, config)
    finally:
        running.stop()
    show(figures, given.units * given.battles)
    driver_cost(config, int(figures["slurm", given.workers[0]][0][3]))


if __name__ == "__main__":
    main()
