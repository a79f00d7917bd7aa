"""Game, Arena and Oracle, and what is handed to them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from psro.game.battles import Job, PlayResult
from psro.game.policies import Policy
from psro.game.spec import ObservationSpec
from psro.game.trajectories import Trajectories

ReportProgress = Callable[[int, int, Mapping[str, float]], None]
"""(done, total, metrics): battles for an arena, optimizer steps for an oracle."""

ShouldStop = Callable[[], bool]
"""Polled at step boundaries; when True, save what is worth saving and raise machine's Preempted."""


class Arena(Protocol):
    """Plays battles. Owns what it needs for that (processes, engines) until closed."""

    def play(
        self,
        jobs: Sequence[Job],
        policies: Mapping[str, Policy],
        record_view: str,
        report_progress: ReportProgress,
        should_stop: ShouldStop,
    ) -> PlayResult:
        """Plays all jobs in lock-step lanes; a pure function of jobs and policies.

        `policies` holds every name of the jobs. Recorded sides are encoded as the array view
        `record_view`, whatever view their policy reads. Raises Preempted when `should_stop`.
        """
        ...

    def close(self) -> None:
        """Ends what the arena owns. Safe to call twice."""
        ...


class Game(Protocol):
    """A symmetric two-player zero-sum game."""

    name: str
    num_actions: int

    @property
    def views(self) -> frozenset[str]:
        """Every view an arena of this game supplies: array views and state views."""
        ...

    @property
    def pools(self) -> tuple[str, ...]:
        """Pools of starting positions; the first is the one trained and measured on."""
        ...

    def check(self) -> None:
        """Raises UserError where battles could not be played: something missing, illegal teams."""
        ...

    def observation_spec(self, view: str) -> ObservationSpec:
        """The arrays of an array view. Raises ValueError for any other, listing the choices."""
        ...

    def recorded_view(self, view: str) -> str:
        """The array view in which trajectories for `view` are recorded: itself, or a smaller one that `expand` computes it from."""
        ...

    def expand(self, recorded: Trajectories, view: str) -> Trajectories:
        """Trajectories recorded in `recorded_view(view)`, in `view`.

        Raises ValueError for those that were recorded otherwise, recording.BadDecision for a decision that cannot have been recorded.
        """
        ...

    def policy_kinds(self) -> Mapping[str, str]:
        """The game's own policies: kind → the view it needs."""
        ...

    def make_policy(self, name: str, kind: str, arguments: Mapping[str, Any]) -> Policy:
        """One of the game's own policies. Raises ValueError for an unknown kind, listing the choices."""
        ...

    def make_arena(self, evidence: Path = ...) -> Arena:
        """A new arena; the caller closes it. `evidence`: a folder for what a person should look at, made when there is something."""
        ...

    def exact_score(self, first: Policy, second: Policy) -> float | None:
        """The expected score of `first` where the game can tell it exactly, else None."""
        ...

    def fingerprint(self) -> dict[str, str]:
        """What the results depend on beyond the config (team sets, simulator version), by name."""
        ...


@dataclass(frozen=True)
class ShardSource:
    """A group of shards that training draws from with probability proportional to `weight`."""

    name: str
    """collected or replay"""
    paths: tuple[Path, ...]
    weight: float


@dataclass(frozen=True)
class TrainTask:
    """Everything a best response is trained from; all paths are absolute."""

    name: str
    """What the response will be called in the population."""
    seed: int
    start: Path | None
    """Policy directory to start from: the base policy, or the last round's candidate; None: scratch."""
    anchor: Path | None
    """Policy directory of the base policy a KL anchor pulls towards; None: no anchor."""
    sources: tuple[ShardSource, ...]
    opponents: Mapping[str, Path]
    """Policy directories of the population (an exact oracle reads these; an offline one does not)."""
    opponent_weights: Mapping[str, float]
    """(1 − ε)σ + ε·uniform over `opponents`."""
    scratch: Path
    """Directory for mid-training checkpoints; survives a preemption, deleted after the commit."""
    output: Path
    """Directory under which each candidate writes its own policy directory."""
    stage: str = "response"
    """Which settings of the oracle apply: `response`, or a stage of the base policies' training."""


@dataclass(frozen=True)
class Candidate:
    """A trained policy that SELECT may choose."""

    label: str
    directory: Path
    """Holds policy.json and what it names."""
    metrics: Mapping[str, float]


@dataclass(frozen=True)
class LookaheadSettings:
    """What an oracle wants of the collecting for it (psro.game.lookahead)."""

    fraction: float
    """Of the recorded decisions, drawn by their seeds."""
    discount: float
    """γ."""
    reward_scale: float
    """What rewards are multiplied by in its training, so the unit of its values."""


class Oracle(Protocol):
    """Trains best responses."""

    needs_data: bool
    """False for an exact oracle: no battles are collected for it."""
    view: str
    """The array view that its trajectories are recorded in and its policies read."""

    def lookahead(self, stage: str) -> LookaheadSettings | None:
        """How what is collected for a stage's training is to be looked ahead at (psro.game.lookahead); None: not at all."""
        ...

    def train(
        self, task: TrainTask, report_progress: ReportProgress, should_stop: ShouldStop
    ) -> list[Candidate]:
        """Candidates, in the order they were reached; at least one.

        A pure function of the task: training that was interrupted (Preempted, or killed) and called
        again with the same task gives the same bytes.
        """
        ...
