"""Files that a run has let go of (psro.shards=prune), as its journal tells."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from psro.machine.journal import JOURNAL_FILE, JournalRecord


@dataclass(frozen=True)
class Released:
    """One of them; it may be there for a while, put back for a repair."""

    path: str
    """Relative to the run directory."""
    size: int
    """In bytes."""
    told: Mapping[str, Any]
    """What was noted of it: num_battles, num_decisions, failures (psro/phases/prune.py)."""


def read_released(directory: Path) -> list[Released]:
    """Those of a run, in the order they were let go of; none where there is no journal.

    Lines that are none are left out: the run itself and psro.status say so.
    """
    path = directory / JOURNAL_FILE
    if not path.is_file():
        return []
    sizes: dict[str, int] = {}
    released: dict[str, Released] = {}
    for line in path.read_bytes().splitlines():
        try:
            record = JournalRecord.from_json(orjson.loads(line))
        except (ValueError, KeyError, TypeError):
            continue  # torn by a kill, or being written
        for artifact in record.artifacts:
            sizes[artifact.path] = artifact.size
            released.pop(artifact.path, None)
        for relative, told in record.released.items():
            if relative in sizes:  # not if the line that committed it is damaged
                released[relative] = Released(relative, sizes[relative], told)
    return [*released.values()]
