"""The SLURM executor: units done by workers on other machines, which meet the driver in a folder.

The driver posts units to a spool on the shared file system (spool.py) and keeps up to
`num_workers` workers in the queue, tasks of job arrays (crew.py). Each takes one unit after
another, so the fast do more, and one that starts late finds less to do. The driver adopts what they
report (batch.py).

The spool outlives the driver. One that is stopped takes back what nobody has begun, and leaves what is
being done to be done; its successor adopts that, and also the workers of one that was killed.
"""

import logging
import shutil
from collections.abc import Generator, Sequence
from pathlib import Path
from typing import Any

from psro.machine.executors.failures import AloneHint, in_this_process
from psro.machine.executors.processes import HANG_S
from psro.machine.executors.protocol import Executor, ExecutorListener, UnitDone
from psro.machine.executors.slurm.batch import SETTLE_S, Batch
from psro.machine.executors.slurm.config import SlurmConfig
from psro.machine.executors.slurm.crew import Crew
from psro.machine.executors.slurm.jobs import make_jobs
from psro.machine.executors.slurm.spool import Spool
from psro.machine.executors.slurm.worker import WorkerTask
from psro.machine.signals import StopFlag
from psro.machine.units import Unit, WorkerFactory

FOLDER = "slurm"
"""Below the run directory. Operational: no result lies there."""


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
        self._is_finished = True
        self._keep_logs = False

    def run(
        self, units: Sequence[Unit], stop: StopFlag, listener: ExecutorListener
    ) -> Generator[UnitDone, None, None]:
        """See Executor.run."""
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
        folder = self._spool.directory.parent
        if self._is_finished and folder.is_dir():
            self._crew.dismiss()
            self._spool.remove(self._keep_logs)
            if not any(folder.iterdir()):
                folder.rmdir()

    def _spread(
        self, units: Sequence[Unit], stop: StopFlag, listener: ExecutorListener
    ) -> Generator[UnitDone, None, None]:
        self._drop_other_spools()
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

    def _drop_other_spools(self) -> None:
        """What other code or another config left: its workers' results are not ours."""
        others = [
            path
            for path in self._spool.directory.parent.glob("*")
            if path != self._spool.directory and Spool(path).exists()
        ]
        if others:
            self._crew.dismiss()
        for path in others:
            shutil.rmtree(path, ignore_errors=True)
