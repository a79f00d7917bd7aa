"""Is it running? What the manifest, the lock and the run's last sign of life say together.

The lock file is read, never locked: a reader that held it for an instant could turn a starter away.
"""

from dataclasses import dataclass
from enum import Enum
from pathlib import Path

import orjson

from psro.machine.identity import Identity
from psro.machine.lock import LOCK_FILE
from psro.machine.manifest import DONE, FAILED, PREEMPTED, Manifest
from psro.report.text import duration_text

SILENT_S = 300.0
"""A process on another host that was not heard of for so long may be gone."""
GO_ON = "the same command goes on from the last commit"


class State(Enum):
    """What a run is doing."""

    NOT_BEGUN = "not begun"
    STARTING = "starting"
    RUNNING = "running"
    SILENT = "silent"
    """Running or gone, on another host: from here it cannot be told."""
    PREEMPTED = "preempted"
    FAILED = "failed"
    DIED = "died"
    """Killed without a word."""
    DONE = "done"

    @property
    def is_live(self) -> bool:
        """Whether a process works on the run, as far as one can tell."""
        return self in (State.STARTING, State.RUNNING)


class Presence(Enum):
    """What can be told from here of the process that the lock names."""

    ALIVE = "alive"
    GONE = "gone"
    ELSEWHERE = "elsewhere"


@dataclass(frozen=True)
class Judgement:
    """A state, whose process it is about, and what to do or to know, in words."""

    state: State
    process: Identity | None
    words: str = ""


def read_holder(directory: Path) -> Identity | None:
    """Whom run.lock names; None if nobody, or if its writer died while writing its name."""
    try:
        data = (directory / LOCK_FILE).read_bytes()
    except FileNotFoundError:
        return None
    try:
        return Identity.from_json(orjson.loads(data))
    except (KeyError, TypeError, ValueError):
        return None


def presence_of(holder: Identity, me: Identity) -> Presence:
    """Whether `holder` lives, as far as `me` can see it."""
    if holder.is_alive_here():
        return Presence.ALIVE
    # Under another name on the same kernel it may be in a container, whose processes have other numbers here.
    return Presence.GONE if holder.host == me.host else Presence.ELSEWHERE


def judge(
    manifest: Manifest | None, holder: Identity | None, presence: Presence, silent_s: float
) -> Judgement:
    """The state of a run.

    presence: of the holder; of no account without one. silent_s: seconds since anything was written.
    """
    noted = _noted(manifest)
    if holder is None or (presence is Presence.GONE and noted is not None):
        return noted or _unnoted(manifest, holder)
    if noted is not None and manifest is not None and _is_last(manifest, holder):
        return noted  # it is about to let go of the lock
    if noted is not None and noted.state is State.DONE:
        return Judgement(
            State.DONE, holder, f"{holder.describe()} extends it or rebuilds its views"
        )
    if presence is Presence.GONE:
        return _unnoted(manifest, holder)
    is_known = manifest is not None and noted is None and _is_last(manifest, holder)
    state = State.RUNNING if is_known else State.STARTING
    if presence is Presence.ELSEWHERE and silent_s > SILENT_S:
        look = f"squeue -j {holder.job_id}" if holder.job_id else f"ssh {holder.host}"
        return Judgement(
            State.SILENT,
            holder,
            f"running or gone: nothing was written for {duration_text(silent_s)}, and {holder.host} cannot be "
            f"seen from here; look with `{look}`",
        )
    known = "" if is_known else "it has noted nothing yet"
    if presence is Presence.ELSEWHERE:
        known = f"{known}; heard of {duration_text(silent_s)} ago".removeprefix("; ")
    return Judgement(state, holder, known)


def _noted(manifest: Manifest | None) -> Judgement | None:
    """How the run's last process said that it ended; None if it did not."""
    if manifest is None or not manifest.history:
        return None
    last = manifest.history[-1]
    queued = f" (`squeue -j {last.job_id}` shows whether it is queued again)" if last.job_id else ""
    if manifest.status == DONE:
        return Judgement(State.DONE, None)
    if manifest.status == PREEMPTED:
        return Judgement(State.PREEMPTED, None, f"{last.note}; {GO_ON}{queued}")
    if manifest.status == FAILED:
        return Judgement(State.FAILED, None, f"{last.note}; put it right, then {GO_ON}")
    return None


def _unnoted(manifest: Manifest | None, holder: Identity | None) -> Judgement:
    """No process, and none that said how it ended."""
    who = f"{holder.describe()}, which the lock names, is gone" if holder else "its lock is free"
    if manifest is None:
        begun = f"{who} before it began" if holder else "there is no manifest.json yet"
        return Judgement(State.NOT_BEGUN, None, begun)
    return Judgement(State.DIED, holder, f"without a word (killed?): {who}; {GO_ON}")


def _is_last(manifest: Manifest, holder: Identity) -> bool:
    """Whether the manifest's newest entry is the holder's."""
    last = manifest.history[-1]
    mine = (holder.host, holder.pid, holder.job_id, holder.restart_count)
    return (last.host, last.pid, last.job_id, last.restart_count) == mine
