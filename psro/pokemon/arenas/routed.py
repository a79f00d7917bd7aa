"""Remote policies' battles on their server, all others where they are played anyway."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial

from psro.game.battles import Job, PlayResult
from psro.game.lookahead import Lookahead, LooksAhead
from psro.game.policies import Policy
from psro.game.protocols import Arena, ReportProgress, ShouldStop
from psro.game.trajectories import Trajectories, concatenate
from psro.machine.errors import UserError
from psro.machine.seeds import seed_from
from psro.pokemon.remote_policy import REMOTE_VIEW


class RoutedArena:
    """An arena that both engines' and the server's are behind."""

    def __init__(self, here: Arena, there: Arena):
        """`here` plays what it can, `there` the battles of remote policies."""
        self._here = here
        self._there = there

    def play(
        self,
        jobs: Sequence[Job],
        policies: Mapping[str, Policy],
        record_view: str,
        report_progress: ReportProgress,
        should_stop: ShouldStop,
    ) -> PlayResult:
        """Plays all jobs, see game.protocols.Arena: first those that are played here. Raises what either arena raises."""
        return self._play(
            self._here.play, jobs, policies, record_view, report_progress, should_stop
        )

    def play_looking_ahead(
        self,
        jobs: Sequence[Job],
        policies: Mapping[str, Policy],
        record_view: str,
        lookahead: Lookahead,
        report_progress: ReportProgress,
        should_stop: ShouldStop,
    ) -> PlayResult:
        """psro.game.lookahead.LooksAhead: battles on the server are not looked ahead at. Raises UserError where those here cannot be either."""
        here = self._here
        if not isinstance(here, LooksAhead):
            raise UserError(
                "only arena=engine can look ahead; set oracle.response.weighting=exponential (and self_play's)"
            )
        play_here = partial(here.play_looking_ahead, lookahead=lookahead)
        return self._play(play_here, jobs, policies, record_view, report_progress, should_stop)

    def _play(
        self,
        play_here: Callable[..., PlayResult],
        jobs: Sequence[Job],
        policies: Mapping[str, Policy],
        record_view: str,
        report_progress: ReportProgress,
        should_stop: ShouldStop,
    ) -> PlayResult:
        far = [any(_is_remote(job, policies, side) for side in (0, 1)) for job in jobs]
        num_near, results = len(jobs) - sum(far), []
        for play, is_far, before in ((play_here, False, 0), (self._there.play, True, num_near)):
            own = [job for job, it_is in zip(jobs, far, strict=True) if it_is is is_far]

            def report(
                done: int, total: int, metrics: Mapping[str, float], before: int = before
            ) -> None:
                report_progress(before + done, len(jobs), metrics)

            if own:
                results.append(
                    play(
                        own, policies, record_view, report_progress=report, should_stop=should_stop
                    )
                )
        return merge(jobs, results)

    def close(self) -> None:
        """Ends both. Safe to call twice."""
        self._here.close()
        self._there.close()


def merge(jobs: Sequence[Job], results: Sequence[PlayResult]) -> PlayResult:
    """What several arenas made of their shares of `jobs`, in the order of the jobs."""
    if len(results) == 1:
        return results[0]
    place = {job.seed: index for index, job in enumerate(jobs)}
    outcomes = [outcome for result in results for outcome in result.outcomes]
    failures = [failure for result in results for failure in result.failures]
    recorded = [result.trajectories for result in results if result.trajectories is not None]
    return PlayResult(
        outcomes=tuple(sorted(outcomes, key=lambda outcome: place[outcome.seed])),
        failures=tuple(sorted(failures, key=lambda failure: place[failure.seed])),
        trajectories=_in_order(concatenate(recorded), place) if recorded else None,
    )


def _in_order(whole: Trajectories, place: Mapping[int, int]) -> Trajectories:
    """The same episodes by their jobs' places, side 0 before side 1."""
    order = sorted(
        range(whole.num_episodes),
        key=lambda index: (place[whole.episodes[index].seed], whole.episodes[index].side),
    )
    return concatenate([one_episode(whole, index) for index in order]) if order else whole


def one_episode(whole: Trajectories, index: int) -> Trajectories:
    """The episode with that index alone."""
    rows = slice(int(whole.offsets[index]), int(whole.offsets[index + 1]))
    return Trajectories(
        spec=whole.spec,
        reward=whole.reward,
        observations={name: array[rows] for name, array in whole.observations.items()},
        legal_mask=whole.legal_mask[rows],
        actions=whole.actions[rows],
        rewards=whole.rewards[rows],
        offsets=whole.offsets[index : index + 2] - whole.offsets[index],
        episodes=(whole.episodes[index],),
        action_values=None if whole.action_values is None else whole.action_values[rows],
    )


def _is_remote(job: Job, policies: Mapping[str, Policy], side: int) -> bool:
    """Whether that side is played elsewhere; a mixture draws its member by the battle's seed, here as in the arenas."""
    asked = policies[job.policies[side]]
    return asked.for_battle(seed_from(job.seed, "player", side)).view == REMOTE_VIEW
