"""The serial executor: units run one after another in the driver, where a debugger can follow."""

import traceback
from collections.abc import Generator, Sequence
from pathlib import Path
from typing import Any

from psro.machine.durable import raise_if_disk_full
from psro.machine.errors import Preempted, UnitError, UserError
from psro.machine.executors.perform import perform
from psro.machine.executors.protocol import DEFAULT_ALONE_HINT, ExecutorListener, UnitDone
from psro.machine.signals import StopFlag
from psro.machine.units import Progress, Unit, WorkerContext, WorkerFactory


class SerialExecutor:
    """Runs units in this process. The context is made at the first unit."""

    def __init__(
        self,
        directory: Path,
        factory: WorkerFactory,
        config_payload: Any,
        alone_hint: str = DEFAULT_ALONE_HINT,
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
            except (UserError, Preempted):
                raise
            except Exception as error:
                if isinstance(error, OSError):
                    raise_if_disk_full(error, self._directory)
                raise UnitError(
                    unit.key, failure_message(unit, traceback.format_exc(), self._alone_hint)
                ) from error
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


def failure_message(unit: Unit, trace: str, alone_hint: str) -> str:
    """What the user reads of a unit that raised."""
    return (
        f"unit {unit.key!r} ({unit.kind}, for {unit.result}) failed; what others finished is "
        f"saved. To run it alone: {alone_hint}. Its traceback:\n{trace}"
    )
