"""What the machine tells whoever wants to show it; the machine knows no viewer."""

from typing import Any

from psro.machine.journal import JournalRecord
from psro.machine.position import Position
from psro.machine.units import Progress, Unit


class RunListener:
    """Does nothing; override what you want to see. Called in the driver's main thread.

    An exception raised here stops the run (resumable as ever): a listener that may fail
    harmlessly must say so itself. Only in the on_stop of a run that is preempted or fails it is
    logged instead, for it would hide the run's own.
    """

    def on_start(self, position: Position[Any], resumed: bool, note: str) -> None:
        """The run starts or goes on at `position`; `note` says so in words."""

    def on_phase(self, position: Position[Any]) -> None:
        """A phase begins (again, after a resume)."""

    def on_units(self, label: str, num_committed: int, num_total: int) -> None:
        """A phase executes `num_total` units, `num_committed` of which have results already."""

    def on_progress(self, unit: Unit, progress: Progress) -> None:
        """A running unit says how far it is. A view only: it may come again after a kill."""

    def on_worker_death(self, unit: Unit | None, num_deaths: int, reason: str) -> None:
        """A worker died (while it ran `unit`, which is run again), the `num_deaths`-th of it."""

    def on_workers(self, workers: str) -> None:
        """Workers that come and go by a batch system: how many run and wait, in words; said often."""

    def on_commit(self, record: JournalRecord, seconds: float | None) -> None:
        """Files were committed; `seconds` is the unit's wall time (None: by the driver)."""

    def on_boundary(self, finished: Position[Any], following: Position[Any]) -> None:
        """A phase is over and the manifest says so: what it committed is final.

        A kill right after the manifest's write skips this call: views rebuild at on_start.
        """

    def on_stop(self, position: Position[Any], status: str, note: str) -> None:
        """The run ends here with `status` (done, preempted, failed)."""
