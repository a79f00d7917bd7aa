"""Exit codes of the program: what a launcher or a batch script may rely on.

| code | name           | meaning                                     | what a launcher does        |
|------|----------------|---------------------------------------------|-----------------------------|
| 0    | DONE           | the run is complete                         | nothing                     |
| 1    | INTERNAL_ERROR | a bug or a failed unit; a traceback is shown| nothing: look at it         |
| 2    | USER_ERROR     | bad input; one line says what to do         | nothing: put it right       |
| 75   | PREEMPTED      | stopped by a signal, everything is saved    | run the same command again  |

75 is EX_TEMPFAIL of sysexits.h: a temporary failure, try again. Hydra and argparse use 2 for
bad command lines too. A process killed by signal n shows as 128 + n in a shell; after it the
same command goes on from the last committed unit as well.
"""

from psro.machine.errors import Preempted, UserError

DONE = 0
INTERNAL_ERROR = 1
USER_ERROR = 2
PREEMPTED = 75


def exit_code_for(error: BaseException | None) -> int:
    """The exit code of a program that ended with `error` (None: it ended well)."""
    if error is None:
        return DONE
    if isinstance(error, Preempted):
        return PREEMPTED
    if isinstance(error, UserError):
        return USER_ERROR
    return INTERNAL_ERROR
