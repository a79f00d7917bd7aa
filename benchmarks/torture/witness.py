"""A listener inside the program that writes down what it sees; and how that is read.

One JSON line per event, by one write each: after SIGKILL every line but the last is whole.
"""

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from psro.machine.events import RunListener
from psro.machine.journal import JournalRecord
from psro.machine.position import Position
from psro.machine.units import Progress, Unit


class Witness(RunListener):
    """Writes to `path`."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)

    def on_start(self, position: Position[Any], resumed: bool, note: str) -> None:
        """Where the attempt goes on."""
        self._write(what="start", position=position.to_json(), resumed=resumed)

    def on_phase(self, position: Position[Any]) -> None:
        """A phase begins."""
        self._write(what="phase", position=position.to_json())

    def on_progress(self, unit: Unit, progress: Progress) -> None:
        """How far a unit is."""
        self._write(
            what="progress",
            unit=unit.key,
            kind=unit.kind,
            done=progress.done,
            metrics=dict(progress.metrics),
        )

    def on_commit(self, record: JournalRecord, seconds: float | None) -> None:
        """Something was committed."""
        self._write(what="commit", unit=record.unit.key if record.unit else None)

    def on_worker_death(self, unit: Unit | None, num_deaths: int, reason: str) -> None:
        """None is expected to die before the driver does."""
        self._write(what="worker_death", reason=reason)

    def _write(self, **event: Any) -> None:
        os.write(self._file, json.dumps(event).encode() + b"\n")


@dataclass(frozen=True)
class Step:
    """An optimizer step that was reported: from 1, with its metrics."""

    unit: str
    step: int
    metrics: Mapping[str, float]


@dataclass
class Testimony:
    """What the witness of one attempt saw.

    resumed: None if the attempt did not get as far as opening its run.
    position: of the phase it was in at last. begun: unit → (kind, how much of it was done).
    """

    resumed: bool | None = None
    position: Mapping[str, Any] | None = None
    begun: dict[str, tuple[str, int]] = field(default_factory=dict)
    steps: list[Step] = field(default_factory=list)
    num_worker_deaths: int = 0


def read(path: Path) -> Testimony:
    """Of an attempt that is over; empty where it wrote nothing."""
    seen = Testimony()
    for event in _events(path):
        if event["what"] == "start":
            seen.resumed = event["resumed"]
        elif event["what"] == "phase":
            seen.position = event["position"]
        elif event["what"] == "worker_death":
            seen.num_worker_deaths += 1
        elif event["what"] == "progress":
            seen.begun[event["unit"]] = (event["kind"], event["done"])
            if event["kind"] == "train" and event["metrics"]:
                seen.steps.append(Step(event["unit"], event["done"], event["metrics"]))
    return seen


def _events(path: Path) -> Iterator[dict[str, Any]]:
    lines = path.read_bytes().split(b"\n") if path.exists() else [b""]
    return map(json.loads, lines[:-1])
