"""Tokenizers: flat JSON files word → index, metamon's form.

A tokenizer's indices count from 0. Networks' embeddings are one longer and shifted by one (`metamon/tokenizer/tokenizer.py`: a
word it has not got is −1), so everywhere in this program an id is an index + 1 and UNKNOWN_ID = 0.

The `metamon` view is written in this project's own vocabulary, vocabulary.json: all words that a Gen 1 decision can have,
made of the species, moves, types and statuses of the dex (`observations/metamon.py:all_words`). What a network was trained with
is another matter: `Tokenizer.table` leads from the view's ids to those of its tokenizer.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from psro.machine.errors import UserError

UNKNOWN_ID = 0
LACKED_BY_ALL = frozenset({"guillotine", "minimize", "fight", "recharge", "mustrecharge"})
"""By metamon's tokenizers: moves that nobody plays, and pseudo-moves that no observation has."""
VOCABULARY = Path(__file__).with_name("vocabulary.json")


@dataclass(frozen=True)
class Tokenizer:
    """Words and their indices."""

    name: str
    """For messages: the file it was read from."""
    index: Mapping[str, int]
    """word → 0 … num_words − 1, each once"""

    @property
    def num_ids(self) -> int:
        """Rows of an embedding: every word's, and the unknown's."""
        return len(self.index) + 1

    def ids(self, words: Iterable[str]) -> list[int]:
        """The words' ids, 1 … num_words; UNKNOWN_ID for words it has not got."""
        index = self.index
        return [index[word] + 1 if word in index else UNKNOWN_ID for word in words]

    def unknown(self, words: Iterable[str]) -> list[str]:
        """Those of `words` that it has not got, in order, each once."""
        return [word for word in dict.fromkeys(words) if word not in self.index]

    def table(self, vocabulary: Mapping[str, int]) -> NDArray[np.int64]:
        """[1 + len(vocabulary)]: at an id of `vocabulary` (index + 1), this tokenizer's id of the same word; UNKNOWN_ID where it has none."""
        table = np.full(1 + len(vocabulary), UNKNOWN_ID, np.int64)
        table[[position + 1 for position in vocabulary.values()]] = self.ids(vocabulary)
        return table


def read_tokenizer(path: Path) -> Tokenizer:
    """The tokenizer of a JSON file, such as metamon's DefaultObservationSpace-v1.json.

    Raises: UserError naming the file where it is missing, no flat JSON object of words and indices, or its indices are not
    0 … n − 1, each once.
    """
    try:
        read = json.loads(path.read_bytes())
    except FileNotFoundError:
        raise UserError(f"tokenizer {path} does not exist; name a JSON file word → index") from None
    except (OSError, ValueError) as error:
        raise UserError(f"tokenizer {path} cannot be read as JSON ({error}); get it anew") from None
    if not _is_flat(read):
        raise UserError(
            f"tokenizer {path} is no flat JSON object of words and whole numbers; metamon's lie in metamon/tokenizer/"
        )
    if sorted(read.values()) != list(range(len(read))):
        raise UserError(
            f"tokenizer {path}: its {len(read)} indices are not 0 … {len(read) - 1}, each once; get it anew"
        )
    return Tokenizer(str(path), read)


@cache
def own_tokenizer() -> Tokenizer:
    """This project's own: the vocabulary of the `metamon` view."""
    return read_tokenizer(VOCABULARY)


def worth_telling(words: Iterable[str]) -> list[str]:
    """Those words of a Gen 1 battle that `words` lack, but for those that metamon's own tokenizers lack."""
    known = set(words)
    return [
        word for word in own_tokenizer().index if word not in known and word not in LACKED_BY_ALL
    ]


def words_it_lacks(tokenizer: Tokenizer, vocabulary: Iterable[str]) -> list[str]:
    """Those words of a view's vocabulary that the tokenizer has not got: its network reads them as unknown, as it did in training.

    metamon's tokenizers lack a few moves that nobody plays. Raises UserError where it lacks a marker (`<move>`, `<gen1ou>`, …):
    then it is not this view's at all.
    """
    unknown = tokenizer.unknown(vocabulary)
    markers = [word for word in unknown if word.startswith("<")]
    if markers:
        more = f" and {len(unknown) - 1} others" if len(unknown) > 1 else ""
        raise UserError(
            f"tokenizer {tokenizer.name} has no word {markers[0]!r}{more}: it is of another observation space or generation; "
            "take the one that the network was trained with"
        )
    return unknown


def _is_flat(read: Any) -> bool:
    return (
        isinstance(read, dict)
        and bool(read)
        and all(
            type(index) is int and word and word.split() == [word] for word, index in read.items()
        )
    )
