"""Where two dumps of the same battle first differ, in words."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from psro.pokemon.engine.judge.layout import NAMES
from psro.pokemon.engine.judge.record import BattleRecord

MAX_PLACES = 12
"""Places named of the first dump that differs: the first is seldom the one that explains it."""


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

    def text(self, lines: Sequence[Sequence[str]] | None = None) -> str:
        """For people: seed, decision, places, and with the judge's protocol lines what happened in that decision."""
        at = "the start" if self.dump == 0 else f"decision {self.dump - 1}"
        choices = "" if self.dump == 0 else f" (choices {list(self.record.choices[self.dump - 1])})"
        about = f" ({self.record.about})" if self.record.about else ""
        rows = [f"battle {self.record.name}{about}: first difference after {at}{choices}"]
        if self.missing:
            rows.append(f"  {self.missing}")
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
    different = np.flatnonzero((judged[:common] != played[:common]).any(axis=1))
    if different.size:
        index = int(different[0])
        places = tuple(
            (NAMES[place], int(judged[index, place]), int(played[index, place]))
            for place in np.flatnonzero(judged[index] != played[index])
        )
        return Difference(record, index, places)
    if len(judged) != len(played):
        missing = f"the judge has {len(judged)} dumps, the engine {len(played)}"
        return Difference(record, common, (), missing)
    return None
