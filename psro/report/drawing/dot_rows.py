"""Estimates with their intervals, one row each: the figure for win rates, weights and ratings."""

from collections.abc import Sequence
from dataclasses import dataclass

from psro.metagame.intervals import Interval
from psro.report.drawing.marks import (
    FAINT,
    GRID,
    INK,
    Box,
    Drawing,
    Text,
    fitted,
    marker,
    text_width,
)
from psro.report.drawing.plane import TICK_SIZE, Plane, Words, nice_ticks

NARROW = 500.0
"""Below this width a row's words stand above its interval, not beside it."""
ROW, TALL_ROW = 21.0, 36.0
HEADING = 30.0
SIZE = 11.5


@dataclass(frozen=True)
class Row:
    """An estimate, and what it is of."""

    name: str
    interval: Interval
    words: str
    """The estimate in words, on the right."""
    colour: str
    marker: str = "disc"
    hint: str = ""


@dataclass(frozen=True)
class Group:
    """Rows under a heading; it may be empty."""

    heading: str
    rows: Sequence[Row]


@dataclass(frozen=True)
class Scale:
    """The horizontal axis."""

    low: float
    high: float
    words: Words
    title: str
    references: tuple[tuple[float, str], ...] = ()
    """Values with a line of their own, and what the line says (may be empty)."""


def dot_rows(groups: Sequence[Group], scale: Scale, width: float) -> Drawing:
    """All groups, one below the other, on one axis at the bottom."""
    drawing = Drawing(width)
    tall = width < NARROW
    rows = [row for group in groups for row in group.rows]
    ticks = nice_ticks(scale.low, scale.high, 4 if tall else 6)
    # Half of the outermost ticks' words stand outside the axis.
    left = text_width(scale.words(ticks[0]), TICK_SIZE) / 2
    right = width - text_width(scale.words(ticks[-1]), TICK_SIZE) / 2
    if not tall:
        left = max(
            left, min(0.34 * width, 10 + max((text_width(r.name, SIZE) for r in rows), default=0))
        )
        right = min(right, width - 12 - max((text_width(r.words, SIZE) for r in rows), default=0))
    named = any(words for _, words in scale.references)
    top = 16.0 if named else 4.0
    heights = [
        HEADING * bool(g.heading) + (TALL_ROW if tall else ROW) * len(g.rows) for g in groups
    ]
    bottom = top + sum(heights) + 4
    plane = Plane(drawing, left, top, right, bottom, (scale.low, scale.high), (0, 1))
    plane.uprights(ticks, scale.words)
    for value, words in scale.references:
        drawing.line(plane.x(value), top, plane.x(value), bottom, INK, 1.0, () if value == scale.references[0][0] else (4, 3))  # fmt: skip
        if words:
            drawing.add(Text(plane.x(value), top - 4, words, 10.5, "middle", FAINT))
    y = top
    for group in groups:
        if group.heading:
            drawing.add(Text(0, y + 19, group.heading, 12.5, bold=True, halo=True))
            y += HEADING
        for row in group.rows:
            if tall:
                _tall_row(drawing, plane, row, y)
                y += TALL_ROW
            else:
                _row(drawing, plane, row, y)
                y += ROW
    plane.floor()
    plane.title_below(scale.title)
    drawing.height = bottom + 40
    return drawing


def _row(drawing: Drawing, plane: Plane, row: Row, top: float) -> None:
    middle = top + ROW / 2
    base = middle + 0.35 * SIZE
    drawing.add(Text(plane.left - 8, base, fitted(row.name, plane.left - 8, SIZE), SIZE, "end"))
    drawing.add(Text(plane.right + 8, base, row.words, SIZE, colour=FAINT))
    _interval(drawing, plane, row, middle)


def _tall_row(drawing: Drawing, plane: Plane, row: Row, top: float) -> None:
    words = text_width(row.words, TICK_SIZE)
    name = fitted(row.name, drawing.width - words - 8, SIZE)
    # On plates, or lines would run through the letters.
    drawing.add(Box(0, top + 1, text_width(name, SIZE), 15, "#FFFFFF"))
    drawing.add(Text(0, top + 13, name, SIZE))
    drawing.add(Box(drawing.width - words, top + 1, words, 15, "#FFFFFF"))
    drawing.add(Text(drawing.width, top + 13, row.words, TICK_SIZE, "end", FAINT))
    _interval(drawing, plane, row, top + 24)
    drawing.line(0, top + TALL_ROW - 1, drawing.width, top + TALL_ROW - 1, GRID, 0.5)


def _interval(drawing: Drawing, plane: Plane, row: Row, y: float) -> None:
    def inside(value: float) -> float:
        return min(max(plane.x(value), plane.left), plane.right)

    low, high = inside(row.interval.low), inside(row.interval.high)
    if high > low:
        drawing.line(low, y, high, y, row.colour, 2.2)
        for end in (low, high):
            drawing.line(end, y - 4, end, y + 4, row.colour, 1.6)
    hint = row.hint or f"{row.name}: {row.words}"
    drawing.add(marker(row.marker, inside(row.interval.estimate), y, 4.2, row.colour, hint))
