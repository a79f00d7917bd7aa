"""Words of a drawing that cannot be read."""

from itertools import combinations

from psro.report.drawing.marks import Drawing, Text, text_width

TOUCHING = 1.5
"""Pixels: widths are upper bounds."""


def crossing_words(drawing: Drawing) -> list[str]:
    """Those that stand outside the drawing, and pairs that stand on each other; slanted ones are left out."""
    words = [mark for mark in drawing.marks if isinstance(mark, Text) and not mark.angle]
    boxes = [(text, *_box(text)) for text in words]
    found = [
        f"{text.text} is outside"
        for text, left, right, top, bottom in boxes
        if left < -TOUCHING
        or right > drawing.width + TOUCHING
        or top < 0
        or bottom > drawing.height
    ]
    for (one, left, right, top, bottom), (other, *box) in combinations(boxes, 2):
        wide = min(right, box[1]) - max(left, box[0])
        high = min(bottom, box[3]) - max(top, box[2])
        if wide > TOUCHING and high > TOUCHING:
            found.append(f"{one.text} | {other.text}")
    return found


def _box(text: Text) -> tuple[float, float, float, float]:
    width = text_width(text.text, text.size, text.bold)
    left = text.x - {"start": 0.0, "middle": width / 2, "end": width}[text.anchor]
    return left, left + width, text.y - 0.75 * text.size, text.y + 0.2 * text.size
