"""What is printed: one run as a page of lines, many as a table."""

import os
import textwrap
from collections.abc import Iterator, Sequence
from pathlib import Path

from psro.machine.incidents import in_words
from psro.report.disk import disk_text
from psro.report.status import words
from psro.report.status.run_status import RunStatus
from psro.report.status.state import SILENT_S, State
from psro.report.text import Table, count_text

LABEL_WIDTH = 14
NUM_IN_FLIGHT = 4
"""So many units in flight are shown, those not heard of for longest first: one that hangs stands out."""
NUM_LIVES = 4
NUM_TRANSITIONS = 3
NUM_RATES = 5


def page(status: RunStatus, width: int) -> str:
    """One run, in lines of at most `width` characters where words allow it."""
    lines = [str(status.directory)]
    for label, text in _entries(status):
        lines += textwrap.wrap(
            text,
            width,
            initial_indent=f"  {label:<{LABEL_WIDTH - 2}}",
            subsequent_indent=" " * LABEL_WIDTH,
            break_long_words=False,
            break_on_hyphens=False,
        )
    return "\n".join(lines)


def _entries(status: RunStatus) -> Iterator[tuple[str, str]]:
    """Label and text; an empty label goes on with the entry before."""
    manifest, at, now = status.manifest, status.at, status.time
    if manifest is None or at is None:
        yield "state", _state_text(status)
        return
    seed = f", seed {manifest.config['seed']}" if "seed" in manifest.config else ""
    yield "run", f"{status.name}{seed} ({manifest.algorithm}, run {manifest.run_id})"
    yield "state", _state_text(status)
    here = f", for {words.rough_text(status.seconds_here)}" if status.state != State.DONE else ""
    yield "position", words.position_text(at, status.schedule) + here
    yield from _waiting_entries(status)
    if status.commits.last is not None:
        ago = words.rough_text(now - status.commits.last)
        clock = words.clock_text(status.commits.last, now)
        yield "last commit", f"{ago} ago ({clock}), {status.commits.num:,} in all"
    worked = words.rough_text(status.seconds_worked)
    restarts = count_text(status.num_restarts, "restart") if status.num_restarts else "no restart"
    yield "worked", f"{worked}, {restarts}"
    if status.audited is not None:
        yield "audit", status.audited.text
    if status.disk is not None:
        yield "disk", disk_text(status.disk)
    if status.incidents:
        last = words.incident_text(status.incidents[-1], now)
        yield "workers", f"{in_words(status.incidents)}; the last {last}"
    if status.failed_unit:
        yield "failed unit", f"`python -m psro.unit {status.directory}` runs it alone"
    if status.last_groups:
        rates = " · ".join(words.rate_text(span) for span in status.last_groups[:NUM_RATES])
        yield "rates", f"{rates} (the newest of each)"
    if response := words.response_text(status.results):
        yield "response", response
    if sigma := words.sigma_text(status.results):
        yield "σ", sigma
    if status.left is not None:
        yield "ends", words.end_text(status.left, now, status.state.is_live)
        if status.left.low is not None:
            yield "", status.left.basis
    runs = status.state is State.RUNNING
    label = "processes"
    for life in status.lives[-NUM_LIVES:]:
        yield label, words.life_text(life, now, life is status.lives[-1], runs)
        label = ""
    label = "history"
    for entry in manifest.history[-NUM_TRANSITIONS:]:
        yield label, words.transition_text(entry, now)
        label = ""


def _state_text(status: RunStatus) -> str:
    judgement, now = status.judgement, status.time
    words_so_far = judgement.state.value.upper()
    if judgement.process is not None and judgement.state.is_live:
        words_so_far += f": {judgement.process.describe()}"
    if judgement.state is State.RUNNING:
        words_so_far += f", since {words.clock_text(status.lives[-1].began, now)}"
        if status.heard is not None and now - status.heard > SILENT_S:
            ago = words.rough_text(now - status.heard)
            words_so_far += f"; NOTHING WAS WRITTEN FOR {ago}: it may be stuck"
    elif status.lives and judgement.state not in (State.STARTING, State.SILENT):
        ended = status.lives[-1].ended
        words_so_far += f" {words.rough_text(now - ended)} ago ({words.clock_text(ended, now)})"
    return f"{words_so_far}: {judgement.words}" if judgement.words else words_so_far


def _waiting_entries(status: RunStatus) -> Iterator[tuple[str, str]]:
    """What the run waits for, and what is known of the units in flight."""
    if status.state not in (State.RUNNING, State.STARTING, State.SILENT):
        if status.state is not State.DONE:
            yield "waits for", "being started again"
        return
    beat, now = status.beat, status.time
    if beat is None:
        done = count_text(len(status.commits.units_here), "unit")
        yield (
            "waits for",
            f"{status.at.phase if status.at else 'its start'}: {done} committed so far (no status.json of this "
            "process tells more)",
        )
        return
    if beat.group is None:
        yield "waits for", "the driver itself; no units are out"
    else:
        as_of = "" if now - beat.time < 60 else f" (as of {words.rough_text(now - beat.time)} ago)"
        yield "waits for", words.group_text(beat.group, len(beat.units)) + as_of
    oldest_first = sorted(beat.units, key=lambda unit: unit.heard)
    for unit in oldest_first[:NUM_IN_FLIGHT]:
        yield "", words.in_flight_text(unit, now)
    if len(oldest_first) > NUM_IN_FLIGHT:
        yield "", f"and {len(oldest_first) - NUM_IN_FLIGHT} more, heard of later"
    if beat.workers:
        yield "workers", beat.workers


def table(statuses: Sequence[RunStatus]) -> str:
    """Many runs, a line each."""
    names = _short_names([status.directory for status in statuses])
    states = [status.state.value for status in statuses]
    counts = ", ".join(f"{states.count(s)} {s}" for s in dict.fromkeys(states))
    columns = ("run", "state", "position", "waits for", "commit", "restarts", "response", "left")
    rows = [(name, *_cells(status)) for name, status in zip(names, statuses, strict=True)]
    return Table(f"{count_text(len(rows), 'run')}: {counts}", columns, tuple(rows)).to_text()


def _cells(status: RunStatus) -> tuple[str, ...]:
    manifest, at, now = status.manifest, status.at, status.time
    if manifest is None or at is None:
        return (status.state.value, *[""] * 6)
    newest, last, left = status.lives[-1], status.commits.last, status.left
    since = newest.began if status.state is State.RUNNING else newest.ended
    age = "" if status.state is State.STARTING else f" {words.rough_text(now - since)}"
    group = status.beat.group if status.beat else None
    response = status.results.response
    return (
        f"{status.state.value}{age}",
        words.short_position_text(at, status.schedule),
        words.short_group_text(group) if group else "",
        f"{words.rough_text(now - last)} ago" if last is not None else "",
        str(status.num_restarts),
        words.short_response_text(response) if response else "",
        words.range_text(left) if left else "",
    )


def _short_names(directories: Sequence[Path]) -> list[str]:
    """Without what all have in common."""
    if len(directories) < 2:
        return [str(directory) for directory in directories]
    above = os.path.commonpath([directory.absolute() for directory in directories])
    return [os.path.relpath(directory.absolute(), above) for directory in directories]
