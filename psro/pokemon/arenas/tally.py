"""What has come of the battles of one call of `play` so far, and what is said of it meanwhile."""

import logging
import time

from psro.game.battles import Failure, Outcome, PlayResult
from psro.game.protocols import ReportProgress
from psro.game.trajectories import Trajectories
from psro.machine.errors import UserError
from psro.pokemon.teams.export import Team

_LOGGER = logging.getLogger(__name__)
_REPORT_EVERY = 1.0
"""Seconds."""


class Tally:
    """Outcomes and failures by the jobs' indices."""

    def __init__(self, num_jobs: int, max_failures_fraction: float):
        """`max_failures_fraction`: when a larger share of the battles breaks, `fail` raises."""
        self.num_jobs = num_jobs
        self._max_failures_fraction = max_failures_fraction
        self._outcomes: dict[int, Outcome] = {}
        self._failures: dict[int, Failure] = {}
        self.audit: dict[str, float] = {}
        """audited, unaudited: battles compared with Showdown, battles that were to be; none of which there are none."""
        self._began = self._reported = time.monotonic()

    @property
    def num_done(self) -> int:
        """Battles that are over, the broken ones too."""
        return len(self._outcomes) + len(self._failures)

    def end(self, index: int, outcome: Outcome) -> None:
        """A battle is over."""
        self._outcomes[index] = outcome

    def fail(self, index: int, failure: Failure, teams: tuple[Team, Team]) -> None:
        """A battle broke: it is named in the log. Raises UserError when too many have."""
        self._failures[index] = failure
        first, second = failure.policies
        _LOGGER.error(
            "battle with seed %d (%s against %s, teams %s and %s) broke: %s",
            failure.seed,
            first,
            second,
            teams[0].name,
            teams[1].name,
            failure.reason,
        )
        if len(self._failures) > self._max_failures_fraction * self.num_jobs:
            raise UserError(
                f"{len(self._failures)} of {self.num_jobs} battles broke, more than max_failures_fraction = "
                f"{self._max_failures_fraction} allows; the last, seed {failure.seed}, {first} against {second}: "
                f"{failure.reason}"
            )

    def count_audit(self, compared: bool) -> None:
        """A battle's turn to be audited came."""
        key = "audited" if compared else "unaudited"
        self.audit[key] = self.audit.get(key, 0) + 1

    def report_now_and_then(self, report_progress: ReportProgress) -> None:
        """How far it is, once a second at most."""
        if time.monotonic() - self._reported > _REPORT_EVERY:
            self._reported = time.monotonic()
            self._report(report_progress, self.num_done)

    def finish(
        self, report_progress: ReportProgress, trajectories: Trajectories | None
    ) -> PlayResult:
        """Everything, in the order of the jobs; says that it is done."""
        self._report(report_progress, self.num_jobs)
        return PlayResult(
            outcomes=tuple(self._outcomes[index] for index in sorted(self._outcomes)),
            failures=tuple(self._failures[index] for index in sorted(self._failures)),
            trajectories=trajectories,
        )

    def _report(self, report_progress: ReportProgress, num_done: int) -> None:
        seconds = time.monotonic() - self._began
        speed = self.num_done / seconds if seconds > 0 else 0.0
        report_progress(num_done, self.num_jobs, {"battles_per_second": speed, **self.audit})
