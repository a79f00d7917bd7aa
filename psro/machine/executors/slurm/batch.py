"""One call of SlurmExecutor.run: units are posted, reports adopted, the lost offered again."""

import logging
import time
from collections import Counter
from collections.abc import Generator, Iterator, Sequence
from pathlib import Path

from psro.machine import environment
from psro.machine.durable import raise_if_disk_full
from psro.machine.errors import Preempted, UnitError, UserError
from psro.machine.executors.failures import AloneHint, death_message, failure_message
from psro.machine.executors.processes import MAX_DEATHS
from psro.machine.executors.protocol import ExecutorListener, UnitDone
from psro.machine.executors.slurm.crew import Crew
from psro.machine.executors.slurm.spool import (
    DONE,
    FAILED,
    OS_ERROR,
    USER_ERROR,
    Contents,
    Report,
    Spool,
    name_of,
)
from psro.machine.signals import StopFlag
from psro.machine.units import Progress, Unit

logger = logging.getLogger(__name__)

LOOK_EVERY_S = 0.25
"""For reports; the queue is asked every `poll_s`."""
SETTLE_S = 10.0


class Batch:
    """See SlurmExecutor for the arguments."""

    def __init__(
        self,
        directory: Path,
        spool: Spool,
        crew: Crew,
        units: Sequence[Unit],
        stop: StopFlag,
        listener: ExecutorListener,
        poll_s: float,
        settle_s: float,
        alone_hint: AloneHint,
    ) -> None:
        self._directory = directory
        self._spool = spool
        self._crew = crew
        self._waiting = {name_of(unit): unit for unit in units}
        self._stop = stop
        self._listener = listener
        self._poll_s = poll_s
        self._settle_s = settle_s
        self._alone_hint = alone_hint
        self._deaths: Counter[str] = Counter()
        self._suspect_since: dict[tuple[str, str], float] = {}
        self._here = environment.here(())
        self._told: set[str] = set()
        self._failure: Exception | None = None

    @property
    def had_deaths(self) -> bool:
        """True once a worker has died of a unit."""
        return bool(self._deaths)

    def run(self) -> Generator[UnitDone, None, None]:
        """See Executor.run."""
        self._forget_old_failures()
        self._post_missing(self._spool.look())
        look_at_queue = time.monotonic()
        while self._waiting and self._failure is None and not self._stop.is_set():
            if time.monotonic() >= look_at_queue:
                self._look_at_queue()
                look_at_queue = time.monotonic() + self._poll_s
            yield from self._adopt()
            if self._waiting:
                time.sleep(LOOK_EVERY_S)
        yield from self._adopt()
        if self._failure is not None:
            raise self._failure
        if self._waiting:
            raise Preempted(self._stop.reason)

    def _forget_old_failures(self) -> None:
        """What failed for a driver before us is tried anew; what went well is adopted."""
        for name in self._spool.done():
            report = self._spool.read(name) if name in self._waiting else None
            if report is not None and report.outcome != DONE:
                self._spool.forget(name, report.worker)

    def _post_missing(self, contents: Contents) -> None:
        there = {*contents.open, *contents.taken, *contents.done}
        for name, unit in self._waiting.items():
            if name not in there:
                self._spool.post(unit)

    def _look_at_queue(self) -> None:
        try:
            at_work = self._crew.look()
        except UserError as hopeless:
            self._fail(hopeless)
            return
        if at_work is None:
            return
        self._listener.on_workers(self._crew.in_words)
        # Looked at after the queue: what a worker wrote before it left the queue is there.
        contents = self._spool.look()
        for name, worker in contents.taken.items():
            if name not in self._waiting or name in contents.done:
                continue
            if worker in at_work:
                self._suspect_since.pop((name, worker), None)
            elif self._is_settled(name, worker):
                how = self._crew.obituary(worker)
                self._mourn(name, worker, f"without a report (worker {worker}; {how})")
        self._post_missing(contents)
        try:
            self._crew.top_up(len(self._waiting))
        except (UserError, UnitError) as hopeless:
            self._fail(hopeless)

    def _adopt(self) -> Iterator[UnitDone]:
        for name in self._spool.done():
            unit = self._waiting.get(name)
            if unit is None:
                continue
            report = self._spool.read(name)
            if report is not None and report.outcome != DONE:
                self._judge(name, unit, report)
                continue
            problem = self._problem(report)
            if report is None or problem:
                worker = report.worker if report else ""
                if self._is_settled(name, worker):
                    self._mourn(name, worker, f"leaving files that are not whole ({problem})")
                continue
            del self._waiting[name]
            self._crew.succeeded()
            self._pass_on(unit, report)
            yield UnitDone(unit, report.artifacts, report.seconds)
            self._spool.forget(name, report.worker)

    def _problem(self, report: Report | None) -> str:
        """What is wrong with the files that a report names; they are read, not believed."""
        if report is None:
            return "its report cannot be read"
        for artifact in report.artifacts:
            if problem := artifact.problem(self._directory):
                return f"{artifact.path} {problem}"
        return ""

    def _is_settled(self, name: str, worker: str) -> bool:
        """True once a unit has looked lost for `settle_s`, and not for the first time.

        A network file system shows things late, and a worker may have started after the queue was asked.
        """
        now = time.monotonic()
        if (name, worker) not in self._suspect_since:
            self._suspect_since[name, worker] = now
            return False
        return now - self._suspect_since[name, worker] >= self._settle_s

    def _judge(self, name: str, unit: Unit, report: Report) -> None:
        self._pass_on(unit, report)
        if report.outcome == USER_ERROR:
            self._fail(UserError(report.text), unit)
        elif report.outcome == FAILED:
            message = failure_message(unit, report.text, self._alone_hint)
            self._fail(UnitError(unit.key, message), unit)
        elif report.outcome == OS_ERROR:
            try:
                raise_if_disk_full(OSError(report.errno, ""), self._directory)
            except UserError as full:
                self._fail(full)
                return
            # A machine's trouble more often than the unit's: let another try.
            last_line = (report.text.strip().splitlines() or ["?"])[-1]
            self._mourn(name, report.worker, f"on {report.host} with {last_line}")
        else:
            limit = "by its time limit (executor.slurm.time_min)"
            self._mourn(name, report.worker, limit)

    def _mourn(self, name: str, worker: str, reason: str) -> None:
        unit = self._waiting[name]
        self._deaths[unit.key] += 1
        num_deaths = self._deaths[unit.key]
        self._listener.on_worker_death(unit, num_deaths, reason)
        logger.warning(
            "a worker ended %s in unit %r, which is run again (%d of at most %d times)",
            reason, unit.key, num_deaths, MAX_DEATHS,
        )  # fmt: skip
        if num_deaths >= MAX_DEATHS:
            message = death_message(unit, num_deaths, reason, self._alone_hint)
            self._fail(UnitError(unit.key, message), unit)
        else:
            self._suspect_since.pop((name, worker), None)
            self._spool.forget(name, worker)
            self._spool.post(unit)

    def _fail(self, failure: Exception, unit: Unit | None = None) -> None:
        if self._failure is None:
            self._failure = failure
            if unit is not None:
                self._listener.on_unit_failed(unit, str(failure))

    def _pass_on(self, unit: Unit, report: Report) -> None:
        """What the worker said while it was at the unit."""
        for fields in report.log:
            record = logging.makeLogRecord(dict(fields))
            target = logging.getLogger(record.name)
            if target.isEnabledFor(record.levelno):
                target.handle(record)
        if report.progress is not None:
            self._listener.on_progress(unit, Progress(*report.progress))
        self._compare_machines(report)

    def _compare_machines(self, report: Report) -> None:
        """Say it aloud, once, if a worker's machine is of another kind than this one."""
        theirs = report.environment
        others = "; ".join(
            f"{name} {theirs.get(name, '(none)')}, here {self._here.get(name, '(none)')}"
            for name in sorted(theirs.keys() | self._here.keys())
            if theirs.get(name) != self._here.get(name)
        )
        if others and others not in self._told:
            self._told.add(others)
            logger.warning(
                "%s is another kind of machine than this (%s): bits may differ. To keep to one kind: "
                "executor.slurm.additional={constraint: <its feature>}",
                report.host, others,
            )  # fmt: skip
