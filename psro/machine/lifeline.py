"""No orphans: a worker, and what it forks, dies when its parent dies, however that dies.

The kernel sees to it (PR_SET_PDEATHSIG, Linux only); on other systems the end of the pipe does, but not
to a worker that hangs. The kernel means the *thread* that started the process, so what is to live
long must be started from the main thread. The simulator watches its parent itself (host.js).
"""

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1  # linux/prctl.h


def die_with(parent_pid: int) -> None:
    """Have this process killed when its parent dies; at once if `parent_pid` is not its parent any more.

    Raises: OSError if the kernel refuses.
    """
    if sys.platform == "linux":
        if ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0):
            raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG) failed")
        if os.getppid() != parent_pid:  # it died before we could ask
            os._exit(1)


def bind_forks() -> None:
    """From here on, every child that this process forks (and theirs) dies with its parent."""
    parent = os.getpid()

    def in_child() -> None:
        nonlocal parent
        die_with(parent)
        parent = os.getpid()

    os.register_at_fork(after_in_child=in_child)
