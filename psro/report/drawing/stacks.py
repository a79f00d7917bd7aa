"""Amounts that add up, as horizontal bars of hatched segments."""

from collections.abc import Callable, Mapping, Sequence

from psro.report.drawing.legend import Key, draw_legend
from psro.report.drawing.marks import FAINT, Box, Drawing, Text, fitted, hatched, text_width
from psro.report.drawing.plane import Plane, nice_ticks
from psro.report.style import colour_of

ROW, BAR = 26.0, 17.0
SIZE = 11.5


def stacked_rows(
    rows: Mapping[str, Mapping[str, float]],
    parts: Sequence[str],
    words: Callable[[float], str],
    title: str,
    width: float,
) -> Drawing:
    """Name → part → amount, one bar a name, its sum in words behind it. `parts`: their order."""
    drawing = Drawing(width)
    keys = [Key(part, colour_of(i)[0], hatch=colour_of(i)[1]) for i, part in enumerate(parts)]
    top = draw_legend(drawing, keys, 0, 0, width) + 6
    sums = {name: sum(row.values()) for name, row in rows.items()}
    left = min(0.34 * width, 10 + max(text_width(name, SIZE) for name in rows))
    right = width - 10 - max(text_width(words(total), SIZE) for total in sums.values())
    bottom = top + ROW * len(rows) + 2
    most = max([*sums.values(), 1e-9])
    plane = Plane(drawing, left, top, right, bottom, (0, most), (0, 1))
    plane.uprights(nice_ticks(0, most, 3 if width < 500 else 6), words)
    for index, (name, row) in enumerate(rows.items()):
        y = top + ROW * index + (ROW - BAR) / 2
        base = y + BAR / 2 + 0.35 * SIZE
        drawing.add(Text(left - 8, base, fitted(name, left - 8, SIZE), SIZE, "end"))
        begins = 0.0
        for place, part in enumerate(parts):
            if amount := row.get(part, 0.0):
                x, colour = plane.x(begins), colour_of(place)
                hint = f"{name}, {part}: {words(amount)}"
                length = plane.x(begins + amount) - x
                drawing.add(*hatched(Box(x, y, length, BAR, colour[0], hint=hint), colour[1]))
                begins += amount
        drawing.add(Text(plane.x(begins) + 5, base, words(sums[name]), SIZE, colour=FAINT))
    plane.floor()
    plane.title_below(title)
    drawing.height = bottom + 40
    return drawing
