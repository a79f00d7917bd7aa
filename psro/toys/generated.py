"""Matrix games drawn from a seed, of a stated size and structure: what PSRO is up against, known exactly.

- random symmetric: no structure at all;
- random symmetrised: a random game with two different seats, played from both;
- disc: nothing but cycles (Balduzzi et al. 2019, "Open-ended Learning in Symmetric Zero-sum Games");
- spinning top: a ladder of skill whose cycles are widest half-way up and vanish at both ends (Czarnecki et al.
  2020, "Real World Games Look Like Spinning Tops").

Strategies are called s0, s1, …; in which order says nothing of their strength.
"""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from psro.machine.seeds import rng_from
from psro.toys.matrix import MatrixConfig, MatrixGame

Matrix = NDArray[np.float64]
Vector = NDArray[np.float64]

LARGEST = 10_000
"""Strategies; a matrix of that size takes 800 MB."""
_GRID = 2.0**40
"""Scores are multiples of 1/_GRID: the last bits, where libraries differ, are gone, and both sides add up to 1."""


class GeneratedConfig(Protocol):
    """What `generated_game` takes."""

    name: str
    exact: bool

    def advantages(self) -> Matrix:
        """A [size, size] in [−½, ½]; what lies on and below the diagonal does not matter."""
        ...


@dataclass
class RandomSymmetricConfig:
    """`game=random_symmetric`: each pair of strategies has a score uniform in [0, 1]."""

    name: str = "random_symmetric"
    size: int = 20
    """Number of strategies."""
    seed: int = 0
    """Which game of this kind and size; the run's own seed has no part in it."""
    exact: bool = True
    """Payoffs are computed, not sampled: tournaments and measurements then play no battles."""

    def __post_init__(self) -> None:
        _check_size("game.size", self.size)

    def advantages(self) -> Matrix:
        """See GeneratedConfig."""
        rng = rng_from("toys.generated", self.name, self.size, self.seed)
        return rng.random((self.size, self.size)) - 0.5


@dataclass
class RandomSymmetrisedConfig:
    """`game=random_symmetrised`: both seats of a random zero-sum game, payoffs uniform in [−1, 1].

    A strategy is a row for the first seat and a column for the second, number row · columns + column; who
    sits where is drawn, so (a, b) scores ½ + (P[a, d] − P[c, b]) / 4 against (c, d) (von Neumann's symmetrisation).
    """

    name: str = "random_symmetrised"
    rows: int = 5
    """Strategies of the first seat."""
    columns: int = 4
    """Strategies of the second seat."""
    seed: int = 0
    """Which game of this kind and size; the run's own seed has no part in it."""
    exact: bool = True
    """Payoffs are computed, not sampled: tournaments and measurements then play no battles."""

    def __post_init__(self) -> None:
        _check_size("game.rows", self.rows)
        _check_size("game.columns", self.columns)
        _check_size("game.rows · game.columns", self.rows * self.columns)

    def payoffs(self) -> Matrix:
        """P [rows, columns]: what the first seat wins of the second."""
        rng = rng_from("toys.generated", self.name, self.rows, self.columns, self.seed)
        return 2 * rng.random((self.rows, self.columns)) - 1

    def advantages(self) -> Matrix:
        """See GeneratedConfig."""
        payoffs = self.payoffs()
        row, column = (places.ravel() for places in np.indices(payoffs.shape))
        won = payoffs[row[:, None], column[None, :]]
        return (won - won.T) / 4


@dataclass
class DiscConfig:
    """`game=disc`: strategies are points of the unit disc, each beating what lies less than half a turn behind it.

    The score of v against w is ½ + (v × w) / 2: the further out, the more it wins and the more it loses.
    """

    name: str = "disc"
    size: int = 20
    """Number of strategies, uniform in the disc."""
    seed: int = 0
    """Which game of this kind and size; the run's own seed has no part in it."""
    exact: bool = True
    """Payoffs are computed, not sampled: tournaments and measurements then play no battles."""

    def __post_init__(self) -> None:
        _check_size("game.size", self.size)

    def advantages(self) -> Matrix:
        """See GeneratedConfig."""
        rng = rng_from("toys.generated", self.name, self.size, self.seed)
        radius, angle = np.sqrt(rng.random(self.size)), 2 * np.pi * rng.random(self.size)
        return _cross(radius, angle) / 2


@dataclass
class SpinningTopConfig:
    """`game=spinning_top`: a strategy has a skill, uniform in [0, 1], and a place on the cycle at that height.

    Its score is logistic(transitive · difference of skill + cyclic · (v × w)), v of the length
    2 √(skill (1 − skill)): Elo with one cyclic component (Balduzzi et al. 2018, mElo₂) on the shape of a top.
    """

    name: str = "spinning_top"
    size: int = 30
    """Number of strategies."""
    transitive: float = 4.0
    """What all the skill there is is worth, in logits: the best beats the worst by logistic(4) = 98 %."""
    cyclic: float = 4.0
    """What a quarter turn is worth half-way up, in logits."""
    seed: int = 0
    """Which game of this kind and size; the run's own seed has no part in it."""
    exact: bool = True
    """Payoffs are computed, not sampled: tournaments and measurements then play no battles."""

    def __post_init__(self) -> None:
        _check_size("game.size", self.size)
        for key in ("transitive", "cyclic"):
            if not 0 <= getattr(self, key) <= 100:
                raise ValueError(
                    f"game.{key} is {getattr(self, key):g}; it must be in [0, 100] logits"
                )

    def places(self) -> tuple[Vector, Vector]:
        """Skill [size] and angle [size] of each strategy."""
        rng = rng_from("toys.generated", self.name, self.size, self.seed)
        return rng.random(self.size), 2 * np.pi * rng.random(self.size)

    def advantages(self) -> Matrix:
        """See GeneratedConfig."""
        skill, angle = self.places()
        cycles = _cross(2 * np.sqrt(skill * (1 - skill)), angle)
        logits = self.transitive * (skill[:, None] - skill[None, :]) + self.cyclic * cycles
        return 1 / (1 + np.exp(-logits)) - 0.5


def generated_game(config: GeneratedConfig) -> MatrixGame:
    """The matrix game that `config` describes; equal on every machine."""
    upper = np.triu(np.rint(config.advantages() * _GRID) / _GRID, 1)
    scores = 0.5 + upper - upper.T
    actions = [f"s{number}" for number in range(len(scores))]
    return MatrixGame(MatrixConfig(config.name, actions, scores.tolist(), config.exact))


def _cross(radius: Vector, angle: Vector) -> Matrix:
    """v × w of every pair of points [K] given by radius and angle."""
    turn: Matrix = np.sin(angle[None, :] - angle[:, None])
    return radius[:, None] * radius[None, :] * turn


def _check_size(key: str, size: int) -> None:
    if not 1 <= size <= LARGEST:
        raise ValueError(f"{key} is {size}; a game has 1 to {LARGEST:,} strategies")
