"""Where two dumps of the same battle first differ, in words."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from psro.pokemon.engine.judge.layout import NAMES, PLACES
from psro.pokemon.engine.judge.record import BattleRecord

MAX_PLACES = 12
"""Places named of the first dump that differs: the first is seldom the one that explains it."""


COMPARED = np.array([name != "draws" for name in NAMES])
"""bool [SIZE]: all but the number of draws, which an engine need not keep: equal seeds before and after tell it."""
MAX_DRAWS = 5000
"""In one decision: more than any had in the proof."""
MULTIPLIER = (0x5D58, 0x8B65, 0x6C07, 0x8965)
INCREMENT = (0, 0, 0x26, 0x9EC3)

Words = tuple[int, int, int, int]
"""State of the generator: four 16-bit words, the highest first."""


def next_words(words: Words) -> Words:
    """One draw of Gen5RNG (sim/prng.js), whose sums lose what exceeds 32 bits, as JavaScript's shifts do."""
    result = [0, 0, 0, 0]
    carry = 0
    for column in (3, 2, 1, 0):
        carry += INCREMENT[column]
        carry += sum(MULTIPLIER[3 - (b - column)] * words[b] for b in range(column, 4))
        result[column] = carry & 0xFFFF
        carry = (carry & 0xFFFFFFFF) >> 16
    return result[0], result[1], result[2], result[3]


def num_draws(before: Words, after: Words) -> int | None:
    """How many draws lie between two states; None for more than MAX_DRAWS, or for no such number."""
    for draws in range(MAX_DRAWS):
        if before == after:
            return draws
        before = next_words(before)
    return None


def words_of(dump: np.ndarray) -> Words:
    """The generator's state in a dump, int32 [SIZE]."""
    at = PLACES["seed.0"]
    return int(dump[at]), int(dump[at + 1]), int(dump[at + 2]), int(dump[at + 3])


@dataclass(frozen=True)
class Difference:
    """The first dump of a battle in which judge and engine differ."""

    record: BattleRecord
    dump: int
    """Its index: 0 after the start, d + 1 after decision d."""
    places: tuple[tuple[str, int, int], ...]
    """(name, the judge's value, the engine's), in the dump's order."""
    missing: str = ""
    """Set when one of the two stopped before the other: there are no places then."""
    draws: tuple[int | None, int | None] = (None, None)
    """How many numbers the judge and the engine drew in this decision; None where that is not to be told."""

    @property
    def first(self) -> str:
        """Name of the first place that differs."""
        return self.places[0][0] if self.places else self.missing

    def text(self, lines: Sequence[Sequence[str]] | None = None) -> str:
        """For people: seed, decision, places, and with the judge's protocol lines what happened in that decision."""
        at = "the start" if self.dump == 0 else f"decision {self.dump - 1}"
        choices = "" if self.dump == 0 else f" (choices {list(self.record.choices[self.dump - 1])})"
        about = f" ({self.record.about})" if self.record.about else ""
        rows = [f"battle {self.record.name}{about}: first difference after {at}{choices}"]
        if self.missing:
            rows.append(f"  {self.missing}")
        if self.draws[0] != self.draws[1]:
            rows.append(f"  draws in this decision: judge {self.draws[0]}, engine {self.draws[1]}")
        rows += [
            f"  {name}: judge {expected}, engine {actual}"
            for name, expected, actual in self.places[:MAX_PLACES]
        ]
        if len(self.places) > MAX_PLACES:
            rows.append(f"  and {len(self.places) - MAX_PLACES} more places")
        if lines is not None and self.dump < len(lines):
            rows += [f"    {line}" for line in lines[self.dump]]
        return "\n".join(rows)


def first_difference(
    record: BattleRecord, judged: np.ndarray, played: np.ndarray
) -> Difference | None:
    """The first difference between the judge's dumps and the engine's, int32 [dumps, SIZE] each; None if they are equal.

    Raises: ValueError when the dumps are not SIZE wide.
    """
    for dumps in (judged, played):
        if dumps.ndim != 2 or dumps.shape[1] != len(NAMES):
            raise ValueError(f"dumps must be [any, {len(NAMES)}], not {list(dumps.shape)}")
    common = min(len(judged), len(played))
    different = np.flatnonzero((judged[:common, COMPARED] != played[:common, COMPARED]).any(axis=1))
    if different.size:
        index = int(different[0])
        places = tuple(
            (NAMES[place], int(judged[index, place]), int(played[index, place]))
            for place in np.flatnonzero((judged[index] != played[index]) & COMPARED)
        )
        draws: tuple[int | None, int | None] = (None, None)
        if index:
            before = words_of(judged[index - 1])
            draws = (
                num_draws(before, words_of(judged[index])),
                num_draws(before, words_of(played[index])),
            )
        return Difference(record, index, places, draws=draws)
    if len(judged) != len(played):
        missing = f"the judge has {len(judged)} dumps, the engine {len(played)}"
        return Difference(record, common, (), missing)
    return None
