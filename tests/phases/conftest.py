"""Matrix-game runs, driven in this process."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from psro import wiring
from psro.config import EXTENDABLE, Config, parse_config, semantic_fields
from psro.machine.engine import Machine, RunSpec
from psro.machine.events import RunListener
from psro.machine.executors import SerialExecutor
from psro.machine.position import Position
from psro.machine.signals import StopFlag
from psro.phases.psro import PSRO, Phase, WriteReport

Drive = Callable[..., Position[Phase]]


def rps_config(**psro: Any) -> Config:
    """Rock-paper-scissors from rock alone; keywords are fields of `psro`."""
    return parse_config(
        {
            "game": {"name": "matrix"},
            "oracle": {"name": "exact"},
            "population": {"members": {"rock": {"kind": "pure", "arguments": {"action": "rock"}}}},
            "psro": {"num_iterations": 2, "rounds": 1, "opponent_epsilon": 0.0} | psro,
        },
        wiring.SCHEMAS,
    )


def drive_config(
    config: Config,
    directory: Path,
    stop: StopFlag | None = None,
    listeners: Sequence[RunListener] = (),
    write_report: WriteReport = lambda run_directory: None,
) -> Position[Phase]:
    """Starts or resumes the run in `directory`."""
    bench = wiring.make_workbench(config, directory)
    psro = PSRO(bench, wiring.make_meta_solver(config), write_report)
    spec = RunSpec(directory, semantic_fields(config), "test", {}, EXTENDABLE)
    executor = SerialExecutor(
        directory, wiring.make_worker, wiring.worker_payload(config, directory)
    )
    try:
        return Machine(psro.algorithm(), spec, executor, stop or StopFlag(), listeners).run()
    finally:
        executor.close()


class StopAtBoundary(RunListener):
    """Raises the stop flag, as SIGTERM does, at the n-th boundary of phases."""

    def __init__(self, stop: StopFlag, num_boundaries: int):
        self.stop, self.left = stop, num_boundaries

    def on_boundary(self, finished: Position[Any], following: Position[Any]) -> None:
        self.left -= 1
        if self.left == 0:
            self.stop.set("SIGTERM")


def result_bytes(directory: Path) -> dict[str, bytes]:
    """Every file of a run that is a result: all but the record of how it came about."""
    views = {"manifest.json", "journal.jsonl", "timings.jsonl", "status.json", "incidents.jsonl"}
    return {
        str(path.relative_to(directory)): path.read_bytes()
        for path in sorted(directory.rglob("*"))
        if path.is_file() and path.name not in views and not path.name.startswith(".")
    }


@pytest.fixture
def drive() -> Drive:
    return drive_config
