"""<run>/incidents.jsonl: every worker that died or hung and was replaced, one line each.

The history of a run over all its processes; operational, no result: a run without incidents has no such
file and the same bytes. A line is lost with a power cut at most.
"""

import json
import logging
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from psro.machine.canonical import canonical_json
from psro.machine.identity import Identity
from psro.machine.units import Unit

logger = logging.getLogger(__name__)

INCIDENTS_FILE = "incidents.jsonl"


@dataclass(frozen=True)
class Incident:
    """A worker that died or hung."""

    time: str
    """UTC, ISO 8601."""
    host: str
    """Of the driver."""
    job_id: str | None
    """Of SLURM."""
    unit: str | None
    """Key of the unit that was run again; None: it was starting, or waiting for one."""
    num_deaths: int
    """Of this unit, in that process of the run, this one included."""
    reason: str
    """In words: "by SIGKILL", "it hung: no sign of life for 600 s"."""


def note_incident(directory: Path, unit: Unit | None, num_deaths: int, reason: str) -> None:
    """Append a line. What the disk refuses is worth a warning and stops nothing."""
    me = Identity.of_this_process()
    time = datetime.now(UTC).isoformat(timespec="seconds")
    incident = Incident(time, me.host, me.job_id, unit.key if unit else None, num_deaths, reason)
    path = directory / INCIDENTS_FILE
    try:
        with open(path, "ab") as file:
            file.write(canonical_json(asdict(incident)).encode() + b"\n")
    except OSError as error:
        logger.warning("could not note in %s that a worker died: %s", path, error)


def read_incidents(directory: Path) -> list[Incident]:
    """All of a run's, oldest first; a line that a kill tore is left out."""
    path = directory / INCIDENTS_FILE
    if not path.is_file():
        return []
    incidents = []
    for line in path.read_bytes().splitlines():
        try:
            incidents.append(Incident(**json.loads(line)))
        except (ValueError, TypeError, RecursionError):
            continue
    return incidents


def in_words(incidents: Sequence[Incident]) -> str:
    """ "2 workers died and were replaced: 1 by SIGKILL, 1 hung"."""
    counts = Counter(_kind(incident.reason) for incident in incidents)
    workers = "1 worker" if len(incidents) == 1 else f"{len(incidents)} workers"
    were = "was" if len(incidents) == 1 else "were"
    kinds = ", ".join(f"{number} {kind}" for kind, number in sorted(counts.items()))
    return f"{workers} died and {were} replaced: {kinds}"


def _kind(reason: str) -> str:
    """A reason without its particulars."""
    return reason.partition(":")[0].partition(" (")[0].removeprefix("it ")
