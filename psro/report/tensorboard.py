"""<run>/tensorboard: rebuilt from committed files when a process starts, then added to at phase boundaries.

So no point is ever told twice or told of work that a kill undid, and nothing needs to be remembered of what
an earlier process wrote. Where a point comes to have another value (a σ's exploitability, when another response was
measured against it), everything is told anew: a curve has one value a step.
"""

import contextlib
import struct
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from psro.machine.events import RunListener
from psro.machine.manifest import MANIFEST_FILE
from psro.machine.position import Position
from psro.report import curves
from psro.report.charts import pictures_of
from psro.report.curves import MAIN, Point
from psro.report.drawing.raster import to_png
from psro.report.event_writer import EventWriter
from psro.report.exploit.belonging import exploitations_of, fresh_looks
from psro.report.folder import REPORT
from psro.report.headlines import Headlines, headlines
from psro.report.layout import layout
from psro.report.page.widths import WIDE
from psro.report.record import Iteration, RunRecord, read_run
from psro.report.tables import matrix_table, measures_table, sigma_table
from psro.report.timings import read_timings
from psro.report.views import View, rebuilt_by_command

TENSORBOARD = "tensorboard"
EVENT_FILES = "events.out.tfevents.*"
TELLING_PHASES = frozenset({"BOOTSTRAP", "TRAIN", "SELECT", "SOLVE", "CERTIFY"})
"""Phases whose end has something new for TensorBoard."""


class TensorBoardListener(RunListener):
    """Keeps <run>/tensorboard up to date with what is committed, as long as the disk lets it."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._events: Events | None = None
        self._view = View(str(directory / TENSORBOARD), rebuilt_by_command(directory))

    def on_start(self, position: Position[Any], resumed: bool, note: str) -> None:
        """Everything from the beginning: an earlier process may have been killed anywhere."""
        if position.phase.name == "DONE":  # nothing will be added
            return
        self._view.attempt(self._begin)
        self._view.attempt(self._tell)

    def on_boundary(self, finished: Position[Any], following: Position[Any]) -> None:
        """What the phase committed is final, so it may be shown."""
        if finished.phase.name in TELLING_PHASES:
            self._view.attempt(self._tell)
        if following.phase.name == "DONE":
            self._view.attempt(self._tell_report)

    def on_stop(self, position: Position[Any], status: str, note: str) -> None:
        """Ends the files; a failed phase's leftovers are not told."""
        if self._events is not None:
            self._view.attempt(self._events.close)
            if (
                self._view.is_off
            ):  # which was said: what is left in buffers is lost, whatever the system says
                with contextlib.suppress(OSError):
                    self._events.close()
            self._events = None

    def _begin(self) -> None:
        self._events = Events(self._directory / TENSORBOARD)

    def _tell(self) -> None:
        assert self._events is not None, "on_start comes first"
        if (self._directory / MANIFEST_FILE).is_file():  # a fresh run has nothing yet
            self._events.tell(read_run(self._directory))
            self._events.flush()

    def _tell_report(self) -> None:
        assert self._events is not None, "on_start comes first"
        self._events.tell_report(read_run(self._directory))
        self._events.flush()


class Events:
    """A TensorBoard directory, made anew. Knows what it has told and tells nothing twice."""

    def __init__(self, directory: Path, clock: Callable[[], float] = time.time) -> None:
        self._directory = directory
        self._clock = clock
        self._writers: dict[str, EventWriter] = {}
        self._values: dict[tuple[str, str, int], float] = {}
        """What every point was told to be."""
        self._told: set[tuple[str, int]] = set()
        """Which tables and pictures were."""
        self._delete_files()

    def tell(self, record: RunRecord) -> None:
        """Writes what of a run was not told yet; all of it where a point that was told has changed."""
        fresh = fresh_looks(exploitations_of(record))
        known = headlines(record.iterations, record.certificates, fresh)
        points: dict[tuple[str, str, int], Point] = {}
        for point in points_of(record, known):
            points.setdefault((point.run, point.tag, point.step), point)
        if any(points[key].value != value for key, value in self._values.items()):
            self._forget()
        for key, point in points.items():
            if key not in self._values:
                self._values[key] = point.value
                writer = self._writer(point.run)
                writer.scalar(point.tag, point.step, point.value, point.time)
        self._tell_config(record)
        for iteration in record.iterations:
            if self._is_new("tables", iteration.index):
                self._tell_tables(iteration, known)
        # Drawing takes a while and the newest pictures contain the older ones: on a rebuild these are enough.
        if record.iterations and self._is_new("pictures", record.iterations[-1].index):
            self._tell_pictures(record, known)

    def _tell_tables(self, iteration: Iteration, known: Headlines) -> None:
        for tag, table in (
            ("tables/sigma", sigma_table(iteration.summary)),
            ("tables/measures", measures_table(iteration.summary, known)),
            ("tables/interaction_matrix", matrix_table(iteration.matrix)),
        ):
            self._writer(MAIN).text(tag, iteration.index, table.to_markdown(), iteration.time)

    def _tell_pictures(self, record: RunRecord, known: Headlines) -> None:
        newest = record.iterations[-1]
        for chart in pictures_of(record, known):
            image = to_png(chart.draw(WIDE), chart.title, chart.told)
            self._writer(MAIN).image(
                chart.name, newest.index, image.png, image.width, image.height, newest.time
            )

    def tell_report(self, record: RunRecord) -> None:
        """The figures of <run>/report as it was drawn last: those too that need a look into battles."""
        for path in sorted((record.directory / REPORT).glob("*.png")):
            png, step = path.read_bytes(), max((i.index for i in record.iterations), default=0)
            # Of the header, which every PNG begins with (RFC 2083, 4.1.1).
            width, height = struct.unpack_from(">II", png, 16)
            tag = f"report/{path.stem}"
            self._writer(MAIN).image(tag, step, png, width, height, path.stat().st_mtime)

    def flush(self) -> None:
        """What was told can be read."""
        for writer in self._writers.values():
            writer.flush()

    def close(self) -> None:
        """Ends every file, even where the system refuses one of them."""
        with contextlib.ExitStack() as closing:
            for writer in self._writers.values():
                closing.callback(writer.close)

    def _forget(self) -> None:
        self.close()
        self._delete_files()
        self._writers.clear()
        self._values.clear()
        self._told.clear()

    def _delete_files(self) -> None:
        # The files alone: over NFS a directory cannot be deleted while a TensorBoard reads in it.
        for path in self._directory.rglob(EVENT_FILES):
            path.unlink()

    def _tell_config(self, record: RunRecord) -> None:
        if record.manifest is None or not self._is_new("config", 0):
            return
        rows = [f"| {key} | `{value}` |" for key, value in sorted(record.manifest.config.items())]
        text = "\n".join(["| key | value |", "| --- | --- |", *rows])
        self._writer(MAIN).text("config", 0, text, self._clock())
        self._writer(MAIN).layout(layout(), self._clock())

    def _is_new(self, tag: str, step: int) -> bool:
        known = (tag, step) in self._told
        self._told.add((tag, step))
        return not known

    def _writer(self, run: str) -> EventWriter:
        if run not in self._writers:
            directory = self._directory / run if run else self._directory
            self._writers[run] = EventWriter(directory, self._clock())
        return self._writers[run]


def points_of(record: RunRecord, known: Headlines) -> Iterator[Point]:
    """Every point of a run, those of one curve in the order of their steps. `known`: of its σ."""
    yield from curves.training_points(record.trainings)
    for selection in record.selections:
        yield from curves.selection_points(selection)
    for iteration in record.iterations:
        yield from curves.iteration_points(iteration)
        yield from curves.rating_points(iteration)
    for certificate in record.certificates:
        yield from curves.certificate_points(certificate)
    yield from curves.headline_points(record, known)
    spans = read_timings(record.directory)
    finished = {iteration.index for iteration in record.iterations}
    told = [span for span in spans if span.iteration in finished]
    yield from curves.throughput_points(told)
    yield from curves.time_points(told)


def rebuild(directory: Path) -> Path:
    """Makes <run>/tensorboard anew from the run's files and returns it."""
    events = Events(directory / TENSORBOARD)
    try:
        record = read_run(directory)
        events.tell(record)
        events.tell_report(record)
    finally:
        events.close()
    return directory / TENSORBOARD
