"""Fault injection: die by SIGKILL at a named step, to prove that any step may be the last.

`PSRO_KILL_AT=<point>:<n>` kills the driver on its n-th pass of the named point, `*:<n>` on the
n-th pass of any point. Unset, a point costs one comparison. Workers disarm it: their death is
another test. The points are named where they stand: grep for `faults.point`.
"""

import os
import signal

_VARIABLE = "PSRO_KILL_AT"


class _Trap:
    def __init__(self, setting: str | None) -> None:
        self.name = ""
        self.remaining = 0
        if setting:
            self.name, _, count = setting.rpartition(":")
            if not self.name or not count.isdigit() or int(count) < 1:
                raise ValueError(f"{_VARIABLE} must be <point>:<n> with n >= 1, not {setting!r}")
            self.remaining = int(count)


_trap = _Trap(os.environ.get(_VARIABLE))


def armed() -> bool:
    """True when a kill is set: writers then split their writes so that they can be torn."""
    return _trap.remaining > 0


def disarm() -> None:
    """Forget the setting in this process (workers call it)."""
    _trap.remaining = 0


def point(name: str) -> None:
    """Mark a step; SIGKILL this process if the setting says so."""
    if _trap.remaining and _trap.name in ("*", name):
        _trap.remaining -= 1
        if not _trap.remaining:
            os.kill(os.getpid(), signal.SIGKILL)
