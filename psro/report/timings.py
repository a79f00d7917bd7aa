"""Where the time goes: wall seconds of phases and groups of units, in <run>/timings.jsonl.

Operational, no result: times differ from run to run, so they stay out of what a run commits. A line is lost
with a kill at most; a phase that was killed leaves the lines of the groups it had finished.
"""

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import orjson

from psro.machine.events import RunListener
from psro.machine.journal import JournalRecord
from psro.machine.position import Position
from psro.machine.units import Progress, Unit
from psro.report.views import View

TIMINGS_FILE = "timings.jsonl"


@dataclass(frozen=True)
class Span:
    """Something that took time, in one process's life."""

    what: str
    """unit, group (of units, side by side), or phase"""
    label: str
    """The unit's key, the group's label, or the phase's name."""
    phase: str
    iteration: int
    round: int
    wall_seconds: float
    num_done: int
    """How much was done in this time, counted in ..."""
    counted_in: str
    """... battles or steps; empty where nothing was counted."""
    ended: float
    """Seconds since the epoch."""
    audited: int = 0
    """A unit's battles that were compared with Showdown, as it said itself (audited.py)."""
    unaudited: int = 0
    """And those that were to be and could not."""


class TimingListener(RunListener):
    """Appends a Span for every unit, group and phase that ends."""

    def __init__(self, directory: Path, clock: Callable[[], float] = time.monotonic) -> None:
        self._path = directory / TIMINGS_FILE
        self._view = View(
            str(self._path), "the times of what this process does from here on are lost"
        )
        self._clock = clock
        self._position: dict[str, Any] = {}
        self._phase_began = 0.0
        self._group: tuple[str, float] | None = None
        self._group_work: dict[str, int] = {}
        self._progress: dict[str, Progress] = {}

    def on_phase(self, position: Position[Any]) -> None:
        """The phase's clock starts."""
        self._position = position.to_json()
        self._phase_began = self._clock()

    def on_units(self, label: str, num_committed: int, num_total: int) -> None:
        """The group before is over; this one's clock starts."""
        self._end_group()
        self._group = (label, self._clock())

    def on_progress(self, unit: Unit, progress: Progress) -> None:
        """Remembers how much a unit has to do."""
        self._progress[unit.key] = progress

    def on_commit(self, record: JournalRecord, seconds: float | None) -> None:
        """A unit is done (or the driver committed a file: the units before it are all done)."""
        if record.unit is None or seconds is None:
            self._end_group()
            return
        progress = self._progress.pop(record.unit.key, Progress(0, 0, ""))
        if progress.label:
            label = progress.label
            self._group_work[label] = self._group_work.get(label, 0) + progress.total
        self._write("unit", record.unit.key, seconds, progress.total, progress.label, progress)

    def on_boundary(self, finished: Position[Any], following: Position[Any]) -> None:
        """The phase is over."""
        self._end_group()
        self._write("phase", finished.phase.name, self._clock() - self._phase_began, 0, "")

    def on_stop(self, position: Position[Any], status: str, note: str) -> None:
        """What was finished of a group counts."""
        self._end_group()

    def _end_group(self) -> None:
        if self._group is None:
            return
        label, began = self._group
        seconds = self._clock() - began
        for counted_in, num_done in self._group_work.items():
            self._write("group", label, seconds, num_done, counted_in)
        self._group, self._group_work = None, {}
        self._progress.clear()

    def _write(
        self,
        what: str,
        label: str,
        seconds: float,
        num: int,
        counted_in: str,
        progress: Progress | None = None,
    ) -> None:
        at = self._position
        told = {} if progress is None else progress.metrics
        span = Span(
            what,
            label,
            at["phase"],
            at["iteration"],
            at["round"],
            round(seconds, 3),
            num,
            counted_in,
            round(time.time(), 3),
            audited=int(told.get("audited", 0)),
            unaudited=int(told.get("unaudited", 0)),
        )
        self._view.attempt(lambda: self._append(orjson.dumps(asdict(span)) + b"\n"))

    def _append(self, line: bytes) -> None:
        with open(self._path, "ab") as file:
            file.write(line)


def read_timings(directory: Path) -> list[Span]:
    """Every span of a run, in the order they ended; lines that a kill tore are left out."""
    path = directory / TIMINGS_FILE
    if not path.is_file():
        return []
    spans = []
    for line in path.read_bytes().splitlines():
        try:
            spans.append(Span(**orjson.loads(line)))
        except (orjson.JSONDecodeError, TypeError):
            # A torn line, to which the next process appended its first: times only, no result.
            continue
    return spans


@dataclass(frozen=True)
class Throughput:
    """What all groups with one label did together."""

    label: str
    num_done: int
    counted_in: str
    wall_seconds: float

    @property
    def per_second(self) -> float:
        """Work per second of wall time, all workers together."""
        return self.num_done / self.wall_seconds if self.wall_seconds > 0 else 0.0


def throughputs(spans: list[Span]) -> list[Throughput]:
    """Groups summed up by label and what they count, in order of first appearance."""
    sums: dict[tuple[str, str], tuple[int, float]] = {}
    for span in spans:
        if span.what == "group":
            num, seconds = sums.get((span.label, span.counted_in), (0, 0.0))
            key = (span.label, span.counted_in)
            sums[key] = (num + span.num_done, seconds + span.wall_seconds)
    return [Throughput(label, num, unit, s) for (label, unit), (num, s) in sums.items()]


def phase_seconds(spans: list[Span]) -> dict[str, float]:
    """Phase → wall seconds of its finished passes, in order of first appearance."""
    seconds: dict[str, float] = {}
    for span in spans:
        if span.what == "phase":
            seconds[span.phase] = seconds.get(span.phase, 0.0) + span.wall_seconds
    return seconds
