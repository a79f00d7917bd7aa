"""The arena on a game tree: hands in lock-step, every policy asked once a step for all its decisions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from psro.game.battles import Job, Outcome, PlayResult, drawn_result
from psro.game.policies import Decisions, Policy
from psro.game.protocols import ReportProgress, ShouldStop
from psro.game.spec import ObservationSpec
from psro.game.trajectories import Episode, Trajectories
from psro.machine.errors import Preempted
from psro.machine.seeds import rng_from, seed_from
from psro.toys.tree import CHANCE, TERMINAL, GameTree

BATCH = 256
"""Hands played in one lock-step batch."""


@dataclass
class _Lane:
    """One hand."""

    index: int
    job: Job
    players: tuple[Policy, Policy]
    """Of side 0 and 1."""
    seat_of_first: int
    node: int = 0
    steps: tuple[list[tuple[int, int]], list[tuple[int, int]]] = field(
        default_factory=lambda: ([], [])
    )
    """(information set, action) of side 0 and of side 1."""

    def side(self, seat: int) -> int:
        """The side that sits in `seat`."""
        return seat if self.seat_of_first == 0 else 1 - seat


class TreeArena:
    """psro.game.protocols.Arena; who sits where is drawn by the job's seed."""

    def __init__(self, tree: GameTree, spec: ObservationSpec):
        self.tree = tree
        self.spec = spec

    def play(
        self,
        jobs: Sequence[Job],
        policies: Mapping[str, Policy],
        record_view: str,
        report_progress: ReportProgress,
        should_stop: ShouldStop,
    ) -> PlayResult:
        """See psro.game.protocols.Arena.play."""
        if record_view != self.spec.name and any(any(job.record) for job in jobs):
            raise ValueError(f"cannot record view {record_view!r}; there is {self.spec.name!r}")
        lanes: list[_Lane] = []
        for start in range(0, len(jobs), BATCH):
            if should_stop():
                raise Preempted
            batch = range(start, min(start + BATCH, len(jobs)))
            lanes += self._play([self._lane(index, jobs[index], policies) for index in batch])
            report_progress(len(lanes), len(jobs), {})
        outcomes = tuple(self._outcome(lane) for lane in lanes)
        return PlayResult(outcomes, (), self._trajectories(lanes, outcomes))

    def close(self) -> None:
        """Nothing is owned."""

    def _lane(self, index: int, job: Job, policies: Mapping[str, Policy]) -> _Lane:
        first, second = (
            policies[name].for_battle(seed_from(job.seed, "player", side))
            for side, name in enumerate(job.policies)
        )
        return _Lane(index, job, (first, second), seed_from(job.seed, "seat") & 1)

    def _play(self, lanes: list[_Lane]) -> list[_Lane]:
        luck = [rng_from(lane.job.seed, "cards") for lane in lanes]
        while True:
            asked: dict[int, tuple[Policy, list[tuple[_Lane, int]]]] = {}
            for lane, rng in zip(lanes, luck, strict=True):
                node = self.tree.nodes[lane.node]
                while node.turn == CHANCE:
                    drawn = int(np.searchsorted(np.cumsum(node.chances), rng.random(), "right"))
                    lane.node = node.children[min(drawn, len(node.children) - 1)]
                    node = self.tree.nodes[lane.node]
                if node.turn != TERMINAL:
                    side = lane.side(node.turn)
                    player = lane.players[side]
                    asked.setdefault(id(player), (player, []))[1].append((lane, side))
            if not asked:
                break
            for policy, members in asked.values():
                self._ask(policy, members)
        for lane in lanes:
            for side, player in enumerate(lane.players):
                player.forget([2 * lane.index + side])
        return lanes

    def _ask(self, policy: Policy, members: list[tuple[_Lane, int]]) -> None:
        infosets = np.array([self.tree.nodes[lane.node].infoset for lane, _ in members])
        seeds = [
            seed_from(lane.job.seed, "decisions", side, len(lane.steps[side]))
            for lane, side in members
        ]
        actions = policy.act(
            Decisions(
                observations=self._observed(infosets),
                legal_mask=self.tree.legal[infosets],
                seeds=np.array(seeds, np.uint64),
                episodes=np.array([2 * lane.index + side for lane, side in members], np.int64),
            )
        )
        for (lane, side), infoset, action in zip(
            members, infosets.tolist(), actions.tolist(), strict=True
        ):
            if not self.tree.legal[infoset, action]:
                raise ValueError(
                    f"policy {policy.name}: action {action} is illegal at {self.tree.infosets[infoset]}"
                )
            lane.steps[side].append((infoset, action))
            lane.node = self.tree.nodes[lane.node].children[action]

    def _observed(
        self, infosets: np.ndarray[tuple[int], np.dtype[np.int64]]
    ) -> dict[str, np.ndarray]:
        """The arrays of `spec` [len(infosets), ...]."""
        return {
            "numbers": self.tree.features[infosets],
            "ids": infosets[:, None].astype(np.int16),
        }

    def _value(self, lane: _Lane) -> float:
        """Of side 0: ½ + chips won / twice the most that can be won."""
        won = self.tree.nodes[lane.node].chips * (1 if lane.seat_of_first == 0 else -1)
        return 0.5 + won / (2 * self.tree.max_chips)

    def _outcome(self, lane: _Lane) -> Outcome:
        counts = (len(lane.steps[0]), len(lane.steps[1]))
        names = (lane.players[0].name, lane.players[1].name)
        score = drawn_result(self._value(lane), lane.job.seed)
        return Outcome(lane.job.seed, names, score, sum(counts), counts)

    def _trajectories(
        self, lanes: Sequence[_Lane], outcomes: Sequence[Outcome]
    ) -> Trajectories | None:
        """Rewards are 0 but for the last decision's: chips won / the most that can be won."""
        episodes, steps, rewards, lengths = [], [], [], []
        for lane, outcome in zip(lanes, outcomes, strict=True):
            for side in (0, 1):
                if lane.job.record[side]:
                    score = outcome.score if side == 0 else 1 - outcome.score
                    own, other = outcome.policies[side], outcome.policies[1 - side]
                    episodes.append(Episode(outcome.seed, side, own, other, score))
                    steps += lane.steps[side]
                    earned = (2 * self._value(lane) - 1) * (1 if side == 0 else -1)
                    rewards += [0.0] * (len(lane.steps[side]) - 1) + [earned]
                    lengths.append(len(lane.steps[side]))
        if not episodes:
            return None
        infosets = np.array([infoset for infoset, _ in steps])
        return Trajectories(
            spec=self.spec,
            reward="chips",
            observations=self._observed(infosets),
            legal_mask=self.tree.legal[infosets],
            actions=np.array([action for _, action in steps], np.int8),
            rewards=np.array(rewards, np.float32),
            offsets=np.cumsum([0, *lengths], dtype=np.int64),
            episodes=tuple(episodes),
        )
