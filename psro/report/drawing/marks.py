"""A picture as a list of marks. All lengths are CSS pixels, from the top left corner."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

INK = "#222222"
FAINT = "#5F5F5F"
GRID = "#E3E3E3"
SIZE = 12.0
"""Of text, unless said otherwise."""
WIDTHS = (
    (0.32, "'ijl,. IJ"), (0.41, "/:;\\|f-()[]t!"), (0.54, '"*_`–szr?'), (0.62, "ckvxyPTYoaeLFθ"),
    (0.7, "0123456789$EhnuσSbdgpqKAVXZBRC{}"), (0.79, "UNHDG&OQ"), (0.87, "#+<=>^~×→wM"),
)  # fmt: skip
"""A letter's width over the text's size, at most: of DejaVu Sans, the widest of the sans-serif fonts that browsers take."""
WIDEST = 1.0
BOLD = 1.12
"""How much wider bold letters are, at most."""
_WIDTH_OF = {letter: width for width, letters in WIDTHS for letter in letters}

Points = tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class Line:
    """A polyline."""

    points: Points
    colour: str
    width: float = 1.5
    dash: tuple[float, ...] = ()
    hint: str = ""
    """Every mark's: shown when the mouse rests on it."""


@dataclass(frozen=True)
class Area:
    """A filled polygon."""

    points: Points
    colour: str
    opacity: float = 1.0
    hint: str = ""


@dataclass(frozen=True)
class Box:
    """A filled rectangle."""

    x: float
    y: float
    width: float
    height: float
    colour: str
    opacity: float = 1.0
    hint: str = ""


@dataclass(frozen=True)
class Disc:
    """A filled circle."""

    x: float
    y: float
    radius: float
    colour: str
    hint: str = ""


@dataclass(frozen=True)
class Text:
    """A line of text; (x, y) is on its base line."""

    x: float
    y: float
    text: str
    size: float = SIZE
    anchor: str = "start"
    """start, middle or end"""
    colour: str = INK
    bold: bool = False
    angle: float = 0.0
    """Degrees, clockwise as in SVG."""
    halo: bool = False
    """With a white rim, for text on colours."""


Mark = Line | Area | Box | Disc | Text


@dataclass
class Drawing:
    """Marks, later ones over earlier ones."""

    width: float
    height: float = 0.0
    marks: list[Mark] = field(default_factory=list)

    def add(self, *marks: Mark) -> None:
        self.marks.extend(marks)

    def line(self, x: float, y: float, to_x: float, to_y: float, colour: str = INK,
             width: float = 1.0, dash: tuple[float, ...] = ()) -> None:  # fmt: skip
        """A straight one."""
        self.add(Line(((x, y), (to_x, to_y)), colour, width, dash))


def text_width(text: str, size: float = SIZE, bold: bool = False) -> float:
    """At most so wide is it."""
    return sum(_WIDTH_OF.get(c, WIDEST) for c in text) * size * (BOLD if bold else 1.0)


def fitted(text: str, width: float, size: float = SIZE, bold: bool = False) -> str:
    """The text, or as much of its beginning and end as fits, at least a letter: names often differ in their last letters alone."""
    if text_width(text, size, bold) <= width:
        return text
    for kept in range(len(text) - 1, 1, -1):
        end = 2 * kept // 5
        cut = f"{text[: kept - end]}…{text[len(text) - end :]}"
        if text_width(cut, size, bold) <= width:
            return cut
    return text[0] + "…"


def wrapped(text: str, width: float, size: float = SIZE, bold: bool = False) -> list[str]:
    """Lines that fit, broken at spaces (not at those that are said to hold together); a longer word stays whole."""
    lines = [""]
    for word in text.split(" "):
        longer = f"{lines[-1]} {word}".strip()
        if lines[-1] and text_width(longer, size, bold) > width:
            lines.append(word)
        else:
            lines[-1] = longer
    return lines


MARKERS = ("disc", "diamond", "square", "triangle", "down")


def marker(kind: str, x: float, y: float, radius: float, colour: str, hint: str = "") -> Mark:
    """A marker of one of MARKERS, about as large as a disc of that radius."""
    if kind == "disc":
        return Disc(x, y, radius, colour, hint)
    corners = {
        "diamond": ((0, -1.3), (1.3, 0), (0, 1.3), (-1.3, 0)),
        "square": ((-0.9, -0.9), (0.9, -0.9), (0.9, 0.9), (-0.9, 0.9)),
        "triangle": ((0, -1.2), (1.15, 0.85), (-1.15, 0.85)),
        "down": ((0, 1.2), (1.15, -0.85), (-1.15, -0.85)),
    }[kind]
    return Area(tuple((x + radius * dx, y + radius * dy) for dx, dy in corners), colour, 1.0, hint)


HATCH_GAP = 7.0


def hatched(box: Box, hatch: str) -> Iterator[Mark]:
    """The box and its hatching in white, one of style.HATCHES: what tells areas apart for who does not see the colour."""
    yield box
    if hatch == "-":
        for y in _steps(box.y, box.y + box.height):
            yield Line(((box.x, y), (box.x + box.width, y)), "white", 1.0)
    elif hatch == ".":
        for y in _steps(box.y, box.y + box.height):
            for x in _steps(box.x, box.x + box.width):
                yield Disc(x, y, 1.1, "white")
    elif hatch:
        for points in _diagonals(box, rising=hatch == "/"):
            yield Line(points, "white", 1.0)


def _steps(low: float, high: float) -> Sequence[float]:
    return [
        HATCH_GAP * index
        for index in range(math.ceil((low + 1) / HATCH_GAP), math.floor((high - 1) / HATCH_GAP) + 1)
    ]


def _diagonals(box: Box, rising: bool) -> Iterator[Points]:
    """Those of x ± y = a multiple of the gap, cut at the box."""
    left, right, top, bottom = box.x, box.x + box.width, box.y, box.y + box.height
    sign = 1 if rising else -1  # y grows downwards: a rising line has x + y constant
    ends = sorted(
        (left + sign * top, left + sign * bottom, right + sign * top, right + sign * bottom)
    )
    for constant in _steps(ends[0], ends[-1]):
        low, high = sorted((sign * (constant - left), sign * (constant - right)))
        low, high = max(low, top), min(high, bottom)
        if high > low:
            yield ((constant - sign * low, low), (constant - sign * high, high))
