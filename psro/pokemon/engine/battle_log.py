"""An engine battle as it can be played again: by the engine, and by Showdown, draw for draw."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from psro.pokemon.engine.layout import FIRST_SWITCH, LANE_SIZE, NUM_CHOICES, Lane, Lanes
from psro.pokemon.engine.teams import new_lane

SEED_PREFIX = "gen5,"
WAITS = -1
ALLOWED = "a choice is -1 (waits), 0-3 (move slot) or 4-9 (original slot)"
assert (FIRST_SWITCH, NUM_CHOICES) == (4, 10), ALLOWED


@dataclass(frozen=True, eq=False)
class BattleLog:
    """A battle to its end, or as far as it was played."""

    seed: str
    """Showdown's: `gen5,` and sixteen hex digits."""
    teams: tuple[str, str]
    """Packed; of side 0 and side 1."""
    choices: NDArray[np.int8]
    """[N, 2], the engine's choices at each step: 0-3 a move slot, 4-9 a switch to an original slot, -1 for a side that waits."""

    def __post_init__(self) -> None:
        """Raises: ValueError for choices of another shape or range, or a seed of another form."""
        if self.choices.ndim != 2 or self.choices.shape[1] != 2:
            raise ValueError(f"choices must be [steps, 2], not {list(self.choices.shape)}")
        if self.choices.size and not (
            self.choices.min() >= WAITS and self.choices.max() < NUM_CHOICES
        ):
            raise ValueError(ALLOWED)
        digits = self.seed.removeprefix(SEED_PREFIX)
        if digits == self.seed or len(digits) != 16 or int(digits, 16) < 0:
            raise ValueError(f"a seed is 'gen5,' and sixteen hex digits, not {self.seed!r}")

    @property
    def name(self) -> str:
        """The seed's digits: what files about this battle are called."""
        return self.seed.removeprefix(SEED_PREFIX)

    def to_json(self) -> dict[str, Any]:
        """With the keys of the judge's fixtures, so that a file of it can become one (judge/record.py)."""
        return {
            "seed": self.name,
            "teams": list(self.teams),
            "choices": self.choices.tolist(),
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> "BattleLog":
        """The log that `to_json` wrote. Raises KeyError, TypeError or ValueError for anything else."""
        first, second = value["teams"]
        choices = np.array(value["choices"], np.int8).reshape(len(value["choices"]), 2)
        return cls(SEED_PREFIX + value["seed"], (first, second), choices)


def play(log: BattleLog) -> Lanes:
    """Plays it in the engine. Returns int16[1 + N, LANE_SIZE]: the lane at the start and after each step; the last is the final one.

    Steps after the battle's end change nothing. Raises ValueError for teams that Gen 1 does not have.
    """
    # Imported here: it compiles the engine, which Showdown's replay of a log does without.
    from psro.pokemon.engine import kernels

    lanes = np.empty((1 + len(log.choices), LANE_SIZE), np.int16)
    lane: Lane = new_lane(log.seed, *log.teams)
    one = lane[np.newaxis]
    kernels.start(one)
    lanes[0] = lane
    for step, choices in enumerate(np.ascontiguousarray(log.choices), 1):
        kernels.step(one, choices[np.newaxis])
        lanes[step] = lane
    return lanes
