"""The sums over all kills: a table for people, and report.json."""

import platform
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.torture.losses import STARTING, WHO, Kill
from benchmarks.torture.plans import DRIVER_STEPS, WRITE_STEPS
from psro import wiring
from psro.report.text import Table, count_text, duration_text

IN_ORDER = (
    STARTING,
    "BOOTSTRAP",
    "TOURNAMENT",
    "SOLVE",
    "COLLECT",
    "TRAIN",
    "SELECT",
    "MEASURE",
    "CERTIFY",
    "REPORT",
    "DONE",
)


@dataclass
class Account:
    """Everything that a torture found out. checkpoint_every_steps: N of the promise, 0: none."""

    experiment: str
    seed: int
    mode: str
    overrides: tuple[str, ...]
    checkpoint_every_steps: int
    kills: list[Kill] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    num_runs: int = 0
    num_results: int = 0
    num_steps_compared: int = 0
    reference_seconds: float = 0.0
    began: float = field(default_factory=time.time)
    code_version: str = field(default_factory=wiring.code_version)

    def broken_promises(self) -> list[str]:
        """Kills that cost more than is promised, in words."""
        found = []
        for kill in self.kills:
            where = f"run {kill.run}, attempt {kill.attempt}"
            if kill.units_lost > max(1, kill.num_workers):
                found.append(f"{where} lost {kill.units_lost} units of {kill.num_workers} workers")
            if (kill.steps_redone or 0) > self.checkpoint_every_steps:
                found.append(f"{where} took {kill.steps_redone} training steps again")
        return found

    def to_json(self) -> dict[str, Any]:
        """For report.json."""
        return {
            "machine": {"system": platform.platform(), "processor": _processor()},
            "versions": wiring.versions(),
            "seconds": round(time.time() - self.began, 1),
            "code_version_at_the_end": wiring.code_version(),
            "num_kills": len(self.kills),
            "broken_promises": self.broken_promises(),
            **asdict(self),
        }

    def tables(self) -> list[Table]:
        """What is printed, and pasted into docs/reliability.md."""
        return [self._by_phase(), self._by_point(), self._by_circumstance(), self._costs()]

    def _by_phase(self) -> Table:
        instants = Counter(kill.phase for kill in self.kills if _is_instant(kill))
        steps = Counter(kill.phase for kill in self.kills if not _is_instant(kill))
        busy = Counter(kill.phase for kill in self.kills if kill.under_way)
        phases = sorted(instants.keys() | steps.keys(), key=IN_ORDER.index)
        rows = [
            (
                phase,
                *map(
                    str,
                    (instants[phase], steps[phase], instants[phase] + steps[phase], busy[phase]),
                ),
            )
            for phase in phases
        ]
        rows.append(
            ("all", *map(str, (instants.total(), steps.total(), len(self.kills), busy.total())))
        )
        return Table(
            "Kills survived, by phase",
            (
                "phase",
                "at an instant",
                "at a step of a write",
                "all",
                "of these, in the middle of a unit",
            ),
            tuple(rows),
            "(starting): before the run directory was open; in the middle of a unit: it had reported "
            "progress and was not committed (not known of attempts by the real command line)",
        )

    def _by_point(self) -> Table:
        rows = []
        hit = [kill for kill in self.kills if not _is_instant(kill)]
        for point in (*WRITE_STEPS, *DRIVER_STEPS):
            here = [kill for kill in hit if kill.how.startswith(f"{point} ")]
            who = Counter(kill.how.partition(" in the ")[2] for kill in here)
            files = Counter(kill.file for kill in here if kill.file).most_common()
            counts = (str(who[name]) for name in WHO)
            rows.append((point, *counts, ", ".join(f"{file} {num}" for file, num in files)))
        return Table("Kills at steps of writes", ("step", *WHO, "of what"), tuple(rows))

    def _by_circumstance(self) -> Table:
        def started(kill: Kill) -> str:
            return "the real command line" if kill.by_command else "forked"

        def executor(kill: Kill) -> str:
            return count_text(kill.num_workers, "worker") if kill.num_workers else "serial"

        def victims(kill: Kill) -> str:
            return kill.how.split(", ")[1] if _is_instant(kill) else "who writes, with its driver"

        def under_way(kill: Kill) -> str:
            return " and ".join(kill.under_way) or "no unit, or not known"

        sorts: tuple[tuple[str, Callable[[Kill], str]], ...] = (
            ("started by", started),
            ("executor", executor),
            ("killed", victims),
            ("units under way", under_way),
        )
        rows = [
            (name, value, str(num))
            for name, of in sorts
            for value, num in sorted(Counter(map(of, self.kills)).items())
        ]
        return Table("Circumstances", ("", "", "kills"), tuple(rows))

    def _costs(self) -> Table:
        steps = [kill.steps_redone for kill in self.kills if kill.steps_redone is not None]
        seen = [kill for kill in self.kills if not kill.by_command]
        rows = [
            _cost("units begun and not committed", [kill.units_lost for kill in seen]),
            _cost("battles over in them", [kill.battles_lost for kill in seen]),
            _cost("training steps taken again", steps),
        ]
        half_written = sum(kill.num_temporaries for kill in self.kills)
        torn = sum(kill.torn_journal for kill in self.kills)
        return Table(
            "Work lost per kill",
            ("", "kills", "mean", "largest"),
            tuple(rows),
            f"committed work lost: none; cleaned up: {count_text(half_written, 'half-written file')}, "
            f"{count_text(torn, 'torn journal line')}"
            if not self.failures
            else "see the failures",
        )

    def summary(self) -> list[str]:
        """The verdict."""
        lines = [
            f"{count_text(len(self.kills), 'kill')} survived in {duration_text(time.time() - self.began)}; "
            f"{count_text(self.num_runs, 'run')} of {self.experiment} ended with the reference's "
            f"{self.num_results} files, {len(self.failures)} did not; seed {self.seed}, mode {self.mode}",
        ]
        if self.num_steps_compared:
            lines.append(
                f"{count_text(self.num_steps_compared, 'training step')} reported, every one with "
                "the metrics of the uninterrupted run"
                if not any("TRAINED OTHERWISE" in failure for failure in self.failures)
                else "training steps differed"
            )
        if self.code_version != (now := wiring.code_version()):
            lines.append(f"the code was edited meanwhile: {self.code_version} -> {now}")
        lines += [f"FAILED: {failure}" for failure in self.failures]
        lines += [f"BROKEN PROMISE: {promise}" for promise in self.broken_promises()]
        if not self.failures and not self.broken_promises():
            lines.append("0 divergences, 0 restarts that did not go on")
        return lines


def _is_instant(kill: Kill) -> bool:
    return kill.how.startswith("instant")


def _cost(name: str, values: Sequence[int]) -> tuple[str, ...]:
    if not values:
        return (name, "0", "–", "–")
    return (name, str(len(values)), f"{sum(values) / len(values):.1f}", str(max(values)))


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.processor()
