"""A run directory is read while it changes; nothing is written and nothing locked."""

import errno
import os
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml

from psro.machine.errors import UserError
from psro.machine.failed_unit import FAILED_UNIT_FILE
from psro.machine.identity import Identity
from psro.machine.incidents import read_incidents
from psro.machine.journal import JOURNAL_FILE, JournalMark
from psro.machine.lock import LOCK_FILE
from psro.machine.manifest import (
    COPY_FILE,
    DONE,
    MANIFEST_FILE,
    RUNNING,
    Manifest,
    NewerSchema,
)
from psro.report.audited import audited
from psro.report.heartbeat import STATUS_FILE, Beat, read_beat
from psro.report.status.commits import Commits, read_commits
from psro.report.status.estimate import estimate
from psro.report.status.lives import at_of, lives_of, stays_of
from psro.report.status.results import read_results
from psro.report.status.run_status import RunStatus
from psro.report.status.state import (
    Judgement,
    Presence,
    State,
    judge,
    presence_of,
    read_holder,
)
from psro.report.timings import TIMINGS_FILE, Span, read_timings

WRITTEN_WHILE_WORKING = (MANIFEST_FILE, JOURNAL_FILE, TIMINGS_FILE, STATUS_FILE)
GO_ON_FROM_COPY = f"run the same command again, which goes on from its copy {COPY_FILE}"
NUM_TRIES = 3
RETRY_AFTER_S = 0.2
STALE_AFTER_S = 60.0
"""A status.json older than the newest commit by so much is kept up no more."""


def read_status(directory: Path, me: Identity, now: float | None = None) -> RunStatus:
    """What can be told of the run in `directory`, by `me`, at `now` (None: now).

    Raises: UserError in one line for a damaged run directory. What may be a change in the middle of
    reading is read again before it is called damage.
    """
    for left in reversed(range(NUM_TRIES)):
        try:
            status = _read(directory, me, time.time() if now is None else now, is_last=not left)
            if status is not None:
                return status
        except UserError:
            if not left:
                raise
        except OSError as error:
            if error.errno not in (errno.ENOENT, errno.ESTALE) or not left:
                raise UserError(f"cannot read {directory}: {error}; put that right") from error
        time.sleep(RETRY_AFTER_S)
    raise AssertionError("the last try returns or raises")


def _read(directory: Path, me: Identity, now: float, is_last: bool) -> RunStatus | None:
    """None if it was between two phases: manifest and status.json are written one after the other.

    is_last: of the tries. What they say does not fit for another reason then, and the manifest counts.
    """
    manifest, holder, presence = _who(directory, me)
    heard = _newest_change(directory, (*WRITTEN_WHILE_WORKING, LOCK_FILE))
    judgement = judge(manifest, holder, presence, now - heard if heard else 0.0)
    if manifest is None:
        if read_commits(directory, JournalMark(), {}).num:
            remedy = "restore the manifest from a backup, or start a new run in another directory"
            if (directory / COPY_FILE).is_file():
                remedy = GO_ON_FROM_COPY
            raise UserError(f"{directory} has a {JOURNAL_FILE} but no {MANIFEST_FILE}: {remedy}")
        return RunStatus(directory, now, judgement, heard)
    commits = read_commits(directory, manifest.journal, manifest.position)
    spans = read_timings(directory)
    beat = read_beat(directory)
    lives = lives_of(
        manifest.history, spans, lambda ended: _end_of_newest(directory, judgement, ended, now)
    )
    stays = stays_of(lives)
    live = _usable(beat, holder, commits)
    if live is not None and dict(live.position) != dict(manifest.position):
        if not is_last:
            return None
        live = None
    group_left = live.group.seconds_left if live and live.group else None
    return RunStatus(
        directory=directory,
        time=now,
        judgement=judgement,
        heard=heard,
        manifest=manifest,
        name=_name(directory),
        commits=commits,
        lives=tuple(lives),
        stays=tuple(stays),
        beat=live,
        incidents=tuple(read_incidents(directory)),
        failed_unit=(directory / FAILED_UNIT_FILE).is_file(),
        last_groups=_last_groups(spans),
        results=read_results(directory),
        audited=audited(manifest.config, spans),
        left=None
        if manifest.status == DONE
        else estimate(manifest.config, at_of(manifest.position), stays, group_left),
    )


def _who(directory: Path, me: Identity) -> tuple[Manifest | None, Identity | None, Presence]:
    """Manifest and lock, of one moment as far as it matters.

    A process notes its end in the manifest before it lets go of the lock. So if nobody is there although
    the manifest says that it runs, the manifest may be of the moment before: it is read again.
    """
    manifest = _manifest(directory)
    holder = read_holder(directory)
    presence = Presence.GONE if holder is None else presence_of(holder, me)
    if presence is Presence.GONE and (manifest is None or manifest.status == RUNNING):
        manifest = _manifest(directory)
    return manifest, holder, presence


def _manifest(directory: Path) -> Manifest | None:
    """None if there is none. Raises: UserError, which knows of the copy that the run would go on from."""
    try:
        return Manifest.load(directory)
    except NewerSchema:
        raise
    except UserError as problem:
        what = str(problem).partition(": ")[0]
        if Manifest.load(directory, COPY_FILE) is None:
            raise
        raise UserError(f"{what}: {GO_ON_FROM_COPY}") from problem


def _newest_change(directory: Path, names: Iterable[str]) -> float | None:
    times = []
    for name in names:
        try:
            times.append(os.stat(directory / name).st_mtime)
        except FileNotFoundError:
            continue
    return max(times, default=None)


def _end_of_newest(directory: Path, judgement: Judgement, noted: float, now: float) -> float:
    """When the newest process of the history ended: now if it runs, else when it was last heard of."""
    if judgement.state is State.RUNNING:
        return now
    if judgement.state in (State.DIED, State.SILENT):
        return min(now, _newest_change(directory, WRITTEN_WHILE_WORKING) or noted)
    return noted


def _usable(beat: Beat | None, holder: Identity | None, commits: Commits) -> Beat | None:
    if beat is None or beat.process != holder:
        return None
    is_kept_up = commits.last is None or commits.last - beat.time < STALE_AFTER_S
    return beat if is_kept_up else None


def _last_groups(spans: Iterable[Span]) -> tuple[Span, ...]:
    newest = {span.label: span for span in spans if span.what == "group" and span.num_done}
    return tuple(sorted(newest.values(), key=lambda span: -span.ended))


def _name(directory: Path) -> str:
    """From config.yaml; that of the directory where it is not there or says nothing."""
    path = directory / "config.yaml"
    try:
        config: Mapping[str, Any] = yaml.safe_load(path.read_bytes()) or {}
        return str(config["name"])
    except FileNotFoundError:
        return directory.resolve().parent.name
    except (yaml.YAMLError, KeyError, TypeError, ValueError, RecursionError) as error:
        raise UserError(
            f"{path} is damaged ({' '.join(str(error).split())}): run the same command again, which writes "
            "it again"
        ) from error
