"""How every figure looks, and how it becomes a file: colours that colour-blind readers tell apart."""

import io
from dataclasses import dataclass

import matplotlib
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

COLOURS = (
    "#0072B2", "#E69F00", "#009E73", "#D55E00", "#CC79A7", "#56B4E9", "#7F5AA2", "#8C6D31", "#4D4D4D", "#F0E442",
)  # fmt: skip
"""Okabe and Ito's (2008) without black, and three more; the yellow, faint as a line on white, comes last."""
GREY = "#9A9A9A"
HATCHES = ("", "///", "...", "xxx")
"""For the policies that the colours do not suffice for."""
DIVERGING = "PuOr"
"""Orange below one half, purple above, white at it."""
DPI = 130

matplotlib.rcParams.update(
    {
        "font.size": 9.5,
        "axes.titlesize": 11,
        "axes.titlelocation": "left",
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.grid": True,
        "axes.axisbelow": True,
        "grid.color": "#E3E3E3",
        "grid.linewidth": 0.7,
        "legend.frameon": False,
        "figure.dpi": DPI,
    }
)


@dataclass(frozen=True)
class Image:
    """A picture as PNG bytes, which depend on the figure and matplotlib's version alone."""

    png: bytes
    width: int
    height: int


def new_figure(width: float, height: float) -> Figure:
    """A figure of so many inches, independent of pyplot's global state."""
    figure = Figure(figsize=(width, height), dpi=DPI, layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def to_png(figure: Figure) -> Image:
    """The figure as PNG, without a time or a program's name in it."""
    data = io.BytesIO()
    figure.savefig(data, format="png", dpi=DPI, metadata={"Software": None})
    width, height = figure.canvas.get_width_height()
    return Image(data.getvalue(), width, height)


def colour_of(index: int) -> tuple[str, str]:
    """Colour and hatch of the `index`-th policy; every pair of the first 40 differs."""
    return COLOURS[index % len(COLOURS)], HATCHES[index // len(COLOURS) % len(HATCHES)]


def readable_on(background: tuple[float, float, float, float]) -> str:
    """Black or white, whichever stands out more on an RGBA colour (relative luminance as WCAG 2 has it)."""
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in background[:3]]
    luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    return "black" if luminance > 0.179 else "white"


def whole_ticks(axes: Axes, numbers: list[int]) -> None:
    """Ticks at whole numbers, thinned out where they would not fit."""
    step = max(1, len(numbers) // 12)
    axes.set_xticks(numbers[::step])
