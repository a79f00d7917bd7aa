"""The stop flag: signals are recorded, nothing else; loops look at the flag at safe points.

Who does not get to a safe point in time is ended all the same, with the exit code "preempted": that
is as safe as a SIGKILL at that instant, and a batch system would send one next.
"""

import contextlib
import os
import signal
import sys
import time
from collections.abc import Callable
from types import FrameType
from typing import Any, NoReturn

from psro.machine.errors import Preempted
from psro.machine.exit_codes import PREEMPTED

# HUP: the terminal was closed. USR1 is what slurm/psro.sh asks for before the time limit, USR2 what submitit does.
STOP_SIGNALS = (
    signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2
)  # fmt: skip

# A batch system that signals every process of a job and a script that forwards the signal
# deliver it twice: what comes within these seconds of the first is the same request.
SAME_REQUEST_S = 5.0

DRAIN_S = 12.0
"""After a stop: how long running units have to reach a safe point, unless told otherwise."""
LAST_RESORT_S = 6.0
"""What the driver has on top of that to end its workers, note where it is, and exit. Together 18 s:
SLURM sends SIGKILL 30 s after SIGTERM, and a loaded machine takes its time."""
URGENT_EXIT_S = 3.0
"""After a second request: how long until the process ends wherever it is."""


class StopFlag:
    """Raised by the first signal ("stop at the next safe point"), urgent after a later second one.

    Urgent means that nobody waits for workers any more: they are killed, which is as safe.
    Use it as a context manager, or `install()` and `uninstall()`, in the main thread.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.exit_within_s = DRAIN_S + LAST_RESORT_S
        """Seconds from the first signal to the end of this process, wherever it is by then."""
        self._clock = clock
        self._reason = ""
        self._first_at: float | None = None
        self._urgent = False
        self._signalled = False
        self._previous: dict[signal.Signals, Any] = {}

    def install(self) -> None:
        """Put the handlers in place. Raises: ValueError outside the main thread."""
        self._previous[signal.SIGALRM] = signal.signal(signal.SIGALRM, _end_here)
        for signum in STOP_SIGNALS:
            if signum == signal.SIGHUP and signal.getsignal(signum) is signal.SIG_IGN:
                continue  # nohup
            self._previous[signum] = signal.signal(signum, self._record)

    def uninstall(self) -> None:
        """Put the handlers back that were there before."""
        signal.setitimer(signal.ITIMER_REAL, 0)
        for signum, handler in self._previous.items():
            signal.signal(signum, handler)
        self._previous.clear()

    def __enter__(self) -> "StopFlag":
        self.install()
        return self

    def __exit__(self, *_: object) -> None:
        self.uninstall()
        if self._signalled:
            # The process is on its way out. A repeat that comes now would kill it, and turn its
            # exit code from "preempted" into "killed by SIGTERM".
            for signum in STOP_SIGNALS:
                signal.signal(signum, signal.SIG_IGN)

    def _record(self, signum: int, _frame: FrameType | None) -> None:
        was_urgent = self._urgent
        self.set(signal.Signals(signum).name)
        if not self._signalled:
            self._signalled = True
            signal.setitimer(signal.ITIMER_REAL, self.exit_within_s)
        elif self._urgent and not was_urgent:
            left, _ = signal.getitimer(signal.ITIMER_REAL)
            signal.setitimer(signal.ITIMER_REAL, min(left or URGENT_EXIT_S, URGENT_EXIT_S))

    def set(self, reason: str) -> None:
        """Ask for a stop, as a signal does; again after SAME_REQUEST_S it becomes urgent."""
        now = self._clock()
        if self._first_at is None:
            self._first_at, self._reason = now, reason
        elif now - self._first_at > SAME_REQUEST_S:
            self._urgent = True

    def is_set(self) -> bool:
        """True once a stop was asked for."""
        return self._first_at is not None

    @property
    def seconds_since(self) -> float:
        """How long ago the stop was asked for; 0 while it was not."""
        return 0.0 if self._first_at is None else self._clock() - self._first_at

    @property
    def is_urgent(self) -> bool:
        """True once a stop was asked for a second time."""
        return self._urgent

    @property
    def reason(self) -> str:
        """The name of the first signal, or the reason given; empty while not set."""
        return self._reason

    def raise_if_set(self) -> None:
        """Raises: Preempted if a stop was asked for."""
        if self.is_set():
            raise Preempted(self._reason)


def leave_at_once(code: int) -> NoReturn:
    """Exit without the interpreter's own clean-up, of use to nobody once everything is saved and closed.

    With torch loaded that takes a second or two of CPU time, and on a busy machine a batch system's patience.
    """
    with contextlib.suppress(OSError):  # nobody is there to read it any more
        sys.stdout.flush()
        sys.stderr.flush()
    os._exit(code)


def _end_here(_signum: int, _frame: FrameType | None) -> None:
    # No clean-up, no exception that somebody might catch: what SIGKILL would do. Workers and
    # simulators die with this process (lifeline.py).
    message = (
        "psro: stopped where it was, not at a safe point, since none came in time; everything "
        "committed is kept; run the same command again to go on from here\n"
    )
    with contextlib.suppress(OSError):
        os.write(2, message.encode())
    os._exit(PREEMPTED)
