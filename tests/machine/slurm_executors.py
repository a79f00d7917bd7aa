"""SLURM executors of toy units, with submitit's local queue: real worker processes, a real spool, no cluster."""

import errno
import os
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from psro.machine.errors import UserError
from psro.machine.executors import SerialExecutor, UnitDone
from psro.machine.executors.slurm.config import SlurmConfig
from psro.machine.executors.slurm.executor import SlurmExecutor
from psro.machine.executors.slurm.leftovers import EndsLeftovers
from psro.machine.executors.slurm.spool import Spool
from psro.machine.signals import StopFlag
from psro.machine.units import Unit
from tests.machine.test_executors import Recorder
from tests.machine.toy_algorithm import ToyContext

KINDS = [
    "draw",
    "sleep",
    "die",
    "raise_bug",
    "raise_user_error",
    "log",
    "pid",
    "stale",
    "hang",
    "slow",
]
Make = Callable[..., SlurmExecutor]


class Context(ToyContext):
    """The toy's, with more ways to go wrong once."""

    def is_first_time(self, unit: Unit) -> bool:
        marker = Path(self.directory, f"{unit.result}.tried")
        is_first = not marker.exists()
        marker.touch()
        return is_first

    def stale(self, unit: Unit, progress: Any, stop: Any) -> bytes:
        if self.is_first_time(unit):
            raise OSError(errno.ESTALE, "Stale file handle")
        return b"read"

    def hang(self, unit: Unit, progress: Any, stop: Any) -> bytes:
        progress(0, 1, "steps")
        if self.is_first_time(unit):
            time.sleep(600)
        return b"woken"

    def slow(self, unit: Unit, progress: Any, stop: Any) -> bytes:
        """Its result takes seconds to write."""
        fsync = os.fsync

        def slowly(descriptor: int) -> None:
            time.sleep(2.0)
            os.fsync = fsync

        os.fsync = slowly
        return b"written"


def make_context(payload: Any) -> Context:
    """The workers' factory: they import it from here."""
    if payload.get("fail_to_start"):
        raise UserError("no GPU here: set device=cpu")
    if payload.get("bug_at_start"):
        raise ZeroDivisionError("the bug")
    return Context(payload)


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Make]:
    made: list[SlurmExecutor] = []

    def make(
        directory: Path = tmp_path,
        payload: dict[str, Any] | None = None,
        stamp: str = "v1",
        hang_s: float | None = None,
        **settings: Any,
    ) -> SlurmExecutor:
        given = {"directory": str(directory), **(payload or {})}
        config = SlurmConfig(
            **{"cluster": "local", "kinds": KINDS, "min_units": 1, "num_workers": 2,
               "linger_s": 0.0, "poll_s": 0.3} | settings
        )  # fmt: skip
        inner = SerialExecutor(directory, make_context, given)
        executor = SlurmExecutor(
            directory, make_context, given, config, inner, stamp, hang_s=hang_s, settle_s=0.0
        )
        made.append(executor)
        return executor

    yield make
    for executor in made:
        executor.close()


class StopWhen(StopFlag):
    """A stop that is asked for as soon as something is so."""

    def __init__(self, condition: Callable[[], Any]) -> None:
        super().__init__()
        self.condition = condition

    def is_set(self) -> bool:
        if not super().is_set() and self.condition():
            self.set("SIGTERM")
        return super().is_set()


def run(
    executor: SlurmExecutor,
    units: Sequence[Unit],
    stop: StopFlag | None = None,
    listener: Recorder | None = None,
) -> list[UnitDone]:
    return list(executor.run(units, stop or StopFlag(), listener or Recorder()))


def spool(directory: Path, stamp: str = "v1") -> Spool:
    return Spool(directory / "slurm" / stamp)


def naps(count: int, seconds: float = 60, polls: bool = True) -> list[Unit]:
    payload = {"seconds": seconds, "polls": polls}
    return [Unit(f"nap/{i}", "sleep", payload, f"nap_{i}") for i in range(count)]


def wait_for(condition: Callable[[], Any]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.05)


def kill_a_driver(executor: SlurmExecutor, units: Sequence[Unit], when: Callable[[], Any]) -> None:
    """Have `units` run by a driver that is killed `when`; its workers live."""
    driver = os.fork()
    if driver == 0:
        try:
            run(executor, units)
        finally:
            os._exit(1)
    try:
        wait_for(when)
    finally:
        os.kill(driver, signal.SIGKILL)
        os.waitpid(driver, 0)


def other(directory: Path) -> EndsLeftovers:
    """Another executor than slurm, as wiring.make_executor gives it."""
    serial = SerialExecutor(directory, make_context, {"directory": str(directory)})
    return EndsLeftovers(serial, directory)
