"""Fault injection: die by SIGKILL at a named step, to prove that any step may be the last.

    PSRO_KILL_AT=<point>:<n>          the driver dies on its n-th pass of the named point
    PSRO_KILL_WORKER_AT=<point>:<n>   a worker does on its n-th pass, and takes the driver with it

`*:<n>` means the n-th pass of any point. The first counts passes in the driver's process (with
executor=serial that is all of them), the second in each worker by itself. Whoever dies says so on
standard error: the point, and the file it was writing. Unset, a point costs one comparison.
The points are named where they stand: grep for `faults.point`.
"""

import os
import signal
from pathlib import Path

_VARIABLE = "PSRO_KILL_AT"
_WORKER_VARIABLE = "PSRO_KILL_WORKER_AT"


class _Trap:
    def __init__(
        self, setting: str | None, variable: str = _VARIABLE, driver_pid: int | None = None
    ) -> None:
        """`driver_pid`: whom a worker takes with it, while that is still its parent; None: nobody."""
        self.variable = variable
        self.driver_pid = driver_pid
        self.name = ""
        self.remaining = 0
        if setting:
            self.name, _, count = setting.rpartition(":")
            if not self.name or not count.isdigit() or int(count) < 1:
                raise ValueError(f"{variable} must be <point>:<n> with n >= 1, not {setting!r}")
            self.remaining = int(count)

    def spring(self, name: str, path: Path | None) -> None:
        what = f"{name} of {path}" if path else name
        os.write(2, f"psro: killed by {self.variable}: {what}\n".encode())
        # Never 0, which would be our own process group.
        if self.driver_pid and self.driver_pid == os.getppid():
            os.kill(self.driver_pid, signal.SIGKILL)
        os.kill(os.getpid(), signal.SIGKILL)


_trap = _Trap(os.environ.get(_VARIABLE))


def armed() -> bool:
    """True when a kill is set: writers then split their writes so that they can be torn."""
    return _trap.remaining > 0


def arm() -> None:
    """Read the driver's setting again (for a process forked after this module was imported)."""
    global _trap
    _trap = _Trap(os.environ.get(_VARIABLE))


def arm_worker(driver_pid: int | None) -> None:
    """From here on this process is a worker: its setting holds, and `driver_pid` dies with it.

    driver_pid: None where the driver is not its parent (on another machine, say).
    """
    global _trap
    _trap = _Trap(os.environ.get(_WORKER_VARIABLE), _WORKER_VARIABLE, driver_pid)


def point(name: str, path: Path | None = None) -> None:
    """Mark a step (of writing `path`); SIGKILL this process if the setting says so."""
    if _trap.remaining and _trap.name in ("*", name):
        _trap.remaining -= 1
        if not _trap.remaining:
            _trap.spring(name, path)
