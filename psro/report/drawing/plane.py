"""From values to pixels, with axes."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from psro.report.drawing.marks import FAINT, GRID, INK, Drawing, Text, text_width

TICK_SIZE = 11.0
Words = Callable[[float], str]


@dataclass(frozen=True)
class Plane:
    """A rectangle of a drawing and the values that it spans."""

    drawing: Drawing
    left: float
    top: float
    right: float
    bottom: float
    x_range: tuple[float, float]
    y_range: tuple[float, float]

    def x(self, value: float) -> float:
        """Pixels of a value on the horizontal axis."""
        low, high = self.x_range
        return self.left + (value - low) / (high - low) * (self.right - self.left)

    def y(self, value: float) -> float:
        """Pixels of a value on the vertical axis, which grows upwards."""
        low, high = self.y_range
        return self.bottom - (value - low) / (high - low) * (self.bottom - self.top)

    def rules(self, ticks: Sequence[float], words: Words) -> None:
        """Horizontal lines at ticks of the vertical axis, their values to the left."""
        for tick in ticks:
            y = self.y(tick)
            self.drawing.line(self.left, y, self.right, y, GRID)
            self.drawing.add(
                Text(self.left - 5, y + 0.35 * TICK_SIZE, words(tick), TICK_SIZE, "end", FAINT)
            )

    def uprights(self, ticks: Sequence[float], words: Words) -> None:
        """Vertical lines at ticks of the horizontal axis, their values below."""
        for tick in ticks:
            self.drawing.line(self.x(tick), self.top, self.x(tick), self.bottom, GRID)
        self.labels_below(ticks, words)

    def labels_below(self, ticks: Sequence[float], words: Words) -> None:
        """Values of the horizontal axis, as many of them as do not touch each other."""
        widest = max((text_width(words(tick), TICK_SIZE) for tick in ticks), default=0.0)
        apart = abs(self.x(ticks[1]) - self.x(ticks[0])) if len(ticks) > 1 else math.inf
        every = max(1, math.ceil((widest + 6) / apart)) if apart else 1
        for tick in ticks[::every]:
            at = self.bottom + TICK_SIZE + 4
            self.drawing.add(Text(self.x(tick), at, words(tick), TICK_SIZE, "middle", FAINT))

    def floor(self) -> None:
        """The line below."""
        self.drawing.line(self.left, self.bottom, self.right, self.bottom, INK)

    def title_below(self, text: str, below: float = 32) -> None:
        middle = (self.left + self.right) / 2
        self.drawing.add(Text(middle, self.bottom + below, text, TICK_SIZE, "middle", FAINT))


def nice_ticks(low: float, high: float, num: int = 5) -> list[float]:
    """About `num` round values (1, 2 or 5 times a power of ten apart) within [low, high]."""
    if not high > low:
        return [low]
    rough = (high - low) / num
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(step for m in (1, 2, 5, 10) if (step := m * power) >= rough * 0.999)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [round(index * step, 12) for index in range(first, last + 1)]


def shown_number(value: float) -> str:
    """`1,200`, `0.25`, `1e-05`: short enough for a tick."""
    if value == 0:
        return "0"
    if abs(value) >= 1000:
        return f"{value:,.0f}"
    if abs(value) < 0.001:
        return f"{value:.0e}"
    return f"{value:.4g}"


def percent(value: float) -> str:
    """`25 %`; with a decimal where it has one."""
    return f"{round(100 * value, 1):g} %"
