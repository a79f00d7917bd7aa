"""Runs that are compared do their common beginning once: a unit that another run has done is copied from there.

A unit is a pure function of the config, of committed files and of its own fields (docs/design.md), and its seeds are keyed by
the run's seed and its key. So where the parts of the config that units read are equal, the unit asks for the same, and the
files and policies that it names have the same bytes, its result is that of the other run.
"""

from collections.abc import Generator, Iterator, Sequence
from pathlib import Path
from typing import Any

import yaml

from psro.machine.durable import atomic_write, sha256_of
from psro.machine.executors import Executor
from psro.machine.executors.protocol import ExecutorListener, UnitDone
from psro.machine.journal import JournalRecord
from psro.machine.signals import StopFlag
from psro.machine.units import Unit
from psro.phases import layout
from psro.unit import journal_records

READ_BY_UNITS = ("seed", "game", "oracle", "population", "replay_data")
"""Sections of the config. What else shapes a unit (psro.*, tournament.*) is in its fields."""


class SharedUnits:
    """An executor that asks other runs before `inner`."""

    def __init__(self, directory: Path, inner: Executor, others: Sequence[Path]):
        self.directory, self.inner, self.others = directory, inner, others

    def run(
        self, units: Sequence[Unit], stop: StopFlag, listener: ExecutorListener
    ) -> Generator[UnitDone, None, None]:
        """See Executor.run."""
        known = self._known()
        missing = []
        for unit in units:
            for run, record in known.get(unit.key, ()):
                if self._is_same(unit, run, record):
                    yield self._copied(unit, run, record)
                    break
            else:
                missing.append(unit)
        yield from self.inner.run(missing, stop, listener)

    def close(self) -> None:
        self.inner.close()

    def _known(self) -> dict[str, list[tuple[Path, JournalRecord]]]:
        """What the other runs have done, by its key."""
        known: dict[str, list[tuple[Path, JournalRecord]]] = {}
        mine = _read(self.directory)
        for run in self.others:
            if run == self.directory or _read(run) != mine:
                continue
            for record in journal_records(run):
                if record.unit is not None:
                    known.setdefault(record.unit.key, []).append((run, record))
        return known

    def _is_same(self, unit: Unit, run: Path, record: JournalRecord) -> bool:
        assert record.unit is not None
        return (
            unit.same_work_as(record.unit)
            and not any(artifact.problem(run) for artifact in record.artifacts)
            and all(
                _bytes(self.directory / path) == _bytes(run / path) for path in self._reads(unit)
            )
        )

    def _reads(self, unit: Unit) -> Iterator[str]:
        """The files and policies that a unit's fields name; what is not there yet, such as its own result, it cannot read."""
        for word in _words(unit.payload):
            for path in (word, layout.policy(word)):
                here = self.directory / path
                if here.is_file() or (here / "policy.json").is_file():
                    yield path

    def _copied(self, unit: Unit, run: Path, record: JournalRecord) -> UnitDone:
        for artifact in record.artifacts:
            atomic_write(self.directory / artifact.path, (run / artifact.path).read_bytes())
        return UnitDone(unit, record.artifacts, 0.0)


def _read(run: Path) -> dict[str, Any] | None:
    path = run / "config.yaml"
    if not path.is_file():
        return None
    config = yaml.safe_load(path.read_text())
    return {key: config.get(key) for key in READ_BY_UNITS}


def _words(value: Any) -> Iterator[str]:
    if isinstance(value, str) and value and not value.startswith("/"):
        yield value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from _words(key)
            yield from _words(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _words(inner)


def _bytes(path: Path) -> dict[str, str]:
    """sha256 of a file, or of each of a policy directory's."""
    files = sorted(path.iterdir()) if path.is_dir() else [path]
    return {file.name: sha256_of(file) for file in files if file.is_file()}
