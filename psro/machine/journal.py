"""The append-only journal: one JSON line per commit, durable before the next one.

Each line carries a checksum over itself and the checksum before it, so a torn line, an edited
line, a missing line and a line twice are all told apart from what was written. What a kill
leaves is a torn end, which is cut off: its unit runs again. Reading cuts nothing: first it is judged
whether the run can go on (recovery.py), and a run that is refused keeps its journal as it is.
"""

import hashlib
import itertools
import json
import logging
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from psro.machine import faults
from psro.machine.artifacts import Artifact
from psro.machine.canonical import canonical_json
from psro.machine.durable import atomic_write, fsync_directory, raise_if_refused
from psro.machine.errors import UserError
from psro.machine.units import Unit

logger = logging.getLogger(__name__)

JOURNAL_FILE = "journal.jsonl"
_FIRST_CHECK = "0" * 32
_LINE_START = b'{"artifacts":['
"""What every line begins with, and so what a kill leaves of one."""


@dataclass(frozen=True)
class JournalRecord:
    """One commit: the files (of a unit: side files first, the main result last), where the run
    was (Position as JSON), and the unit that made them (None: the driver did).

    released: committed files that the run lets go of, each with what views shall go on telling of it (JSON-able).
    Such a record commits nothing. A program that does not know it computes these files again.
    """

    artifacts: tuple[Artifact, ...]
    position: Mapping[str, Any]
    unit: Unit | None
    released: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """The record as a JSON object."""
        return {
            "artifacts": [asdict(artifact) for artifact in self.artifacts],
            "position": dict(self.position),
            "unit": self.unit.to_json() if self.unit else None,
            **({"released": dict(self.released)} if self.released else {}),
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> "JournalRecord":
        """The inverse of `to_json`."""
        return cls(
            tuple(Artifact(**artifact) for artifact in value["artifacts"]),
            value["position"],
            Unit.from_json(value["unit"]) if value["unit"] else None,
            value.get("released", {}),
        )


@dataclass(frozen=True)
class JournalMark:
    """How far the journal was at a phase boundary: the number of lines and the last checksum."""

    num_records: int = 0
    check: str = _FIRST_CHECK


class Journal:
    """The commits of a run directory, in memory and on disk. Open it as the one writer.

    damaged_line: the line, counted from 1, that is none although good ones follow, which no kill explains;
    None if there is none. good_size: bytes of the whole lines before it, or before the torn end.
    """

    def __init__(self, directory: Path, guard: Callable[[], None] | None = None) -> None:
        """Load `directory`/journal.jsonl, up to its first line that is none; nothing is changed.

        guard: called before each write; raises if this process is the one writer no more.

        Raises: UserError where the system refuses.
        """
        self.path = directory / JOURNAL_FILE
        self.damaged_line: int | None = None
        self._guard = guard
        self._checks = [_FIRST_CHECK]
        self._records: list[JournalRecord] = []
        self._by_path: dict[str, tuple[Artifact, JournalRecord]] = {}
        self._by_unit: dict[str, JournalRecord] = {}
        self._released: set[str] = set()
        self._descriptor: int | None = None
        data = b""
        try:
            if self.path.exists():
                self._descriptor = self._open()
                data = self.path.read_bytes()
            self.good_size = self._load(data)
        except BaseException as error:
            self.close()
            if isinstance(error, OSError):
                raise_if_refused(error, self.path)
            raise
        self._tail = data[self.good_size :]

    @property
    def is_empty(self) -> bool:
        """True if the file holds nothing at all, or is not there."""
        return not self.good_size and not self._tail

    @property
    def mark(self) -> JournalMark:
        """How far the journal is now."""
        return JournalMark(len(self._checks) - 1, self._checks[-1])

    def holds(self, mark: JournalMark) -> bool:
        """True if the journal goes on from `mark`: nothing before it is gone or other."""
        known = mark.num_records < len(self._checks)
        return known and self._checks[mark.num_records] == mark.check

    def require(self, mark: JournalMark) -> None:
        """Check that the journal goes on from `mark`, which a manifest holds.

        Raises: UserError if lines that a finished phase committed are gone or others.
        """
        if not self.holds(mark):
            num_records = len(self._checks) - 1
            what = (
                f"has {num_records} lines where manifest.json knows of {mark.num_records}"
                if num_records < mark.num_records
                else f"differs from what manifest.json knows within its first {mark.num_records} "
                "lines"
            )
            raise UserError(
                f"{self.path} {what}: the two are not of one run or were edited; restore both "
                "from one backup or start a new run"
            )

    def artifacts(self) -> list[Artifact]:
        """Every committed file as it was committed last, in the order of those commits."""
        return [artifact for artifact, _ in self._by_path.values()]

    def paths_of_driver_since(self, mark: JournalMark) -> frozenset[str]:
        """What the driver itself, not a unit, has committed after `mark`."""
        since = [record for record in self._records[mark.num_records :] if record.unit is None]
        return frozenset(artifact.path for record in since for artifact in record.artifacts)

    def artifact(self, path: str) -> Artifact | None:
        """What was last committed at the relative `path`; None if nothing was."""
        entry = self._by_path.get(path)
        return entry[0] if entry else None

    def record_of(self, path: str) -> JournalRecord | None:
        """The commit that `path` last came with."""
        entry = self._by_path.get(path)
        return entry[1] if entry else None

    def record_of_unit(self, key: str) -> JournalRecord | None:
        """The commit of the unit named `key`; None if it is not committed."""
        return self._by_unit.get(key)

    def is_released(self, path: str) -> bool:
        """True if the run has let go of the committed file at `path`: it may be there or not."""
        return path in self._released

    def mend(self) -> None:
        """Make the file one that lines can be added to: it is there, and ends after its last good line.

        What is cut off is kept in a file beside it, unless it is what a kill leaves of one line.

        Raises: UserError as `append`.
        """
        assert self.damaged_line is None, "good lines are never cut off"
        if self._guard is not None:
            self._guard()
        try:
            if self._descriptor is None:
                self._descriptor = self._open(os.O_CREAT)
                fsync_directory(self.path.parent)
            if self._tail:
                self._cut(self._descriptor)
        except OSError as error:
            raise_if_refused(error, self.path)
            raise

    def append(self, records: Sequence[JournalRecord]) -> None:
        """Add `records`; they are on disk when this returns.

        Raises: UserError when the disk is full, OSError as the system gives it; the journal is
        then as it was. What the guard raises.
        """
        if self._descriptor is None or self._tail:
            self.mend()
        elif self._guard is not None:
            self._guard()
        assert self._descriptor is not None
        checks, lines = [self._checks[-1]], []
        for record in records:
            body = record.to_json()
            checks.append(_check(checks[-1], body))
            lines.append(canonical_json({**body, "check": checks[-1]}).encode() + b"\n")
        data = b"".join(lines)
        try:
            if faults.armed():
                _write(self._descriptor, data[: len(data) // 2])
                faults.point("journal.half")
                _write(self._descriptor, data[len(data) // 2 :])
            else:
                _write(self._descriptor, data)
            faults.point("journal.written")
            os.fsync(self._descriptor)
        except OSError as error:
            os.ftruncate(self._descriptor, self.good_size)
            raise_if_refused(error, self.path)
            raise
        faults.point("journal.synced")
        self.good_size += len(data)
        self._checks += checks[1:]
        for record in records:
            self._remember(record)

    def close(self) -> None:
        """Let go of the file."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def _open(self, flags: int = 0) -> int:
        return os.open(self.path, os.O_RDWR | os.O_APPEND | os.O_CLOEXEC | flags, 0o644)

    def _cut(self, descriptor: int) -> None:
        size = len(self._tail)
        if b"\n" not in self._tail and self._tail.startswith(_LINE_START[:size]):
            logger.warning(
                "%s: cut off a torn last line (%d bytes); its work is done again", self.path, size
            )
        else:
            logger.warning(
                "%s: cut off what comes after line %d (%d bytes), which is no journal, and kept it in %s; "
                "the work of lost lines is done again",
                self.path,
                len(self._records),
                size,
                self._kept_tail(),
            )
        os.ftruncate(descriptor, self.good_size)
        os.fsync(descriptor)
        self._tail = b""

    def _kept_tail(self) -> Path:
        """A durable file beside the journal with what is to be cut off; one start killed here kept it already."""
        for number in itertools.count(1):
            path = self.path.with_name(f"{self.path.name}.cut-{number}")
            if not path.exists():
                atomic_write(path, self._tail)
                return path
            if path.is_file() and path.read_bytes() == self._tail:
                return path
        raise AssertionError("unreachable")

    def _remember(self, record: JournalRecord) -> None:
        self._records.append(record)
        for artifact in record.artifacts:
            self._by_path.pop(artifact.path, None)  # a file committed again moves to the end
            self._by_path[artifact.path] = (artifact, record)
            self._released.discard(artifact.path)
        self._released.update(record.released)
        if record.unit:
            self._by_unit[record.unit.key] = record

    def _load(self, data: bytes) -> int:
        """Read what is there; returns the size in bytes of the good part."""
        lines = data.split(b"\n")
        good_size = 0
        for number, line in enumerate(lines[:-1], start=1):
            value = _parse(line)
            check = value.pop("check", None) if value is not None else None
            if value is None or check != _check(self._checks[-1], value):
                if any(_parse(later) is not None for later in lines[number:]):
                    self.damaged_line = number
                break
            self._checks.append(check)
            self._remember(JournalRecord.from_json(value))
            good_size += len(line) + 1
        return good_size


def _write(descriptor: int, data: bytes) -> None:
    while data:
        data = data[os.write(descriptor, data) :]


def _parse(line: bytes) -> dict[str, Any] | None:
    """The object in a line, None if there is none that this program writes: ASCII, finite numbers."""
    try:
        value = json.loads(str(line, "ascii"))
        if isinstance(value, dict):
            canonical_json(value)
            return value
    except (ValueError, RecursionError):
        pass
    return None


def _check(previous: str, body: Mapping[str, Any]) -> str:
    message = previous + canonical_json(body)
    return hashlib.blake2b(message.encode(), digest_size=16).hexdigest()
