"""What the journal tells without opening it for writing: only the run's own process may mend it."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from psro.machine.errors import UserError
from psro.machine.journal import JOURNAL_FILE, JournalMark


@dataclass(frozen=True)
class Commits:
    """The journal so far."""

    num: int
    last: float | None
    """When the last one was made: seconds since the epoch; None before the first."""
    units_here: tuple[str, ...]
    """Keys of the units committed at the run's position, oldest first."""


def read_commits(directory: Path, mark: JournalMark, position: Mapping[str, Any]) -> Commits:
    """The journal of a run whose manifest holds `mark` and `position`. A torn last line is being written.

    Raises: UserError if a line before the end is no record, or if lines that the manifest knows of are
    gone or others. The checksums are left to the run, which proves every one of them when it goes on.
    """
    path = directory / JOURNAL_FILE
    try:
        data, changed = path.read_bytes(), path.stat().st_mtime
    except FileNotFoundError:
        data, changed = b"", 0.0
    lines = data.split(b"\n")[:-1]
    records = [_record(line) for line in lines]
    while (
        records and records[-1] is None
    ):  # what a power cut leaves at the end is cut off by the run
        records.pop()
    for number, record in enumerate(records, start=1):
        if record is None:
            raise UserError(
                f"{path} is damaged in line {number}, before its end, which no kill does: run the same "
                "command again, which says what can be done"
            )
    if mark.num_records and not _has(records, mark):
        raise UserError(
            f"{path} has lost some of the {mark.num_records} lines that manifest.json knows of, or has others: "
            "run the same command again, which goes on from the last phase that is whole, or says why not"
        )
    here = [r["unit"]["key"] for r in records if r and r["unit"] and r["position"] == position]
    return Commits(len(records), changed if records else None, tuple(here))


def _has(records: list[dict[str, Any] | None], mark: JournalMark) -> bool:
    if mark.num_records > len(records):
        return False
    last = records[mark.num_records - 1]
    return last is not None and last["check"] == mark.check


def _record(line: bytes) -> dict[str, Any] | None:
    try:
        value = orjson.loads(line)
    except orjson.JSONDecodeError:
        return None
    if isinstance(value, dict) and {"unit", "position", "check"} <= value.keys():
        return value
    return None
