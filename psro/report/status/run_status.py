"""All that can be told of a run from its directory."""

from dataclasses import dataclass, field
from pathlib import Path

from psro.machine.incidents import Incident
from psro.machine.manifest import Manifest
from psro.report.audited import Audited
from psro.report.disk import Disk
from psro.report.heartbeat import Beat
from psro.report.status.commits import Commits
from psro.report.status.estimate import Estimate
from psro.report.status.lives import At, Life, Stay, at_of
from psro.report.status.results import Results
from psro.report.status.schedule import Schedule
from psro.report.status.state import Judgement, State
from psro.report.timings import Span


@dataclass(frozen=True)
class RunStatus:
    """A run as its directory tells it at `time` (seconds since the epoch, as all times here)."""

    directory: Path
    time: float
    judgement: Judgement
    heard: float | None
    """When anything was last written by whoever works on it."""
    manifest: Manifest | None = None
    name: str = ""
    """The config's `name`, by default the experiment's."""
    commits: Commits = field(default_factory=lambda: Commits(0, None, ()))
    lives: tuple[Life, ...] = ()
    stays: tuple[Stay, ...] = ()
    beat: Beat | None = None
    """What status.json says, if it is the holder's and kept up."""
    incidents: tuple[Incident, ...] = ()
    """Workers that died or hung and were replaced."""
    failed_unit: bool = False
    """Whether it stopped at a unit that can be run alone."""
    last_groups: tuple[Span, ...] = ()
    """The newest group of units of each label that counted something, the newest first."""
    results: Results = field(default_factory=lambda: Results(None, None, {}))
    audited: Audited | None = None
    """What Showdown was asked about; None where nothing is audited."""
    disk: Disk | None = None
    """What it takes on disk; None where that was not asked for: it means looking at every file."""
    left: Estimate | None = None
    """None when it is done, or has not begun."""

    @property
    def state(self) -> State:
        """What it is doing."""
        return self.judgement.state

    @property
    def at(self) -> At | None:
        """Its position; None before it begins."""
        return at_of(self.manifest.position) if self.manifest else None

    @property
    def schedule(self) -> Schedule | None:
        """What its config says of the loop; None of another algorithm's, or before it begins."""
        return Schedule.of(self.manifest.config) if self.manifest else None

    @property
    def num_restarts(self) -> int:
        """Processes after the first."""
        return max(0, len(self.lives) - 1)

    @property
    def seconds_worked(self) -> float:
        """Of all processes; time without one is not in it."""
        return sum(life.seconds for life in self.lives)

    @property
    def seconds_here(self) -> float:
        """Of them, at this position."""
        return sum(stay.seconds for stay in self.stays if stay.at == self.at)
