"""The colours of every figure: told apart by colour-blind readers, and never the only difference."""

COLOURS = (
    "#0072B2", "#E69F00", "#009E73", "#D55E00", "#CC79A7", "#56B4E9", "#7F5AA2", "#8C6D31", "#4D4D4D", "#F0E442",
)  # fmt: skip
"""Okabe and Ito's (2008) without black, and three more; the yellow, faint as a line on white, comes last."""
BLUE, ORANGE, GREEN, VERMILION, PINK, SKY, PURPLE = COLOURS[:7]
GREY = "#9A9A9A"
UNDECIDED = "#555555"
"""Of an interval that holds the value it is compared with."""
HATCHES = ("", "/", ".", "\\", "-")
"""Of drawing.marks; two neighbours differ."""

_DIVERGING = ((127, 59, 8), (224, 130, 20), (253, 224, 182), (247, 247, 247), (216, 218, 235), (128, 115, 172), (45, 0, 75))  # fmt: skip
"""Brewer's PuOr: orange below one half, purple above, near white at it."""


def colour_of(index: int) -> tuple[str, str]:
    """Colour and hatch of the `index`-th policy; every pair of the first 50 differs, neighbours in both."""
    rank = index // len(COLOURS)
    return COLOURS[index % len(COLOURS)], HATCHES[(index + rank) % len(HATCHES)]


def diverging(share: float) -> tuple[int, int, int]:
    """RGB, 0 to 255, of a win rate."""
    place = min(max(share, 0.0), 1.0) * (len(_DIVERGING) - 1)
    index = min(int(place), len(_DIVERGING) - 2)
    part = place - index
    first, second = _DIVERGING[index], _DIVERGING[index + 1]
    red, green, blue = (round(a + part * (b - a)) for a, b in zip(first, second, strict=True))
    return red, green, blue


def hexadecimal(colour: tuple[int, int, int]) -> str:
    return "#{:02X}{:02X}{:02X}".format(*colour)


def readable_on(background: tuple[int, int, int]) -> str:
    """Black or white, whichever stands out more on a colour (relative luminance as WCAG 2 has it)."""
    shares = [channel / 255 for channel in background]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in shares]
    luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    return "#111111" if luminance > 0.179 else "#FFFFFF"
