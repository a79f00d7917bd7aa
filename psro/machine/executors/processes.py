"""The process executor: N spawned workers, kept from phase to phase.

Each worker is initialised once and takes one unit at a time. One that dies, or gives no sign of life
for `hang_s`, is replaced and its unit run again; the same unit's third such death stops the run.

A unit gives a sign of life whenever it polls the stop flag or reports progress (worker.py sends it on,
every BEAT_EVERY_S at most), so a slow unit is told from a hung one, however slow it is. A worker
that starts (imports, makes its context) has as long for that. Silence is counted only while the driver
itself runs: not while the whole job is stopped, or a laptop sleeps.

The driver's main thread alone talks to the workers (PR_SET_PDEATHSIG is tied to the thread that
spawned them).
"""

import atexit
import logging
import os
import signal
import time
from collections import Counter, deque
from collections.abc import Generator, Iterator, Sequence
from multiprocessing.connection import wait
from pathlib import Path
from typing import Any

from psro.machine.durable import raise_if_disk_full
from psro.machine.errors import Preempted, UnitError, UserError
from psro.machine.executors.failures import (
    AloneHint,
    death_message,
    failure_message,
    in_this_process,
)
from psro.machine.executors.handle import WorkerHandle
from psro.machine.executors.protocol import ExecutorListener, UnitDone
from psro.machine.signals import DRAIN_S, StopFlag
from psro.machine.units import Unit, WorkerFactory

logger = logging.getLogger(__name__)

MAX_DEATHS = 3
HANG_S = 600.0
"""Much longer than a healthy unit goes without a sign of life: docs/reliability.md has the figures."""
BEAT_EVERY_S = 2.0
_POLL_S = 0.1
_MAX_TICK_S = 1.0
_CLOSE_S = 2.0


class ProcessExecutor:
    """Runs units in `num_workers` processes.

    directory: of the run. factory, config_payload: picklable; make each worker's context.
    drain_s: how long running units may take to reach a safe point after a stop or a failure;
    then their workers are killed, which is as safe. hang_s: see above; None: wait for ever.
    alone_hint: how to run a unit by itself, for error messages.
    """

    def __init__(
        self,
        directory: Path,
        factory: WorkerFactory,
        config_payload: Any,
        num_workers: int,
        drain_s: float = DRAIN_S,
        hang_s: float | None = HANG_S,
        alone_hint: AloneHint = in_this_process,
    ) -> None:
        if num_workers < 1:
            raise UserError(f"executor.num_workers must be at least 1, not {num_workers}")
        self._directory = directory
        self._factory = factory
        self._config_payload = config_payload
        self._num_workers = num_workers
        self.drain_s = drain_s
        self.hang_s = hang_s
        self._alone_hint = alone_hint
        self._workers: list[WorkerHandle] = []
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
        """End the workers; after two seconds by force, for they have nothing to lose."""
        atexit.unregister(self.close)
        for worker in self._workers:
            if worker.ready:
                worker.send("close")
            else:
                worker.process.kill()
        deadline = time.monotonic() + _CLOSE_S
        for worker in self._workers:
            worker.process.join(max(0.0, deadline - time.monotonic()))
            worker.kill()
        self._workers.clear()

    def workers(self, num_wanted: int) -> list[WorkerHandle]:
        """The pool, grown to min(num_wanted, num_workers)."""
        while len(self._workers) < min(num_wanted, self._num_workers):
            self._workers.append(self._spawn())
        return self._workers

    def discard(self, worker: WorkerHandle) -> None:
        """Kill a worker and forget it."""
        worker.kill()
        self._workers.remove(worker)

    def _spawn(self) -> WorkerHandle:
        beat_every_s = BEAT_EVERY_S
        if self.hang_s is not None:
            beat_every_s = min(beat_every_s, self.hang_s / 10)
        return WorkerHandle.spawn(
            self._directory, self._factory, self._config_payload, beat_every_s
        )

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
        if unit is None:
            return UnitError(
                "", f"{num_deaths} workers died while they started or waited, the last {reason}"
            )
        return UnitError(unit.key, death_message(unit, num_deaths, reason, self._alone_hint))


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
        self._ticked_at = time.monotonic()

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
            self._look_for_hung_ones()
            self._give_up_late_ones()
        if self._failure is not None:
            raise self._failure
        if self._num_left:
            raise Preempted(self._stop.reason)

    def _busy(self) -> list[WorkerHandle]:
        return [worker for worker in self._pool.workers(0) if worker.unit is not None]

    def _look_at_stop(self) -> None:
        if self._stop.is_set() or self._failure is not None:
            if self._drain_until is None:
                # A stop counts from the signal: the driver may have been at work of its own.
                self._drain_until = time.monotonic() + self._pool.drain_s - self._stop.seconds_since
            if self._stop.is_urgent:
                self._drain_until = 0.0
            for worker in self._busy():
                if not worker.told_to_stop:
                    worker.told_to_stop = True
                    worker.send("stop")

    def _dispatch(self) -> None:
        workers = self._pool.workers(len(self._waiting) + len(self._busy()))
        for worker in workers:
            if worker.ready and worker.unit is None and self._waiting and worker.process.is_alive():
                worker.give(self._waiting.popleft())

    def _hear(self, worker: WorkerHandle) -> Iterator[UnitDone]:
        for kind, *rest in worker.messages():
            if kind == "ready":
                worker.ready, worker.silent_s = True, 0.0
            elif kind == "beat":
                worker.silent_s = 0.0
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
                # None: it fails for itself, at its start.
                unit, worker.unit = worker.unit, None
                if kind == "user_error":
                    self._fail(UserError(rest[0]), unit)
                elif kind == "os_error":
                    self._fail(self._pool.os_failure(unit, *rest), unit)
                elif kind == "failed":
                    self._fail(self._pool.failure(unit, rest[0]), unit)
                else:
                    assert kind == "preempted", kind
                    if self._drain_until is None:
                        message = "Preempted, although nobody asked to stop"
                        self._fail(self._pool.failure(unit, message), unit)

    def _bury(self, worker: WorkerHandle) -> None:
        worker.process.join()
        code = worker.process.exitcode or 0
        self._lose(
            worker, f"by {signal.Signals(-code).name}" if code < 0 else f"with exit code {code}"
        )

    def _look_for_hung_ones(self) -> None:
        now = time.monotonic()
        # While the driver was stopped, so were the workers, or they were not listened to.
        passed = min(now - self._ticked_at, _MAX_TICK_S)
        self._ticked_at = now
        limit = self._pool.hang_s
        if limit is None or self._drain_until is not None:
            return
        for worker in [worker for worker in self._pool.workers(0) if worker.is_at_work]:
            worker.silent_s += passed
            if worker.silent_s > limit:
                self._lose(worker, f"it hung: no sign of life for {limit:g} s")

    def _lose(self, worker: WorkerHandle, reason: str) -> None:
        """Take a dead or hung worker from the pool, and have its unit run again."""
        unit, worker.unit = worker.unit, None
        self._pool.discard(worker)
        if self._drain_until is not None or self._failure is not None:
            return
        key = unit.key if unit else ""
        self._deaths[key] += 1
        self._listener.on_worker_death(unit, self._deaths[key], reason)
        logger.warning(
            "a worker died (%s)%s; it is replaced (%d of at most %d times)",
            reason, f" in unit {unit.key!r}, which is run again" if unit else "",
            self._deaths[key], MAX_DEATHS,
        )  # fmt: skip
        if self._deaths[key] >= MAX_DEATHS:
            self._fail(self._pool.death(unit, self._deaths[key], reason), unit)
        elif unit is not None:
            self._waiting.appendleft(unit)

    def _fail(self, failure: Exception, unit: Unit | None) -> None:
        if self._failure is None:
            self._failure = failure
            if unit is not None:
                self._listener.on_unit_failed(unit, str(failure))

    def _give_up_late_ones(self) -> None:
        if self._drain_until is not None and time.monotonic() > self._drain_until:
            for worker in self._busy():
                assert worker.unit is not None
                logger.warning("unit %r did not stop in time: killed its worker", worker.unit.key)
                self._pool.discard(worker)
