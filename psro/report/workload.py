"""How far a group of units is and how fast it goes, over all its units side by side."""

import time
from collections import deque
from collections.abc import Callable, Mapping

from psro.machine.journal import JournalRecord
from psro.machine.units import Progress, Unit

WINDOW_S = 20.0
"""The rate shown is that of the last so many seconds."""


class Workload:
    """One `execute` of a phase: its units' progress added up."""

    def __init__(
        self,
        label: str,
        num_committed: int,
        num_units: int,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.label = label
        self.num_units = num_units
        self.num_before = num_committed
        """Units that an earlier process had committed."""
        self.num_finished = num_committed
        self.counted_in = ""
        """battles or steps, once a unit has said so"""
        self.num_done = 0
        """Battles or steps done by this process for this group."""
        self.metrics: Mapping[str, float] = {}
        self._clock = clock
        self._began = clock()
        self._running: dict[str, Progress] = {}
        self._samples: deque[tuple[float, int]] = deque([(self._began, 0)])

    def progress(self, unit: Unit, progress: Progress) -> None:
        """A unit said how far it is; one that starts again (a worker died) falls back."""
        before = self._running.get(unit.key)
        # What a dead worker had done is done again: it counts as work, and so in the rate.
        already = before.done if before is not None and before.done <= progress.done else 0
        self._running[unit.key] = progress
        self.counted_in = progress.label
        self.metrics = progress.metrics or self.metrics
        self._add(progress.done - already)

    def finish(self, record: JournalRecord) -> None:
        """A unit was committed."""
        if record.unit is None:
            return
        self.num_finished += 1
        last = self._running.pop(record.unit.key, None)
        if last is not None:
            self._add(last.total - last.done)

    @property
    def fraction(self) -> float:
        """How much of the group is done, in [0, 1]; every unit counts the same."""
        if self.num_units == 0:
            return 1.0
        running = sum(p.done / p.total for p in self._running.values() if p.total > 0)
        return min(1.0, (self.num_finished + running) / self.num_units)

    @property
    def seconds(self) -> float:
        """Since the group began in this process."""
        return self._clock() - self._began

    @property
    def mean_rate(self) -> float:
        """Work per second since the group began."""
        seconds = self.seconds
        return self.num_done / seconds if seconds > 0 else 0.0

    @property
    def rate(self) -> float:
        """Work per second of late."""
        self._forget_old()
        began, done = self._samples[0]
        seconds = self._clock() - began
        return (self.num_done - done) / seconds if seconds > 0 else 0.0

    @property
    def seconds_left(self) -> float | None:
        """At the mean speed so far; None while nothing can be said."""
        before = self.num_before / self.num_units if self.num_units else 0.0
        gone = self.fraction - before
        return self.seconds * (1 - self.fraction) / gone if gone > 0.01 else None

    def _add(self, num: int) -> None:
        self.num_done += num
        self._samples.append((self._clock(), self.num_done))
        self._forget_old()

    def _forget_old(self) -> None:
        now = self._clock()
        while len(self._samples) > 1 and self._samples[1][0] < now - WINDOW_S:
            self._samples.popleft()
