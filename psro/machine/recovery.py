"""Where a run goes on when its manifest and its journal do not fit each other any more.

A kill leaves them fitting; damage does not. The manifest has a copy, and its history says where
the run was at each boundary and how far the journal was then, so a journal that has lost its end
takes the run back to the newest boundary it still knows of.
"""

import logging
from collections.abc import Callable, Mapping, Set
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from psro.machine.canonical import digest
from psro.machine.errors import UserError
from psro.machine.journal import Journal
from psro.machine.manifest import (
    COPY_FILE,
    MANIFEST_FILE,
    RUNNING,
    Manifest,
    NewerSchema,
    Transition,
)
from psro.machine.position import PhaseT, Position

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class LostBoundary:
    """An entry of the history that the run went back to or over, under the config of then."""

    position: Mapping[str, Any]
    extendable: Mapping[str, Any]
    """The part of that config that may be raised; empty where it cannot be told."""


@dataclass(frozen=True)
class GoodState:
    """What a run goes on from.

    manifest: None for a run that has not begun. note: what had to be done for it, in words ("": nothing);
    warning: the same at length, to be said once nothing else forbids it. lost: the boundary it goes back to and all that came after, oldest first; empty if it does not go back.
    """

    manifest: Manifest | None
    note: str = ""
    warning: str = ""
    lost: tuple[LostBoundary, ...] = ()


def last_good_state(directory: Path, journal: Journal, extendable: Set[str]) -> GoodState:
    """The manifest to go on from; nothing is changed.

    extendable: keys of the config whose number may have been raised since a boundary.

    Raises: UserError where manifest.json, its copy and the journal give no state that is safe.
    """
    if journal.damaged_line is not None:
        raise _damaged(directory, journal, extendable)
    try:
        manifest = Manifest.load(directory)
        if manifest is not None:
            state = _fitting(manifest, journal, extendable)
            if state is not None:
                return state
            journal.require(manifest.journal)  # says what is wrong
        elif not journal.is_empty:
            raise UserError(
                f"{directory} has a {journal.path.name} but no {MANIFEST_FILE}: restore the manifest "
                "from a backup, or start a new run in another directory"
            )
    except NewerSchema:
        raise
    except UserError as problem:
        copy = _from_copy(directory, journal)
        if copy is None:
            raise
        warning = f"{problem}. Going on from its copy {directory / COPY_FILE}"
        return GoodState(copy, f"{MANIFEST_FILE} was damaged, gone on from its copy", warning)
    return GoodState(manifest)


def require_no_lost_end(
    directory: Path,
    state: GoodState,
    phases: type[PhaseT],
    reopen: Callable[[Position[PhaseT]], Position[PhaseT] | None] | None,
) -> None:
    """Check that a run which goes back may be extended at once.

    Not if it was finished (or was about to) with smaller numbers before: what a finished run makes, a longer
    one does not make on its way.

    reopen: of the algorithm, under the config to go on with: not None where a shorter run has left its way.

    Raises: UserError saying with which numbers to go on first.
    """
    ends: dict[str, set[str]] = {}
    for boundary in state.lost:
        position = Position.from_json(boundary.position, phases)
        if reopen is not None and reopen(position) is not None:
            numbers = " ".join(f"{key}={value}" for key, value in boundary.extendable.items())
            ends.setdefault(numbers, set()).add(str(position))
    # At one such position alone, no phase of the end is over: nothing of it is part of the run.
    finished = [numbers for numbers, positions in ends.items() if len(positions) > 1]
    if finished:
        raise UserError(
            f"{directory / MANIFEST_FILE} knows of an end of this run that is lost with lines of its journal: "
            f"first run the same command with {', then with '.join(finished)}, which computes it again, then "
            "this one"
        )


def _fitting(manifest: Manifest, journal: Journal, extendable: Set[str]) -> GoodState | None:
    """`manifest`, or what it was at the newest boundary that `journal` still goes on from."""
    if journal.holds(manifest.journal):
        return GoodState(manifest)
    if journal.mark.num_records >= manifest.journal.num_records:
        return None  # nothing is lost, it is other
    for index, entry in reversed([*enumerate(manifest.history)]):
        mark = entry.journal
        # Every journal goes on from "no lines": that says nothing.
        if mark is None or not mark.num_records or not journal.holds(mark):
            continue
        config = _config_then(entry, manifest, extendable)
        if config is None:
            continue
        then = replace(
            manifest, config=config, position=entry.position, journal=mark, status=RUNNING
        )
        lost = [_lost(entry, manifest, extendable) for entry in manifest.history[index:]]
        found, known = journal.mark.num_records, manifest.journal.num_records
        note = f"{journal.path.name} has {found} lines where {MANIFEST_FILE} knows of {known}"
        warning = (
            f"{journal.path.parent}: {note}. The run goes back to the last boundary before the loss; what was "
            "committed since is computed again"
        )
        return GoodState(then, note, warning, tuple(lost))
    return None


def _config_then(
    entry: Transition, manifest: Manifest, extendable: Set[str]
) -> Mapping[str, Any] | None:
    """The config of a run at an entry of its history, which holds its hash; None if it is not found.

    A run's config changes in one way only: a whole number of `extendable` is raised.
    """
    if entry.config_hash == manifest.config_hash:
        return manifest.config
    for key in sorted(extendable & manifest.config.keys()):
        number = manifest.config[key]
        for smaller in range(number if isinstance(number, int) else 0):
            config = {**manifest.config, key: smaller}
            if digest(config) == entry.config_hash:
                return config
    return None


def _lost(entry: Transition, manifest: Manifest, extendable: Set[str]) -> LostBoundary:
    config = _config_then(entry, manifest, extendable) or {}
    return LostBoundary(
        entry.position, {key: config[key] for key in sorted(extendable & config.keys())}
    )


def _damaged(directory: Path, journal: Journal, extendable: Set[str]) -> UserError:
    """What to do about a journal with good lines after a damaged one: a cut, if it leads anywhere."""
    what = f"{journal.path} is damaged in line {journal.damaged_line}, before its end, which no kill does"
    try:
        manifest = Manifest.load(directory) or Manifest.load(directory, COPY_FILE)
    except UserError as problem:
        return UserError(f"{what}, and {problem}")
    if manifest is None or _fitting(manifest, journal, extendable) is None:
        return UserError(
            f"{what}, and before the first phase boundary that {MANIFEST_FILE} knows of, so nothing can go on "
            "from what is left: restore it from a backup or start a new run"
        )
    return UserError(
        f"{what}: restore it from a backup, or cut it there with `truncate -s {journal.good_size} "
        f"{journal.path}` and run the same command again, which computes what comes after again"
    )


def _from_copy(directory: Path, journal: Journal) -> Manifest | None:
    """The state of the manifest's copy if that is good, else None: the manifest's own error counts."""
    try:
        copy = Manifest.load(directory, COPY_FILE)
    except UserError as problem:
        logger.warning("%s", problem)
        return None
    return copy if copy is not None and journal.holds(copy.journal) else None
