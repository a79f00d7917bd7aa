"""The workers of a run as a whole: how many there are, how many are wanted, why there are none."""

import logging
import time
from collections import Counter
from collections.abc import Mapping

from psro.machine.errors import UnitError, UserError
from psro.machine.executors.slurm.config import SlurmConfig
from psro.machine.executors.slurm.jobs import PENDING, Jobs, Refused
from psro.machine.executors.slurm.spool import Spool
from psro.machine.executors.slurm.worker import WorkerTask

logger = logging.getLogger(__name__)

MAX_TROUBLES = 3
"""So many workers in a row that came to nothing, and none left: then it is no accident."""
SHOW_EVERY_S = 60.0


class Crew:
    """Keeps workers in the queue while there is work.

    A worker that ends before it could begin (a bad node, a missing module) is trouble, and not the
    units'. Others may do well meanwhile: trouble ends the run only when there is nothing else.
    """

    def __init__(self, config: SlurmConfig, jobs: Jobs, spool: Spool, task: WorkerTask) -> None:
        self._config = config
        self._jobs = jobs
        self._spool = spool
        self._task = task
        self.in_words = ""
        """How many run and wait, as of the last look."""
        self._alive: Mapping[str, tuple[str, str]] = {}
        self._submitted: set[str] = set()
        self._troubles: list[Exception] = []
        self._num_bad_looks = 0
        self._num_silences = 0
        self._has_answered = False
        self._submit_at = 0.0
        self._shown = ""
        self._show_at = 0.0

    def look(self) -> frozenset[str] | None:
        """The workers at work; None if the queue does not answer. Notes who came to nothing.

        Raises: UserError when it has never answered.
        """
        try:
            alive = self._jobs.alive()
        except Refused as silence:
            self._num_silences += 1
            if self._num_silences >= MAX_TROUBLES and not self._has_answered:
                raise UserError(
                    f"the cluster does not answer (is this one of its machines?): {silence}"
                ) from silence
            logger.warning("the cluster does not answer: %s", silence)
            return None
        self._has_answered = True
        self._alive = alive
        gone = self._submitted - alive.keys()
        self._submitted -= gone
        self._note([trouble for worker in sorted(gone) if (trouble := self._trouble(worker))])
        self.in_words = self._words()
        if alive and self.in_words != self._shown and time.monotonic() >= self._show_at:
            self._shown, self._show_at = self.in_words, time.monotonic() + SHOW_EVERY_S
            logger.info("workers: %s", self.in_words)
        return frozenset(worker for worker, (state, _) in alive.items() if state != PENDING)

    def top_up(self, num_unfinished: int) -> None:
        """Submit what is missing to one worker a unit, or to `num_workers`.

        Raises: UserError, UnitError when nobody is there and all that were tried came to nothing.
        """
        if not self._alive and len(self._troubles) >= MAX_TROUBLES:
            raise self._troubles[-1]
        num_missing = min(self._config.num_workers, num_unfinished) - len(self._alive)
        if num_missing <= 0 or time.monotonic() < self._submit_at:
            return
        try:
            self._submitted |= set(self._jobs.submit(self._task, num_missing))
        except Refused as refusal:
            self._note([UserError(f"the cluster takes no workers (see executor.slurm): {refusal}")])
        else:
            logger.info("%d worker(s) submitted", num_missing)

    def succeeded(self) -> None:
        """A unit is done: whatever was wrong with a worker, it is not so with all."""
        self._troubles.clear()
        self._num_bad_looks = 0

    def dismiss(self, only_pending: bool = False) -> None:
        """End the workers, or those that have not begun."""
        self._jobs.cancel(only_pending)
        self._submitted.clear()

    def obituary(self, worker: str) -> str:
        """How a worker ended, as far as is known, and where its log is."""
        facts = self._jobs.obituary(worker)
        return f"{facts + '; ' if facts else ''}log: {self._spool.logs}/{worker}_0_log.out"

    def _trouble(self, worker: str) -> Exception | None:
        said = self._spool.last_words(worker)
        if said is None:
            reason = f"worker {worker} ended before it could start: {self.obituary(worker)}"
            return UnitError("", reason)
        kind, _, text = said.partition("\n")
        if not kind:
            return None
        return UserError(text) if kind == "UserError" else UnitError("", text)

    def _note(self, troubles: list[Exception]) -> None:
        if not troubles:
            return
        self._troubles += troubles
        self._num_bad_looks += 1
        # A node that fails at once would else take one worker after another.
        self._submit_at = time.monotonic() + self._config.poll_s * self._num_bad_looks
        first_line = str(troubles[-1]).partition("\n")[0]
        logger.warning("%d worker(s) came to nothing; the last: %s", len(troubles), first_line)

    def _words(self) -> str:
        states = Counter(state for state, _ in self._alive.values())
        reasons = sorted({reason for state, reason in self._alive.values() if state == PENDING})
        text = ", ".join(f"{number} {state.lower()}" for state, number in sorted(states.items()))
        return (text or "none yet") + (f" ({', '.join(reasons)})" if reasons else "")
