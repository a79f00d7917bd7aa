"""One battle of those played side by side: who plays it, what each side sees, what was recorded of it."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from psro.game.battles import Failure, Job, Outcome
from psro.game.policies import Policy
from psro.game.trajectories import Episode
from psro.machine.seeds import seed_from
from psro.pokemon.arenas.kept_log import KeptLog
from psro.pokemon.arenas.recorder import Recorder
from psro.pokemon.arenas.settings import ARRAY_VIEWS
from psro.pokemon.choices import Choices, read_choices
from psro.pokemon.observations.records.from_state import fill_record
from psro.pokemon.observations.records.record import WIDTH
from psro.pokemon.simulator.process import Command, LaneUpdate, simulator_seed
from psro.pokemon.state import BattleState
from psro.pokemon.teams.export import Team, pack


class LaneSide:
    """One side of a battle."""

    def __init__(
        self,
        policy: Policy,
        name: str,
        episode: int,
        seed: int,
        state: BattleState | None,
        is_recorded: bool,
    ):
        """`state` is None for a side of which nothing but its requests is read."""
        self.policy = policy
        self.name = name
        self.episode = episode
        self.seed = seed
        """Decision k is made with the k-th output of splitmix64 from here."""
        self.state = state
        self.choices: Choices | None = None
        """Of the decision being made; None where there is nothing to choose."""
        self.num_decisions = 0
        self.is_recorded = is_recorded
        self.record = np.zeros((1, WIDTH), np.int16)
        """Of the decision being made, where somebody reads it: the policy, or the recorder."""
        self._has_record = is_recorded or policy.view in ARRAY_VIEWS

    def see(self, lines: list[str], request: dict[str, Any] | None) -> str | None:
        """Takes in an update. Returns the command where only one is possible.

        Else `choices` says what there is to decide, if anything, and `record` what is known. Raises BattleError; ValueError
        for a state that no record has room for.
        """
        self.choices = None
        if self.state is not None:
            self.state.read(lines)
        if request is None:
            return None
        choices = read_choices(request)
        if sum(choices.legal) == 1:
            return choices.command(choices.legal.index(True))
        self.choices = choices
        if self.state is not None:
            self.state.decide(request, choices)
        if self._has_record:
            self.record = self.see_now()
        return None

    def see_now(self) -> NDArray[np.int16]:
        """The record [1, WIDTH] of what its state says. Raises ValueError for one that no record has room for."""
        assert self.state is not None
        record = np.zeros((1, WIDTH), np.int16)
        fill_record(self.state, record, 0)
        return record


class Lane:
    """One battle being played."""

    def __init__(
        self,
        lane: int,
        index: int,
        job: Job,
        sides: tuple[LaneSide, LaneSide],
        teams: tuple[Team, Team],
    ):
        """`lane`: its place in the simulator; `index`: its job's among all."""
        self.lane = lane
        self.index = index
        self.job = job
        self.sides = sides
        self.teams = teams
        self.kept: KeptLog | None = None
        """Set before it begins where its log is wanted."""

    @property
    def seed(self) -> str:
        """The simulator's."""
        return simulator_seed(seed_from(self.job.seed, "simulator"))

    @property
    def packed_teams(self) -> tuple[str, str]:
        """Both sides'."""
        first, second = (pack(team) for team in self.teams)
        return first, second

    def start(self, format_: str) -> Command:
        """The command that begins it."""
        reads = sum(1 << side for side in (0, 1) if self.sides[side].state is not None)
        return ("start", self.lane, format_, self.seed, *self.packed_teams, reads)

    def see(self, update: LaneUpdate) -> list[Command]:
        """Takes in an update; returns the choices that need no deciding. Raises what `LaneSide.see` does."""
        commands: list[Command] = []
        requests = (update.request0, update.request1)
        if self.kept is not None:
            self.kept.see(requests)
        for side, lines in enumerate((update.lines0, update.lines1)):
            only = self.sides[side].see(lines, requests[side])
            if only is not None:
                if self.kept is not None:
                    self.kept.choose(side, only)
                commands.append(("choose", self.lane, side, only))
        return commands

    def outcome(self, score: float, num_turns: int) -> Outcome:
        """How it ended; `score` is side 0's."""
        first, second = self.sides
        return Outcome(
            seed=self.job.seed,
            policies=(first.name, second.name),
            score=score,
            num_turns=num_turns,
            num_decisions=(first.num_decisions, second.num_decisions),
            starts=(self.teams[0].name, self.teams[1].name),
        )

    def failure(self, reason: str) -> Failure:
        """How it broke."""
        return Failure(self.job.seed, (self.sides[0].name, self.sides[1].name), reason)

    def finals(self) -> tuple[NDArray[np.int16], NDArray[np.int16]]:
        """The last that each side saw, records [1, WIDTH], zeros for one that is not recorded. Raises ValueError as `see` does."""
        # A side that never decided has read no request, so there is nothing to fill from; nor a decision to reward.
        first, second = (
            own.see_now()
            if own.is_recorded and own.num_decisions
            else np.zeros((1, WIDTH), np.int16)
            for own in self.sides
        )
        return first, second

    def close_episodes(
        self, recorder: Recorder, score: float, finals: Sequence[NDArray[np.int16]]
    ) -> None:
        """Ends the episodes of the recorded sides; `score` is side 0's, `finals` what `finals` gave."""
        for side, own in enumerate(self.sides):
            if not own.is_recorded:
                continue
            own_score = score if side == 0 else 1.0 - score
            other = self.sides[1 - side].name
            episode = Episode(self.job.seed, side, own.name, other, own_score)
            recorder.close(own.episode, episode, finals[side][0])
