"""Doing one unit: the same few lines in whatever process."""

import time
from pathlib import Path

from psro.machine.artifacts import Artifact
from psro.machine.durable import atomic_write
from psro.machine.executors.protocol import UnitDone
from psro.machine.units import ProgressSink, StopSignal, Unit, UnitOutput, WorkerContext


def perform(
    context: WorkerContext, directory: Path, unit: Unit, progress: ProgressSink, stop: StopSignal
) -> UnitDone:
    """Run `unit` and write its main result, last, to `directory / unit.result`.

    Raises: what the unit raises; TypeError, FileNotFoundError for a unit that returns something
    else than it promised.
    """
    started = time.monotonic()
    output = context.run(unit, progress, stop)
    if isinstance(output, bytes):
        output = UnitOutput(output)
    if not isinstance(output, UnitOutput):
        raise TypeError(
            f"unit {unit.key!r} must return bytes or a UnitOutput, not {type(output).__name__}"
        )
    if unit.result in output.side_files:
        raise ValueError(f"unit {unit.key!r} names its main result {unit.result} as a side file")
    side = tuple(Artifact.of_file(directory, path) for path in output.side_files)
    main = Artifact.of_bytes(unit.result, output.main)
    # A unit that was run twice (its first worker seemed lost) leaves the file as it is: over a network
    # file system, replacing it would pull it from under whoever reads it.
    if main.problem(directory):
        atomic_write(directory / unit.result, output.main)
    return UnitDone(unit, (*side, main), time.monotonic() - started)
