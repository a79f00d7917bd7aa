"""The interaction matrix as a heat map: who beats whom."""

import math

from psro.metagame.intervals import Interval, win_rate_interval
from psro.metagame.payoffs import OutcomeCounts, PayoffTable
from psro.report.charts.chart import BOUNDS, Chart, Value, bounds
from psro.report.drawing.marks import FAINT, Box, Drawing, Text, fitted, text_width
from psro.report.drawing.plane import percent
from psro.report.record import Iteration
from psro.report.style import GREY, diverging, hexadecimal, readable_on
from psro.report.tables import SHOWN_WEIGHT
from psro.report.text import interval_text

COLOURS_MEAN = "Purple: the row wins, orange: it loses; in cells too small for a number a white stroke says that the row loses."
LEAST_CELL_WITH_TEXT = 19.0
LEAST_CELL_WITH_COUNTS = 42.0
"""Pixels that a cell must be wide for what it says."""
KEY, NUM_SHADES = 180.0, 20
"""Width of the key to the colours, in pixels, and the shades in it."""


def interaction_matrix(iteration: Iteration) -> Chart:
    """Heat map of the newest tournament."""
    table = PayoffTable.from_json(iteration.matrix)
    names = table.population.names
    rates = {(row, column): cell_of(table, row, column) for row in names for column in names}
    played = {num for _, num, _ in (c for c in rates.values() if c is not None) if num}
    each = f" Every pair played {played.copy().pop():,} battles." if len(played) == 1 else ""
    told = (
        "a cell's 95 % interval and counts show when the mouse rests on it, and stand in the table (of very many policies: those that "
        "σ plays; all are in the CSV)"
        if played
        else "the game computes it, so there are no intervals; the table has more digits"
    )
    rows: list[tuple[Value, ...]] = []
    for row in names:
        for column in names:
            cell = rates[row, column]
            if row != column and cell is not None:
                counts = table.cell(row, column)
                outcomes = (
                    (counts.wins, counts.ties, counts.losses)
                    if isinstance(counts, OutcomeCounts)
                    else (None, None, None)
                )
                rows.append((row, column, *bounds(cell[0]), *outcomes))
    return Chart(
        "interaction_matrix",
        "Interaction matrix: who beats whom",
        "The win rate, in %, of the policy of each row against that of each column; ties count one half.",
        f"{COLOURS_MEAN}{each} {told[:1].upper()}{told[1:]}.",
        lambda width: heat_map(names, names, rates, len(played) > 1, width),
        ("row", "column", *BOUNDS, "wins", "ties", "losses"),
        tuple(rows),
        tuple(row for row in rows if iteration.weights[str(row[0])] > SHOWN_WEIGHT),
    )


def cell_of(table: PayoffTable, row: str, column: str) -> tuple[Interval, int, str] | None:
    """Win rate, number of battles and hint of a cell; None where it was not played."""
    if row == column:
        return Interval(0.5, 0.5, 0.5), 0, f"{row} against itself: 50 %"
    if {(row, column), (column, row)} & set(table.missing_pairs()):
        return None
    cell = table.cell(row, column)
    if not isinstance(cell, OutcomeCounts):
        rate = win_rate_interval(table.scale.to_win_rate(cell))
        return rate, 0, f"{row} against {column}: {interval_text(rate, True, exact=True)}"
    rate = win_rate_interval(cell)
    counts = f"{cell.wins:,} wins, {cell.ties:,} ties, {cell.losses:,} losses"
    hint = f"{row} against {column}: {interval_text(rate, percent=True)}, {counts}"
    return rate, cell.num_battles, hint


def heat_map(
    rows: tuple[str, ...],
    columns: tuple[str, ...],
    rates: dict[tuple[str, str], tuple[Interval, int, str] | None],
    with_counts: bool,
    width: float,
    same: bool = True,
) -> Drawing:
    """Win rates (interval, battles, hint; None: not played) of every row against every column.

    same: whether a row and a column of one name are the same policy.
    """
    drawing = Drawing(width)
    size = 11.0 if width > 500 else 10.0
    longest = max(text_width(name, size) for name in columns)
    left = min(max(text_width(name, size) for name in rows) + 8, 0.3 * width)
    pitch = min(58.0, (width - left - 2) / len(columns))
    height = max(14.0, min(pitch, 34.0))
    # Names above the columns, slanted where they do not fit upright.
    top = min(longest, 0.3 * width) * (0.72 if width > 500 else 1.0) + 12
    angle = -45.0 if width > 500 else -90.0
    if angle == -45.0:
        # No name may reach over the right edge.
        reaches = [0.72 * min(text_width(name, size), top / 0.72) for name in columns]
        pitch = min(pitch, *((width - left - wide) / (at + 0.5) for at, wide in enumerate(reaches)))
    every = math.ceil(size / pitch)  # names that would overlap are left out; the rows have all
    for index, name in enumerate(columns):
        x = left + pitch * (index + 0.5)
        room = (top - 10) / (0.72 if angle == -45.0 else 1.0)
        shift = 3.5 if angle == -90.0 else 0.0
        if index % every == 0:
            drawing.add(Text(x + shift, top - 6, fitted(name, room, size), size, angle=angle))
    for index, name in enumerate(rows):
        base = top + height * (index + 0.5) + 0.35 * size
        drawing.add(Text(left - 6, base, fitted(name, left - 6, size), size, "end"))
        for place, other in enumerate(columns):
            _draw_cell(
                drawing,
                rates[name, other],
                Box(left + pitch * place, top + height * index, pitch - 1, height - 1, "#EEEEEE"),
                same and name == other,
                with_counts,
            )
    bottom = top + height * len(rows) + 4
    drawing.height = _colour_key(drawing, left, bottom + 6, width - left)
    return drawing


def _colour_key(drawing: Drawing, left: float, top: float, width: float) -> float:
    """Which colour is which win rate, in `width`; returns where it ends, below."""
    about = "row's win rate"
    width = min(KEY, width - text_width(about, 10) - 22)
    step = width / NUM_SHADES
    for index in range(NUM_SHADES):
        share = (index + 0.5) / NUM_SHADES
        hint = f"{percent(index / NUM_SHADES)} to {percent((index + 1) / NUM_SHADES)}"
        colour = hexadecimal(diverging(share))
        drawing.add(Box(left + step * index, top, step, 9.0, colour, 1.0, hint))
    for share in (0.0, 0.5, 1.0):
        drawing.add(Text(left + width * share, top + 21, percent(share), 10, "middle", FAINT))
    drawing.add(Text(left + width + 22, top + 9, about, 10, colour=FAINT))
    return top + 26


def _draw_cell(
    drawing: Drawing,
    cell: tuple[Interval, int, str] | None,
    box: Box,
    is_diagonal: bool,
    with_counts: bool,
) -> None:
    middle = (box.x + box.width / 2, box.y + box.height / 2)
    if cell is None:
        hint = Box(box.x, box.y, box.width, box.height, box.colour, 1.0, "not played")
        drawing.add(hint, Text(middle[0], middle[1] + 4, "–", 11, "middle", GREY))
        return
    rate, num, hint_text = cell
    colour = diverging(rate.estimate)
    drawing.add(Box(box.x, box.y, box.width, box.height, hexadecimal(colour), 1.0, hint_text))
    if box.width < LEAST_CELL_WITH_TEXT:
        if rate.estimate < 0.5 and not is_diagonal:
            # Without colours purple and orange are one grey.
            low = box.y + box.height
            drawing.line(box.x, low, box.x + box.width, box.y, "white", 1.2)
        return
    ink = "#777777" if is_diagonal else readable_on(colour)
    words = f"{100 * rate.estimate:.0f}"
    if with_counts and num and box.width >= LEAST_CELL_WITH_COUNTS:
        drawing.add(Text(middle[0], middle[1] - 1, words, 11, "middle", ink))
        drawing.add(Text(middle[0], middle[1] + 10, f"n {num:,}", 8.5, "middle", ink))
    else:
        size = 11 if box.width > 24 else 10
        drawing.add(Text(middle[0], middle[1] + 0.35 * size, words, size, "middle", ink))
