"""A worker process: takes units off its pipe, one at a time, and never outlives its parent.

Messages to it: ("unit", Unit), ("stop",), ("close",). From it: ("ready",), ("progress", Progress),
("log", fields), ("done", UnitDone), ("preempted",), ("user_error", text),
("os_error", errno, traceback), ("failed", traceback).
One pipe per worker and no lock shared between processes: a worker may die at any instant
without harm to the others.
"""

import ctypes
import logging
import os
import queue
import signal
import sys
import threading
import time
import traceback
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from psro.machine import faults
from psro.machine.errors import Preempted, UserError
from psro.machine.executors.perform import perform
from psro.machine.signals import STOP_SIGNALS
from psro.machine.units import Progress, Unit, WorkerContext, WorkerFactory

_PR_SET_PDEATHSIG = 1  # linux/prctl.h
_PROGRESS_EVERY_S = 0.1


class WorkerStop:
    """The stop flag as a unit in a worker sees it."""

    def __init__(self) -> None:
        self._event = threading.Event()

    def set(self) -> None:
        self._event.set()

    def clear(self) -> None:
        self._event.clear()

    def is_set(self) -> bool:
        """True once the run is to stop."""
        return self._event.is_set()

    def raise_if_set(self) -> None:
        """Raises: Preempted if the run is to stop."""
        if self._event.is_set():
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

    def __init__(self, outbox: _Outbox) -> None:
        self._outbox = outbox
        self._last = -_PROGRESS_EVERY_S

    def __call__(self, done: int, total: int, label: str, **metrics: float) -> None:
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
) -> None:
    """The life of a worker; runs in the process that ProcessExecutor spawned."""
    _die_with(parent_pid)
    # Own session: a terminal's Ctrl-C reaches the driver only, not the units' children either.
    os.setsid()
    for signum in STOP_SIGNALS:
        signal.signal(signum, signal.SIG_IGN)
    # The driver blocked them while it spawned us, so that none hit before they were ignored.
    signal.pthread_sigmask(signal.SIG_UNBLOCK, STOP_SIGNALS)
    faults.disarm()
    outbox = _Outbox(connection)
    root = logging.getLogger()
    root.setLevel(log_level)
    root.handlers[:] = [_LogHandler(outbox)]
    logging.captureWarnings(True)
    inbox: queue.SimpleQueue[Unit | None] = queue.SimpleQueue()
    stop = WorkerStop()
    threading.Thread(target=_listen, args=(connection, inbox, stop), daemon=True).start()
    try:
        context = factory(config_payload)
    except Exception as error:  # noqa: BLE001  sent to the driver, which raises it
        _report(outbox, error)
        return
    outbox.send("ready")
    while (unit := inbox.get()) is not None:
        _work(context, directory, unit, outbox, stop)
    context.close()


def _work(
    context: WorkerContext, directory: Path, unit: Unit, outbox: _Outbox, stop: WorkerStop
) -> None:
    try:
        done = perform(context, directory, unit, _Sink(outbox), stop)
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


def _die_with(parent_pid: int) -> None:
    """Have the kernel kill this process when its parent dies (elsewhere the pipe's end does)."""
    if sys.platform == "linux":
        if ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0):
            raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG) failed")
        if os.getppid() != parent_pid:  # it died before we could ask
            os._exit(1)
