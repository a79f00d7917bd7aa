"""What a network of metamon's reads of a decision: its own tokenizer's words, and what its reward is computed from."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from psro.pokemon.observations.metamon import GEN1_VOCABULARY, NUM_NUMBERS, NUM_WORDS
from psro.pokemon.observations.records.spec import RECORD_VIEW
from psro.pokemon.observations.tokenizer import (
    Tokenizer,
    own_tokenizer,
    read_tokenizer,
    words_it_lacks,
)
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
        rows: dict[str, NDArray[Any]] = {
            "words": np.zeros((len(records), NUM_WORDS), np.int32),
            "numbers": np.zeros((len(records), NUM_NUMBERS), np.float32),
        }
        self._kernel.write(records, rows)
        words: NDArray[np.int64] = rows["words"].astype(np.int64)
        numbers: NDArray[np.float32] = rows["numbers"]
        return words, numbers, self._reward.snapshots(records)

    def reward(
        self, before: NDArray[np.float64], after: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """What was earned between two decisions, [B]."""
        return self._reward.step(before, after)


def read_words(path: Path | None) -> dict[str, int]:
    """The words of a tokenizer's file, word → index from 0; without a path this project's own.

    Raises: UserError where it is no tokenizer, or one of another observation space.
    """
    tokenizer = own_tokenizer() if path is None else read_tokenizer(path)
    words_it_lacks(tokenizer, GEN1_VOCABULARY)
    return dict(tokenizer.index)


def table_of(words: Mapping[str, int]) -> NDArray[np.int64]:
    """The `metamon` view's word ids → those of `words`, from 1; 0 where unknown."""
    return Tokenizer("an agent's", words).table(GEN1_VOCABULARY)
