"""Keys to colours, hatches and markers, on as many lines as the width asks for."""

from collections.abc import Sequence
from dataclasses import dataclass

from psro.report.drawing.marks import Box, Drawing, Line, Text, fitted, hatched, marker, text_width

KEY_SIZE = 11.5
KEY_WIDTH = 24.0
GAP = 14.0
LINE = 18.0


@dataclass(frozen=True)
class Key:
    """What stands for what: an area (hatch not None), a marker, a line, or marker and line."""

    words: str
    colour: str
    marker: str = ""
    hatch: str | None = None
    dash: tuple[float, ...] | None = None
    """() is a whole line, None no line."""
    opacity: float = 1.0


def draw_legend(
    drawing: Drawing, keys: Sequence[Key], left: float, top: float, width: float
) -> float:
    """Draws the keys from (left, top) on and returns where they end, below."""
    x, y = left, top
    for key in keys:
        words = fitted(key.words, width - KEY_WIDTH, KEY_SIZE)
        needed = KEY_WIDTH + text_width(words, KEY_SIZE)
        if x > left and x + needed > left + width:
            x, y = left, y + LINE
        _draw_key(drawing, key, x, y + LINE / 2)
        drawing.add(Text(x + KEY_WIDTH, y + LINE / 2 + 0.35 * KEY_SIZE, words, KEY_SIZE))
        x += needed + GAP
    return y + LINE if keys else y


def _draw_key(drawing: Drawing, key: Key, x: float, y: float) -> None:
    if key.hatch is not None:
        drawing.add(*hatched(Box(x, y - 6, 18, 12, key.colour, key.opacity), key.hatch))
    if key.dash is not None:
        drawing.add(Line(((x, y), (x + 19, y)), key.colour, 2.0, key.dash))
    if key.marker:
        drawing.add(marker(key.marker, x + 9.5, y, 4, key.colour))
