"""The processes that worked on a run, one after the other, and how long each position took them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import accumulate
from typing import Any, NamedTuple

from psro.machine.manifest import Transition
from psro.report.timings import Span

STARTS = ("fresh start", "going on", "this run is done already")
FINISHED = "finished"
"""How the machine's notes begin at a process's start and at a phase's end (psro/machine/engine.py)."""


class At(NamedTuple):
    """A position, by the phase's name."""

    phase: str
    iteration: int
    round: int


@dataclass(frozen=True)
class Life:
    """One process's time with the run, in seconds since the epoch."""

    entries: tuple[Transition, ...]
    """Its part of the history: the start, what it finished, and perhaps how it ended."""
    began: float
    ended: float
    """The last that was heard of it; now, of one that lives."""

    @property
    def seconds(self) -> float:
        """How long it worked."""
        return self.ended - self.began

    @property
    def start_note(self) -> str:
        """How it began, in the machine's words."""
        return self.entries[0].note

    @property
    def end_note(self) -> str | None:
        """How it ended, in the machine's words; None if it did not say."""
        last = self.entries[-1]
        if last.position["phase"] == "DONE":
            return "done"
        if len(self.entries) == 1 or last.note.startswith(FINISHED):
            return None
        return last.note


def lives_of(
    history: Sequence[Transition], spans: Sequence[Span], last_heard: Callable[[float], float]
) -> list[Life]:
    """The lives in a manifest's history, oldest first.

    spans: tell how long a killed process worked after its last entry. last_heard: given when the newest
    life's own entries end, when it was last heard of.
    """
    groups: list[list[Transition]] = []
    for entry in history:
        if not groups or entry.note.startswith(STARTS) or _who(entry) != _who(groups[-1][-1]):
            groups.append([])
        groups[-1].append(entry)
    begins = [seconds_of(group[0]) for group in groups]
    lives = []
    for index, group in enumerate(groups):
        # The latest, not the last: a clock that jumps back must not make a life of less than no time.
        ended = max(map(seconds_of, group))
        if index + 1 == len(groups):
            ended = max(ended, last_heard(ended))
        elif group[-1].note.startswith((*STARTS, FINISHED)):
            seen = [span.ended for span in spans if begins[index] <= span.ended < begins[index + 1]]
            ended = max([ended, *seen])
        lives.append(Life(tuple(group), begins[index], ended))
    return lives


@dataclass(frozen=True)
class Stay:
    """The time that all lives together spent at one position."""

    at: At
    seconds: float
    is_finished: bool


def stays_of(lives: Sequence[Life]) -> list[Stay]:
    """What each position took, in the order they were first come to; time without a process is not in it."""
    seconds: dict[At, float] = {}
    finished: set[At] = set()
    for life in lives:
        times = [*accumulate(map(seconds_of, life.entries), max)]
        positions = [at_of(entry.position) for entry in life.entries]
        for at, began, ended in zip(positions, times, [*times[1:], life.ended], strict=True):
            seconds[at] = seconds.get(at, 0.0) + ended - began
        for before, entry in zip(positions, life.entries[1:], strict=False):
            if entry.note.startswith(FINISHED):
                finished.add(before)
    return [Stay(at, spent, at in finished) for at, spent in seconds.items()]


def seconds_of(entry: Transition) -> float:
    """When it was noted: seconds since the epoch, whole ones."""
    return datetime.fromisoformat(entry.time).timestamp()


def at_of(position: Mapping[str, Any]) -> At:
    """A position as the manifest holds it."""
    return At(position["phase"], position["iteration"], position["round"])


def _who(entry: Transition) -> tuple[str, int, str | None, int]:
    return entry.host, entry.pid, entry.job_id, entry.restart_count
