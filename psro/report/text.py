"""Numbers as words, and tables of them: for the terminal, a log and Markdown alike."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from psro.metagame.intervals import LEVEL, Interval

CELL_GAP = "  "


def fixed(value: float, digits: int = 3) -> str:
    """`value` with so many decimals; never -0.000."""
    text = f"{value:.{digits}f}"
    return text[1:] if text.startswith("-") and float(text) == 0 else text


def level_text(level: float) -> str:
    """A confidence level as `95 %`, `97.5 %`, `99.992 %`: with so many decimals that it is not rounded to 100 %."""
    digits = max(1, math.ceil(-math.log10(100 * (1 - level)))) if level < 1 else 1
    return f"{fixed(100 * level, digits).removesuffix('.0')} %"


USUAL_LEVEL = level_text(LEVEL)
"""The level of every interval that does not say its own."""
BRACKETS = f"[{USUAL_LEVEL} interval]"
"""What stands in a column's name for the brackets in its cells."""


def interval_of(data: Mapping[str, Any]) -> Interval:
    """The interval in a JSON object that may hold more beside it (a headline exploitability does)."""
    return Interval.from_json({name: data[name] for name in ("estimate", "low", "high", "level")})


def interval_text(interval: Interval, percent: bool = False, exact: bool = False) -> str:
    """`0.123 [0.074, 0.169]`, or `62.3 % [57.4, 66.9]`; of a value that the game computes: `0.000 (exact)`.

    An interval at another level than the usual one says it: `0.123 [0.067, 0.177] at 97.5 %`.
    """
    estimate, low, high = interval.estimate, interval.low, interval.high
    scale, digits, unit = (100, 1, " %") if percent else (1, 3, "")
    if exact:
        return f"{fixed(scale * estimate, digits)}{unit} (exact)"
    bounds = f"[{fixed(scale * low, digits)}, {fixed(scale * high, digits)}]"
    level = level_text(interval.level)
    said = "" if level == USUAL_LEVEL else f" at {level}"
    return f"{fixed(scale * estimate, digits)}{unit} {bounds}{said}"


def percent_text(share: float) -> str:
    """A share in [0, 1] as `62.3 %`."""
    return f"{fixed(100 * share, 1)} %"


def count_text(number: int, singular: str, plural: str | None = None) -> str:
    """`1 battle`, `2,500 battles`."""
    return f"{number:,} {singular if number == 1 else plural or singular + 's'}"


def bytes_text(number: int) -> str:
    """`812 bytes`, `3.4 kB`, `12.3 MB`: powers of 1,000."""
    if number < 1000:
        return count_text(number, "byte")
    size, units = number / 1000, ["kB", "MB", "GB"]
    while size >= 999.95 and len(units) > 1:
        size /= 1000
        units.pop(0)
    return f"{size:,.1f} {units[0]}"


def duration_text(seconds: float) -> str:
    """`8.3 s`, `4 min 10 s`, `2 h 05 min`."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest:02d} s"
    return f"{minutes // 60} h {minutes % 60:02d} min"


@dataclass(frozen=True)
class Table:
    """Rows of words under column names."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""
    """What a reader must know to read it right; a sentence."""

    def __post_init__(self) -> None:
        for row in self.rows:
            assert len(row) == len(self.columns), (self.title, row)

    def to_text(self) -> str:
        """For a log: aligned columns, no colours."""
        widths = [max(map(len, column)) for column in zip(self.columns, *self.rows, strict=True)]
        lines = [
            self.title,
            _aligned(self.columns, widths),
            _aligned(["-" * w for w in widths], widths),
        ]
        lines += [_aligned(row, widths) for row in self.rows]
        return "\n".join(lines + ([f"({self.note})"] if self.note else []))

    def to_markdown(self, heading: str = "###") -> str:
        """A GitHub-flavoured table under a heading."""
        lines = [f"{heading} {self.title}", ""]
        lines += [_piped(self.columns), _piped(["---"] * len(self.columns))]
        lines += [_piped(row) for row in self.rows]
        return "\n".join(lines + (["", self.note] if self.note else [])) + "\n"


def _aligned(cells: Sequence[str], widths: Sequence[int]) -> str:
    padded = (cell.ljust(width) for cell, width in zip(cells, widths, strict=True))
    return CELL_GAP.join(padded).rstrip()


def _piped(cells: Sequence[str]) -> str:
    escaped = (cell.replace("|", "\\|").replace("\n", " ") for cell in cells)
    return f"| {' | '.join(escaped)} |"
