"""A figure of the report: how it is drawn at any width, how to read it, and the numbers in it."""

import csv
import io
from collections.abc import Callable
from dataclasses import dataclass

from psro.metagame.intervals import Interval
from psro.report.drawing.marks import Drawing

Value = str | int | float | None


@dataclass(frozen=True)
class Chart:
    """One figure."""

    name: str
    """Of its files: <name>.png and <name>.csv."""
    title: str
    shows: str
    """What it shows, in a sentence."""
    caption: str
    """How it is read: axes with their units, marks, at which level intervals are."""
    draw: Callable[[float], Drawing]
    """From a width in CSS pixels."""
    columns: tuple[str, ...]
    rows: tuple[tuple[Value, ...], ...]
    """The numbers, as they are."""
    picked: tuple[tuple[Value, ...], ...] | None = None
    """Of `rows` those that a page lists; None: all, if they are not too many (page/elements.py)."""

    @property
    def told(self) -> str:
        """What it shows and how it is read, for a picture that goes about alone."""
        return f"{self.shows} {self.caption}"

    def to_csv(self) -> bytes:
        """The numbers with a header line; nothing where there is none."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(self.columns)
        writer.writerows(self.rows)
        return text.getvalue().encode()


BOUNDS = ("estimate", "low", "high", "level")
"""Columns of an interval."""


def bounds(interval: Interval) -> tuple[float, float, float, float]:
    """Its four numbers, in the order of BOUNDS."""
    return interval.estimate, interval.low, interval.high, interval.level
