"""A survived kill: where it hit and what it cost, from the files it left and what the witness saw."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

from benchmarks.torture.plans import AtInstant, Plan
from benchmarks.torture.witness import Step, Testimony

STARTING = "(starting)"
"""Instead of a phase: the run directory was not open yet, or its views were being rebuilt."""

WHO = ("worker", "driver", "one process")
"""Who died at a step; the last with executor=serial."""

_TOLD = re.compile(rb"^psro: killed by PSRO_KILL\w*: (\S+)(?: of (.+))?$", re.MULTILINE)
_KINDS = (
    (r"manifest\.json|\.manifest\.copy\.json", "manifest"),
    (r"config\.yaml", "config"),
    (r"report/.*", "report"),
    (r".*/trajectories/.*", "shard"),
    (r".*/scratch/training\.ckpt", "training checkpoint"),
    (r".*/scratch/.*\.safetensors", "candidate, kept"),
    (r".*/weights\.safetensors", "weights"),
    (r".*/policy\.json", "policy"),
    (r".*/train(ing_curve)?\.json", "training result"),
    (r".*/matchups/.*", "match result"),
    (r".*", "summary or table"),
)


@dataclass
class Kill:
    """One kill that the run has survived, if what follows goes well.

    phase: of the state machine, or STARTING. under_way: kinds of the units that had begun.
    units_lost, battles_lost: begun and not committed, the battles in them that were over.
    steps_redone: optimizer steps taken again after it; None where no training was under way.
    num_temporaries, torn_journal: what it left half-written.
    """

    run: int
    attempt: int
    by_command: bool
    num_workers: int
    phase: str
    iteration: int
    how: str
    file: str
    seconds: float
    under_way: tuple[str, ...] = ()
    units_lost: int = 0
    battles_lost: int = 0
    steps_redone: int | None = None
    num_temporaries: int = 0
    torn_journal: bool = False


def describe(plan: Plan, log: bytes, run_directory: Path) -> tuple[str, str] | None:
    """(how the process died, kind of file it was writing), None if not as `plan` has it."""
    if isinstance(plan.kill, AtInstant):
        return f"instant, {'everything' if plan.kill.everything else 'the driver alone'}", ""
    told = _TOLD.search(log)
    if told is None or plan.kill is None or told[1].decode() != plan.kill.point:
        return None
    who = WHO[0 if plan.kill.in_worker else 1 if plan.num_workers else 2]
    file = _kind(Path(told[2].decode()).relative_to(run_directory)) if told[2] else ""
    return f"{plan.kill.point} in the {who}", file


def _kind(path: Path) -> str:
    return next(kind for pattern, kind in _KINDS if re.fullmatch(pattern, path.as_posix()))


def units_lost(seen: Testimony, committed: set[str]) -> dict[str, tuple[str, int]]:
    """Units that had begun and are not committed: key → (kind, how much was done)."""
    return {key: begun for key, begun in seen.begun.items() if key not in committed}


@dataclass
class Steps:
    """Follows a run's trainings over its attempts: which steps were taken again, and whether with the same losses.

    reference: unit → step → metrics, of the uninterrupted run.
    """

    reference: Mapping[str, Mapping[int, Mapping[str, float]]]
    num_compared: int = 0
    first_difference: str = ""
    _open: dict[str, tuple[Kill, int]] = field(default_factory=dict)

    def see(self, steps: list[Step]) -> None:
        """What an attempt reported: settles what the kill before it cost."""
        for step in steps:
            if step.unit in self._open:
                kill, last = self._open.pop(step.unit)
                kill.steps_redone = last - (step.step - 1)
            self.num_compared += 1
            expected = self.reference.get(step.unit, {}).get(step.step)
            if expected != step.metrics and not self.first_difference:
                self.first_difference = (
                    f"step {step.step} of {step.unit} has {dict(step.metrics)}, "
                    f"uninterrupted {expected}"
                )

    def killed(self, kill: Kill, steps: list[Step], lost: Collection[str]) -> None:
        """`steps` were the attempt's, `kill` ended it, and the units `lost` were not committed."""
        if steps and steps[-1].unit in lost:
            self._open[steps[-1].unit] = (kill, steps[-1].step)

    def not_seen(self) -> None:
        """An attempt without a witness: how far it came with what was open is not known."""
        self._open.clear()


def reference_steps(directory: Path) -> dict[str, dict[int, dict[str, float]]]:
    """The training curves of a run whose curves have a point per step, for Steps."""
    curves = {}
    for path in directory.glob("*/oracle/*/training_curve.json"):
        points: list[dict[str, Any]] = orjson.loads(path.read_bytes())["points"]
        root, _, group = path.relative_to(directory).parts[:3]
        curves[f"{root}/train/{group}"] = {
            int(point["step"]): {k: v for k, v in point.items() if k not in ("step", "epoch")}
            for point in points
        }
    return curves
