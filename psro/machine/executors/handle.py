"""The driver's end of a worker: its process, its pipe, what it does, and how long it has been silent."""

import contextlib
import logging
import multiprocessing
import os
import signal
from collections.abc import Iterator
from dataclasses import dataclass
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from pathlib import Path
from typing import Any

from psro.machine.executors.worker import worker_main
from psro.machine.signals import STOP_SIGNALS
from psro.machine.units import Unit, WorkerFactory

_REAP_S = 2.0


@dataclass(eq=False)
class WorkerHandle:
    """One worker, from spawn to death."""

    process: SpawnProcess
    connection: Connection
    unit: Unit | None = None
    ready: bool = False
    """Its context is made."""
    told_to_stop: bool = False
    silent_s: float = 0.0
    """Seconds since its last sign of life, counted while it has something to do and the driver runs."""

    @classmethod
    def spawn(
        cls, directory: Path, factory: WorkerFactory, config_payload: Any, beat_every_s: float
    ) -> "WorkerHandle":
        """Start one; see ProcessExecutor for the arguments."""
        ours, theirs = multiprocessing.Pipe(duplex=True)
        level = logging.getLogger().getEffectiveLevel()
        process = multiprocessing.get_context("spawn").Process(
            target=worker_main,
            name="psro-worker",
            args=(theirs, os.getpid(), directory, factory, config_payload, level, beat_every_s),
        )
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
        return cls(process, ours)

    @property
    def is_at_work(self) -> bool:
        """True while it starts or has a unit: then it must give signs of life."""
        return self.unit is not None or not self.ready

    def give(self, unit: Unit) -> None:
        """Send it a unit. It must be ready: one that never reads would block the driver here."""
        assert self.ready
        self.unit, self.told_to_stop, self.silent_s = unit, False, 0.0
        self.send("unit", unit)

    def send(self, *message: Any) -> None:
        """Tell it something. A dead worker is noticed by its sentinel, where it is dealt with."""
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            self.connection.send(message)

    def messages(self) -> Iterator[tuple[Any, ...]]:
        """What it has sent by now."""
        while True:
            try:
                if not self.connection.poll():
                    return
                message = self.connection.recv()
            except (EOFError, OSError):
                # It is dying, perhaps in the middle of a message; its sentinel says so in a moment.
                self.process.join(1.0)
                return
            yield message

    def kill(self) -> None:
        """Kill it and what it started: it leads a session of its own (once it got so far)."""
        assert self.process.pid is not None
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.kill()
        # A process that waits for a dead file server dies only when that answers: go on without it.
        self.process.join(_REAP_S)
        self.connection.close()
