"""The arena on a game tree: hands in lock-step, every policy asked once a step for all its decisions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from psro.game.battles import Job, Outcome, PlayResult, drawn_results
from psro.game.policies import Decisions, Policy, mix, uniform_from
from psro.game.protocols import ReportProgress, ShouldStop
from psro.game.spec import ObservationSpec
from psro.game.trajectories import Episode, Trajectories, concatenate
from psro.machine.errors import Preempted
from psro.toys.tree import CHANCE, TERMINAL, GameTree

BATCH = 1024
"""Hands played in one lock-step batch."""
_SEAT, _CARDS, _DECISIONS, _PLAYERS = 0, 1, 2, (3, 4)
"""Streams of a hand's seed (game.policies.mix): who sits where, chance, the policies' choices, who plays for a mixture."""

Integers = NDArray[np.int64]


@dataclass(frozen=True)
class _Batch:
    """N hands that are over, and their S decisions in the order they were made."""

    names: list[tuple[str, str]]
    """[N] who played side 0 and side 1."""
    chips: NDArray[np.float64]
    """[N] what side 0 won."""
    sides: Integers
    """[S] 2 · hand + side"""
    infosets: Integers
    """[S]"""
    actions: Integers
    """[S]"""


class TreeArena:
    """psro.game.protocols.Arena; who sits where is drawn by the job's seed."""

    def __init__(self, tree: GameTree, spec: ObservationSpec):
        self.tree = tree
        self.spec = spec
        nodes = tree.nodes
        self._turns = np.array([node.turn for node in nodes])
        self._infosets = np.array([node.infoset for node in nodes])
        self._chips = np.array([node.chips for node in nodes])
        self._num_children = np.array([len(node.children) for node in nodes])
        width = int(self._num_children.max())
        self._children = np.full((len(nodes), width), -1)
        # Beyond the last draw nothing is drawn.
        self._luck = np.full((len(nodes), width), np.inf)
        for index, node in enumerate(nodes):
            self._children[index, : len(node.children)] = node.children
            self._luck[index, : len(node.chances)] = np.cumsum(node.chances)

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
        outcomes: list[Outcome] = []
        recorded: list[Trajectories] = []
        for start in range(0, len(jobs), BATCH):
            if should_stop():
                raise Preempted
            hands = jobs[start : start + BATCH]
            batch = self._play(hands, policies, start)
            ended = self._outcomes(hands, batch)
            outcomes += ended
            recorded += self._trajectories(hands, batch, ended)
            report_progress(len(outcomes), len(jobs), {})
        return PlayResult(tuple(outcomes), (), concatenate(recorded) if recorded else None)

    def close(self) -> None:
        """Nothing is owned."""

    def _play(self, jobs: Sequence[Job], policies: Mapping[str, Policy], first: int) -> _Batch:
        """`first`: how many hands came before these."""
        seeds = np.array([job.seed for job in jobs], np.uint64)
        players = _players(jobs, policies, seeds)
        asked = {id(player): player for pair in players for player in pair}
        number = {key: index for index, key in enumerate(asked)}
        who = np.array([[number[id(player)] for player in pair] for pair in players])
        seat_of_first = (mix(seeds, _SEAT) & np.uint64(1)).astype(np.int64)
        cards, choices = mix(seeds, _CARDS), mix(seeds, _DECISIONS)
        nodes = np.zeros(len(jobs), np.int64)
        made: list[tuple[Integers, Integers, Integers]] = []
        while True:
            self._deal(nodes, cards)
            lanes = np.flatnonzero(self._turns[nodes] != TERMINAL)
            if not len(lanes):
                break
            sides = self._turns[nodes[lanes]] ^ seat_of_first[lanes]
            infosets = self._infosets[nodes[lanes]]
            actions = np.zeros(len(lanes), np.int64)
            for index, policy in enumerate(asked.values()):
                rows = np.flatnonzero(who[lanes, sides] == index)
                if len(rows):
                    actions[rows] = self._ask(
                        policy,
                        infosets[rows],
                        # Hands make a decision in every step, so its number is the hand's own.
                        mix(choices[lanes[rows]], len(made)),
                        2 * (first + lanes[rows]) + sides[rows],
                    )
            nodes[lanes] = self._children[nodes[lanes], actions]
            made.append((2 * lanes + sides, infosets, actions))
        for side in (0, 1):
            for policy in asked.values():
                lanes = np.flatnonzero(who[:, side] == number[id(policy)])
                policy.forget((2 * (first + lanes) + side).tolist())
        return _Batch(
            [(own.name, other.name) for own, other in players],
            self._chips[nodes] * (1 - 2 * seat_of_first),
            *(np.concatenate(parts) for parts in zip(*made, strict=True)),
        )

    def _deal(self, nodes: Integers, cards: NDArray[np.uint64]) -> None:
        """Moves the hands [N] on until none waits for chance; a draw moves on its seed in `cards` [N]."""
        while len(lanes := np.flatnonzero(self._turns[nodes] == CHANCE)):
            at = nodes[lanes]
            cards[lanes] = mix(cards[lanes], 0)
            drawn = (uniform_from(cards[lanes])[:, None] >= self._luck[at]).sum(axis=1)
            nodes[lanes] = self._children[at, np.minimum(drawn, self._num_children[at] - 1)]

    def _ask(
        self, policy: Policy, infosets: Integers, seeds: NDArray[np.uint64], episodes: Integers
    ) -> Integers:
        """Actions [B], each legal."""
        legal = self.tree.legal[infosets]
        actions = policy.act(Decisions(self._observed(infosets), legal, seeds, episodes))
        refused = np.flatnonzero(~legal[np.arange(len(actions)), actions])
        if len(refused):
            row = refused[0]
            raise ValueError(
                f"policy {policy.name}: action {actions[row]} is illegal at {self.tree.infosets[infosets[row]]}"
            )
        return actions

    def _observed(self, infosets: Integers) -> dict[str, NDArray[np.float32] | NDArray[np.int16]]:
        """The arrays of `spec` [len(infosets), ...]."""
        return {
            "numbers": self.tree.features[infosets],
            "ids": infosets[:, None].astype(np.int16),
        }

    def _outcomes(self, jobs: Sequence[Job], batch: _Batch) -> list[Outcome]:
        """Values are ½ + chips won / twice the most that can be won."""
        seeds = np.array([job.seed for job in jobs], np.uint64)
        scores = drawn_results(0.5 + batch.chips / (2 * self.tree.max_chips), seeds)
        lengths = np.bincount(batch.sides, minlength=2 * len(jobs)).reshape(-1, 2)
        return [
            Outcome(job.seed, names, score, own + other, (own, other))
            for job, names, score, (own, other) in zip(
                jobs, batch.names, scores.tolist(), lengths.tolist(), strict=True
            )
        ]

    def _trajectories(
        self, jobs: Sequence[Job], batch: _Batch, outcomes: Sequence[Outcome]
    ) -> list[Trajectories]:
        """Of the recorded sides, if there are any. Rewards are 0 but for a side's last decision: chips won / the most
        that can be won."""
        kept = np.array([job.record for job in jobs]).ravel()
        if not kept.any():
            return []
        # By hand and side, and within them as they were made.
        steps = np.argsort(batch.sides, kind="stable")
        steps = steps[kept[batch.sides[steps]]]
        lengths = np.bincount(batch.sides, minlength=len(kept))[kept]
        assert lengths.all(), "each seat decides in every hand"
        offsets = np.concatenate([[0], np.cumsum(lengths)])
        rewards = np.zeros(len(steps), np.float32)
        earned = np.stack([batch.chips, -batch.chips], axis=1).ravel() / self.tree.max_chips
        rewards[offsets[1:] - 1] = earned[kept]
        episodes = [
            Episode(
                outcome.seed,
                side,
                outcome.policies[side],
                outcome.policies[1 - side],
                outcome.score if side == 0 else 1 - outcome.score,
            )
            for job, outcome in zip(jobs, outcomes, strict=True)
            for side in (0, 1)
            if job.record[side]
        ]
        infosets = batch.infosets[steps]
        trajectories = Trajectories(
            spec=self.spec,
            reward="chips",
            observations=self._observed(infosets),
            legal_mask=self.tree.legal[infosets],
            actions=batch.actions[steps].astype(np.int8),
            rewards=rewards,
            offsets=offsets,
            episodes=tuple(episodes),
        )
        return [trajectories]


def _players(
    jobs: Sequence[Job], policies: Mapping[str, Policy], seeds: NDArray[np.uint64]
) -> list[tuple[Policy, Policy]]:
    """[N] who plays side 0 and side 1."""
    first, second = (mix(seeds, stream).tolist() for stream in _PLAYERS)
    return [
        (
            policies[job.policies[0]].for_battle(own),
            policies[job.policies[1]].for_battle(other),
        )
        for job, own, other in zip(jobs, first, second, strict=True)
    ]
