"""What every training does with its task, whatever it trains: reads the data, names the work, tells where candidates came from."""

import hashlib
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import orjson

from psro.game.protocols import ShouldStop, TrainTask
from psro.machine.errors import Preempted, UserError
from psro.oracle.amago.config import AmagoTrainingConfig
from psro.oracle.config import TrainingConfig
from psro.oracle.data import Dataset, Recording, load
from psro.oracle.weights import read_policy_record

Settings = TrainingConfig | AmagoTrainingConfig
"""Of a stage."""


def poll_of(should_stop: ShouldStop) -> Callable[[], None]:
    """Raises Preempted when it is called after `should_stop`."""

    def poll() -> None:
        if should_stop():
            raise Preempted("training stopped between two steps")

    return poll


def read_data(
    task: TrainTask, recording: Recording, poll: Callable[[], None]
) -> tuple[Dataset, dict[str, float]]:
    """The task's data and its statement. Raises Preempted when stopped, UserError where no action of it is known."""
    dataset = load(task.sources, recording, poll)
    poll()
    statement = dataset.statement()
    if statement["share_masked"] == 1:
        raise UserError("no action of the shards to train on is known (all are −1)")
    return dataset, statement


def identity(task: TrainTask, settings: Settings, more: dict[str, Any]) -> str:
    """What a checkpoint must agree in to be gone on from, as a sha256: nothing operational, no paths.

    `more`: what this kind of training depends on besides, by names that are none of the task's.
    """
    described = more | {
        "name": task.name,
        "seed": task.seed,
        "stage": task.stage,
        "settings": asdict(settings),
        "sources": [[s.name, s.weight, [path.name for path in s.paths]] for s in task.sources],
        "start": None if task.start is None else read_policy_record(task.start).files,
    }
    return hashlib.sha256(orjson.dumps(described, option=orjson.OPT_SORT_KEYS)).hexdigest()


def description(
    task: TrainTask, settings: Settings, statement: dict[str, float], num_steps: int
) -> dict[str, Any]:
    """What stands beside a training's curve."""
    return {
        "name": task.name,
        "stage": task.stage,
        "data": statement,
        "settings": asdict(settings),
        "num_steps": num_steps,
    }


def provenance(
    task: TrainTask, epoch: int, num_steps: int, statement: dict[str, float]
) -> dict[str, Any]:
    """Where a candidate came from, for its record: that of `epoch`, after so many steps."""
    return {
        "stage": task.stage,
        "seed": task.seed,
        "start": None if task.start is None else read_policy_record(task.start).name,
        "epoch": epoch,
        "num_steps": num_steps,
        "data": statement,
    }
