"""What is written beside the results may fail to be written; the run goes on without it."""

import logging
from collections.abc import Callable

from psro.machine.errors import UserError

logger = logging.getLogger(__name__)


class View:
    """A file or directory that a run can do without; off for the rest of the process once it failed."""

    def __init__(self, name: str, remedy: str) -> None:
        """`name`: what is not written if it fails. `remedy`: how to get it back, a clause."""
        self._name = name
        self._remedy = remedy
        self.is_off = False

    def attempt(self, write: Callable[[], object]) -> None:
        """Does `write` unless the view is off. Where the system refuses, warns once and switches it off.

        Raises whatever else `write` raises: a bug is no reason to be quiet.
        """
        if self.is_off:
            return
        try:
            write()
        except (OSError, UserError) as error:
            system = error if isinstance(error, OSError) else error.__cause__
            if not isinstance(system, OSError):
                raise
            self.is_off = True
            logger.warning(
                "%s: NOT WRITTEN (%s), and not tried again by this process. The run goes on, its results "
                "do not depend on it; %s",
                self._name,
                system,
                self._remedy,
            )


def rebuilt_by_command(directory: object) -> str:
    """The remedy for what is made from a run's files alone."""
    return f"rebuild it with: python -m psro.report {directory}"
