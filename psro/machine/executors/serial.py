"""The serial executor: units run one after another in the driver, where a debugger can follow.

It cannot watch itself: a unit that hangs here hangs the run, and one that dies takes the run with it.
The process executor with one worker watches.
"""

import traceback
from collections.abc import Generator, Sequence
from pathlib import Path
from typing import Any

from psro.machine.durable import raise_if_disk_full
from psro.machine.errors import Preempted, UnitError, UserError
from psro.machine.executors.failures import AloneHint, failure_message, in_this_process
from psro.machine.executors.perform import perform
from psro.machine.executors.protocol import ExecutorListener, UnitDone
from psro.machine.signals import StopFlag
from psro.machine.units import Progress, Unit, WorkerContext, WorkerFactory


class SerialExecutor:
    """Runs units in this process. The context is made at the first unit."""

    def __init__(
        self,
        directory: Path,
        factory: WorkerFactory,
        config_payload: Any,
        alone_hint: AloneHint = in_this_process,
    ) -> None:
        self._directory = directory
        self._factory = factory
        self._config_payload = config_payload
        self._alone_hint = alone_hint
        self._context: WorkerContext | None = None

    def run(
        self, units: Sequence[Unit], stop: StopFlag, listener: ExecutorListener
    ) -> Generator[UnitDone, None, None]:
        """See Executor.run."""
        for unit in units:
            stop.raise_if_set()
            if self._context is None:
                self._context = self._factory(self._config_payload)
            try:
                done = perform(self._context, self._directory, unit, _Sink(unit, listener), stop)
            except Preempted as stopped:
                # The unit says how far it was; why it stopped is what the caller wants to know.
                raise Preempted(stop.reason or str(stopped)) from stopped
            except UserError as error:
                listener.on_unit_failed(unit, str(error))
                raise
            except Exception as error:
                if isinstance(error, OSError):
                    raise_if_disk_full(error, self._directory)
                message = failure_message(unit, traceback.format_exc(), self._alone_hint)
                listener.on_unit_failed(unit, message)
                raise UnitError(unit.key, message) from error
            yield done

    def close(self) -> None:
        """Close the context."""
        if self._context is not None:
            self._context.close()
            self._context = None


class _Sink:
    def __init__(self, unit: Unit, listener: ExecutorListener) -> None:
        self._unit = unit
        self._listener = listener

    def __call__(self, done: int, total: int, label: str, **metrics: float) -> None:
        self._listener.on_progress(self._unit, Progress(done, total, label, metrics))
