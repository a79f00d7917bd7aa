"""TRAIN: one unit fits candidates from committed shards."""

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import orjson

from psro.game.policies import PolicyRecord
from psro.game.protocols import Candidate, ReportProgress, ShardSource, ShouldStop, TrainTask
from psro.machine.run import Run
from psro.machine.seeds import seed_from
from psro.machine.units import Unit, UnitOutput
from psro.phases import layout
from psro.phases.workbench import Workbench

KIND = "train"


@dataclass(frozen=True)
class Source:
    """Shards by their paths in the run, drawn from with probability proportional to `weight`."""

    name: str
    paths: tuple[str, ...]
    weight: float


@dataclass(frozen=True)
class Trained:
    """A candidate as train.json names it; `directory` is relative to the run."""

    label: str
    directory: str
    metrics: Mapping[str, float]


def plan(
    root: str,
    group: str,
    name: str,
    stage: str,
    start: str | None,
    anchor: str | None,
    sources: Sequence[Source],
    opponents: Mapping[str, float],
) -> Unit:
    """The unit that trains `name`; `start` and `anchor` are policy directories of the run."""
    return Unit(
        key=f"{root}/train/{group}",
        kind=KIND,
        payload={
            "name": name,
            "stage": stage,
            "start": start,
            "anchor": anchor,
            "sources": [asdict(source) for source in sources if source.weight > 0],
            "opponents": dict(opponents),
            "output": layout.oracle(root, group),
            "scratch": layout.scratch(root, group),
        },
        result=layout.train_result(root, group),
    )


def train(
    bench: Workbench, unit: Unit, report_progress: ReportProgress, should_stop: ShouldStop
) -> UnitOutput:
    """Does a train unit: candidates are written by the oracle, train.json names them."""
    task = task_of(bench, unit)
    candidates = bench.oracle.train(task, report_progress, should_stop)
    run = bench.directory
    files = _files_of(bench, task, candidates)
    main = {
        "unit": unit.key,
        "name": task.name,
        "candidates": [_candidate_json(run, candidate) for candidate in candidates],
        "files": files,
    }
    return UnitOutput(orjson.dumps(main, option=orjson.OPT_INDENT_2), tuple(files))


def execute(run: Run[Any], units: Sequence[Unit], label: str) -> None:
    """Runs train units, then deletes their mid-way checkpoints: what is committed needs them no more.

    Nor may a later repair of damaged results go on from them.
    """
    run.execute(units, label)
    for unit in units:
        scratch = run.path(unit.payload["scratch"])
        if scratch.is_dir():
            shutil.rmtree(scratch)


def reads(unit: Unit) -> list[str]:
    """The shards that a unit of any kind reads; the run may have released them."""
    if unit.kind != KIND:
        return []
    return [path for source in unit.payload["sources"] for path in source["paths"]]


def task_of(bench: Workbench, unit: Unit) -> TrainTask:
    """The oracle's task, with the run's paths made absolute."""
    payload, run = unit.payload, bench.directory

    def absolute(relative: str | None) -> Path | None:
        return None if relative is None else run / relative

    return TrainTask(
        name=payload["name"],
        seed=seed_from(bench.settings.seed, unit.key),
        start=absolute(payload["start"]),
        anchor=absolute(payload["anchor"]),
        sources=tuple(
            ShardSource(s["name"], tuple(run / path for path in s["paths"]), s["weight"])
            for s in payload["sources"]
        ),
        opponents={name: run / layout.policy(name) for name in payload["opponents"]},
        opponent_weights=payload["opponents"],
        scratch=run / payload["scratch"],
        output=run / payload["output"],
        stage=payload["stage"],
    )


def read(data: bytes) -> list[Trained]:
    """The candidates that a train.json names, in the order they were reached."""
    return [
        Trained(entry["label"], entry["directory"], entry["metrics"])
        for entry in orjson.loads(data)["candidates"]
    ]


def _files_of(bench: Workbench, task: TrainTask, candidates: Sequence[Candidate]) -> list[str]:
    """What the training wrote, relative to the run: a stranger's file in its directory is no part of it."""
    paths = [task.output / layout.TRAINING_CURVE] if bench.oracle.needs_data else []
    for candidate in candidates:
        path = candidate.directory / "policy.json"
        record = PolicyRecord.from_json(orjson.loads(path.read_bytes()))
        paths += [path, *(candidate.directory / name for name in record.files)]
    return sorted(path.relative_to(bench.directory).as_posix() for path in paths)


def _candidate_json(run: Path, candidate: Candidate) -> dict[str, Any]:
    return {
        "label": candidate.label,
        "directory": candidate.directory.relative_to(run).as_posix(),
        "metrics": dict(candidate.metrics),
    }
