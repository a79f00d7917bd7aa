"""<run>/status.json: how far the group of units is that runs now, for whoever looks from outside.

Operational, no result: replaced every few seconds while there is something to tell, and at boundaries.
It is not written on a timer: its age tells how long the run has been silent, not that its process lives.
"""

import os
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import orjson

from psro.machine.events import RunListener
from psro.machine.identity import Identity
from psro.machine.journal import JournalRecord
from psro.machine.position import Position
from psro.machine.units import Progress, Unit
from psro.report.views import View
from psro.report.workload import Workload

STATUS_FILE = "status.json"
FORMAT = 1
EVERY_S = 2.0
"""Least time between two writes, but for boundaries."""


@dataclass(frozen=True)
class InFlight:
    """A unit that has said how far it is."""

    unit: str
    """Its key."""
    done: int
    total: int
    counted_in: str
    """battles or steps"""
    heard: float
    """When; seconds since the epoch."""


@dataclass(frozen=True)
class Group:
    """The units that the phase has asked for and waits for."""

    label: str
    num_units: int
    num_finished: int
    """Units with a committed result, those of earlier processes too."""
    fraction: float
    """In [0, 1], units in flight counted by their progress."""
    counted_in: str
    """battles or steps; empty while no unit has said so"""
    num_done: int
    """Battles or steps of this process for this group."""
    rate: float
    """Of those, per second of late, all workers together."""
    seconds_left: float | None
    """At the mean speed so far; None while nothing can be said."""


@dataclass(frozen=True)
class Beat:
    """What status.json holds."""

    process: Identity
    position: Mapping[str, Any]
    time: float
    """When it was written; seconds since the epoch, as all times here."""
    group: Group | None = None
    """None while the driver itself works (solves, draws, copies)."""
    units: tuple[InFlight, ...] = ()
    workers: str = ""
    """Of a batch system: how many run and wait; empty where workers do not come and go."""

    def to_json(self) -> dict[str, Any]:
        """The beat as a JSON object."""
        return {"format": FORMAT, **asdict(self)}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> "Beat":
        """The inverse of `to_json`. Raises: KeyError, TypeError, ValueError for anything else."""
        body = dict(value)
        if (found := body.pop("format")) != FORMAT:
            raise ValueError(f"format {found}, not {FORMAT}")
        body["process"] = Identity.from_json(body["process"])
        body["group"] = Group(**body["group"]) if body["group"] is not None else None
        body["units"] = tuple(InFlight(**unit) for unit in body["units"])
        return cls(**body)


def read_beat(directory: Path) -> Beat | None:
    """The newest beat of a run. None if there is none that can be read: another version's, or what a
    power cut left of it; nothing depends on it."""
    try:
        data = (directory / STATUS_FILE).read_bytes()
    except FileNotFoundError:
        return None
    try:
        return Beat.from_json(orjson.loads(data))
    except (KeyError, TypeError, ValueError, AttributeError):
        return None


class HeartbeatListener(RunListener):
    """Keeps <run>/status.json. A disk that refuses it is worth one warning (views.py) and stops nothing."""

    def __init__(
        self,
        directory: Path,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], float] = time.time,
    ) -> None:
        """`clock`: for durations; `now`: seconds since the epoch."""
        self._path = directory / STATUS_FILE
        # Named as durable.py names its own, so that the next start sweeps up what a kill leaves.
        self._temporary = directory / f".{STATUS_FILE}.{os.getpid()}.0.tmp"
        self._view = View(str(self._path), "psro.status then knows what is committed, no more")
        self._clock = clock
        self._now = now
        self._written = float("-inf")
        self._workload: Workload | None = None
        self._units: dict[str, InFlight] = {}
        self._beat = Beat(Identity.of_this_process(), {}, now())

    def on_phase(self, position: Position[Any]) -> None:
        """The new position."""
        self._end_group()
        self._beat = replace(self._beat, position=position.to_json())
        self._write()

    def on_units(self, label: str, num_committed: int, num_total: int) -> None:
        """A new group."""
        self._end_group()
        self._workload = Workload(label, num_committed, num_total, self._clock)
        self._write()

    def on_progress(self, unit: Unit, progress: Progress) -> None:
        """A unit has got further."""
        self._units[unit.key] = InFlight(
            unit.key, progress.done, progress.total, progress.label, round(self._now(), 3)
        )
        if self._workload is not None:
            self._workload.progress(unit, progress)
        self._write_if_due()

    def on_worker_death(self, unit: Unit | None, num_deaths: int, reason: str) -> None:
        """Its unit is no longer in flight. The deaths themselves are in incidents.jsonl."""
        if unit is not None:
            self._units.pop(unit.key, None)
        self._write()

    def on_workers(self, workers: str) -> None:
        """Kept, and a sign of life: a run may wait for hours until its workers get their turn."""
        self._beat = replace(self._beat, workers=workers)
        self._write_if_due()

    def on_commit(self, record: JournalRecord, seconds: float | None) -> None:
        """A unit is done (or the driver committed a file: the units before it are all done)."""
        if record.unit is None:
            self._end_group()
        else:
            self._units.pop(record.unit.key, None)
            if self._workload is not None:
                self._workload.finish(record)
        self._write_if_due()

    def on_boundary(self, finished: Position[Any], following: Position[Any]) -> None:
        """The phase is over."""
        self._end_group()
        self._beat = replace(self._beat, position=following.to_json())
        self._write()

    def on_stop(self, position: Position[Any], status: str, note: str) -> None:
        """Nothing is in flight any more."""
        self._end_group()
        self._write()

    def _end_group(self) -> None:
        self._workload = None
        self._units.clear()
        self._beat = replace(self._beat, workers="")

    def _write_if_due(self) -> None:
        if self._clock() - self._written >= EVERY_S:
            self._write()

    def _write(self) -> None:
        self._written = self._clock()
        beat = replace(
            self._beat,
            time=round(self._now(), 3),
            group=_group(self._workload),
            units=tuple(self._units.values()),
        )
        self._view.attempt(lambda: self._replace(orjson.dumps(beat.to_json()) + b"\n"))

    def _replace(self, data: bytes) -> None:
        """Without fsync: what a power cut takes is of no use after it."""
        self._temporary.write_bytes(data)
        os.replace(self._temporary, self._path)


def _group(work: Workload | None) -> Group | None:
    if work is None:
        return None
    return Group(
        label=work.label,
        num_units=work.num_units,
        num_finished=work.num_finished,
        fraction=round(work.fraction, 4),
        counted_in=work.counted_in,
        num_done=work.num_done,
        rate=round(work.rate, 3),
        seconds_left=None if work.seconds_left is None else round(work.seconds_left, 1),
    )
