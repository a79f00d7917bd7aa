"""Every way a program may end, as one line and an error; its exit code is `exit_codes.exit_code_for` of that."""

import contextlib
import errno
import sys
import traceback
from collections.abc import Callable

from omegaconf.errors import OmegaConfBaseException

from psro.machine.errors import Preempted, UnitError, UserError

DISK_ERRORS = (errno.ENOSPC, errno.EDQUOT, errno.EROFS)
GOES_ON = "run the same command again to go on from here"
NOT_KEPT = "nothing of it is kept"


def ending(work: Callable[[], None], stopped: str = GOES_ON) -> BaseException | None:
    """Does `work`; says in one line how it ended if not well, and returns that error. `stopped`: what a stop means for it."""
    error: BaseException | None = None
    try:
        work()
    except (Preempted, KeyboardInterrupt) as stop:
        error = stop if isinstance(stop, Preempted) else Preempted("SIGINT")
        say(f"stopped; {stopped}")
    except UnitError as failed:
        error = failed
        print(f"psro: {failed}", file=sys.stderr)
    except (UserError, OmegaConfBaseException) as wrong:
        error = wrong if isinstance(wrong, UserError) else UserError(str(wrong))
        say(str(error))
    except OSError as system:
        if system.errno in DISK_ERRORS:
            error = UserError(
                f"the disk refused a write ({system}); free some space or make it writable, then run "
                "the same command again: everything committed is kept"
            )
            say(str(error))
        else:
            error = system
            traceback.print_exc()
    except Exception as bug:  # noqa: BLE001  # shown whole, and the exit code says it
        error = bug
        traceback.print_exc()
        say(f"internal error: {bug}")
    return error


def say(message: str) -> None:
    """One line on standard error."""
    with contextlib.suppress(OSError):  # a terminal that was closed; the exit code says it too
        print(f"psro: {' '.join(message.split())}", file=sys.stderr)
