"""A worker on the cluster: one task of an array. Takes units out of the spool until there are none.

SIGTERM (preempted, cancelled): its unit stops at the next safe point and is offered to the others.
SIGUSR2 (submitit's: the time limit is near): it finishes its unit and takes no more.
SIGKILL: the driver misses the unit and has it run again.
Its spool is gone: nobody is interested any more, and the run may be another driver's. Its unit stops at
the next safe point, and no result is written after that.
"""

import contextlib
import faulthandler
import logging
import signal
import socket
import time
import traceback
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

from psro.machine import environment, faults
from psro.machine.errors import Preempted, UserError
from psro.machine.executors.perform import perform
from psro.machine.executors.slurm.spool import (
    DONE,
    FAILED,
    OS_ERROR,
    OUT_OF_TIME,
    USER_ERROR,
    Report,
    Spool,
)
from psro.machine.executors.worker import WorkerStop
from psro.machine.units import (
    ProgressSink,
    StopSignal,
    Unit,
    UnitOutput,
    WorkerContext,
    WorkerFactory,
)

logger = logging.getLogger(__name__)

_LOOK_EVERY_S = 1.0
"""While there is nothing to do."""
_BEAT_EVERY_S = 1.0
"""How often the end of a hung process is put off, at most."""
_LOOK_FOR_SPOOL_S = 5.0
"""How often a worker that is at a unit makes sure that it is wanted."""
_MAX_RECORDS = 100
"""Log records of a unit that go to the driver; the worker's own log has all."""


@dataclass(frozen=True)
class WorkerTask:
    """What an array's tasks are started with; picklable.

    directory: of the run. linger_s: how long to wait for work. hang_s: how long a unit may go without a
    sign of life before the worker ends itself, with all its stacks in its log (None: for ever).
    """

    spool: Path
    directory: Path
    factory: WorkerFactory
    config_payload: Any
    linger_s: float
    hang_s: float | None
    log_level: int


def work(task: WorkerTask) -> None:
    """The life of a worker; submitit calls it in the task's main thread."""
    import submitit

    faults.arm_worker(None)
    _Worker(task, str(submitit.JobEnvironment().job_id)).run()


class _Worker:
    def __init__(self, task: WorkerTask, name: str) -> None:
        self._task = task
        self._name = name
        self._spool = Spool(task.spool)
        self._context: WorkerContext | None = None
        self._stop = WorkerStop(self._beat)
        self._is_time_up = False
        self._is_watched = False
        self._last_beat = 0.0
        self._last_look = time.monotonic()
        self._progress: tuple[int, int, str] | None = None
        self._records: list[dict[str, Any]] = []

    def run(self) -> None:
        for signum in (signal.SIGINT, signal.SIGTERM, signal.SIGUSR1):
            signal.signal(signum, self._on_stop)
        signal.signal(signal.SIGUSR2, self._on_time)
        logging.basicConfig(
            level=self._task.log_level, format="%(asctime)s %(message)s", force=True
        )
        logging.getLogger().addHandler(_Recorder(self._records))
        logging.captureWarnings(True)
        try:
            self._spool.sign_in(self._name)
            self._take_units()
        except FileNotFoundError:
            if self._spool.exists():
                raise
            logger.info("the driver has finished: so do I")
        if self._context is not None:
            self._context.close()

    def _take_units(self) -> None:
        idle_since = time.monotonic()
        while not self._stop.is_set():
            taken = self._spool.take(self._name)
            if taken is not None:
                if not self._is_ready(taken[0]):
                    return
                self._do(*taken)
                idle_since = time.monotonic()
            elif time.monotonic() - idle_since > self._task.linger_s:
                return
            else:
                time.sleep(_LOOK_EVERY_S)
            if self._is_time_up:
                return

    def _is_ready(self, name: str) -> bool:
        if self._context is not None:
            return True
        try:
            with self._watched():
                context = self._task.factory(self._task.config_payload)
                self._context = _WhileWanted(context, self._spool)
        except Exception as error:  # noqa: BLE001  told to the driver
            # Not the unit's fault: another worker, on another machine, may do it.
            self._spool.give_back(name, self._name)
            if isinstance(error, UserError):
                trouble = f"UserError\n{error}"
            else:
                trouble = f"other\na worker could not be initialised on {socket.gethostname()}:\n"
                trouble += traceback.format_exc()
            self._spool.sign_in(self._name, trouble)
            return False
        return True

    def _do(self, name: str, unit: Unit) -> None:
        assert self._context is not None
        logger.info("unit %s", unit.key)
        self._progress = None
        self._records.clear()
        try:
            with self._watched():
                done = perform(
                    self._context, self._task.directory, unit, self._on_progress, self._stop
                )
        except Preempted:
            if not self._is_time_up:
                self._spool.give_back(name, self._name)
                return
            report = self._report(OUT_OF_TIME)
        except (UserError, OSError) as error:
            system = error.__cause__ if isinstance(error, UserError) else error
            if isinstance(system, OSError):
                report = self._report(OS_ERROR, text=traceback.format_exc(), errno=system.errno)
            else:
                report = self._report(USER_ERROR, text=str(error))
        except Exception:  # noqa: BLE001  told to the driver, which raises it
            report = self._report(FAILED, text=traceback.format_exc())
        else:
            report = self._report(DONE, artifacts=done.artifacts, seconds=round(done.seconds, 3))
        if self._spool.exists():
            self._spool.report(name, report)

    def _report(self, outcome: str, **fields: Any) -> Report:
        return Report(
            worker=self._name,
            host=socket.gethostname(),
            environment=environment.here(()),
            outcome=outcome,
            progress=self._progress,
            log=tuple(self._records),
            **fields,
        )

    def _on_progress(self, done: int, total: int, label: str, **metrics: float) -> None:
        self._progress = (done, total, label)
        self._beat()

    @contextlib.contextmanager
    def _watched(self) -> Iterator[None]:
        """End this process when nothing calls `_beat` for `hang_s`."""
        self._is_watched, self._last_beat = self._task.hang_s is not None, -_BEAT_EVERY_S
        self._beat()
        try:
            yield
        finally:
            self._is_watched = False
            faulthandler.cancel_dump_traceback_later()

    def _beat(self) -> None:
        now = time.monotonic()
        if now - self._last_look >= _LOOK_FOR_SPOOL_S:
            self._last_look = now
            if not self._spool.exists():
                self._stop.set()
        if self._is_watched and now - self._last_beat >= _BEAT_EVERY_S:
            assert self._task.hang_s is not None
            self._last_beat = now
            faulthandler.dump_traceback_later(self._task.hang_s, exit=True)

    def _on_stop(self, signum: int, _frame: FrameType | None) -> None:
        self._stop.set()

    def _on_time(self, signum: int, _frame: FrameType | None) -> None:
        self._is_time_up = True


class _WhileWanted:
    """A context whose results are handed out only while the spool is there, for `perform` to write."""

    def __init__(self, context: WorkerContext, spool: Spool) -> None:
        self._context = context
        self._spool = spool

    def run(self, unit: Unit, progress: ProgressSink, stop: StopSignal) -> bytes | UnitOutput:
        output = self._context.run(unit, progress, stop)
        if not self._spool.exists():
            raise Preempted("the driver has finished")
        return output

    def close(self) -> None:
        self._context.close()


class _Recorder(logging.Handler):
    def __init__(self, records: list[dict[str, Any]]) -> None:
        super().__init__()
        self._records = records

    def emit(self, record: logging.LogRecord) -> None:
        if len(self._records) < _MAX_RECORDS and record.name != __name__:
            self._records.append(
                {"name": record.name, "levelno": record.levelno, "levelname": record.levelname,
                 "msg": self.format(record), "created": record.created}
            )  # fmt: skip
