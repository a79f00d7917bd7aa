"""Symmetric matrix games: one simultaneous move a battle, payoffs and best responses known exactly."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from psro.game.battles import Failure, Job, Outcome, PlayResult, drawn_results
from psro.game.policies import BasePolicy, Decisions, Policy, choose_from, mix
from psro.game.protocols import Arena, ReportProgress, ShouldStop
from psro.game.recording import RecordedAsSeen
from psro.game.spec import ArraySpec, ObservationSpec
from psro.game.trajectories import Episode, Trajectories
from psro.machine.errors import Preempted

VIEW = "constant"
"""The one array view: there is nothing to see before the move."""

BATCH = 256
"""Battles played in one lock-step batch."""


@dataclass
class MatrixConfig:
    """`game=rps` and its kin."""

    name: str = "matrix"
    actions: list[str] = field(default_factory=lambda: ["rock", "paper", "scissors"])
    """Names of the pure strategies."""
    scores: list[list[float]] = field(
        default_factory=lambda: [[0.5, 0.0, 1.0], [1.0, 0.5, 0.0], [0.0, 1.0, 0.5]]
    )
    """scores[i][j]: the score in [0, 1] of action i against action j; scores + scoresᵀ = 1."""
    exact: bool = True
    """Payoffs are computed, not sampled: tournaments and measurements then play no battles."""

    def __post_init__(self) -> None:
        matrix = np.array(self.scores, dtype=np.float64)
        size = len(self.actions)
        if matrix.shape != (size, size):
            raise ValueError(f"game.scores is {matrix.shape}; game.actions names {size} actions")
        if not np.allclose(matrix + matrix.T, 1):
            raise ValueError("game.scores: scores[i][j] + scores[j][i] must be 1 for every i, j")
        if matrix.min() < 0 or matrix.max() > 1:
            raise ValueError("game.scores must lie in [0, 1]")


class MixedStrategy(BasePolicy):
    """Plays action a with probability weights[a]."""

    view = VIEW

    def __init__(self, name: str, weights: NDArray[np.float64]):
        self.name = name
        self.weights = weights

    def act(self, decisions: Decisions) -> NDArray[np.int64]:
        """[B] actions drawn from the weights."""
        return choose_from(
            np.broadcast_to(self.weights, (len(decisions), len(self.weights))), decisions.seeds
        )


class MatrixGame(RecordedAsSeen):
    """psro.game.protocols.Game on a payoff matrix."""

    views = frozenset({VIEW})
    pools: tuple[str, ...] = ("training",)

    def __init__(self, config: MatrixConfig):
        self.config = config
        self.name = config.name
        self.scores = np.array(config.scores, dtype=np.float64)
        self.num_actions = len(config.actions)

    def check(self) -> None:
        """Nothing can be missing."""

    def observation_spec(self, view: str) -> ObservationSpec:
        """One number, always 1. Raises ValueError for any other view than `constant`."""
        if view != VIEW:
            raise ValueError(f"a matrix game has no view {view!r}; there is {VIEW!r}")
        return ObservationSpec(
            VIEW, (ArraySpec("numbers", (1,), "float32", "numbers"),), self.num_actions
        )

    def policy_kinds(self) -> Mapping[str, str]:
        """pure {action} and mixed {weights}."""
        return {"pure": VIEW, "mixed": VIEW}

    def make_policy(self, name: str, kind: str, arguments: Mapping[str, Any]) -> MixedStrategy:
        """A pure or mixed strategy. Raises ValueError for an unknown kind, action or bad weights."""
        if kind == "pure":
            action = arguments.get("action")
            if action not in self.config.actions:
                raise ValueError(
                    f"policy {name}: no action {action!r}; there are {self.config.actions}"
                )
            return MixedStrategy(name, np.eye(self.num_actions)[self.config.actions.index(action)])
        if kind == "mixed":
            weights = np.array(arguments.get("weights"), dtype=np.float64)
            if weights.shape != (self.num_actions,) or weights.min() < 0 or weights.sum() <= 0:
                raise ValueError(f"policy {name}: weights must be {self.num_actions} numbers >= 0")
            return MixedStrategy(name, weights / weights.sum())
        raise ValueError(
            f"policy {name}: a matrix game has no policy {kind!r}; there are "
            f"{sorted(self.policy_kinds())}"
        )

    def make_arena(self, evidence: Path = Path("audit")) -> Arena:
        """An arena on this game's matrix."""
        return MatrixArena(self)

    def exact_score(self, first: Policy, second: Policy) -> float | None:
        """xᵀMy, or None where `exact` is off or a policy is no mixed strategy."""
        if not self.config.exact:
            return None
        if not isinstance(first, MixedStrategy) or not isinstance(second, MixedStrategy):
            return None
        return float(first.weights @ self.scores @ second.weights)

    def best_response(
        self, opponents: Sequence[Policy], weights: Sequence[float]
    ) -> tuple[str, dict[str, Any], float]:
        """toys.exact.ExactGame: argmax of Mσ, as a pure strategy; among equals the first action."""
        mixture = np.zeros(self.num_actions)
        for opponent, weight in zip(opponents, weights, strict=True):
            assert isinstance(opponent, MixedStrategy)
            mixture += weight * opponent.weights
        values = self.scores @ mixture
        best = int(np.argmax(np.round(values, 12)))
        return "pure", {"action": self.config.actions[best]}, float(values[best])

    def fingerprint(self) -> dict[str, str]:
        """The scores, where they are not in the config themselves (toys.generated)."""
        if self.name == MatrixConfig.name:
            return {}
        return {"scores": hashlib.sha256(self.scores.astype("<f8").tobytes()).hexdigest()[:16]}


class MatrixArena:
    """Plays the matrix game: one decision a side, chosen at once."""

    def __init__(self, game: MatrixGame):
        self.game = game

    def play(
        self,
        jobs: Sequence[Job],
        policies: Mapping[str, Policy],
        record_view: str,
        report_progress: ReportProgress,
        should_stop: ShouldStop,
    ) -> PlayResult:
        """See psro.game.protocols.Arena.play."""
        spec = self.game.observation_spec(record_view)
        actions = np.zeros((len(jobs), 2), np.int64)
        names = [["", ""] for _ in jobs]
        for start in range(0, len(jobs), BATCH):
            if should_stop():
                raise Preempted
            self._play_batch(
                jobs, range(start, min(start + BATCH, len(jobs))), policies, actions, names
            )
            report_progress(min(start + BATCH, len(jobs)), len(jobs), {})
        scores = self.game.scores[actions[:, 0], actions[:, 1]]
        results = drawn_results(scores, np.array([job.seed for job in jobs], np.uint64))
        outcomes = tuple(
            Outcome(job.seed, (name[0], name[1]), result, 1, (1, 1))
            for job, name, result in zip(jobs, names, results.tolist(), strict=True)
        )
        failures: tuple[Failure, ...] = ()
        trajectories = self._trajectories(spec, jobs, outcomes, actions, scores)
        return PlayResult(outcomes, failures, trajectories)

    def close(self) -> None:
        """Nothing is owned."""

    def _play_batch(
        self,
        jobs: Sequence[Job],
        batch: range,
        policies: Mapping[str, Policy],
        actions: NDArray[np.int64],
        names: list[list[str]],
    ) -> None:
        """Fills the rows `batch` of `actions` [N, 2] and `names`."""
        for side in (0, 1):
            asked: dict[str, tuple[Policy, list[int]]] = {}
            for index in batch:
                policy = policies[jobs[index].policies[side]].for_battle(jobs[index].seed)
                names[index][side] = policy.name
                asked.setdefault(policy.name, (policy, []))[1].append(index)
            for policy, indices in asked.values():
                battle_seeds = np.array([jobs[i].seed for i in indices], np.uint64)
                spec = self.game.observation_spec(policy.view)
                observations = spec.empty(len(indices))
                observations["numbers"][:] = 1
                actions[indices, side] = policy.act(
                    Decisions(
                        observations=observations,
                        legal_mask=np.ones((len(indices), self.game.num_actions), np.bool_),
                        seeds=mix(battle_seeds, side),
                        episodes=np.array([2 * i + side for i in indices], np.int64),
                    )
                )

    def _trajectories(
        self,
        spec: ObservationSpec,
        jobs: Sequence[Job],
        outcomes: Sequence[Outcome],
        actions: NDArray[np.int64],
        scores: NDArray[np.float64],
    ) -> Trajectories | None:
        """Rewards are 2 · score − 1, of the matrix's scores [N] and not of the results drawn for them."""
        kept = [(i, side) for i, job in enumerate(jobs) for side in (0, 1) if job.record[side]]
        if not kept:
            return None
        observations = spec.empty(len(kept))
        observations["numbers"][:] = 1
        episodes = []
        for index, side in kept:
            outcome = outcomes[index]
            score = outcome.score if side == 0 else 1 - outcome.score
            own, other = outcome.policies[side], outcome.policies[1 - side]
            episodes.append(Episode(outcome.seed, side, own, other, score))
        return Trajectories(
            spec=spec,
            reward="score",
            observations=observations,
            legal_mask=np.ones((len(kept), self.game.num_actions), np.bool_),
            actions=np.array([actions[i, side] for i, side in kept], np.int8),
            rewards=np.array(
                [(2 * scores[i] - 1) * (1 if side == 0 else -1) for i, side in kept], np.float32
            ),
            offsets=np.arange(len(kept) + 1, dtype=np.int64),
            episodes=tuple(episodes),
        )
