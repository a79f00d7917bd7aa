"""One run directory: started again and again, killed each time, until a start gets to the end."""

import random
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.torture import plans, witness
from benchmarks.torture.attempts import Attempt
from benchmarks.torture.experiments import Experiment, Reference
from benchmarks.torture.losses import STARTING, Kill, Steps, describe, units_lost
from benchmarks.torture.plans import SHARE_OF_REFERENCE, AtInstant, AtStep, Plan
from benchmarks.torture.results import differences, read_journal, results
from psro.machine.canonical import canonical_json
from psro.machine.errors import UserError
from psro.machine.journal import JOURNAL_FILE
from psro.machine.manifest import MANIFEST_FILE, Manifest
from psro.machine.seeds import seed_from

MAX_ATTEMPTS = 300
"""A run that is killed so often and does not end makes no progress."""
_POLL_S = 0.003


@dataclass(frozen=True)
class Torture:
    """What all trials share.

    expected: the reference's results. steps: its trainings' metrics, unit → step → metrics.
    overrides: what the user gave besides the experiment's. startup_s: by command or not → how
    long the last such start took to open its run.
    """

    experiment: Experiment
    reference: Reference
    expected: dict[str, str]
    steps: dict[str, dict[int, dict[str, float]]]
    seed: int
    mode: str
    overrides: tuple[str, ...]
    startup_s: dict[bool, float]


class Failed(Exception):
    """The run did not survive: says why, and where to look."""


class Trial:
    """The `number`-th run, under `directory`, which keeps the logs of its attempts."""

    def __init__(self, torture: Torture, number: int, directory: Path) -> None:
        self.torture, self.number, self.directory = torture, number, directory
        self.steps = Steps(torture.steps)
        self.run = directory / torture.experiment.name / "seed_0"
        self.num_attempts = 0

    def torment(self, may_kill: Callable[[], bool]) -> Iterator[Kill]:
        """Yields each survived kill; ends when the run is done and its results were compared.

        A kill is yielded when the attempt after it has come to its own end.
        Raises: Failed.
        """
        survived = None
        while True:
            self.num_attempts += 1
            if self.num_attempts > MAX_ATTEMPTS:
                raise Failed(f"{self.run} made no progress over {MAX_ATTEMPTS} attempts")
            plan = plans.draw(
                self.torture.seed,
                self.number,
                self.num_attempts,
                self.torture.mode,
                may_kill(),
                self.torture.reference,
            )
            kill = self._attempt(plan)
            if survived is not None:
                yield survived
            if kill is None:
                break
            survived = kill
        if found := differences(self.torture.expected, results(self.run)):
            raise Failed(f"DIVERGENCE: {self.run}: {found[0]} ({len(found)} in all: {found})")

    def _attempt(self, plan: Plan) -> Kill | None:
        """None if it got to the run's end."""
        existed = (self.run / MANIFEST_FILE).exists()
        before = list(map(canonical_json, read_journal(self.run)))
        committed = self._committed_units()
        attempt = Attempt(
            [
                *self.torture.experiment.overrides,
                *self.torture.overrides,
                *plan.overrides,
                f"runs_directory={self.directory}",
            ],
            plan.by_command,
            self.directory / f"attempt_{self.num_attempts:03d}",
            plan.kill.environment if isinstance(plan.kill, AtStep) else {},
        )
        try:
            hung = self._watch(attempt, plan.kill)
            left = attempt.bury()
        finally:
            attempt.end()
        seen = witness.read(attempt.events)

        def fail(why: str) -> Failed:
            return Failed(f"{self.run}: attempt {self.num_attempts} {why}; see {attempt.log}")

        if hung:
            raise fail(f"({plan}) did not end")
        if left:
            raise fail(f"({plan}) was outlived by {left}")
        after = list(map(canonical_json, read_journal(self.run)))
        if after[: len(before)] != before:
            raise fail("LOST COMMITTED WORK: the journal does not go on from what it was")
        if again := sorted(seen.begun.keys() & committed):
            raise fail(f"did committed units again: {again}")
        resumed = seen.resumed
        if plan.by_command and attempt.has_resumed():
            resumed = attempt.said(b"RESUMED") or attempt.said(b"this run is done already")
        if resumed is not None and resumed != existed:
            raise fail(f"DID NOT RESUME: it says resumed={resumed}")
        if plan.by_command:
            self.steps.not_seen()
        self.steps.see(seen.steps)
        if self.steps.first_difference:
            raise fail(f"TRAINED OTHERWISE: {self.steps.first_difference}")
        if attempt.exit_code == 0:
            if seen.num_worker_deaths:
                raise fail(f"lost {seen.num_worker_deaths} workers that nobody killed")
            return None
        died = attempt.exit_code == -9 and describe(plan, attempt.log.read_bytes(), self.run)
        if not died:
            raise fail(f"({plan}) ended with exit code {attempt.exit_code}")
        lost = units_lost(seen, self._committed_units())
        kill = self._kill(plan, attempt, seen.position, lost, *died)
        self.steps.killed(kill, seen.steps, lost)
        return kill

    def _watch(self, attempt: Attempt, kill: AtInstant | AtStep | None) -> bool:
        """Until it is over or killed; True if it was given up as hung."""
        torture = self.torture
        limit = attempt.started + 20 * torture.reference.seconds + 120
        opened = due = None
        while attempt.poll() is None:
            now = time.monotonic()
            if opened is None and attempt.has_resumed():
                opened = now
                torture.startup_s[attempt.by_command] = now - attempt.started
            if isinstance(kill, AtInstant):
                due = due or self._due(attempt, kill, opened, now)
                if due is not None and now >= due:
                    seed = seed_from(torture.seed, "order", self.number, self.num_attempts)
                    attempt.kill(kill.everything, random.Random(seed))
                    return False
            if now > limit:
                attempt.end()
                return True
            time.sleep(_POLL_S)
        return False

    def _due(
        self, attempt: Attempt, kill: AtInstant, opened: float | None, now: float
    ) -> float | None:
        """When to kill; None while its milestone is not reached."""
        span = kill.delay_share * SHARE_OF_REFERENCE * self.torture.reference.seconds
        startup_s = self.torture.startup_s[attempt.by_command]
        if kill.milestone == "started":
            return attempt.started + kill.delay_share * startup_s
        if kill.milestone == "resumed":
            return None if opened is None else opened + span
        if attempt.by_command:
            # No witness: about when its workers have imported what the driver has.
            return None if opened is None else opened + startup_s + span
        return now + span if attempt.has_worked() else None

    def _kill(
        self,
        plan: Plan,
        attempt: Attempt,
        position: Mapping[str, Any] | None,
        lost: Mapping[str, tuple[str, int]],
        how: str,
        file: str,
    ) -> Kill:
        try:
            state = Manifest.load(self.run)
        except UserError as torn:
            raise Failed(f"attempt {self.num_attempts} left a damaged manifest: {torn}") from torn
        if plan.by_command and attempt.has_resumed():
            position = None if state is None else state.position
        journal = self.run / JOURNAL_FILE
        return Kill(
            run=self.number,
            attempt=self.num_attempts,
            by_command=plan.by_command,
            num_workers=plan.num_workers,
            phase=STARTING if position is None else str(position["phase"]),
            iteration=0 if position is None else int(position["iteration"]),
            how=how,
            file=file,
            seconds=round(time.monotonic() - attempt.started, 2),
            under_way=tuple(sorted({kind for kind, _ in lost.values()})),
            units_lost=sum(kind != "train" for kind, _ in lost.values()),
            battles_lost=sum(done for kind, done in lost.values() if kind != "train"),
            num_temporaries=sum(1 for _ in self.run.rglob(".*.tmp")),
            torn_journal=journal.exists() and not (b"\n" + journal.read_bytes()).endswith(b"\n"),
        )

    def _committed_units(self) -> set[str]:
        return {record["unit"]["key"] for record in read_journal(self.run) if record["unit"]}
