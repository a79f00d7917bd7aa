"""One run of a comparison."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from psro.machine.errors import UserError
from psro.metagame.intervals import Interval
from psro.report.findings import Findings, findings_of
from psro.report.status.lives import lives_of
from psro.report.text import interval_of
from psro.report.timings import phase_seconds


@dataclass(frozen=True)
class Side:
    """A run under its short name."""

    label: str
    findings: Findings

    @property
    def directory(self) -> Path:
        return self.findings.record.directory

    @property
    def weights(self) -> dict[str, float]:
        """The newest σ: every member of the population, in the order they joined."""
        return dict(self.findings.last.weights)

    @property
    def iteration(self) -> int:
        """The newest that is solved."""
        return self.findings.last.index

    @cached_property
    def spent(self) -> dict[str, dict[str, int]]:
        """iteration_<t> or certificate_<t> → purpose → battles."""
        return self.findings.results.spent()

    @property
    def battles_by_purpose(self) -> dict[str, int]:
        """Over the whole run."""
        total: dict[str, int] = {}
        for of_root in self.spent.values():
            for purpose, num in of_root.items():
                total[purpose] = total.get(purpose, 0) + num
        return total

    @property
    def num_battles(self) -> int:
        return sum(self.battles_by_purpose.values())

    def battles_before(self, iteration: int) -> int:
        """Battles until an iteration's σ stood: certificates are no part of it."""
        return sum(
            sum(of_root.values())
            for root, of_root in self.spent.items()
            if root.startswith("iteration_") and int(root.rpartition("_")[2]) <= iteration
        )

    @property
    def seconds_by_phase(self) -> dict[str, float]:
        """Wall time of its finished phases; empty where no times were kept."""
        return {phase.lower(): s for phase, s in phase_seconds(self.findings.spans).items()}

    @property
    def seconds(self) -> float:
        """How long processes worked on it, from the manifest's history."""
        history = self.findings.manifest.history
        return sum(
            life.seconds for life in lives_of(history, self.findings.spans, lambda ended: ended)
        )

    def exploitability(self) -> list[tuple[int, Interval]]:
        """Iteration and the exploitability known of its σ, where one was measured: by the run's own responses, for one that
        was exploited harder afterwards would look the worse."""
        return [(index, interval_of(found)) for index, found in sorted(self.findings.own.items())]

    def restricted(self) -> list[tuple[int, Interval]]:
        """Iteration and what the best member of its population gains against its σ."""
        found = []
        for iteration in self.findings.record.iterations:
            data = iteration.summary["restricted_exploitability"]
            low, high = data["posterior"]["low"], data["posterior"]["high"]
            found.append((iteration.index, Interval(data["plug_in"], low, high)))
        return found

    def to_json(self) -> dict[str, Any]:
        """What compare.json says of it."""
        manifest = self.findings.manifest
        return {
            "label": self.label,
            "directory": str(self.directory),
            "run_id": manifest.run_id,
            "status": manifest.status,
            "seed": manifest.config.get("seed"),
            "code_version": manifest.code_version,
            "iteration": self.iteration,
            "meta_strategy": self.weights,
            "exploitability": [
                {
                    "iteration": index,
                    "battles_before": self.battles_before(index),
                    **value.to_json(),
                }
                for index, value in self.exploitability()
            ],
            "battles": self.battles_by_purpose,
            "seconds_by_phase": self.seconds_by_phase,
            "seconds": self.seconds,
        }


def sides_of(labels: dict[Path, str]) -> list[Side]:
    """Every run, read. Raises UserError for one that is no run directory, or has nothing solved yet."""
    sides = []
    for directory, label in labels.items():
        findings = findings_of(directory)
        if not findings.record.iterations:
            raise UserError(
                f"{directory} has no solved iteration yet, so there is no σ to compare: wait for its first SOLVE"
            )
        sides.append(Side(label, findings))
    return sides


def differing_settings(sides: Sequence[Side]) -> list[tuple[str, list[Any]]]:
    """Setting → its value in every run (None: not there), where they are not all alike. The seed comes first."""
    configs = [side.findings.manifest.config for side in sides]
    keys = sorted(
        {key for config in configs for key in config}, key=lambda key: (key != "seed", key)
    )
    found = [(key, [config.get(key) for config in configs]) for key in keys]
    return [(key, values) for key, values in found if any(v != values[0] for v in values)]
