"""What it takes to play an engine battle again."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class BattleLog:
    """A battle by its seed, teams and choices: the same in the engine and in Showdown."""

    seed: str
    """Showdown's `gen5,` and sixteen hex digits."""
    teams: tuple[str, str]
    """Packed."""
    choices: NDArray[np.int8]
    """[N, 2], the engine's choices per step: 0-3 move slot, 4-9 original slot, -1 waits."""
