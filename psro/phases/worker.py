"""The kinds of units and who does them: what a worker process is initialised to."""

from collections.abc import Mapping

from psro.machine.units import ProgressSink, StopSignal, Unit, UnitOutput
from psro.phases import collect, matches, train
from psro.phases.workbench import Workbench

_LABELS = {collect.KIND: "battles", matches.KIND: "battles", train.KIND: "steps"}
UNIT_KINDS = tuple(sorted(_LABELS))


class Worker:
    """machine's WorkerContext over a workbench."""

    def __init__(self, bench: Workbench):
        self.bench = bench

    def run(self, unit: Unit, progress: ProgressSink, stop: StopSignal) -> bytes | UnitOutput:
        """Does the unit; raises Preempted when asked to stop."""

        def report(done: int, total: int, metrics: Mapping[str, float]) -> None:
            progress(done, total, _LABELS[unit.kind], **metrics)

        if unit.kind == collect.KIND:
            return collect.play(self.bench, unit, report, stop.is_set)
        if unit.kind == matches.KIND:
            return matches.play(self.bench, unit, report, stop.is_set)
        if unit.kind == train.KIND:
            return train.train(self.bench, unit, report, stop.is_set)
        raise ValueError(f"unit {unit.key}: no kind {unit.kind!r}; there are {sorted(_LABELS)}")

    def close(self) -> None:
        """Ends the arena."""
        self.bench.close()
