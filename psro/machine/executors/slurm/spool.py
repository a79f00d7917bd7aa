"""Where the driver and its workers on other machines meet: a folder on the shared file system.

    open/<unit>              work that nobody has
    taken/<unit>@<worker>    work that a worker is at: the same file, renamed, which only one can do
    done/<unit>              its report
    workers/<worker>         that a worker has started, or what hindered it
    logs/                    submitit's

Nothing here is a result: lose any of it, and units are run again, which is harmless.
"""

import contextlib
import errno
import json
import os
import shutil
import stat
import time
from collections.abc import Collection, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from psro.machine.artifacts import Artifact
from psro.machine.canonical import canonical_json, digest
from psro.machine.durable import fsync_directory
from psro.machine.units import Unit

_GONE = (errno.ENOENT, errno.ENOTDIR, errno.ESTALE)
MAX_MISSES = 4
"""So many units of its list gone in a row, and a worker looks again what is open."""

DONE, USER_ERROR, OS_ERROR, FAILED, OUT_OF_TIME = (
    "done", "user_error", "os_error", "failed", "out_of_time",
)  # fmt: skip


@dataclass(frozen=True)
class Report:
    """What a worker says of a unit."""

    worker: str
    host: str
    environment: Mapping[str, str]
    """What bits depend on there: see machine/environment.py."""
    outcome: str
    """done, user_error, os_error, failed, out_of_time"""
    artifacts: tuple[Artifact, ...] = ()
    seconds: float = 0.0
    progress: tuple[int, int, str] | None = None
    """The last it said: done, total, counted in what."""
    log: tuple[Mapping[str, Any], ...] = ()
    """Log records of the time, as logging.makeLogRecord takes them."""
    text: str = ""
    """Of an error: its message, or the traceback."""
    errno: int | None = None

    def to_json(self) -> dict[str, Any]:
        """The report as a JSON object."""
        return asdict(self)

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> "Report":
        """The inverse of `to_json`. Raises: KeyError, TypeError for anything else."""
        fields = dict(value)
        fields["artifacts"] = tuple(Artifact(**artifact) for artifact in fields["artifacts"])
        fields["log"] = tuple(fields["log"])
        fields["progress"] = tuple(fields["progress"]) if fields["progress"] else None
        return cls(**fields)


@dataclass(frozen=True)
class Contents:
    """What a look into the spool found; names of units."""

    open: Collection[str]
    taken: Mapping[str, str]
    """Name → the worker that is at it."""
    done: Collection[str]


def name_of(unit: Unit) -> str:
    """What a unit's files are called: it names the whole work, so the next driver knows it again."""
    return digest(unit.to_json())[:32]


class Spool:
    """The folder of a run for one version of code and config."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.logs = directory / "logs"
        self._open = directory / "open"
        self._taken = directory / "taken"
        self._done = directory / "done"
        self._workers = directory / "workers"
        self._known: list[str] = []

    def exists(self) -> bool:
        """False once the driver has finished with it."""
        try:
            os.utime(self._open)  # a change: see _listing
        except OSError as error:
            if error.errno in _GONE:
                return False
            raise
        return True

    def make(self) -> None:
        """Create the folders."""
        for folder in (self._open, self._taken, self._done, self._workers, self.logs):
            folder.mkdir(parents=True, exist_ok=True)

    def remove(self, keep_logs: bool = False) -> None:
        """Delete it, for all workers at the same instant: none can add anything to it after that."""
        gone = self.directory.with_name(f".{self.directory.name}.{time.time_ns()}")
        try:
            os.rename(self.directory, gone)
        except FileNotFoundError:
            return
        if keep_logs:
            self.directory.mkdir()
            os.rename(gone / self.logs.name, self.logs)
        shutil.rmtree(gone, ignore_errors=True)

    # The driver's side.

    def post(self, unit: Unit) -> None:
        """Offer a unit (again, if it is open already). Not durable: the next driver posts anew."""
        name = name_of(unit)
        fresh = self.directory / f".{name}"
        fresh.write_text(canonical_json(unit.to_json()))
        os.replace(fresh, self._open / name)

    def withdraw(self) -> None:
        """Take back everything that nobody has."""
        for name in _listing(self._open):
            (self._open / name).unlink(missing_ok=True)

    def look(self) -> Contents:
        """What is where. A unit that moves on meanwhile may be seen twice, but not missed."""
        unclaimed = _listing(self._open)
        taken = dict(entry.split("@", 1) for entry in _listing(self._taken) if "@" in entry)
        return Contents(unclaimed, taken, self.done())

    def done(self) -> list[str]:
        """The units that have reports."""
        return [name for name in _listing(self._done) if not name.startswith(".")]

    def read(self, name: str) -> Report | None:
        """A unit's report; None if what is there cannot be read."""
        try:
            return Report.from_json(json.loads((self._done / name).read_bytes()))
        except (FileNotFoundError, ValueError, KeyError, TypeError):
            return None

    def forget(self, name: str, worker: str) -> None:
        """Delete what is left of a unit once it is adopted, or to be done again."""
        (self._taken / f"{name}@{worker}").unlink(missing_ok=True)
        (self._done / name).unlink(missing_ok=True)

    def last_words(self, worker: str) -> str | None:
        """What the worker signed in with: empty if all was well. None: it never got so far."""
        try:
            return (self._workers / worker).read_text()
        except FileNotFoundError:
            return None

    # The worker's side.

    def sign_in(self, worker: str, trouble: str = "") -> None:
        """Say that a worker has started, or what hinders it: the kind of error, a newline, the text."""
        (self._workers / worker).write_text(trouble)

    def take(self, worker: str) -> tuple[str, Unit] | None:
        """Some open unit and its name, now `worker`'s alone; None if there is none.

        Raises: FileNotFoundError when the driver has removed the spool.
        """
        for name in self._candidates(worker):
            mine = self._taken / f"{name}@{worker}"
            try:
                os.rename(self._open / name, mine)
            except FileNotFoundError:
                continue  # somebody was faster
            try:
                return name, Unit.from_json(json.loads(mine.read_bytes()))
            except (ValueError, KeyError, TypeError):
                # What a power cut left; the driver misses the unit and posts it again.
                mine.unlink()
        return None

    def give_back(self, name: str, worker: str) -> None:
        """Offer a unit that was taken to the others."""
        with contextlib.suppress(FileNotFoundError):  # withdrawn, with all the rest
            os.rename(self._taken / f"{name}@{worker}", self._open / name)

    def report(self, name: str, report: Report) -> None:
        """Leave a unit's report; then it is no longer the worker's.

        Raises: FileNotFoundError when the driver has removed the spool (atomic_write would make it anew).
        """
        fresh = self._done / f".{name}@{report.worker}"
        with open(fresh, "wb") as file:
            file.write(canonical_json(report.to_json()).encode())
            file.flush()
            os.fsync(file.fileno())
        os.replace(fresh, self._done / name)
        fsync_directory(self._done)
        (self._taken / f"{name}@{report.worker}").unlink(missing_ok=True)

    def _candidates(self, worker: str) -> Iterator[str]:
        """Open units, at first those that were open before: a listing is dear with many workers."""
        num_missed = 0
        while self._known and num_missed < MAX_MISSES:
            num_missed += 1
            yield self._known.pop()
        names = sorted(_listing(self._open))
        # Everyone begins elsewhere, or all would run for the same unit.
        first = int(digest(worker)[:8], 16) % max(1, len(names))
        self._known = names[first:] + names[:first]
        while self._known:
            yield self._known.pop()


def _listing(folder: Path) -> list[str]:
    # Network file systems remember a folder's entries for up to a minute. A change of its own
    # makes a client ask the server again.
    os.chmod(folder, stat.S_IMODE(folder.stat().st_mode))
    return os.listdir(folder)
