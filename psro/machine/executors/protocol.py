"""What an executor is."""

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import Protocol

from psro.machine.artifacts import Artifact
from psro.machine.signals import StopFlag
from psro.machine.units import Progress, Unit


@dataclass(frozen=True)
class UnitDone:
    """A unit whose files are on disk: side files first, the main result last; wall seconds."""

    unit: Unit
    artifacts: tuple[Artifact, ...]
    seconds: float


class ExecutorListener(Protocol):
    """Who hears of what goes on while units run (see RunListener)."""

    def on_progress(self, unit: Unit, progress: Progress) -> None: ...

    def on_worker_death(self, unit: Unit | None, num_deaths: int, reason: str) -> None: ...

    def on_workers(self, workers: str) -> None:
        """What has become of the workers, in words, where they come and go: "2 running, 14 pending"."""
        ...

    def on_unit_failed(self, unit: Unit, reason: str) -> None:
        """`unit` failed for good, which ends the run; called once, before the error is raised."""
        ...


class Executor(Protocol):
    """Runs units in any order, anywhere; results depend on the units alone."""

    def run(
        self, units: Sequence[Unit], stop: StopFlag, listener: ExecutorListener
    ) -> Generator[UnitDone, None, None]:
        """Run `units`, yielding each when its files are on disk, in the order of completion.

        Raises: Preempted when `stop` was set before all were done, after yielding those that
        were; UserError that a unit raised; UnitError for a unit that failed.
        """
        ...

    def close(self) -> None:
        """End the workers. The executor cannot be used after it."""
        ...
