"""The SLURM executor: units done by workers on other machines, which meet the driver in a folder.

The driver posts units to a spool on the shared file system (spool.py) and keeps up to
`num_workers` workers in the queue, tasks of job arrays (crew.py). Each takes one unit after
another, so the fast do more, and one that starts late finds less to do. The driver adopts what they
report (batch.py).

The spool outlives the driver. One that is stopped takes back what nobody has begun, and leaves what is
being done to be done; its successor adopts that, and also the workers of one that was killed. Who is
no successor (another executor, other code or config) ends them: leftovers.py.
"""

import logging
from collections.abc import Generator, Sequence
from pathlib import Path
from typing import Any

from psro.machine.errors import UserError
from psro.machine.executors.failures import AloneHint, in_this_process
from psro.machine.executors.processes import HANG_S
from psro.machine.executors.protocol import Executor, ExecutorListener, UnitDone
from psro.machine.executors.slurm.batch import SETTLE_S, Batch
from psro.machine.executors.slurm.config import SlurmConfig
from psro.machine.executors.slurm.crew import Crew
from psro.machine.executors.slurm.jobs import make_jobs
from psro.machine.executors.slurm.leftovers import FOLDER, end_leftovers, is_over
from psro.machine.executors.slurm.spool import Spool
from psro.machine.executors.slurm.worker import WorkerTask
from psro.machine.lock import RunLock
from psro.machine.signals import StopFlag
from psro.machine.units import Unit, WorkerFactory

logger = logging.getLogger(__name__)


class SlurmExecutor:
    """Runs units of the configured kinds on the cluster, the others by `inner`.

    directory: of the run, on a file system that all machines see. stamp: names the version of code
    and config, whose units a spool holds. hang_s: see worker.WorkerTask. settle_s: how long
    what a worker wrote may take to show here, after it is gone.
    """

    def __init__(
        self,
        directory: Path,
        factory: WorkerFactory,
        config_payload: Any,
        config: SlurmConfig,
        inner: Executor,
        stamp: str,
        hang_s: float | None = HANG_S,
        settle_s: float = SETTLE_S,
        alone_hint: AloneHint = in_this_process,
    ) -> None:
        self._directory = directory
        self._config = config
        self._inner = inner
        self._settle_s = settle_s
        self._alone_hint = alone_hint
        self._spool = Spool(directory / FOLDER / stamp)
        self._jobs = make_jobs(config, self._spool.logs, directory)
        task = WorkerTask(
            spool=self._spool.directory,
            directory=directory,
            factory=factory,
            config_payload=config_payload,
            linger_s=config.linger_s,
            hang_s=hang_s,
            log_level=logging.getLogger().getEffectiveLevel(),
        )
        self._crew = Crew(config, self._jobs, self._spool, task)
        self._has_looked = False
        self._is_finished: bool | None = None
        """Of what was spread last. None: nothing was, and what a predecessor began may be under way."""
        self._keep_logs = False

    def run(
        self, units: Sequence[Unit], stop: StopFlag, listener: ExecutorListener
    ) -> Generator[UnitDone, None, None]:
        """See Executor.run."""
        if not self._has_looked:
            # Not earlier: only who is asked for units holds the run's lock.
            end_leftovers(self._directory, successor=self._spool.directory.name)
            self._has_looked = True
        spread = [unit for unit in units if unit.kind in self._config.kinds]
        if len(spread) < self._config.min_units:
            spread = []
        chosen = {unit.key for unit in spread}
        if spread:
            yield from self._spread(spread, stop, listener)
        if rest := [unit for unit in units if unit.key not in chosen]:
            yield from self._inner.run(rest, stop, listener)

    def close(self) -> None:
        """End the workers and delete the spool, unless a successor is to go on with them."""
        self._inner.close()
        folder = self._directory / FOLDER
        if self._is_finished is False or not folder.is_dir():
            return
        try:
            # Who was refused the run must not end the workers of the driver that has it.
            with RunLock(self._directory, wait_s=0):
                if self._is_finished or is_over(self._directory):
                    self._crew.dismiss()
                    self._spool.remove(self._keep_logs)
                    end_leftovers(self._directory)
        except UserError as busy:
            logger.debug("%s is left as it is: %s", folder, busy)

    def _spread(
        self, units: Sequence[Unit], stop: StopFlag, listener: ExecutorListener
    ) -> Generator[UnitDone, None, None]:
        self._spool.make()
        self._is_finished = False
        batch = Batch(
            self._directory, self._spool, self._crew, units, stop, listener,
            self._config.poll_s, self._settle_s, self._alone_hint,
        )  # fmt: skip
        try:
            yield from batch.run()
            self._is_finished = True
        finally:
            self._keep_logs |= batch.had_deaths
            if not self._is_finished:
                self._spool.withdraw()
                self._crew.dismiss(only_pending=not stop.is_urgent)
