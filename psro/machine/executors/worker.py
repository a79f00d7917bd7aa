"""A worker process: takes units off its pipe, one at a time, and never outlives its parent.

Messages to it: ("unit", Unit), ("stop",), ("close",). From it: ("ready",), ("beat",),
("progress", Progress), ("log", fields), ("done", UnitDone), ("preempted",), ("user_error", text),
("os_error", errno, traceback), ("failed", traceback).
One pipe per worker and no lock shared between processes: a worker may die at any instant
without harm to the others.
"""

import logging
import os
import queue
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from psro.machine import faults
from psro.machine.errors import Preempted, UserError
from psro.machine.executors.perform import perform
from psro.machine.lifeline import bind_forks, die_with
from psro.machine.signals import STOP_SIGNALS, leave_at_once
from psro.machine.units import Progress, Unit, WorkerContext, WorkerFactory

_PROGRESS_EVERY_S = 0.1


class WorkerStop:
    """The stop flag as a unit in a worker sees it. A unit that looks at it is alive."""

    def __init__(self, beat: Callable[[], None] = lambda: None) -> None:
        self._event = threading.Event()
        self._beat = beat

    def set(self) -> None:
        self._event.set()

    def clear(self) -> None:
        self._event.clear()

    def is_set(self) -> bool:
        """True once the run is to stop."""
        self._beat()
        return self._event.is_set()

    def raise_if_set(self) -> None:
        """Raises: Preempted if the run is to stop."""
        if self.is_set():
            raise Preempted("the driver asked to stop")


class _Outbox:
    """The sending end; the unit, its threads and its loggers share it."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._lock = threading.RLock()
        self._pid = os.getpid()

    def is_ours(self) -> bool:
        """False in a child that the unit forked (a data loader's): it must not use the pipe."""
        return os.getpid() == self._pid

    def send(self, *message: Any) -> None:
        assert self.is_ours(), "a forked child cannot speak to the driver"
        try:
            with self._lock:
                self._connection.send(message)
        except (BrokenPipeError, ConnectionResetError):
            os._exit(1)  # the driver is gone; nobody is left to tell


class Pulse:
    """Tells the driver, not more often than it needs, that the unit's own thread gets on.

    Another thread's calls do not count: it would go on while the unit hangs.
    """

    def __init__(self, outbox: _Outbox, every_s: float) -> None:
        self._outbox = outbox
        self._every_s = every_s
        self._thread = threading.get_ident()
        self._last = time.monotonic()

    def beat(self) -> None:
        now = time.monotonic()
        if (
            now - self._last >= self._every_s
            and threading.get_ident() == self._thread
            and self._outbox.is_ours()
        ):
            self._last = now
            self._outbox.send("beat")


class _LogHandler(logging.Handler):
    """Sends log records to the driver, formatted, since their arguments may not pickle."""

    def __init__(self, outbox: _Outbox) -> None:
        super().__init__()
        self._outbox = outbox

    def emit(self, record: logging.LogRecord) -> None:
        text = record.getMessage()
        if record.exc_info:
            text += "\n" + "".join(traceback.format_exception(*record.exc_info)).rstrip()
        if not self._outbox.is_ours():
            print(f"{record.levelname} {record.name}: {text}", file=sys.stderr, flush=True)
            return
        self._outbox.send(
            "log", {"name": record.name, "levelno": record.levelno, "msg": text,
                    "levelname": record.levelname, "created": record.created,
                    "pathname": record.pathname, "lineno": record.lineno,
                    "funcName": record.funcName}
        )  # fmt: skip


class _Sink:
    """Sends progress, not more often than eyes can follow; records with metrics always."""

    def __init__(self, outbox: _Outbox, pulse: Pulse) -> None:
        self._outbox = outbox
        self._pulse = pulse
        self._last = -_PROGRESS_EVERY_S

    def __call__(self, done: int, total: int, label: str, **metrics: float) -> None:
        self._pulse.beat()
        now = time.monotonic()
        if metrics or done >= total or now - self._last >= _PROGRESS_EVERY_S:
            self._last = now
            self._outbox.send("progress", Progress(done, total, label, metrics))


def worker_main(
    connection: Connection,
    parent_pid: int,
    directory: Path,
    factory: WorkerFactory,
    config_payload: Any,
    log_level: int,
    beat_every_s: float,
) -> None:
    """The life of a worker; runs in the process that ProcessExecutor spawned."""
    die_with(parent_pid)
    bind_forks()
    # Own session: a terminal's Ctrl-C reaches the driver only, not the units' children either.
    os.setsid()
    for signum in STOP_SIGNALS:
        signal.signal(signum, signal.SIG_IGN)
    # The driver blocked them while it spawned us, so that none hit before they were ignored.
    signal.pthread_sigmask(signal.SIG_UNBLOCK, STOP_SIGNALS)
    faults.arm_worker(parent_pid)
    outbox = _Outbox(connection)
    root = logging.getLogger()
    root.setLevel(log_level)
    root.handlers[:] = [_LogHandler(outbox)]
    logging.captureWarnings(True)
    inbox: queue.SimpleQueue[Unit | None] = queue.SimpleQueue()
    pulse = Pulse(outbox, beat_every_s)
    stop = WorkerStop(pulse.beat)
    threading.Thread(target=_listen, args=(connection, inbox, stop), daemon=True).start()
    try:
        context = factory(config_payload)
    except Exception as error:  # noqa: BLE001  sent to the driver, which raises it
        _report(outbox, error)
        return
    outbox.send("ready")
    while (unit := inbox.get()) is not None:
        _work(context, directory, unit, _Sink(outbox, pulse), outbox, stop)
    context.close()
    leave_at_once(0)


def _work(
    context: WorkerContext,
    directory: Path,
    unit: Unit,
    sink: _Sink,
    outbox: _Outbox,
    stop: WorkerStop,
) -> None:
    try:
        done = perform(context, directory, unit, sink, stop)
    except Preempted:
        outbox.send("preempted")
    except Exception as error:  # noqa: BLE001  sent to the driver, which raises it
        _report(outbox, error)
    else:
        outbox.send("done", done)


def _report(outbox: _Outbox, error: Exception) -> None:
    if isinstance(error, UserError):
        outbox.send("user_error", str(error))
    elif isinstance(error, OSError) and error.errno is not None:
        outbox.send("os_error", error.errno, traceback.format_exc())
    else:
        outbox.send("failed", traceback.format_exc())


def _listen(
    connection: Connection, inbox: "queue.SimpleQueue[Unit | None]", stop: WorkerStop
) -> None:
    while True:
        try:
            message = connection.recv()
        except (EOFError, OSError):
            os._exit(1)  # the driver died: what it will want is recomputed by its successor
        if message[0] == "unit":
            stop.clear()
            inbox.put(message[1])
        elif message[0] == "stop":
            stop.set()
        else:
            assert message[0] == "close", message
            inbox.put(None)
