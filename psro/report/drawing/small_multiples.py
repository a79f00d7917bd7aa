"""Many small panels of lines over one axis, with one legend."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from psro.report.drawing.legend import Key, draw_legend
from psro.report.drawing.marks import Drawing, Line, Text, fitted, marker
from psro.report.drawing.plane import Plane, nice_ticks, shown_number
from psro.report.style import COLOURS

PANEL, GAP = 150.0, 54.0
LEAST_WIDTH = 235.0
MOST_POINTS = 150
"""A longer line is thinned: more cannot be seen in a panel."""
FEW_POINTS = 12
"""So short a line has its points marked."""
DASHES: tuple[tuple[float, ...], ...] = ((), (6.0, 2.5), (2.0, 2.0), (8.0, 2.0, 2.0, 2.0))
"""Next to each other they differ in colour and in dash."""
LINE_COLOURS = COLOURS[:5] + COLOURS[6:9]

Curve = Sequence[tuple[float, float]]


@dataclass(frozen=True)
class Panel:
    """One quantity: the curves of every series that has it."""

    title: str
    curves: Mapping[str, Curve]


def small_multiples(
    panels: Sequence[Panel],
    series: Sequence[str],
    x_title: str,
    width: float,
    from_zero: bool = False,
) -> Drawing:
    """Panels side by side as the width allows. `series`: all names, in the legend's order."""
    drawing = Drawing(width)
    top = 0.0
    styles = {name: _style(index) for index, name in enumerate(series)}
    if len(series) > 1:
        keys = [Key(name, styles[name][0], dash=styles[name][1]) for name in series]
        top = draw_legend(drawing, keys, 0, 0, width) + 4
    num_columns = max(1, min(len(panels), int(width // LEAST_WIDTH)))
    pitch = width / num_columns
    for index, panel in enumerate(panels):
        row, column = divmod(index, num_columns)
        left, y = pitch * column, top + row * (PANEL + GAP)
        is_lowest = index + num_columns >= len(panels)
        _draw(drawing, panel, styles, (left, y, pitch), x_title if is_lowest else "", from_zero)
    num_rows = -(-len(panels) // num_columns)
    drawing.height = top + num_rows * (PANEL + GAP) + 4
    return drawing


def _draw(
    drawing: Drawing,
    panel: Panel,
    styles: Mapping[str, tuple[str, tuple[float, ...]]],
    at: tuple[float, float, float],
    x_title: str,
    from_zero: bool,
) -> None:
    left, top, width = at
    drawing.add(Text(left, top + 14, fitted(panel.title, width - 8, 12.5), 12.5, bold=True))
    points = [point for curve in panel.curves.values() for point in curve]
    xs, ys = [x for x, _ in points], [y for _, y in points]
    low, high = min([*ys, 0.0] if from_zero else ys), max(ys)
    room = 0.06 * (high - low) or abs(high) * 0.1 or 1.0
    low, high = low - (0 if from_zero and low == 0 else room), high + room
    x_low, x_high = min(xs), max(xs)
    if x_high == x_low:
        x_low, x_high = x_low - 0.5, x_high + 0.5
    plane = Plane(drawing, left + 46, top + 24, left + width - 14, top + 24 + PANEL - 24, (x_low, x_high), (low, high))  # fmt: skip
    plane.rules(nice_ticks(low, high, 4), shown_number)
    plane.floor()
    ticks = [x for x in nice_ticks(x_low, x_high, 4) if x_high - x_low > 4 or x == round(x)]
    plane.labels_below(ticks, shown_number)
    if x_title:
        plane.title_below(x_title, 28)
    for name, curve in panel.curves.items():
        colour, dash = styles[name]
        thinned = _thinned(curve)
        place = tuple((plane.x(x), plane.y(y)) for x, y in thinned)
        hint = f"{name}: {panel.title}"
        if len(place) > 1:
            drawing.add(Line(place, colour, 1.6, dash, hint))
        if len(place) <= FEW_POINTS:
            for (x, y), (_, value) in zip(place, thinned, strict=True):
                drawing.add(marker("disc", x, y, 2.8, colour, f"{hint} {shown_number(value)}"))


def _thinned(curve: Curve) -> Curve:
    every = -(-len(curve) // MOST_POINTS)
    if every <= 1:
        return curve
    return [*curve[:-1:every], curve[-1]]


def _style(index: int) -> tuple[str, tuple[float, ...]]:
    return LINE_COLOURS[index % len(LINE_COLOURS)], DASHES[
        (index + index // len(LINE_COLOURS)) % len(DASHES)
    ]
