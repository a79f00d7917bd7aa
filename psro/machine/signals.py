"""The stop flag: signals are recorded, nothing else; loops look at the flag at safe points."""

import signal
import time
from collections.abc import Callable
from types import FrameType
from typing import Any

from psro.machine.errors import Preempted

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGUSR1)

# A batch system that signals every process of a job and a script that forwards the signal
# deliver it twice: what comes within these seconds of the first is the same request.
SAME_REQUEST_S = 5.0


class StopFlag:
    """Raised by the first signal ("stop at the next safe point"), urgent after a later second one.

    Urgent means that nobody waits for workers any more: they are killed, which is as safe.
    Use it as a context manager, or `install()` and `uninstall()`, in the main thread.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._reason = ""
        self._first_at: float | None = None
        self._urgent = False
        self._previous: dict[signal.Signals, Any] = {}

    def install(self) -> None:
        """Put the handlers in place. Raises: ValueError outside the main thread."""
        for signum in STOP_SIGNALS:
            self._previous[signum] = signal.signal(signum, self._record)

    def uninstall(self) -> None:
        """Put the handlers back that were there before."""
        for signum, handler in self._previous.items():
            signal.signal(signum, handler)
        self._previous.clear()

    def __enter__(self) -> "StopFlag":
        self.install()
        return self

    def __exit__(self, *_: object) -> None:
        self.uninstall()

    def _record(self, signum: int, _frame: FrameType | None) -> None:
        self.set(signal.Signals(signum).name)

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
