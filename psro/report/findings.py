"""All that a drawing of the report rests on, read and worked out once."""

from dataclasses import dataclass
from pathlib import Path

from psro.machine.incidents import Incident, read_incidents
from psro.machine.manifest import Manifest
from psro.metagame.payoffs import PayoffTable
from psro.metagame.ratings import Ratings, elo_ratings
from psro.report.breakdown import Subject, subjects
from psro.report.exploit.belonging import Exploitation, exploitations_of, fresh_looks
from psro.report.headlines import Headlines, headlines, hindsights
from psro.report.record import Iteration, RunRecord, read_run
from psro.report.results import Results, results_of
from psro.report.tables import is_exact
from psro.report.timings import Span, read_timings


@dataclass(frozen=True)
class Findings:
    """A run, and what follows from it."""

    record: RunRecord
    known: Headlines
    """The exploitability of every σ, over the run's own responses and those of its exploitations: what to quote."""
    own: Headlines
    """The same over the run's own alone, as psro_summary.json has it: what compares with other iterations and runs."""
    later: Headlines
    """Every σ in hindsight."""
    ratings: Ratings | None
    """Of the newest population; None where payoffs are exact."""
    subjects: tuple[Subject, ...]
    """Whose battles are broken down by opponent, team and length."""
    exploitations: tuple[Exploitation, ...]
    """Those of this run (python -m psro.exploit), as far as they are."""
    results: Results
    spans: list[Span]
    incidents: list[Incident]

    @property
    def manifest(self) -> Manifest:
        assert self.record.manifest is not None, "read_run refuses a directory without one"
        return self.record.manifest

    @property
    def is_exact(self) -> bool:
        """Whether the newest payoffs were computed, not played; False as long as there are none."""
        return bool(self.record.iterations) and is_exact(self.last.summary)

    @property
    def last(self) -> Iteration:
        """The newest solved iteration; there must be one."""
        return self.record.iterations[-1]


def findings_of(directory: Path) -> Findings:
    """Reads all of a run that the report shows. Raises UserError if it is no run directory."""
    record = read_run(directory)
    exploitations = exploitations_of(record)
    return Findings(
        record=record,
        known=headlines(record.iterations, record.certificates, fresh_looks(exploitations)),
        own=headlines(record.iterations, record.certificates),
        later=hindsights(record.iterations),
        ratings=ratings_of(record),
        subjects=tuple(subjects(record)),
        exploitations=tuple(exploitations),
        results=results_of(directory),
        spans=read_timings(directory),
        incidents=read_incidents(directory),
    )


def ratings_of(record: RunRecord) -> Ratings | None:
    """Those of the newest population."""
    if not record.iterations:
        return None
    return elo_ratings(PayoffTable.from_json(record.iterations[-1].matrix))
