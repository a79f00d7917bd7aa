"""How many of a run's battles Showdown was asked about: from the times' file, so a view, and what is said of it.

Which battles are audited goes by their seeds; a worker that finds no Node plays them all the same, and counts what it could not compare.
A unit that is played again is counted again, and a cluster's workers may end before their last word is heard.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from psro.report.text import count_text
from psro.report.timings import Span

AUDITED, UNAUDITED = "audited", "unaudited"
"""Metrics of an arena's progress: battles compared with Showdown, battles that were to be and were not."""
REMEDY = "a worker found no Node 18 or newer: run `make setup`"


@dataclass(frozen=True)
class Audited:
    """Battles of all units that were committed."""

    num_checked: int
    num_missed: int
    """To be compared, but there was no Node."""

    @property
    def text(self) -> str:
        """In a line."""
        checked = f"{count_text(self.num_checked, 'battle')} replayed in Showdown, no difference"
        if not self.num_missed:
            return checked if self.num_checked else "no battle's turn has come yet"
        missed = f"{count_text(self.num_missed, 'battle')} NOT COMPARED with Showdown ({REMEDY})"
        return f"{missed}; {checked}" if self.num_checked else f"OFF: {missed}"


def audited(config: Mapping[str, Any], spans: Iterable[Span]) -> Audited | None:
    """Of a run with this config; None where nothing is audited: no engine, or `game.arena.audit_fraction` is 0."""
    if (
        config.get("game.arena.name") != "engine"
        or not float(config.get("game.arena.audit_fraction", 0)) > 0
    ):
        return None
    units = [span for span in spans if span.what == "unit"]
    return Audited(sum(span.audited for span in units), sum(span.unaudited for span in units))
