"""What one call of `play` begins and ends with, whichever arena plays."""

from collections.abc import Mapping, Sequence

from psro.game.battles import Job, PlayResult
from psro.game.policies import Policy
from psro.game.protocols import ReportProgress
from psro.machine.seeds import seed_from
from psro.pokemon.arenas.recorder import Recorder
from psro.pokemon.arenas.settings import ArenaSettings, check_jobs
from psro.pokemon.arenas.tally import Tally
from psro.pokemon.rewards import Reward
from psro.pokemon.teams.sets import TeamSet


class Playing:
    """One call of `play`: who plays the jobs, what is recorded, and how many are done."""

    def __init__(
        self,
        settings: ArenaSettings,
        teams: TeamSet,
        reward: Reward,
        jobs: Sequence[Job],
        policies: Mapping[str, Policy],
        record_view: str,
    ):
        """Raises ValueError for a job or view that does not fit, UserError for a pool without teams."""
        check_jobs(jobs, policies, record_view, teams)
        self.settings, self.teams = settings, teams
        self.policies = policies
        records = any(any(job.record) for job in jobs)
        self.recorder = Recorder(reward, record_view) if records else None
        self.tally = Tally(len(jobs), settings.max_failures_fraction)

    def player(self, job: Job, side: int) -> tuple[Policy, str]:
        """Who plays that side, and its name: of a mixture the member that this battle draws."""
        asked = self.policies[job.policies[side]]
        policy = asked.for_battle(seed_from(job.seed, "player", side))
        return policy, job.policies[side] if policy is asked else policy.name

    def result(self, report_progress: ReportProgress) -> PlayResult:
        """Of all jobs, once each of them has ended."""
        trajectories = None if self.recorder is None else self.recorder.trajectories()
        return self.tally.finish(report_progress, trajectories)
