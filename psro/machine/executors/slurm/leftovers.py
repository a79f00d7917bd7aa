"""What a driver with executor=slurm left in a run when it was killed: its spools, and the workers at them.

A driver of the same stamp goes on with both. Any other (another executor, other code or config) ends
them, or they would write into a run that is another driver's by now. submitit is imported only where
there are workers to end.
"""

import logging
import shutil
from collections.abc import Generator, Sequence
from pathlib import Path

from psro.machine.durable import sweep_temporaries
from psro.machine.errors import UserError
from psro.machine.executors.protocol import Executor, ExecutorListener, UnitDone
from psro.machine.executors.slurm.spool import Spool
from psro.machine.lock import RunLock
from psro.machine.manifest import DONE, Manifest
from psro.machine.signals import StopFlag
from psro.machine.units import Unit

logger = logging.getLogger(__name__)

FOLDER = "slurm"
"""Below the run directory. Operational: no result lies there."""


def end_leftovers(directory: Path, successor: str | None = None) -> None:
    """End the workers that other drivers left in the run, but for those of the stamp `successor`.

    Call it only as the one writer. A worker finds its spool gone and stops at its next step, without
    writing the result it was at.
    """
    folder = directory / FOLDER
    if not folder.is_dir():
        return
    removed = [path for path in folder.iterdir() if path.name.startswith(".")]
    others = [
        path
        for path in folder.iterdir()
        if path not in removed and path.name != successor and Spool(path).exists()
    ]
    for path in others:
        Spool(path).remove()
    for path in removed:  # by a driver that was killed over it
        shutil.rmtree(path, ignore_errors=True)
    if others:
        from psro.machine.executors.slurm.jobs import cancel_all

        # Those of the successor too, if there are any: one name is all that the queue knows of them.
        cancel_all(directory)
        logger.info("ended the workers that another driver had left behind (executor=slurm)")
    if not any(folder.iterdir()):
        folder.rmdir()
    sweep_temporaries(directory)


def is_over(directory: Path) -> bool:
    """True if the run is done: nobody goes on with what is left in it."""
    state = Manifest.load(directory)
    return state is not None and state.status == DONE


class EndsLeftovers:
    """Another executor, where executor=slurm may have been at work before."""

    def __init__(self, inner: Executor, directory: Path) -> None:
        self._inner = inner
        self._directory = directory
        self._has_looked = False

    def run(
        self, units: Sequence[Unit], stop: StopFlag, listener: ExecutorListener
    ) -> Generator[UnitDone, None, None]:
        """See Executor.run."""
        if not self._has_looked:
            # Not earlier: only who is asked for units holds the run's lock.
            end_leftovers(self._directory)
            self._has_looked = True
        yield from self._inner.run(units, stop, listener)

    def close(self) -> None:
        """See Executor.close. A run that had no units left is tidied here."""
        self._inner.close()
        if not self._has_looked and (self._directory / FOLDER).is_dir():
            try:
                with RunLock(self._directory, wait_s=0):
                    if is_over(self._directory):
                        end_leftovers(self._directory)
            except UserError as busy:
                logger.debug("%s/%s is left as it is: %s", self._directory, FOLDER, busy)
