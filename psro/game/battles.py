"""What an arena is asked to play, and what it answers."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from psro.game.policies import mix, uniform_from
from psro.game.trajectories import Trajectories

_RESULT = 0x726573756C74
"""Stream of a battle's seed (game.policies.mix) that its result is drawn with: none that an arena would take."""


@dataclass(frozen=True)
class Job:
    """One battle to be played."""

    seed: int
    """63-bit; everything random in the battle is keyed by it (and by side and decision)."""
    policies: tuple[str, str]
    """Names of who plays side 0 and side 1."""
    pool: str = "training"
    """Which pool of starting positions (for battles: teams) both sides draw from, by seed."""
    record: tuple[bool, bool] = (False, False)
    """Which sides' trajectories are kept."""


@dataclass(frozen=True)
class Outcome:
    """How one battle ended."""

    seed: int
    policies: tuple[str, str]
    """Who played; a mixture's drawn member is named here."""
    score: float
    """Of side 0: 1 a win, 0.5 a tie, 0 a loss; see `drawn_results` for games that know more than these."""
    num_turns: int
    num_decisions: tuple[int, int]
    starts: tuple[str, str] = ("", "")
    """What each side started from (for battles: team names)."""

    def to_json(self) -> list[Any]:
        """A compact row; `from_json` reads it back equal."""
        return [
            self.seed,
            *self.policies,
            self.score,
            self.num_turns,
            *self.num_decisions,
            *self.starts,
        ]

    @classmethod
    def from_json(cls, row: Sequence[Any]) -> "Outcome":
        """The outcome that `to_json` wrote."""
        seed, first, second, score, turns, own, other, start, other_start = row
        return cls(seed, (first, second), score, turns, (own, other), (start, other_start))


@dataclass(frozen=True)
class Failure:
    """A battle that broke: it is named and counted, and never becomes a result."""

    seed: int
    policies: tuple[str, str]
    reason: str


@dataclass(frozen=True)
class PlayResult:
    """Everything that came of a list of jobs. Outcomes and failures are in the order of the jobs."""

    outcomes: tuple[Outcome, ...]
    failures: tuple[Failure, ...]
    trajectories: Trajectories | None
    """Of the recorded sides, in the order of the jobs, side 0 before side 1."""


def drawn_results(values: NDArray[np.float64], seeds: NDArray[np.uint64]) -> NDArray[np.float64]:
    """[N] A win (1) or a loss (0) with the chance of a win that `values` [N] in [0, 1] say; 1, ½ and 0 are what they are.

    Payoffs are counts of wins, ties and losses, also in games with more results than these (chips): so they
    have the right mean, and their intervals hold. Keyed by the battles' seeds [N].
    """
    won = uniform_from(mix(seeds, _RESULT)) < values
    return np.where(values == 0.5, 0.5, won.astype(np.float64))


def histogram(outcomes: Sequence[Outcome]) -> tuple[int, int, int]:
    """(wins, ties, losses) of side 0. Raises ValueError for a score that is none of 1, 0.5, 0."""
    counts = Counter(outcome.score for outcome in outcomes)
    if set(counts) - {1.0, 0.5, 0.0}:
        raise ValueError(f"scores {sorted(counts)} are not wins, ties and losses")
    return counts[1.0], counts[0.5], counts[0.0]
