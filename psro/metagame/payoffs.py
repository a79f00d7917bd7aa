"""What is known about each matchup, and the interaction matrix M that follows from it.

M[i, j] = P(row i beats column j), ties counting one half, so M + Mᵀ = 1 and the diagonal is ½
(DESIGN.md, "Words"). A cell holds a histogram of outcomes or an exact value, never a bare mean.
"""

import csv
import io
import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from psro.metagame.population import Population


@dataclass(frozen=True)
class OutcomeCounts:
    """A histogram of the outcomes of one matchup, from the row policy's point of view."""

    wins: int = 0
    ties: int = 0
    losses: int = 0

    def __post_init__(self) -> None:
        for name in ("wins", "ties", "losses"):
            count = getattr(self, name)
            if not isinstance(count, int) or isinstance(count, bool) or count < 0:
                raise ValueError(f"{name} must be a count (an int, 0 or more), not {count!r}")

    @property
    def num_battles(self) -> int:
        return self.wins + self.ties + self.losses

    @property
    def win_rate(self) -> float:
        """(wins + ties/2) / battles. Raises ValueError if nothing was played."""
        if self.num_battles == 0:
            raise ValueError("no battle was played, so there is no win rate")
        # The larger of the two sides' rates is divided out, the smaller is its complement: the
        # subtraction from 1 is then exact, and both points of view add up to 1 to the last bit.
        ahead, behind = 2 * self.wins + self.ties, 2 * self.losses + self.ties
        larger = max(ahead, behind) / (2 * self.num_battles)
        return larger if ahead >= behind else 1.0 - larger

    def mirrored(self) -> "OutcomeCounts":
        """The same battles from the column policy's point of view."""
        return OutcomeCounts(wins=self.losses, ties=self.ties, losses=self.wins)

    def __add__(self, other: "OutcomeCounts") -> "OutcomeCounts":
        return OutcomeCounts(
            self.wins + other.wins, self.ties + other.ties, self.losses + other.losses
        )


@dataclass(frozen=True)
class PayoffScale:
    """The unit in which a game's exact values are given, and the range they live in.

    In a symmetric zero-sum game `low` and `high` are the two sides' worst and best, so a value v for
    the row is low + high − v for the column.
    """

    unit: str = "win_rate"
    low: float = 0.0
    high: float = 1.0

    def __post_init__(self) -> None:
        if not (math.isfinite(self.low) and math.isfinite(self.high) and self.low < self.high):
            raise ValueError(
                f"payoff scale {self.unit!r}: [{self.low}, {self.high}] is not a finite range"
            )

    @property
    def width(self) -> float:
        """How many units one whole win rate (0 → 1) is worth."""
        return self.high - self.low

    def to_win_rate(self, value: float) -> float:
        return (value - self.low) / self.width


WIN_RATE = PayoffScale()

Cell = OutcomeCounts | float
"""Outcomes, or an exact value for the row policy in the table's scale."""


@dataclass(frozen=True)
class PayoffTable:
    """Every matchup of a population that has been played or computed; immutable.

    A matchup is stored once, under (earlier member, later member); the other point of view is its
    mirror image. Outcomes need the win-rate scale; exact values may come in any declared scale.
    """

    population: Population
    scale: PayoffScale = WIN_RATE
    cells: Mapping[tuple[str, str], Cell] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for (row, column), cell in self.cells.items():
            if self.population.index(row) >= self.population.index(column):
                raise ValueError(
                    f"matchup ({row}, {column}) is not in population order; add it by with_counts or "
                    "with_exact"
                )
            if isinstance(cell, OutcomeCounts):
                if self.scale != WIN_RATE:
                    raise ValueError(
                        f"matchup ({row}, {column}): outcomes need the scale win_rate [0, 1], but "
                        f"this table is in {self.scale.unit!r}"
                    )
            elif not self.scale.low <= cell <= self.scale.high:
                raise ValueError(
                    f"matchup ({row}, {column}): {cell} is outside [{self.scale.low}, "
                    f"{self.scale.high}] {self.scale.unit}"
                )

    def with_population(self, population: Population) -> "PayoffTable":
        """The same cells over a population that has grown at its end. Raises ValueError otherwise."""
        known = len(self.population)
        if population.names[:known] != self.population.names:
            raise ValueError(
                "a payoff table can only grow: the new population must begin with "
                f"{list(self.population.names)}, not {list(population.names[:known])}"
            )
        return replace(self, population=population)

    def with_counts(self, row: str, column: str, counts: OutcomeCounts) -> "PayoffTable":
        """Adds battles, seen by `row`, to a matchup.

        Raises ValueError for an unknown policy, a policy against itself, or a cell that is exact.
        """
        key, flipped = self._key(row, column)
        counts = counts.mirrored() if flipped else counts
        present = self.cells.get(key, OutcomeCounts())
        if not isinstance(present, OutcomeCounts):
            raise ValueError(f"matchup ({row}, {column}) has an exact value; battles add nothing")
        return replace(self, cells={**self.cells, key: present + counts})

    def with_exact(self, row: str, column: str, value: float) -> "PayoffTable":
        """Sets a matchup to an exact value for `row`, in this table's scale.

        Raises ValueError for an unknown policy, a policy against itself, or a matchup that has a
        different content already.
        """
        key, flipped = self._key(row, column)
        value = float(self.scale.low + self.scale.high - value if flipped else value)
        present = self.cells.get(key, value)
        if present != value:
            raise ValueError(f"matchup ({row}, {column}) is already {present}, not {value}")
        return replace(self, cells={**self.cells, key: value})

    def cell(self, row: str, column: str) -> Cell:
        """What is known about a matchup, seen by `row`. Raises ValueError if it is missing."""
        key, flipped = self._key(row, column)
        cell = self.cells.get(key)
        if cell is None:
            raise ValueError(f"matchup ({row}, {column}) was not played")
        if not flipped:
            return cell
        if isinstance(cell, OutcomeCounts):
            return cell.mirrored()
        return self.scale.low + self.scale.high - cell

    def missing_pairs(self) -> tuple[tuple[str, str], ...]:
        """The matchups without a single battle or an exact value, in population order."""
        return tuple(
            pair
            for pair in combinations(self.population.names, 2)
            if self._is_missing(self.cells.get(pair))
        )

    def matrix(self) -> NDArray[np.float64]:
        """The interaction matrix M [K, K] in win rates: M + Mᵀ = 1 and diag ½, to the last bit.

        Exact values in another unit are mapped linearly, low → 0 and high → 1.
        Raises ValueError naming the pairs if any matchup is missing: an unplayed pair is not ½.
        """
        missing = self.missing_pairs()
        if missing:
            pairs = ", ".join(f"{row} vs {column}" for row, column in missing)
            raise ValueError(f"{len(missing)} matchups are missing, play them first: {pairs}")
        return self._known_matrix()

    def counts(self) -> NDArray[np.int64]:
        """Battles per matchup [K, K, 3]: wins, ties, losses of the row; 0 where exact or missing."""
        counts = np.zeros((len(self.population), len(self.population), 3), dtype=np.int64)
        for row, column, cell in self._indexed_cells():
            if isinstance(cell, OutcomeCounts):
                counts[row, column] = (cell.wins, cell.ties, cell.losses)
                counts[column, row] = counts[row, column, ::-1]
        return counts

    def to_json(self) -> dict[str, Any]:
        """Everything, exactly; `matrix` is there for readers (null where missing) and checked on load."""
        return {
            "population": self.population.to_json(),
            "scale": {"unit": self.scale.unit, "low": self.scale.low, "high": self.scale.high},
            "cells": [
                {"row": row, "column": column, **self._cell_to_json(cell)}
                for (row, column), cell in sorted(self.cells.items(), key=self._order)
            ],
            "names": list(self.population.names),
            "matrix": self._matrix_or_none(),
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "PayoffTable":
        """The inverse of `to_json`. Raises ValueError if fields are missing or the parts disagree."""
        try:
            cells: dict[tuple[str, str], Cell] = {}
            for entry in data["cells"]:
                key = (entry["row"], entry["column"])
                if key in cells:
                    raise ValueError(f"matchup {key} appears twice")
                if "exact" in entry:
                    cells[key] = float(entry["exact"])
                else:
                    cells[key] = OutcomeCounts(entry["wins"], entry["ties"], entry["losses"])
            table = cls(
                Population.from_json(data["population"]), PayoffScale(**data["scale"]), cells
            )
            if table._matrix_or_none() != data["matrix"]:
                raise ValueError("its matrix does not follow from its cells; was the file edited?")
        except (KeyError, TypeError) as error:
            raise ValueError(f"not a payoff table: {error!r}") from error
        return table

    def to_csv(self) -> str:
        """The interaction matrix as CSV text with names in the first row and column; raises as `matrix`."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(["row_beats_column", *self.population.names])
        for name, rates in zip(self.population.names, self.matrix().tolist(), strict=True):
            writer.writerow([name, *(repr(rate) for rate in rates)])
        return text.getvalue()

    def _key(self, row: str, column: str) -> tuple[tuple[str, str], bool]:
        """The stored key of a matchup, and whether its storage is seen by the other policy."""
        i, j = self.population.index(row), self.population.index(column)
        if i == j:
            raise ValueError(f"{row!r} against itself is ½ by symmetry; there is nothing to record")
        return ((row, column), False) if i < j else ((column, row), True)

    def _order(self, item: tuple[tuple[str, str], Cell]) -> tuple[int, int]:
        (row, column), _ = item
        return self.population.index(row), self.population.index(column)

    def _indexed_cells(self) -> list[tuple[int, int, Cell]]:
        return [(*self._order(item), item[1]) for item in self.cells.items()]

    def _known_matrix(self) -> NDArray[np.float64]:
        """M with NaN where a matchup is missing."""
        matrix = np.full((len(self.population),) * 2, np.nan)
        np.fill_diagonal(matrix, 0.5)
        for row, column, cell in self._indexed_cells():
            if self._is_missing(cell):
                continue
            rate = (
                cell.win_rate if isinstance(cell, OutcomeCounts) else self.scale.to_win_rate(cell)
            )
            # As in `win_rate`: complement the smaller side, so that both add up to exactly 1.
            larger = max(rate, 1.0 - rate)
            matrix[row, column] = larger if rate >= 0.5 else 1.0 - larger
            matrix[column, row] = 1.0 - matrix[row, column] if rate >= 0.5 else larger
        return matrix

    def _matrix_or_none(self) -> list[list[float | None]]:
        return [
            [None if math.isnan(rate) else rate for rate in row]
            for row in self._known_matrix().tolist()
        ]

    @staticmethod
    def _is_missing(cell: Cell | None) -> bool:
        return cell is None or (isinstance(cell, OutcomeCounts) and cell.num_battles == 0)

    @staticmethod
    def _cell_to_json(cell: Cell) -> dict[str, Any]:
        if isinstance(cell, OutcomeCounts):
            return {"wins": cell.wins, "ties": cell.ties, "losses": cell.losses}
        return {"exact": cell}
