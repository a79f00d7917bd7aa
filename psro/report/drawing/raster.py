"""Marks as PNG, by matplotlib's renderer: the same picture, its title above it."""

import io
from dataclasses import dataclass

from matplotlib.artist import Artist
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Circle, Polygon, Rectangle
from matplotlib.patheffects import withStroke
from matplotlib.text import Text as Label
from matplotlib.transforms import Affine2D, Transform

from psro.report.drawing.marks import FAINT, Area, Box, Disc, Drawing, Line, Mark, Text, wrapped

SCALE = 1.5
"""PNG pixels a CSS pixel."""
CSS_DPI = 96
POINTS_A_PIXEL = 72 / CSS_DPI
MARGIN = 14.0
TITLE_SIZE = 15.0
LINE_HEIGHT = 20.0
NOTE_SIZE, NOTE_LINE = 11.0, 15.0


@dataclass(frozen=True)
class Image:
    """A picture as PNG bytes, which depend on the drawing and matplotlib's version alone."""

    png: bytes
    width: int
    height: int


def to_png(drawing: Drawing, title: str, note: str = "") -> Image:
    """The drawing under its title and over its note, without a time or a program's name in it."""
    lines = wrapped(title, drawing.width, TITLE_SIZE, bold=True)
    top = MARGIN + LINE_HEIGHT * len(lines) + 6
    together = note.replace(" %", "\N{NO-BREAK SPACE}%")
    notes = wrapped(together, drawing.width, NOTE_SIZE) if note else []
    below = 8 + NOTE_LINE * len(notes) if notes else 0
    width, height = drawing.width + 2 * MARGIN, drawing.height + top + below + MARGIN
    dpi = CSS_DPI * SCALE
    figure = Figure(figsize=(width / CSS_DPI, height / CSS_DPI), dpi=dpi, facecolor="white")
    canvas = FigureCanvasAgg(figure)
    # matplotlib's y grows upwards.
    pixels = Affine2D().translate(MARGIN, top).scale(SCALE, -SCALE).translate(0, height * SCALE)
    for row, text in enumerate(lines):
        base = LINE_HEIGHT * (row + 1) - top + MARGIN - 4
        figure.add_artist(_artist(Text(0, base, text, TITLE_SIZE, bold=True), pixels))
    for row, text in enumerate(notes):
        base = drawing.height + 8 + NOTE_LINE * (row + 0.8)
        figure.add_artist(_artist(Text(0, base, text, NOTE_SIZE, colour=FAINT), pixels))
    for order, mark in enumerate(drawing.marks):
        artist = _artist(mark, pixels)
        artist.set_zorder(order)  # matplotlib would draw areas first, then lines, then text
        figure.add_artist(artist)
    data = io.BytesIO()
    canvas.print_png(data, metadata={"Software": None})
    columns, rows = canvas.get_width_height(physical=True)
    return Image(data.getvalue(), columns, rows)


def _artist(mark: Mark, pixels: Transform) -> Artist:
    match mark:
        case Line():
            x, y = zip(*mark.points, strict=True)
            width = mark.width * POINTS_A_PIXEL
            line = Line2D(x, y, color=mark.colour, linewidth=width, transform=pixels,
                          solid_capstyle="butt", dash_capstyle="butt")  # fmt: skip
            if mark.dash:
                # In multiples of the line's width.
                line.set_linestyle((0, tuple(part / mark.width for part in mark.dash)))
            return line
        case Area():
            return Polygon(mark.points, facecolor=mark.colour, alpha=mark.opacity, linewidth=0,
                           transform=pixels)  # fmt: skip
        case Box():
            return Rectangle((mark.x, mark.y), mark.width, mark.height, facecolor=mark.colour,
                             alpha=mark.opacity, linewidth=0, transform=pixels)  # fmt: skip
        case Disc():
            return Circle((mark.x, mark.y), mark.radius, facecolor=mark.colour, linewidth=0,
                          transform=pixels)  # fmt: skip
        case Text():
            return _label(mark, pixels)


def _label(mark: Text, pixels: Transform) -> Label:
    label = Label(
        mark.x, mark.y, mark.text.replace("$", r"\$"), transform=pixels,
        fontsize=mark.size * POINTS_A_PIXEL * 0.94,  # DejaVu is wider than what browsers use
        color=mark.colour, fontweight="bold" if mark.bold else "normal",
        ha={"start": "left", "middle": "center", "end": "right"}[mark.anchor], va="baseline",
        rotation=-mark.angle, rotation_mode="anchor",
    )  # fmt: skip
    if mark.halo:
        label.set_path_effects([withStroke(linewidth=3 * POINTS_A_PIXEL, foreground="white")])
    return label
