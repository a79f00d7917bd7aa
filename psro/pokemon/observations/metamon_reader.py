"""What a network of metamon's reads of a decision: its own tokenizer's words, and what its reward is computed from."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from psro.pokemon.observations.metamon import NUM_NUMBERS, NUM_WORDS
from psro.pokemon.observations.records.spec import RECORD_VIEW
from psro.pokemon.rewards import Reward


class MetamonReader:
    """Reads sighting records, from which words, numbers and rewards all follow.

    The `metamon` view has the same words and numbers, but not what a benched Pokémon's status was, which a reward needs.
    """

    view = RECORD_VIEW

    def __init__(self, tokenizer: Mapping[str, int], reward: Reward):
        """`tokenizer`: word → index from 0. `reward`: the network's, whose last value it is shown."""
        # A kernel compiles where it is imported, or loads from the cache.
        from psro.pokemon.observations.records.metamon import MetamonKernel

        self._kernel = MetamonKernel(tokenizer)
        self._reward = reward

    def read(
        self, observations: Mapping[str, NDArray[Any]]
    ) -> tuple[NDArray[np.int64], NDArray[np.float32], NDArray[np.float64]]:
        """Words [B, 87] (ids from 1, 0 unknown), numbers [B, 48], the reward's snapshots [B, K]."""
        records = np.require(observations[RECORD_VIEW], requirements=["C", "W"])
        rows = {
            "words": np.zeros((len(records), NUM_WORDS), np.int32),
            "numbers": np.zeros((len(records), NUM_NUMBERS), np.float32),
        }
        self._kernel.write(records, rows)
        return rows["words"].astype(np.int64), rows["numbers"], self._reward.snapshots(records)

    def reward(
        self, before: NDArray[np.float64], after: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """What was earned between two decisions, [B]."""
        return self._reward.step(before, after)
