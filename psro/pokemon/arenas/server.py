"""The arena on a Showdown server: many battles at once over poke-env's client, policies asked in batches of whoever waits.

The server draws the dice and says when, so these battles are **not reproducible**: the same jobs give other battles another time.
Nothing else differs: what a run committed stays. A battle that a lost connection, a server that was killed or a silent opponent left
unfinished is begun again, and after `retries` of these it is a Failure; it never becomes a result. A server that went away is
waited for, and so is a remote policy that is not there or takes no challenge; a run that they do not come back for stops with one line.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Mapping, Sequence

from psro.game.battles import Job, PlayResult
from psro.game.policies import Policy
from psro.game.protocols import ReportProgress, ShouldStop
from psro.machine.errors import Preempted, UserError
from psro.machine.seeds import seed_from
from psro.pokemon.arenas.asking import compile_views
from psro.pokemon.arenas.playing import Playing
from psro.pokemon.arenas.server_battle import Asker, Given, ServerBattle, Unfinished
from psro.pokemon.arenas.server_remotes import Remotes
from psro.pokemon.arenas.server_seats import Seats
from psro.pokemon.arenas.settings import (
    ARRAY_VIEWS,
    NO_VIEW,
    STATE_VIEW,
    ArenaSettings,
    check_view,
)
from psro.pokemon.arenas.simulator_lanes import Lane, LaneSide
from psro.pokemon.remote_policy import REMOTE_VIEW, RemotePolicy
from psro.pokemon.rewards import Reward
from psro.pokemon.server.address import parse_address
from psro.pokemon.server.check import require_version_there
from psro.pokemon.server.config import DEFAULT_ADDRESS, ServerConfig
from psro.pokemon.server.ending import cancel
from psro.pokemon.state import BattleError
from psro.pokemon.teams.export import Team
from psro.pokemon.teams.sets import TeamSet

VIEWS = ARRAY_VIEWS | {STATE_VIEW, NO_VIEW, REMOTE_VIEW}
POLL_S = 0.2
"""How often it is asked whether to stop."""
ITS_OWN = Team("", ())
"""A remote policy's team, which nobody tells us the name of."""
_LOGGER = logging.getLogger(__name__)


class ServerArena:
    """Plays battles on a server; it holds no connection between two calls."""

    def __init__(
        self, settings: ArenaSettings, server: ServerConfig, teams: TeamSet, reward: Reward
    ):
        """`teams`: what our sides draw from; `reward`: of the recorded trajectories."""
        self.settings = settings
        self.server = server
        self.address = parse_address(server.address or DEFAULT_ADDRESS)
        self.teams = teams
        self.reward = reward

    def play(
        self,
        jobs: Sequence[Job],
        policies: Mapping[str, Policy],
        record_view: str,
        report_progress: ReportProgress,
        should_stop: ShouldStop,
    ) -> PlayResult:
        """Plays all jobs; see game.protocols.Arena, but that the dice are the server's.

        Raises ValueError for a job, policy or view that does not fit, Preempted when `should_stop`, UserError when more than
        `max_failures_fraction` of the battles break, or where the server is not there, or does not take us or our teams.
        """
        play = _Play(self, jobs, policies, record_view, report_progress)
        return asyncio.run(play.run(should_stop))

    def close(self) -> None:
        """Nothing is held."""


class _Play(Playing):
    """One call of `play`."""

    def __init__(
        self,
        arena: ServerArena,
        jobs: Sequence[Job],
        policies: Mapping[str, Policy],
        record_view: str,
        report_progress: ReportProgress,
    ):
        super().__init__(arena.settings, arena.teams, arena.reward, jobs, policies, record_view)
        self.arena, self.server = arena, arena.server
        self.report_progress = report_progress
        self.waiting = deque(enumerate(jobs))
        self.remotes = Remotes(arena.address, arena.server)

    async def run(self, should_stop: ShouldStop) -> PlayResult:
        """All jobs, to the end."""
        compile_views(self.player(job, side)[0].view for _, job in self.waiting for side in (0, 1))
        server = self.server
        await require_version_there(self.arena.address, server.return_s, server.any_version)
        self.asker = Asker(self.recorder)
        tasks = {asyncio.ensure_future(self.asker.run())}
        num_lanes = min(self.server.battles, len(self.waiting))
        lanes = {asyncio.ensure_future(self._lane(lane)) for lane in range(num_lanes)}
        try:
            while lanes:
                done, _ = await asyncio.wait(
                    tasks | lanes, timeout=POLL_S, return_when=asyncio.FIRST_COMPLETED
                )
                for task in done:
                    task.result()  # raises what it raised
                lanes -= done
                if lanes and should_stop():
                    raise Preempted(
                        f"{self.tally.num_done} of {self.tally.num_jobs} battles played"
                    )
                self.tally.report_now_and_then(self.report_progress)
        finally:
            await cancel(tasks | lanes)
        return self.result(self.report_progress)

    async def _lane(self, lane: int) -> None:
        """Plays battles, one after the other, until there are none."""
        seats = Seats(self.arena.address, lane, self.server, self.remotes)
        try:
            while self.waiting:
                index, job = self.waiting.popleft()
                await self._job(seats, index, job)
        finally:
            await seats.close()

    async def _job(self, seats: Seats, index: int, job: Job) -> None:
        """Plays one battle, again where it was left unfinished, and enters what came of it."""
        for attempt in range(self.server.retries + 1):
            battle = self._battle(index, job, attempt)
            try:
                score, num_turns = await ServerBattle(
                    battle, seats, self.asker, self.settings, self.server
                ).play()
                finals = battle.finals()
            except Unfinished as unfinished:
                reason = str(unfinished)
                _LOGGER.warning(
                    "battle with seed %d (%s against %s) was left unfinished: %s",
                    job.seed, *(side.name for side in battle.sides), reason,
                )  # fmt: skip
                await seats.close()
                continue
            except (BattleError, Given) as error:
                await seats.close()
                self.tally.fail(index, battle.failure(str(error)), battle.teams)
                return
            except UserError:
                raise
            except Exception as error:  # counted, named by its seed, shown with its traceback
                _LOGGER.exception("battle with seed %d could not be read", job.seed)
                await seats.close()
                reason = f"{type(error).__name__}: {error}"
                self.tally.fail(index, battle.failure(reason), battle.teams)
                return
            finally:
                for own in battle.sides:
                    own.policy.forget([own.episode])
            self.tally.end(index, battle.outcome(score, num_turns))
            if self.recorder is not None:
                battle.close_episodes(self.recorder, score, finals)
            return
        self.tally.fail(
            index,
            battle.failure(f"unfinished {attempt + 1} times; the last: {reason}"),
            battle.teams,
        )

    def _battle(self, index: int, job: Job, attempt: int) -> Lane:
        sides = tuple(self._side(index, job, side, attempt) for side in (0, 1))
        if all(own.policy.view == REMOTE_VIEW for own in sides):
            raise UserError(
                f"{sides[0].name} and {sides[1].name} are both remote: nobody here can bring them together; a population has one "
                "remote policy at most"
            )
        teams = tuple(
            ITS_OWN if own.policy.view == REMOTE_VIEW else self.teams.draw(job.pool, job.seed, side)  # type: ignore[arg-type]
            for side, own in enumerate(sides)
        )
        return Lane(0, index, job, (sides[0], sides[1]), (teams[0], teams[1]))

    def _side(self, index: int, job: Job, side: int, attempt: int) -> LaneSide:
        policy, name = self.player(job, side)
        check_view(name, policy.view, VIEWS)
        if isinstance(policy, RemotePolicy) and job.record[side]:
            raise UserError(
                f"{name} is remote: its side cannot be recorded, since nobody here sees what it sees; take it out of what is recorded"
            )
        # Every attempt is an episode of its own; the recorder drops those that were not finished, and keeps the jobs' order.
        episode = (2 * index + side) * (self.server.retries + 1) + attempt
        seed = seed_from(job.seed, "decisions", side)
        return LaneSide(policy, name, episode, seed, None, job.record[side])
