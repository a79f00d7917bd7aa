"""The arena on the compiled engine: L battles in lock-step, all of them arrays, policies asked in batches.

It plays the battles that the simulator's arena plays: the same teams, dice and decision seeds, so the same policies give the same
battles there (and, with as many lanes, the same bytes). One step: records are written of every side that has to choose, each policy is
asked once for all its decisions of all lanes, in the order of the lanes, and the engine carries them out. Decisions with a
single legal action are taken without asking and are not recorded; what they earn counts for the decision before.
"""

import logging
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from psro.game.battles import Failure, Job, Outcome, PlayResult
from psro.game.lookahead import Lookahead
from psro.game.policies import Decisions, Policy, mix
from psro.game.protocols import ReportProgress, ShouldStop
from psro.game.trajectories import Episode
from psro.machine.errors import Preempted
from psro.pokemon.arenas.engine_kernels import answer, survey
from psro.pokemon.arenas.engine_lanes import NO_JOB, Battle, EngineLanes
from psro.pokemon.arenas.engine_lookahead import TurnAhead
from psro.pokemon.arenas.kept_log import check_kept
from psro.pokemon.arenas.playing import Playing
from psro.pokemon.arenas.recorder import legal_masks
from psro.pokemon.arenas.settings import (
    ARRAY_VIEWS,
    NO_VIEW,
    ArenaSettings,
    are_legal,
    check_actions,
    check_view,
    illegal,
)
from psro.pokemon.engine.audit import AuditFailed, Auditor, is_audited
from psro.pokemon.engine.battle_log import BattleLog
from psro.pokemon.engine.layout import (
    ENDED,
    FAULT,
    MOVE,
    REQUEST,
    SIDE,
    SIDE_SIZE,
    TURN,
    WINNER,
)
from psro.pokemon.engine.sight import watched
from psro.pokemon.engine.sight.write import write_records
from psro.pokemon.observations.records.record import WIDTH
from psro.pokemon.observations.views import write_view
from psro.pokemon.rewards import Reward
from psro.pokemon.teams.export import pack
from psro.pokemon.teams.sets import TeamSet

VIEWS = ARRAY_VIEWS | {NO_VIEW}

_LOGGER = logging.getLogger(__name__)
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
"""The step of splitmix64."""
_NOT_RECORDED = -1
"""A decision's place among those that are recorded."""
_SCORES = {0: 1.0, 1: 0.0, -1: 0.5}
"""Of side 0, by the engine's WINNER."""


class EngineArena:
    """Plays battles in this process. Owns memory, and the audit's judge once there is a battle to audit."""

    def __init__(self, settings: ArenaSettings, teams: TeamSet, reward: Reward, evidence: Path):
        """`teams`: what both sides draw from; `reward`: of the recorded trajectories; `evidence`: where the audit leaves a battle
        that Showdown plays otherwise."""
        self.settings = settings
        self.teams = teams
        self.reward = reward
        self.auditor = Auditor(evidence)
        self.logs: dict[int, BattleLog] = {}
        """Of the battles asked for by `keep_logs`, by their jobs' seeds."""
        self.kept: frozenset[int] = frozenset()
        """Seeds of the jobs whose logs are kept."""

    def keep_logs(self, seeds: Collection[int]) -> None:
        """From now on `logs` holds the logs of the battles whose jobs have these seeds. Raises UserError in a format that replays do not know."""
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
        `max_failures_fraction` of the battles break, AuditFailed when Showdown plays an audited one otherwise.
        """
        return self._run(_Play(self, jobs, policies, record_view), report_progress, should_stop)

    def play_looking_ahead(
        self,
        jobs: Sequence[Job],
        policies: Mapping[str, Policy],
        record_view: str,
        lookahead: Lookahead,
        report_progress: ReportProgress,
        should_stop: ShouldStop,
    ) -> PlayResult:
        """psro.game.lookahead.LooksAhead: the same battles, with the recorded decisions' action values. Raises what `play` raises."""
        play = _Play(self, jobs, policies, record_view, lookahead)
        return self._run(play, report_progress, should_stop)

    def _run(
        self, play: "_Play", report_progress: ReportProgress, should_stop: ShouldStop
    ) -> PlayResult:
        try:
            return play.run(report_progress, should_stop)
        finally:
            play.forget()

    def close(self) -> None:
        """Ends the audit's judge. Safe to call twice."""
        self.auditor.close()


class _Play(Playing):
    """One call of `play`."""

    def __init__(
        self,
        arena: EngineArena,
        jobs: Sequence[Job],
        policies: Mapping[str, Policy],
        record_view: str,
        lookahead: Lookahead | None = None,
    ):
        super().__init__(arena.settings, arena.teams, arena.reward, jobs, policies, record_view)
        self.arena = arena
        self.jobs = jobs
        self.next_job = 0
        self.players: list[Policy] = []
        self.numbers: dict[int, int] = {}
        """id of a policy → its number among `players`."""
        self.battles: dict[int, Battle] = {}
        """By the jobs' indices: those that are being played."""
        self.over: list[Battle] = []
        """Ended in this step: their policies are to forget them."""
        self.logged: dict[int, list[NDArray[np.int8]]] = {}
        """By the jobs' indices: the choices of the battles whose logs are kept."""
        self.state = EngineLanes(min(self.settings.lanes, len(jobs)))
        self.ahead = None if lookahead is None else TurnAhead(lookahead, arena.reward, self.players)

    def run(self, report_progress: ReportProgress, should_stop: ShouldStop) -> PlayResult:
        """All jobs, to the end."""
        state = self.state
        self._begin(range(len(state)))
        while self.battles:
            if should_stop():
                raise Preempted(f"{self.tally.num_done} of {self.tally.num_jobs} battles played")
            write_records(state.lanes, state.knowledge, state.records)
            survey(state.lanes, state.records, state.choices, state.decides)
            free = self._end()
            free += self._ask()
            self._log_choices()
            watched.step(state.lanes, state.knowledge, state.choices)
            self.forget_over()
            self._begin(sorted(free))
            self.tally.report_now_and_then(report_progress)
        return self.result(report_progress)

    def _begin(self, places: Sequence[int]) -> None:
        """Puts the next jobs into free lanes; when there are none, leaves out lanes once half are idle."""
        battles = []
        for index in range(self.next_job, min(self.next_job + len(places), len(self.jobs))):
            battles.append(self._battle(index))
            seed = self.jobs[index].seed
            if seed in self.arena.kept or is_audited(seed, self.settings.audit_fraction):
                self.logged[index] = []
        self.next_job += len(battles)
        if battles:
            self.state.begin(places[: len(battles)], battles)
            self.battles |= {battle.index: battle for battle in battles}
        elif 2 * len(self.battles) < len(self.state):
            self.state.compact()

    def _battle(self, index: int) -> Battle:
        job = self.jobs[index]
        names, numbers = [], []
        for side in (0, 1):
            policy, name = self.player(job, side)
            if id(policy) not in self.numbers:
                check_view(name, policy.view, VIEWS)
                self.numbers[id(policy)] = len(self.players)
                self.players.append(policy)
            names.append(name)
            numbers.append(self.numbers[id(policy)])
        teams = self.teams.draw_pair(job.pool, job.seed)  # type: ignore[arg-type]
        return Battle(index, job, teams, (names[0], names[1]), (numbers[0], numbers[1]))

    def _end(self) -> list[int]:
        """Closes the battles that are over. Returns the lanes they leave free."""
        state = self.state
        playing = state.jobs != NO_JOB
        turns = state.lanes[:, TURN]
        endless = playing & (state.lanes[:, ENDED] == 0) & (turns > self.settings.max_turns)
        ended = np.flatnonzero(playing & ((state.lanes[:, ENDED] != 0) | endless))
        if not len(ended):
            return []
        finals = self._finals(ended)
        for row, place in enumerate(ended.tolist()):
            battle = self.battles[int(state.jobs[place])]
            if state.lanes[place, FAULT]:
                if battle.index in self.logged:
                    self._keep(battle, self.logged[battle.index], state.lanes[place])
                reason = (
                    "the simulator would break here: no such move slot (docs/engine.md, Exclusion)"
                )
                self._fail(place, reason)
                continue
            score, num_turns = 0.5, self.settings.max_turns
            if not endless[place]:
                score, num_turns = _SCORES[int(state.lanes[place, WINNER])], int(turns[place])
            self._close(place, battle, score, num_turns, finals[row])
        return ended.tolist()

    def _finals(self, ended: NDArray[np.int64]) -> NDArray[np.int16]:
        """What both sides see at the end: [N, 2, WIDTH]."""
        records = np.zeros((2 * len(ended), WIDTH), np.int16)
        if self.recorder is not None:
            lanes, knowledge = self.state.lanes[ended], self.state.knowledge[ended]
            # Records are written of sides that choose. What there would be to choose, no reward reads.
            lanes[:, [SIDE + REQUEST, SIDE + SIDE_SIZE + REQUEST]] = MOVE
            write_records(lanes, knowledge, records)
        return records.reshape(len(ended), 2, WIDTH)

    def _close(
        self,
        place: int,
        battle: Battle,
        score: float,
        num_turns: int,
        finals: NDArray[np.int16],
    ) -> None:
        first, second = self.state.num_decisions[place].tolist()
        outcome = Outcome(
            seed=battle.job.seed,
            policies=battle.names,
            score=score,
            num_turns=num_turns,
            num_decisions=(first, second),
            starts=(battle.teams[0].name, battle.teams[1].name),
        )
        self.tally.end(battle.index, outcome)
        for side in (0, 1):
            if self.recorder is not None and battle.job.record[side]:
                own_score = score if side == 0 else 1.0 - score
                episode = Episode(
                    battle.job.seed, side, battle.names[side], battle.names[1 - side], own_score
                )
                self.recorder.close(2 * battle.index + side, episode, finals[side])
        if battle.index in self.logged:
            self._keep(battle, self.logged.pop(battle.index), self.state.lanes[place])
        self._leave(place)

    def _keep(
        self, battle: Battle, choices: list[NDArray[np.int8]], final: NDArray[np.int16]
    ) -> None:
        """What was asked for a battle that is over: its log, its audit."""
        first, second = (pack(team) for team in battle.teams)
        log = BattleLog(battle.seed, (first, second), np.array(choices, np.int8).reshape(-1, 2))
        seed = battle.job.seed
        if seed in self.arena.kept and not final[FAULT]:
            self.arena.logs[seed] = log
        if is_audited(seed, self.settings.audit_fraction):
            mismatch = self.arena.auditor.check(log, final.copy())
            self.tally.count_audit(not self.arena.auditor.off)
            if mismatch is not None:
                raise AuditFailed.of(seed, mismatch)

    def _fail(self, place: int, reason: str) -> None:
        battle = self.battles[int(self.state.jobs[place])]
        self.logged.pop(battle.index, None)
        failure = Failure(battle.job.seed, battle.names, reason)
        self.tally.fail(battle.index, failure, battle.teams)
        self._leave(place)

    def _leave(self, place: int) -> None:
        """The battle in this lane is done with."""
        state = self.state
        self.over.append(self.battles.pop(int(state.jobs[place])))
        state.jobs[place] = NO_JOB
        state.lanes[place, ENDED] = 1
        state.choices[place] = -1
        state.decides[place] = False

    def _ask(self) -> list[int]:
        """Enters every policy's choices of this step. Returns the lanes that battles broken by them leave free."""
        state = self.state
        rows = np.flatnonzero(state.decides.ravel())
        seeds = state.seeds.ravel()[rows]
        seeds = seeds + state.num_decisions.ravel()[rows].astype(np.uint64) * _GOLDEN
        seeds = mix(seeds, 0)
        places = np.full(len(rows), _NOT_RECORDED)
        state.num_decisions += state.decides
        episodes = 2 * state.jobs[rows >> 1] + (rows & 1)
        players = state.players.ravel()[rows]
        broken: dict[int, str] = {}
        for number in np.unique(players).tolist():
            policy = self.players[number]
            own = np.flatnonzero(players == number)
            records = state.records[rows[own]]
            observations: Any = {}
            if policy.view != NO_VIEW:
                observations = write_view(policy.view, records)
            mask = legal_masks(records)
            actions = policy.act(Decisions(observations, mask, seeds[own], episodes[own]))
            actions = check_actions(policy.name, actions, len(own))
            legal = are_legal(actions, mask)
            self._record(own, rows[own], records, actions, episodes[own], places)
            answer(state.lanes, state.records, rows[own][legal], actions[legal], state.choices)
            for at in np.flatnonzero(~legal).tolist():
                place, side = divmod(int(rows[own[at]]), 2)
                name = self.battles[int(state.jobs[place])].names[side]
                broken.setdefault(place, illegal(name, actions[at], mask[at]))
        for place, reason in broken.items():
            self._fail(place, reason)
        return [*broken, *self._look_ahead(rows, seeds, places)]

    def _record(
        self,
        own: NDArray[np.int64],
        rows: NDArray[np.int64],
        records: NDArray[np.int16],
        actions: NDArray[np.int64],
        episodes: NDArray[np.int64],
        places: NDArray[np.int64],
    ) -> None:
        """Enters, at `own`, the `places` that the recorder gives."""
        if self.recorder is None:
            return
        kept = self.state.is_recorded.ravel()[rows]
        if not kept.all():
            own, records, actions, episodes = (
                own[kept],
                records[kept],
                actions[kept],
                episodes[kept],
            )
        places[own] = self.recorder.append(records, actions, episodes)

    def _look_ahead(
        self, rows: NDArray[np.int64], seeds: NDArray[np.uint64], places: NDArray[np.int64]
    ) -> list[int]:
        """What every action would have come to, of the recorded decisions that are drawn; once all choices of the step are made.

        Returns the lanes that battles leave free which break in a copy.
        """
        if self.ahead is None or self.recorder is None:
            return []
        looked = (places != _NOT_RECORDED) & (self.state.jobs[rows >> 1] != NO_JOB)
        looked &= self.ahead.drawn(seeds)
        if not looked.any():
            return []
        values, wrong = self.ahead.values(self.state, rows[looked], seeds[looked])
        self.recorder.set_values(places[looked], values)
        broken: dict[int, str] = {}
        for at, reason in wrong.items():
            broken.setdefault(int(rows[looked][at]) >> 1, reason)
        for place, reason in broken.items():
            self._fail(place, reason)
        return list(broken)

    def _log_choices(self) -> None:
        if not self.logged:
            return
        for place, index in enumerate(self.state.jobs.tolist()):
            if index in self.logged:
                self.logged[index].append(self.state.choices[place].copy())

    def forget_over(self) -> None:
        """Tells the policies which episodes are over."""
        episodes: dict[int, list[int]] = {}
        for battle in self.over:
            for side, number in enumerate(battle.players):
                episodes.setdefault(number, []).append(2 * battle.index + side)
        for number, ended in episodes.items():
            self.players[number].forget(ended)
        self.over = []

    def forget(self) -> None:
        """Lets the policies forget the battles that will not be finished: the next call names its episodes anew."""
        self.over += self.battles.values()
        self.forget_over()
