"""Two ways to show a run: a terminal that is redrawn, and plain lines for a log."""

import logging
import sys
import time
from collections.abc import Callable
from datetime import datetime
from typing import Any, Protocol

from rich import box
from rich.console import Console, Group
from rich.live import Live
from rich.markup import escape
from rich.progress import BarColumn, Progress, TextColumn
from rich.table import Column
from rich.table import Table as RichTable
from rich.text import Text

from psro.report.text import Table, duration_text
from psro.report.workload import Workload

PLAIN_EVERY_S = 10.0
"""Least time between two progress lines in a log."""
NUM_METRICS = 6
"""So many metrics of a training are shown with its bar."""


class Screen(Protocol):
    """What a run is shown on."""

    def start(self) -> None:
        """Takes the terminal."""
        ...

    def stop(self) -> None:
        """Gives it back. Safe to call twice."""
        ...

    def say(self, text: str, loud: bool = False) -> None:
        """A line that stays."""
        ...

    def show(self, table: Table) -> None:
        """A table that stays."""
        ...

    def where(self, position: str) -> None:
        """Where the run is now."""
        ...

    def work(self, workload: Workload) -> None:
        """How far the current group of units is; called often."""
        ...

    def end_work(self, workload: Workload) -> None:
        """That group is over."""
        ...


class TerminalScreen:
    """A bar at the bottom of the terminal, everything else scrolls by above it."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._where = Text("starting", style="bold cyan")
        self._bar = Progress(
            TextColumn("{task.description}", style="bold", table_column=_column(18)),
            BarColumn(bar_width=20, table_column=_column(10)),
            TextColumn("{task.percentage:>3.0f} %", table_column=_column(5)),
            TextColumn("{task.fields[words]}", table_column=_column(10)),
            console=console,
        )
        self._task: Any = None
        self._metrics = Text(style="dim", no_wrap=True, overflow="ellipsis")
        shown = Group(self._where, self._bar, self._metrics)
        self._live = Live(shown, console=console, refresh_per_second=4)
        self._handlers: list[tuple[logging.StreamHandler[Any], Any]] = []

    def start(self) -> None:
        before = sys.stderr
        self._live.start()
        # Log lines must scroll by above the bar: rich redirects sys.stderr, handlers hold the old one.
        for handler in logging.getLogger().handlers:
            if isinstance(handler, logging.StreamHandler) and handler.stream is before:
                self._handlers.append((handler, handler.setStream(sys.stderr)))

    def stop(self) -> None:
        for handler, stream in self._handlers:
            handler.setStream(stream)
        self._handlers.clear()
        self._where.plain = ""
        self._drop_bar()
        self._live.stop()

    def say(self, text: str, loud: bool = False) -> None:
        self._console.print(escape(text), style="bold red" if loud else None, highlight=False)

    def show(self, table: Table) -> None:
        drawn = RichTable(box=box.SIMPLE_HEAD)
        for column in table.columns:
            drawn.add_column(escape(column), overflow="fold")
        for row in table.rows:
            drawn.add_row(*map(escape, row))
        # Title and note stand by themselves: rich would wrap them at a narrow table's width.
        self._console.print(f"\n[bold]{escape(table.title)}[/bold]", highlight=False)
        self._console.print(drawn)
        if table.note:
            self._console.print(f"  [italic]{escape(table.note)}[/italic]\n", highlight=False)

    def where(self, position: str) -> None:
        self._where.plain = position
        self._console.print(escape(position), style="cyan", highlight=False)

    def work(self, workload: Workload) -> None:
        if self._task is None:
            self._task = self._bar.add_task(workload.label, total=1.0, words="")
        self._bar.update(
            self._task,
            description=escape(workload.label),
            completed=workload.fraction,
            words=escape(progress_words(workload)),
        )
        self._metrics.plain = metric_words(workload)

    def end_work(self, workload: Workload) -> None:
        self._drop_bar()
        self.say(f"  {finished_words(workload)}")

    def _drop_bar(self) -> None:
        if self._task is not None:
            self._bar.remove_task(self._task)
            self._task = None
        self._metrics.plain = ""


class PlainScreen:
    """One line at a time, each with the time of day; progress every PLAIN_EVERY_S seconds."""

    def __init__(
        self,
        write: Callable[[str], None],
        clock: Callable[[], float] = time.monotonic,
        every: float = PLAIN_EVERY_S,
    ) -> None:
        self._write = write
        self._clock = clock
        self._every = every
        self._said = clock()

    def start(self) -> None:
        """Nothing to take."""

    def stop(self) -> None:
        """Nothing to give back."""

    def say(self, text: str, loud: bool = False) -> None:
        mark = "!!! " if loud else ""
        self._write(f"{datetime.now():%H:%M:%S} {mark}{text}")
        self._said = self._clock()

    def show(self, table: Table) -> None:
        self._write(f"\n{table.to_text()}\n")

    def where(self, position: str) -> None:
        self.say(position)

    def work(self, workload: Workload) -> None:
        if self._clock() - self._said >= self._every:
            share = f"{100 * workload.fraction:.0f} %"
            words = f"{progress_words(workload)}  {metric_words(workload)}".rstrip()
            self.say(f"  {workload.label}: {share}  {words}")

    def end_work(self, workload: Workload) -> None:
        self.say(f"  {finished_words(workload)}")


def progress_words(workload: Workload) -> str:
    """`1,130 battles  73.2 battles/s  41.0 s left`."""
    words = []
    if workload.counted_in:
        unit = workload.counted_in
        words = [f"{workload.num_done:,} {unit}", f"{workload.rate:,.1f} {unit}/s"]
    if (left := workload.seconds_left) is not None:
        words.append(f"{duration_text(left)} left")
    return "  ".join(words)


def metric_words(workload: Workload) -> str:
    """`critic_loss 0.051  policy_loss 0.312  entropy 1.2`: losses first."""
    # The arenas' own rates are per worker; the one that is shown is of all together.
    names = [name for name in workload.metrics if not name.endswith("_per_second")]
    names.sort(key=lambda name: (not name.endswith("loss"), name))
    return "  ".join(f"{name} {workload.metrics[name]:.3g}" for name in names[:NUM_METRICS])


def _column(min_width: int) -> Column:
    return Column(no_wrap=True, min_width=min_width)


def finished_words(workload: Workload) -> str:
    """`collect: 10 units, 2,500 battles in 33.1 s (75.5 battles/s)`."""
    num_own = workload.num_finished - workload.num_before
    words = f"{workload.label}: {num_own} of {workload.num_units} units"
    if workload.num_before:
        words += f" ({workload.num_before} were committed before)"
    if workload.counted_in:
        words += f", {workload.num_done:,} {workload.counted_in}"
    words += f" in {duration_text(workload.seconds)}"
    if workload.counted_in:
        words += f" ({workload.mean_rate:,.1f} {workload.counted_in}/s)"
    return words
