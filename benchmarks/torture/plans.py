"""How an attempt is started and when it is to die: drawn by (seed, run, attempt)."""

from dataclasses import dataclass
from math import ceil
from typing import TypeVar

import numpy as np

from benchmarks.torture.experiments import Reference
from psro.machine.seeds import rng_from

T = TypeVar("T")

MODES = ("instants", "writes", "both")

WRITE_STEPS = ("write.start", "write.half", "write.synced", "write.renamed", "write.durable")
"""Of psro/machine/durable.py, in order: nothing yet, half a temp file, a whole one, the name, all."""
DRIVER_STEPS = (
    "commit.written",
    "unit.done",
    "journal.half",
    "journal.written",
    "journal.synced",
    "boundary.before",
    "boundary.after",
)

SHARE_BY_COMMAND = 0.15
"""Attempts started by the real command line; the others are forked from a process that has imported."""
EXECUTORS = ((0, 0.4), (1, 0.2), (2, 0.2), (3, 0.2))
"""(worker processes, probability); 0 is executor=serial."""
MILESTONES = (("started", 0.1), ("resumed", 0.2), ("working", 0.7))
"""(from when on the time to a kill counts, probability)."""
SHARE_OF_REFERENCE = 0.15
"""An instant is drawn from this share of the uninterrupted run's working time after the milestone."""
PIECES = 10
"""A step is drawn from about this fraction of an uninterrupted run's passes of its point."""


@dataclass(frozen=True)
class AtInstant:
    """SIGKILL `delay_share` of a span after a milestone: of everything, or of the driver alone."""

    milestone: str
    delay_share: float
    everything: bool


@dataclass(frozen=True)
class AtStep:
    """SIGKILL on the `num_passes`-th pass of a fault point, in the driver or in a worker."""

    in_worker: bool
    point: str
    num_passes: int

    @property
    def environment(self) -> dict[str, str]:
        """What psro/machine/faults.py reads."""
        variable = "PSRO_KILL_WORKER_AT" if self.in_worker else "PSRO_KILL_AT"
        return {variable: f"{self.point}:{self.num_passes}"}


@dataclass(frozen=True)
class Plan:
    """One attempt. num_workers: 0 is executor=serial."""

    by_command: bool
    num_workers: int
    kill: AtInstant | AtStep | None

    @property
    def overrides(self) -> tuple[str, ...]:
        """Of the executor."""
        if not self.num_workers:
            return ("executor=serial",)
        return ("executor=processes", f"executor.num_workers={self.num_workers}")


def draw(seed: int, run: int, attempt: int, mode: str, kill: bool, reference: Reference) -> Plan:
    """The plan of an attempt; without `kill` it may live to its end."""
    rng = rng_from(seed, "torture", run, attempt)
    by_command = bool(rng.random() < SHARE_BY_COMMAND)
    num_workers = _choice(rng, EXECUTORS)
    by_step = mode == "writes" or (mode == "both" and bool(rng.random() < 0.5))
    if not kill:
        return Plan(by_command, num_workers, None)
    if by_step:
        return Plan(by_command, num_workers, _step(rng, num_workers, reference))
    milestone = _choice(rng, MILESTONES)
    return Plan(
        by_command,
        num_workers,
        AtInstant(milestone, float(rng.random()), bool(rng.random() < 0.7)),
    )


def _step(rng: np.random.Generator, num_workers: int, reference: Reference) -> AtStep:
    in_worker = num_workers > 0 and bool(rng.random() < 0.5)
    points = WRITE_STEPS if in_worker else (*WRITE_STEPS, *DRIVER_STEPS)
    point = points[rng.integers(len(points))]
    by_units = reference.num_unit_files / max(1, num_workers)
    by_driver = reference.num_boundaries + reference.num_driver_files
    passes = {
        "commit.written": reference.num_driver_files,
        "unit.done": reference.num_units,
        "boundary.before": reference.num_boundaries,
        "boundary.after": reference.num_boundaries,
    }
    num: float
    if point.startswith("journal."):
        num = reference.num_units + reference.num_driver_files
    elif point.startswith("write."):
        num = by_units if in_worker else by_driver + (0 if num_workers else by_units)
    else:
        num = passes[point]
    return AtStep(in_worker, point, int(rng.integers(1, ceil(num / PIECES) + 1)))


def _choice(rng: np.random.Generator, weighted: tuple[tuple[T, float], ...]) -> T:
    return weighted[rng.choice(len(weighted), p=[weight for _, weight in weighted])][0]
