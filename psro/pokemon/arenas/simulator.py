"""The arena on Showdown's simulator: L battles in lock-step, policies asked in batches.

One step: the simulator carries out every lane's choices, each side reads what it may see of it, and every policy is asked once
for all its decisions of all lanes, in the order of the lanes. Who is in a batch with whom depends on the jobs and the number of
lanes alone, so the same jobs and policies give the same bytes. Decisions with a single legal action are taken without asking
and are not recorded; what they earn counts for the decision before.
"""

import logging
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from psro.game.battles import Job, PlayResult
from psro.game.policies import Policy
from psro.game.protocols import ReportProgress, ShouldStop
from psro.machine.errors import Preempted
from psro.machine.seeds import seed_from
from psro.pokemon.arenas.asking import decide
from psro.pokemon.arenas.kept_log import KeptLog, check_kept
from psro.pokemon.arenas.playing import Playing
from psro.pokemon.arenas.settings import (
    ARRAY_VIEWS,
    NO_VIEW,
    STATE_VIEW,
    ArenaSettings,
    check_view,
)
from psro.pokemon.arenas.simulator_lanes import Lane, LaneSide
from psro.pokemon.engine.battle_log import BattleLog
from psro.pokemon.rewards import Reward
from psro.pokemon.simulator.node import find_node
from psro.pokemon.simulator.node_process import SimulatorDied
from psro.pokemon.simulator.process import Command, LaneUpdate, SimulatorProcess
from psro.pokemon.state import BattleError, BattleState
from psro.pokemon.teams.sets import TeamSet

VIEWS = ARRAY_VIEWS | {STATE_VIEW, NO_VIEW}

_LOGGER = logging.getLogger(__name__)


class SimulatorArena:
    """Plays battles in one Node process, which starts with the first battle and ends on `close`."""

    def __init__(self, settings: ArenaSettings, teams: TeamSet, reward: Reward):
        """`teams`: what both sides draw from; `reward`: of the recorded trajectories."""
        self.settings = settings
        self.teams = teams
        self.reward = reward
        self.logs: dict[int, BattleLog] = {}
        """By job seed: the battles that `keep_logs` asked for, once they are played."""
        self.kept: frozenset[int] = frozenset()
        self._process: SimulatorProcess | None = None

    def keep_logs(self, seeds: Collection[int]) -> None:
        """From now on battles of these job seeds, and no others, are logged. Raises UserError in a format that replays do not know."""
        check_kept(seeds, self.settings.format)
        self.kept = frozenset(seeds)
        self.logs = {}

    def play(
        self,
        jobs: Sequence[Job],
        policies: Mapping[str, Policy],
        record_view: str,
        report_progress: ReportProgress,
        should_stop: ShouldStop,
    ) -> PlayResult:
        """Plays all jobs; see game.protocols.Arena.

        Raises ValueError for a job, policy or view that does not fit, Preempted when `should_stop`, UserError when more than
        `max_failures_fraction` of the battles break, SimulatorDied when Node does, twice.
        """
        try:
            return self._play(jobs, policies, record_view, report_progress, should_stop)
        except SimulatorDied as death:
            # Killed for memory, perhaps. The jobs are played again from the first: they give the same.
            _LOGGER.warning("%s Playing its %d battles again.", death, len(jobs))
            return self._play(jobs, policies, record_view, report_progress, should_stop)

    def _play(
        self,
        jobs: Sequence[Job],
        policies: Mapping[str, Policy],
        record_view: str,
        report_progress: ReportProgress,
        should_stop: ShouldStop,
    ) -> PlayResult:
        if self._process is None:
            self._process = SimulatorProcess(find_node())
        play = _Play(self, self._process, jobs, policies, record_view)
        try:
            return play.run(report_progress, should_stop)
        except BaseException:
            # Battles are left unfinished in it: the next call begins with a fresh one.
            play.abandon()
            self.close()
            raise

    def close(self) -> None:
        """Ends the Node process. Safe to call twice."""
        if self._process is not None:
            self._process.close()
            self._process = None


@dataclass
class _Batch:
    """The decisions asked of one policy in one step."""

    policy: Policy
    lanes: list[Lane] = field(default_factory=list)
    sides: list[int] = field(default_factory=list)

    def members(self) -> Iterable[tuple[Lane, int, LaneSide]]:
        for lane, side in zip(self.lanes, self.sides, strict=True):
            yield lane, side, lane.sides[side]


class _Play(Playing):
    """One call of `play`."""

    def __init__(
        self,
        arena: SimulatorArena,
        process: SimulatorProcess,
        jobs: Sequence[Job],
        policies: Mapping[str, Policy],
        record_view: str,
    ):
        super().__init__(arena.settings, arena.teams, arena.reward, jobs, policies, record_view)
        self.kept, self.logs = arena.kept, arena.logs
        self.process = process
        self.jobs = jobs
        self.next_job = 0
        self.lanes: dict[int, Lane] = {}
        self.over: list[LaneSide] = []
        """Sides whose battle ended in this step: their policies are to forget them."""

    def run(self, report_progress: ReportProgress, should_stop: ShouldStop) -> PlayResult:
        """All jobs, to the end."""
        commands = [command for lane in range(self.settings.lanes) for command in self._begin(lane)]
        while commands:
            if should_stop():
                raise Preempted(f"{self.tally.num_done} of {self.tally.num_jobs} battles played")
            updates = self.process.run(commands)
            commands = []
            for update in updates:
                commands += self._take_in(update)
            for batch in self._batches():
                commands += self._ask(batch)
            self._forget()
            self.tally.report_now_and_then(report_progress)
        assert not self.lanes
        return self.result(report_progress)

    def _begin(self, lane: int) -> list[Command]:
        """Puts the next job into a free lane."""
        if self.next_job == len(self.jobs):
            return []
        index, self.next_job = self.next_job, self.next_job + 1
        job = self.jobs[index]
        first, second = (self._side(index, job, side) for side in (0, 1))
        teams = self.teams.draw_pair(job.pool, job.seed)  # type: ignore[arg-type]
        battle = Lane(lane, index, job, (first, second), teams)
        if job.seed in self.kept:
            battle.kept = KeptLog()
        self.lanes[lane] = battle
        return [battle.start(self.settings.format)]

    def _side(self, index: int, job: Job, side: int) -> LaneSide:
        policy, name = self.player(job, side)
        check_view(name, policy.view, VIEWS)
        reads = policy.view != NO_VIEW or job.record[side]
        state = BattleState(f"battle-{self.settings.format}-{job.seed}", side) if reads else None
        seed = seed_from(job.seed, "decisions", side)
        return LaneSide(policy, name, 2 * index + side, seed, state, job.record[side])

    def _take_in(self, update: LaneUpdate) -> list[Command]:
        """What follows from an update, up to the decisions: forced choices, an end, the next battle."""
        battle = self.lanes[update.lane]
        try:
            if update.error is not None:
                raise BattleError(update.error)
            commands = battle.see(update)
            waits = update.request0 is not None or update.request1 is not None
            if update.winner is None and not waits:
                raise BattleError("the simulator neither ended the battle nor asks for a choice")
            is_over = update.winner is not None or update.turn > self.settings.max_turns
            finals = battle.finals() if is_over else ()
        except BattleError as error:
            return self._fail(battle, update, str(error))
        except Exception as error:  # counted, named by its seed, shown with its traceback
            _LOGGER.exception("battle with seed %d could not be read", battle.job.seed)
            return self._fail(battle, update, f"{type(error).__name__}: {error}")
        if update.winner is not None:
            score = {0: 1.0, 1: 0.0}.get(update.winner, 0.5)
            return self._end(battle, score, update.turn, finals)
        if is_over:
            ended = self._end(battle, 0.5, self.settings.max_turns, finals)
            return [("end", update.lane), *ended]
        return commands

    def _end(
        self, battle: Lane, score: float, num_turns: int, finals: Sequence[NDArray[np.int16]]
    ) -> list[Command]:
        self.tally.end(battle.index, battle.outcome(score, num_turns))
        if battle.kept is not None:
            self.logs[battle.job.seed] = battle.kept.log(battle.seed, battle.packed_teams)
        if self.recorder is not None:
            battle.close_episodes(self.recorder, score, finals)
        return self._replace(battle)

    def _fail(self, battle: Lane, update: LaneUpdate | None, reason: str) -> list[Command]:
        self.tally.fail(battle.index, battle.failure(reason), battle.teams)
        dropped = update is not None and update.error is not None
        return [*([] if dropped else [("end", battle.lane)]), *self._replace(battle)]

    def _replace(self, battle: Lane) -> list[Command]:
        self.over += battle.sides
        del self.lanes[battle.lane]
        return self._begin(battle.lane)

    def _batches(self) -> Iterable[_Batch]:
        """Every policy's decisions of this step, in the order of the lanes."""
        batches: dict[int, _Batch] = {}
        for lane in sorted(self.lanes):
            battle = self.lanes[lane]
            for side, own in enumerate(battle.sides):
                if own.choices is not None:
                    batch = batches.setdefault(id(own.policy), _Batch(own.policy))
                    batch.lanes.append(battle)
                    batch.sides.append(side)
        return batches.values()

    def _ask(self, batch: _Batch) -> list[Command]:
        """The commands of one policy's decisions."""
        actions = decide(batch.policy, [own for _, _, own in batch.members()], self.recorder)
        commands: list[Command] = []
        for (battle, side, own), action in zip(batch.members(), actions.tolist(), strict=True):
            assert own.choices is not None
            own_choices, own.choices = own.choices, None
            if battle.lane not in self.lanes or self.lanes[battle.lane] is not battle:
                continue
            try:
                command = own_choices.command(action)
            except ValueError as error:
                commands += self._fail(battle, None, f"policy {own.name}: {error}")
            else:
                if battle.kept is not None:
                    battle.kept.choose(side, command)
                commands.append(("choose", battle.lane, side, command))
        return commands

    def _forget(self) -> None:
        """Tells the policies which episodes are over."""
        episodes: dict[int, tuple[Policy, list[int]]] = {}
        for own in self.over:
            episodes.setdefault(id(own.policy), (own.policy, []))[1].append(own.episode)
        for policy, ended in episodes.values():
            policy.forget(ended)
        self.over = []

    def abandon(self) -> None:
        """Lets the policies forget the battles that will not be finished: the next call names its episodes anew."""
        for lane in self.lanes.values():
            self.over += lane.sides
        self._forget()
