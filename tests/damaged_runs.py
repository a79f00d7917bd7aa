"""Runs to damage, built once per session, and the same command again on a damaged copy.

rps: outcomes of sampled battles, no training. learned: rock-paper-scissors whose responses the offline oracle trains, so
that there are shards, weights and mid-way checkpoints, without Node and in a second. gen1ou: the real thing, with tiny
budgets.
"""

import gc
import logging
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import pytest
from hydra import compose, initialize_config_dir

from psro import main, report, wiring
from psro.config import Config, parse_config
from psro.machine.errors import Preempted
from psro.machine.events import RunListener
from psro.machine.journal import JournalRecord
from psro.machine.signals import StopFlag
from psro.machine.units import Progress, Unit
from psro.phases import solve
from psro.phases.worker import Worker
from psro.wiring import executors
from tests.phases.conftest import result_bytes

VIEWS = (
    "report", "tensorboard", "timings.jsonl", "status.json", "incidents.jsonl", "failed_unit.json"
)  # fmt: skip
BOOKKEEPING = ("manifest.json", ".manifest.copy.json", "journal.jsonl", "run.lock")

_RPS = (
    "+experiment=rps",
    "game.exact=false",
    "psro.select_battles=8",
    "psro.measure_battles=16",
    "psro.battles_per_unit=8",
    "tournament.battles_per_matchup=8",
    "tournament.battles_per_unit=4",
    "certificate.measure_battles=8",
)
_STAGE = "{critic_epochs: 1, joint_epochs: 2, candidates: [2, 3], batch_size: 16, warmup_steps: 2}"
_CLONING = "{critic_epochs: 0, joint_epochs: 2, candidates: [2], batch_size: 16, warmup_steps: 2}"
_TINY_MODEL = (
    "oracle.model={kind: mlp, id_width: 4, state_width: 8, action_width: 8, context_width: 8, "
    "head_width: 8}"
)
_STAGES = (
    f"oracle.cloning={_CLONING}",
    *(f"oracle.{stage}={_STAGE}" for stage in ("offline_rl", "self_play", "response")),
    "oracle.checkpoint_every_steps=2",
    "oracle.curve_every_steps=2",
    "oracle.threads=1",
    "oracle.device=cpu",
)
_LEARNED = (
    *_RPS,
    "oracle=offline",
    "oracle.view=constant",
    "model@oracle.model=mlp",
    _TINY_MODEL,
    *_STAGES,
    "population.replay={num_battles: 24, policies: [rock]}",
    "population.base=[{name: clone, stage: cloning}]",
    "psro.base=clone",
    "psro.rounds=2",
    "psro.num_iterations=1",
    "psro.replay_weight=0.25",
    "psro.collect={num_battles: 48, battles_per_unit: 24}",
    "certificate.enabled=false",
)
_GEN1OU = (
    "+experiment=smoke",
    "executor=serial",
    "game.arena.lanes=8",
    _TINY_MODEL,
    *_STAGES,
    "population.replay={num_battles: 8, policies: [gym_leader]}",
    "population.base=[{name: base_clone, stage: cloning}]",
    "psro.select_battles=4",
    "psro.measure_battles=4",
    "psro.battles_per_unit=4",
    "psro.collect={num_battles: 8, battles_per_unit: 4}",
    "tournament={battles_per_matchup: 2, battles_per_unit: 2}",
    "certificate.enabled=false",
)


class StopAt(RunListener):
    """Sets the stop flag, as SIGTERM does, when `seen` says so of a commit or of a unit's progress."""

    def __init__(self, stop: StopFlag, seen: Callable[[str, int, int], bool]):
        """`seen(unit key, done, total)`; a commit is done = total."""
        self.stop, self.seen = stop, seen

    def on_progress(self, unit: Unit, progress: Progress) -> None:
        if self.seen(unit.key, progress.done, progress.total):
            self.stop.set("SIGTERM")

    def on_commit(self, record: JournalRecord, seconds: float | None) -> None:
        if record.unit is not None and self.seen(record.unit.key, 1, 1):
            self.stop.set("SIGTERM")


def _in_measure(key: str, done: int, total: int) -> bool:
    return key == "iteration_1/measure_0/0" and done == total


def _in_training(key: str, done: int, total: int) -> bool:
    """In the last epoch of the second round: candidates are kept, checkpoints were written."""
    return key == "iteration_1/train/round_1" and done * 4 >= total * 3


def _never(key: str, done: int, total: int) -> bool:
    return False


@dataclass(frozen=True)
class Kind:
    """A command, and where the run that it began was stopped."""

    overrides: tuple[str, ...]
    stops: Callable[[str, int, int], bool]


KINDS = {
    "rps_stopped": Kind(_RPS, _in_measure),
    "rps_finished": Kind(_RPS, _never),
    "learned_stopped": Kind(_LEARNED, _in_training),
    "learned_finished": Kind(_LEARNED, _never),
    "gen1ou_stopped": Kind(_GEN1OU, _in_training),
}


@dataclass(frozen=True)
class Built:
    """A run as it was left, and how the same command ends it."""

    kind: Kind
    root: Path
    reference: dict[str, bytes]
    """The results in the end."""

    @property
    def left(self) -> Path:
        return self._run("left", 0)

    @property
    def foreign(self) -> Path:
        """The same command with another seed, stopped likewise; made when it is first asked for."""
        if not (self.root / "foreign").exists():
            drive(self.kind.overrides, self.root / "foreign", self.kind.stops, "seed=1")
        return self._run("foreign", 1)

    def copy_to(self, root: Path) -> Path:
        """A copy of the run as it was left, for `again`."""
        shutil.copytree(self.root / "left", root, symlinks=True)
        return next(root.glob("*/seed_0"))

    def again(self, root: Path, *more: str, views: bool = False) -> None:
        """The same command, with `more` overrides if there are any."""
        drive(self.kind.overrides, root, _never, *more, views=views)

    def _run(self, name: str, seed: int) -> Path:
        return next((self.root / name).glob(f"*/seed_{seed}"))


def build(kind: Kind, root: Path) -> Built:
    """Begins the run, and ends a copy of it."""
    gc.freeze()  # as wiring.make_worker does: trainings collect what they leave behind
    drive(kind.overrides, root / "left", kind.stops)
    shutil.copytree(root / "left", root / "reference")
    drive(kind.overrides, root / "reference", _never)
    return Built(kind, root, results(next((root / "reference").glob("*/seed_0"))))


def drive(
    overrides: tuple[str, ...],
    runs: Path,
    stops: Callable[[str, int, int], bool],
    *more: str,
    views: bool = False,
) -> None:
    """What `python -m psro.main` does, in this process; returns where it is stopped or done.

    `views`: with all that is shown and drawn, which takes longer than the rest.
    """
    config = replace(_config((*overrides, *more)), runs_directory=str(runs))
    stop = StopFlag()
    with _only_what_matters(config), _listening(None if views else StopAt(stop, stops)):
        try:
            main.run(config, stop)
        except Preempted:
            assert stop.is_set()


def results(run: Path) -> dict[str, bytes]:
    """What must come out the same: all but views and bookkeeping, and config.yaml, which names its directory."""
    return {
        path: data
        for path, data in result_bytes(run).items()
        if path.split("/")[0] not in (*VIEWS, *BOOKKEEPING, "config.yaml")
    }


@cache
def _config(overrides: tuple[str, ...]) -> Config:
    with initialize_config_dir(str(main.CONF), version_base="1.3"):
        composed = compose("config", overrides=list(overrides))
    return parse_config(composed, wiring.SCHEMAS)


@contextmanager
def _only_what_matters(config: Config) -> Iterator[None]:
    """No waiting for the disk, nothing parsed twice, intervals that nobody reads from few samples."""
    directory = wiring.run_directory(config)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(solve, "NUM_POSTERIOR_SAMPLES", 10)
        patch.setattr(os, "fsync", lambda descriptor: None)
        patch.setattr(
            executors, "make_worker", lambda _: Worker(wiring.make_workbench(config, directory))
        )
        yield


@contextmanager
def _listening(listener: RunListener | None) -> Iterator[None]:
    """`listener` in the place of all views; None: the views."""
    with pytest.MonkeyPatch.context() as patch:
        if listener is not None:
            patch.setattr(report, "listeners", lambda directory: [listener])
            patch.setattr(report, "write_report", lambda directory: None)
        yield


@contextmanager
def warnings_heard() -> Iterator[list[str]]:
    """What the program warns of meanwhile."""
    heard: list[str] = []

    class Ear(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            heard.append(record.getMessage())

    ear = Ear(logging.WARNING)
    logging.getLogger("psro").addHandler(ear)
    try:
        yield heard
    finally:
        logging.getLogger("psro").removeHandler(ear)


def snapshot(run: Path, but: tuple[str, ...] = BOOKKEEPING) -> dict[str, bytes | None]:
    """Every file of a run directory but views and those named, with its bytes; directories as None."""
    return {
        path.relative_to(run).as_posix(): None if path.is_dir() else _bytes_of(path)
        for path in sorted(run.rglob("*"))
        if path.relative_to(run).parts[0] not in (*VIEWS, *but)
    }


def _bytes_of(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except PermissionError:
        return b"(may not be read)"
