"""A screen that may go away under the run: a pipe whose reader has left, a terminal that was closed."""

import logging
import os
from collections.abc import Callable

from psro.report.screens import Screen
from psro.report.text import Table
from psro.report.workload import Workload

logger = logging.getLogger(__name__)


class GuardedScreen:
    """Shows on `screen` while the system lets it; then says so, once, and the run goes on unseen.

    remedy: how else to see the run, a clause. drop: called when the screen is gone.
    """

    def __init__(self, screen: Screen, remedy: str, drop: Callable[[], None]) -> None:
        self._screen = screen
        self._remedy = remedy
        self._drop = drop
        self._is_gone = False

    def start(self) -> None:
        self._attempt(self._screen.start)

    def stop(self) -> None:
        self._attempt(self._screen.stop)

    def say(self, text: str, loud: bool = False) -> None:
        self._attempt(lambda: self._screen.say(text, loud))

    def show(self, table: Table) -> None:
        self._attempt(lambda: self._screen.show(table))

    def where(self, position: str) -> None:
        self._attempt(lambda: self._screen.where(position))

    def work(self, workload: Workload) -> None:
        self._attempt(lambda: self._screen.work(workload))

    def end_work(self, workload: Workload) -> None:
        self._attempt(lambda: self._screen.end_work(workload))

    def _attempt(self, show: Callable[[], None]) -> None:
        try:
            show()
        except OSError as error:
            if self._is_gone:
                raise  # what is shown goes nowhere by now, so this is something else
            self._is_gone = True
            self._drop()
            logger.warning(
                "standard output: NOT WRITTEN (%s). The run goes on; %s", error, self._remedy
            )


def drop_standard_output() -> None:
    """From here on standard output goes nowhere, and standard error too if it was the same pipe or terminal."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    is_one = os.path.samestat(os.fstat(1), os.fstat(2))
    for descriptor in (1, 2) if is_one else (1,):
        os.dup2(nowhere, descriptor)
    os.close(nowhere)
