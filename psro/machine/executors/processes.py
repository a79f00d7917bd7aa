"""The process executor: N spawned workers, kept from phase to phase.

Each worker is initialised once and takes one unit at a time. One that dies is replaced and its
unit run again; the same unit's third death stops the run. The driver's main thread alone talks
to the workers (PR_SET_PDEATHSIG is tied to the thread that spawned them).
"""

import atexit
import contextlib
import logging
import multiprocessing
import os
import signal
import time
from collections import Counter, deque
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from pathlib import Path
from typing import Any

from psro.machine.durable import raise_if_disk_full
from psro.machine.errors import Preempted, UnitError, UserError
from psro.machine.executors.protocol import DEFAULT_ALONE_HINT, ExecutorListener, UnitDone
from psro.machine.executors.serial import failure_message
from psro.machine.executors.worker import worker_main
from psro.machine.signals import STOP_SIGNALS, StopFlag
from psro.machine.units import Unit, WorkerFactory

logger = logging.getLogger(__name__)

MAX_DEATHS = 3
_POLL_S = 0.1
_CLOSE_S = 5.0


@dataclass(eq=False)
class _Worker:
    process: SpawnProcess
    connection: Connection
    unit: Unit | None = None
    ready: bool = False
    told_to_stop: bool = False

    def send(self, *message: Any) -> None:
        # A dead worker is noticed by its sentinel, where it is dealt with.
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            self.connection.send(message)

    def kill(self) -> None:
        """Kill it and what it started: it leads a session of its own (once it got so far)."""
        assert self.process.pid is not None
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.kill()
        self.process.join()
        self.connection.close()


class ProcessExecutor:
    """Runs units in `num_workers` processes.

    directory: of the run. factory, config_payload: picklable; make each worker's context.
    drain_s: how long running units may take to reach a safe point after a stop or a failure;
    then their workers are killed, which is as safe.
    """

    def __init__(
        self,
        directory: Path,
        factory: WorkerFactory,
        config_payload: Any,
        num_workers: int,
        drain_s: float = 15.0,
        alone_hint: str = DEFAULT_ALONE_HINT,
    ) -> None:
        if num_workers < 1:
            raise UserError(f"executor.num_workers must be at least 1, not {num_workers}")
        self._directory = directory
        self._factory = factory
        self._config_payload = config_payload
        self._num_workers = num_workers
        self._drain_s = drain_s
        self._alone_hint = alone_hint
        self._workers: list[_Worker] = []
        # multiprocessing joins children at exit, which would wait for ever on idle workers.
        atexit.register(self.close)

    def run(
        self, units: Sequence[Unit], stop: StopFlag, listener: ExecutorListener
    ) -> Generator[UnitDone, None, None]:
        """See Executor.run."""
        batch = _Batch(self, deque(units), stop, listener)
        try:
            yield from batch.run()
        finally:
            # After an error, or a consumer that broke off, no unit may go on unattended.
            for worker in [w for w in self._workers if w.unit is not None]:
                self.discard(worker)

    def close(self) -> None:
        """End the workers; after five seconds by force."""
        atexit.unregister(self.close)
        for worker in self._workers:
            worker.send("close")
        deadline = time.monotonic() + _CLOSE_S
        for worker in self._workers:
            worker.process.join(max(0.0, deadline - time.monotonic()))
            worker.kill()
        self._workers.clear()

    def workers(self, num_wanted: int) -> list[_Worker]:
        """The pool, grown to min(num_wanted, num_workers)."""
        while len(self._workers) < min(num_wanted, self._num_workers):
            self._workers.append(self._spawn())
        return self._workers

    def discard(self, worker: _Worker) -> None:
        """Kill a worker and forget it."""
        worker.kill()
        self._workers.remove(worker)

    def _spawn(self) -> _Worker:
        ours, theirs = multiprocessing.Pipe(duplex=True)
        process = multiprocessing.get_context("spawn").Process(
            target=worker_main,
            name="psro-worker",
            args=(theirs, os.getpid(), self._directory, self._factory, self._config_payload,
                  logging.getLogger().getEffectiveLevel()),
        )  # fmt: skip
        # The mask is inherited: a signal cannot hit the child before it ignores it.
        before = signal.pthread_sigmask(signal.SIG_BLOCK, STOP_SIGNALS)
        try:
            # multiprocessing's tracker unblocks signals when it starts, so it is started first.
            resource_tracker.ensure_running()
            signal.pthread_sigmask(signal.SIG_BLOCK, STOP_SIGNALS)
            process.start()
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
            theirs.close()
        return _Worker(process, ours)

    # What a batch needs to turn a worker's last words into an error.

    def failure(self, unit: Unit | None, trace: str) -> Exception:
        """The error for a unit (None: the worker's initialisation) that raised."""
        if unit is None:
            return UnitError("", f"a worker could not be initialised:\n{trace}")
        return UnitError(unit.key, failure_message(unit, trace, self._alone_hint))

    def os_failure(self, unit: Unit | None, number: int, trace: str) -> Exception:
        """The error for a unit that raised an OSError: the user's if the disk is full."""
        try:
            raise_if_disk_full(OSError(number, os.strerror(number)), self._directory)
        except UserError as error:
            return error
        return self.failure(unit, trace)

    def death(self, unit: Unit | None, num_deaths: int, reason: str) -> Exception:
        """The error for workers that keep dying."""
        what = f"running unit {unit.key!r} ({unit.kind})" if unit else "starting"
        return UnitError(
            unit.key if unit else "",
            f"{num_deaths} workers died {what}, the last {reason}. Killed by SIGKILL often means "
            "out of memory: use fewer workers or smaller batches. To run it alone: "
            f"{self._alone_hint}",
        )

    @property
    def drain_s(self) -> float:
        """Seconds that running units have to reach a safe point."""
        return self._drain_s


class _Batch:
    """One call of ProcessExecutor.run: its queue, what failed, and the drain."""

    def __init__(
        self,
        pool: ProcessExecutor,
        waiting: "deque[Unit]",
        stop: StopFlag,
        listener: ExecutorListener,
    ) -> None:
        self._pool = pool
        self._waiting = waiting
        self._stop = stop
        self._listener = listener
        self._deaths: Counter[str] = Counter()
        self._failure: Exception | None = None
        self._drain_until: float | None = None
        self._num_left = len(waiting)

    def run(self) -> Iterator[UnitDone]:
        while self._num_left:
            self._look_at_stop()
            if self._drain_until is None:
                self._dispatch()
            busy = self._busy()
            if self._drain_until is not None and not busy:
                break
            # Idle workers too: one may have died, or failed to start.
            workers = self._pool.workers(0)
            wait(
                [w.connection for w in workers] + [w.process.sentinel for w in workers],
                timeout=_POLL_S,
            )
            for worker in list(workers):
                # First look whether it is dead: what it sent before is then surely here. Not by
                # the sentinel alone, which a child that it forked holds open.
                dead = not worker.process.is_alive()
                yield from self._hear(worker)
                if dead:
                    self._bury(worker)
            self._give_up_late_ones()
        if self._failure is not None:
            raise self._failure
        if self._num_left:
            raise Preempted(self._stop.reason)

    def _busy(self) -> list[_Worker]:
        return [worker for worker in self._pool.workers(0) if worker.unit is not None]

    def _look_at_stop(self) -> None:
        if self._stop.is_set() or self._failure is not None:
            if self._drain_until is None:
                self._drain_until = time.monotonic() + self._pool.drain_s
            if self._stop.is_urgent:
                self._drain_until = 0.0
            for worker in self._busy():
                if not worker.told_to_stop:
                    worker.told_to_stop = True
                    worker.send("stop")

    def _dispatch(self) -> None:
        workers = self._pool.workers(len(self._waiting) + len(self._busy()))
        for worker in workers:
            if worker.unit is None and self._waiting and worker.process.is_alive():
                worker.unit = self._waiting.popleft()
                worker.told_to_stop = False
                worker.send("unit", worker.unit)

    def _hear(self, worker: _Worker) -> Iterator[UnitDone]:
        for kind, *rest in _messages(worker):
            if kind == "ready":
                worker.ready = True
            elif kind == "progress":
                if worker.unit is not None:
                    self._listener.on_progress(worker.unit, rest[0])
            elif kind == "log":
                record = logging.makeLogRecord(rest[0])
                target = logging.getLogger(record.name)
                if target.isEnabledFor(record.levelno):
                    target.handle(record)
            elif kind == "done":
                worker.unit = None
                self._num_left -= 1
                yield rest[0]
            else:
                # A worker that fails before it is ready fails for itself, not for its unit.
                unit = worker.unit if worker.ready else None
                worker.unit = None
                if kind == "user_error":
                    self._fail(UserError(rest[0]))
                elif kind == "os_error":
                    self._fail(self._pool.os_failure(unit, *rest))
                elif kind == "failed":
                    self._fail(self._pool.failure(unit, rest[0]))
                elif self._drain_until is None:
                    assert kind == "preempted", kind
                    self._fail(self._pool.failure(unit, "Preempted, although nobody stopped"))

    def _bury(self, worker: _Worker) -> None:
        worker.process.join()
        code = worker.process.exitcode or 0
        reason = f"by {signal.Signals(-code).name}" if code < 0 else f"with exit code {code}"
        unit, worker.unit = worker.unit, None
        self._pool.discard(worker)
        if self._failure is not None or (self._drain_until is not None):
            return
        key = unit.key if unit and worker.ready else ""
        self._deaths[key] += 1
        self._listener.on_worker_death(unit, self._deaths[key], reason)
        logger.warning(
            "a worker died %s%s; it is replaced (%d of at most %d times)",
            reason, f" in unit {unit.key!r}, which is run again" if unit else "",
            self._deaths[key], MAX_DEATHS,
        )  # fmt: skip
        if self._deaths[key] >= MAX_DEATHS:
            self._fail(self._pool.death(unit if key else None, self._deaths[key], reason))
        elif unit is not None:
            self._waiting.appendleft(unit)

    def _fail(self, failure: Exception) -> None:
        self._failure = self._failure or failure

    def _give_up_late_ones(self) -> None:
        if self._drain_until is not None and time.monotonic() > self._drain_until:
            for worker in self._busy():
                assert worker.unit is not None
                logger.warning("unit %r did not stop in time: killed its worker", worker.unit.key)
                self._pool.discard(worker)


def _messages(worker: _Worker) -> Iterator[tuple[Any, ...]]:
    """What the worker has sent by now."""
    while True:
        try:
            if not worker.connection.poll():
                return
            message = worker.connection.recv()
        except (EOFError, OSError):
            # It is dying, perhaps in the middle of a message; its sentinel says so in a moment.
            worker.process.join(1.0)
            return
        yield message
