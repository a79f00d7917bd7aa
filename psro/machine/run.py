"""The run as a phase sees it: execute units, commit files, read them back verified."""

import contextlib
import logging
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from pathlib import Path
from typing import Any, Generic

from psro.machine import faults
from psro.machine.artifacts import Artifact
from psro.machine.durable import atomic_write, raise_if_refused
from psro.machine.errors import UserError
from psro.machine.events import RunListener
from psro.machine.executors.protocol import Executor, UnitDone
from psro.machine.failed_unit import forget_failed_unit, note_failed_unit
from psro.machine.incidents import note_incident
from psro.machine.journal import Journal, JournalRecord
from psro.machine.position import PhaseT, Position
from psro.machine.signals import StopFlag
from psro.machine.units import Progress, Unit

logger = logging.getLogger(__name__)

Reads = Callable[[Unit], Iterable[str]]
"""The files of other units that a unit reads, as far as the run may release them."""


def reads_nothing(unit: Unit) -> Iterable[str]:
    """Where nothing is released that units read."""
    return ()


def tells_nothing(path: Path) -> Mapping[str, Any]:
    """For files of which no view tells anything."""
    return {}


class Run(Generic[PhaseT]):
    """Handed to phase handlers by the Machine.

    directory: the run directory. position: where the run is. stop: the flag, for long driver
    work (`run.stop.raise_if_set()`). from_elsewhere: what the driver committed in this phase before
    it moved to another machine or version, where its bytes may come out otherwise. repairs: phases
    that are over are done again, to write what is damaged and nothing else. reads: what is put back before
    a unit runs.
    """

    def __init__(
        self,
        directory: Path,
        position: Position[PhaseT],
        journal: Journal,
        executor: Executor,
        stop: StopFlag,
        listeners: Sequence[RunListener] = (),
        from_elsewhere: Set[str] = frozenset(),
        repairs: bool = False,
        reads: Reads = reads_nothing,
    ) -> None:
        self.directory = directory
        self.position = position
        self.stop = stop
        self._journal = journal
        self._executor = executor
        self._listeners = tuple(listeners)
        self._from_elsewhere = from_elsewhere
        self._repairs = repairs
        self._reads = reads
        self._verified: dict[str, tuple[Artifact, int]] = {}
        self._deleted: set[str] = set()

    def path(self, relative: str) -> Path:
        """Where a relative path lies; says nothing about what is there."""
        return self.directory / relative

    def committed(self, relative: str) -> bool:
        """True if a file was committed at `relative` (it may have been damaged or released since)."""
        return self._journal.artifact(relative) is not None

    def committed_files(self) -> list[str]:
        """Where files were committed, in the order of those commits; some may have been released since."""
        return [artifact.path for artifact in self._journal.artifacts()]

    def execute(self, units: Sequence[Unit], label: str) -> dict[str, Path]:
        """Run the units that have no committed result; a good one is never run twice.

        A committed result whose files are missing or damaged is computed again, with a warning,
        and must come out the same.

        Returns: {unit key: path of its main result}, in the order of `units`. Of a unit whose result was
        released nothing need be there: `verified` puts it back.
        Raises: ValueError for two units with one key or result; Preempted, UserError and
        UnitError as Executor.run does; UserError if a unit was committed for other work, or
        comes out with other bytes than committed.
        """
        for names in ([unit.key for unit in units], [unit.result for unit in units]):
            if twice := sorted(name for name, count in Counter(names).items() if count > 1):
                raise ValueError(f"units of {label!r} share {twice}")
        missing = [unit for unit in units if not self._has_result(unit)]
        num_committed = len(units) - len(missing)
        if num_committed:
            logger.info("%s: %d of %d have results already", label, num_committed, len(units))
        self.emit(lambda to: to.on_units(label, num_committed, len(units)))
        self._run_now(missing)
        return {unit.key: self.directory / unit.result for unit in units}

    def commit(self, relative: str, data: bytes, replace: bool = False) -> Path:
        """Write a file of the driver's own and enter it into the journal.

        Doing it again with the same bytes does nothing (a phase that was killed starts again).

        replace: the file may have been committed with other bytes before (a summary that grows).
        A phase must not read what it replaces: after a kill it would read its own.

        Raises: UserError when the system refuses, or when a damaged file comes out otherwise than it
        was committed; RuntimeError if other bytes were committed and `replace` is False, which means
        that the phase is not a pure function of its inputs.
        """
        artifact = Artifact.of_bytes(relative, data)
        before = self._journal.artifact(relative)
        if before is not None and before != artifact:
            if replace and self._is_of_later_phase(relative):
                return self.directory / relative
            if not replace:
                self._judge_other_bytes(before, artifact)
        if before != artifact or artifact.problem(self.directory):
            atomic_write(self.directory / relative, data)
            faults.point("commit.written")
        if before != artifact:
            self._append(JournalRecord((artifact,), self.position.to_json(), None), None)
        return self.directory / relative

    def read(self, relative: str) -> bytes:
        """The bytes of a committed file, verified; see `verified`."""
        return self.verified(relative).read_bytes()

    def verified(self, relative: str) -> Path:
        """The path of a committed file, its size and sha256 checked (once per change on disk).

        A damaged result of a unit is computed again, with a warning. So is a released one that is not there;
        it stays until it is released again.

        Raises: UserError for a damaged file that the driver wrote, or that comes out otherwise;
        KeyError if nothing was committed there.
        """
        record = self._journal.record_of(relative)
        if record is None:
            raise KeyError(f"{relative} was never committed to {self._journal.path}")
        if self._journal.is_released(relative):
            self._put_back([relative])
            return self.directory / relative
        problem = self.problem(relative)
        if problem and record.unit is None:
            raise UserError(
                f"{self.directory / relative} {problem}, since this process began: run the same "
                "command again, which computes it again"
            )
        if problem and record.unit is not None:
            logger.warning("%s %s: running unit %r again", relative, problem, record.unit.key)
            self._run_now([record.unit])
        return self.directory / relative

    def release(
        self, paths: Iterable[str], tell: Callable[[Path], Mapping[str, Any]] = tells_nothing
    ) -> None:
        """Let go of committed files of units, which no phase from here on reads, and delete them.

        The journal says so first, so a kill in between changes nothing: the next call deletes what is still there.
        A released file that is missing is no damage; what asks for it all the same (`verified`, or a unit that reads
        it) has it made again, with the bytes it had. Doing it again does nothing.

        tell: what views shall go on telling of a file, JSON-able; asked once, while the file is there.

        Raises: KeyError for a file that was never committed, ValueError for one of the driver's own, which no unit
        makes again; Preempted; UserError when the system refuses; what `tell` raises.
        """
        paths = [path for path in paths if path not in self._deleted]
        new = {}
        for path in paths:
            record = self._journal.record_of(path)
            if record is None:
                raise KeyError(f"{path} was never committed to {self._journal.path}")
            if record.unit is None:
                raise ValueError(f"{path} is the driver's own: no unit makes it again")
            if not self._journal.is_released(path):
                self.stop.raise_if_set()
                new[path] = tell(self.verified(path))
        if new:
            self._append(JournalRecord((), self.position.to_json(), None, new), None)
        for path in paths:
            full = self.directory / path
            try:
                if full.exists():
                    full.unlink()
                    faults.point("release.deleted", full)
            except OSError as error:
                raise_if_refused(error, full)
                raise
            self._deleted.add(path)

    # The machine's side, and the executor's listener.

    def damaged(self) -> dict[str, str]:
        """{path: what is wrong} of every committed file that is not as committed, oldest commit first.

        Raises: Preempted.
        """
        found = {}
        for artifact in self._journal.artifacts():
            self.stop.raise_if_set()
            if problem := self.problem(artifact.path):
                found[artifact.path] = problem
        return found

    def emit(self, call: Callable[[RunListener], None]) -> None:
        """Tell every listener."""
        for listener in self._listeners:
            call(listener)

    def on_progress(self, unit: Unit, progress: Progress) -> None:
        """Passed on from the executor."""
        self.emit(lambda to: to.on_progress(unit, progress))

    def on_worker_death(self, unit: Unit | None, num_deaths: int, reason: str) -> None:
        """Passed on from the executor, and noted."""
        note_incident(self.directory, unit, num_deaths, reason)
        self.emit(lambda to: to.on_worker_death(unit, num_deaths, reason))

    def on_workers(self, workers: str) -> None:
        """Passed on from the executor."""
        self.emit(lambda to: to.on_workers(workers))

    def on_unit_failed(self, unit: Unit, reason: str) -> None:
        """From the executor, whose error ends the run: the unit's definition is left behind."""
        note_failed_unit(self.directory, unit, reason)

    def _run_now(self, units: Sequence[Unit]) -> None:
        self._put_back(path for unit in units for path in self._reads(unit))
        # Closing it ends what still runs if a commit fails.
        with contextlib.closing(self._executor.run(units, self.stop, self)) as finished:
            for done in finished:
                self._adopt(done)

    def _put_back(self, paths: Iterable[str]) -> None:
        """Those of `paths` that were released are there, as they were committed, when this returns."""
        makers: dict[str, Unit] = {}
        for path in paths:
            if self._journal.is_released(path) and (problem := self._problem_on_disk(path)):
                record = self._journal.record_of(path)
                assert record is not None, "release checked it"
                assert record.unit is not None, "release checked it"
                logger.warning(
                    "%s %s, for it was released, and is read again: running unit %r again",
                    path,
                    problem,
                    record.unit.key,
                )
                makers[record.unit.key] = record.unit
                self._deleted -= {artifact.path for artifact in record.artifacts}
        if makers:
            self._run_now([*makers.values()])

    def _has_result(self, unit: Unit) -> bool:
        record = self._journal.record_of_unit(unit.key)
        if record is None:
            return False
        assert record.unit is not None
        if not record.unit.same_work_as(unit):
            raise UserError(
                f"unit {unit.key!r} was committed for other work ({_difference(record.unit, unit)})"
                ", so the program plans it otherwise than the code version that began this run: "
                "go on with that version (manifest.json names it) or start a new run"
            )
        for artifact in record.artifacts:
            if problem := self.problem(artifact.path):
                logger.warning("%s %s: running unit %r again", artifact.path, problem, unit.key)
                return False
        return True

    def problem(self, relative: str) -> str | None:
        """What is wrong with a committed file, in words; None if it is as it was committed, or released."""
        if self._journal.is_released(relative):
            return None
        return self._problem_on_disk(relative)

    def _problem_on_disk(self, relative: str) -> str | None:
        artifact = self._journal.artifact(relative)
        assert artifact is not None
        try:
            changed_ns = (self.directory / relative).stat().st_mtime_ns
        except OSError:
            return artifact.problem(self.directory)
        # Hashing a shard takes a while; a file that was not touched since is the same file.
        if self._verified.get(relative) == (artifact, changed_ns):
            return None
        problem = artifact.problem(self.directory)
        if problem is None:
            self._verified[relative] = (artifact, changed_ns)
        return problem

    def _is_of_later_phase(self, relative: str) -> bool:
        """True if a repair would put back what a later phase has replaced."""
        record = self._journal.record_of(relative)
        return self._repairs and record is not None and record.position != self.position.to_json()

    def _judge_other_bytes(self, before: Artifact, now: Artifact) -> None:
        """Raise unless a file of the driver may come out otherwise than it was committed."""
        path = before.path
        if path in self._from_elsewhere:
            logger.warning("%s comes out otherwise here; what comes out here counts", path)
        elif problem := before.problem(self.directory):
            raise UserError(
                f"{self.directory / path} {problem}, and computed again it comes out otherwise than "
                "committed: restore it from a backup, go on with the code and library versions in "
                "manifest.json, or start a new run"
            )
        else:
            raise RuntimeError(
                f"{self.position}: {path} was committed with other bytes ({before.sha256[:12]}…, now "
                f"{now.sha256[:12]}…): the phase is not deterministic, or two phases write one file"
            )

    def _adopt(self, done: UnitDone) -> None:
        faults.point("unit.done")
        before = self._journal.record_of_unit(done.unit.key)
        if before is None:
            record = JournalRecord(done.artifacts, self.position.to_json(), done.unit)
            self._append(record, done.seconds)
        elif before.artifacts != done.artifacts:
            old = {artifact.path: artifact for artifact in before.artifacts}
            new = {artifact.path: artifact for artifact in done.artifacts}
            others = sorted(p for p in old.keys() | new.keys() if old.get(p) != new.get(p))
            raise UserError(
                f"unit {done.unit.key!r}, run again because its files were damaged or released, gave other "
                f"bytes than committed ({', '.join(others)}): restore the files from a backup, go "
                "on with the code and library versions in manifest.json, or start a new run"
            )
        forget_failed_unit(self.directory, done.unit)

    def _append(self, record: JournalRecord, seconds: float | None) -> None:
        self._journal.append([record])
        self.emit(lambda to: to.on_commit(record, seconds))


def _difference(old: Unit, new: Unit) -> str:
    before, after = _flat(old), _flat(new)
    names = [name for name in sorted(before.keys() | after.keys())
             if before.get(name) != after.get(name)]  # fmt: skip
    shown = [f"{name}: {before.get(name)!r} -> {after.get(name)!r}" for name in names]
    return "; ".join(text if len(text) < 200 else text[:200] + "…" for text in shown)


def _flat(unit: Unit) -> Mapping[str, Any]:
    return {"kind": unit.kind, "result": unit.result, **unit.payload}
