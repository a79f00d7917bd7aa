"""Where a run goes on when its manifest and its journal do not fit each other any more.

A kill leaves them fitting; damage does not. The manifest has a copy, and its history says where
the run was at each boundary and how far the journal was then, so a journal that has lost its end
takes the run back to the newest boundary it still knows of.
"""

import logging
from dataclasses import replace
from pathlib import Path

from psro.machine.errors import UserError
from psro.machine.journal import Journal
from psro.machine.manifest import COPY_FILE, MANIFEST_FILE, RUNNING, Manifest, NewerSchema

logger = logging.getLogger(__name__)


def last_good_state(directory: Path, journal: Journal) -> tuple[Manifest | None, str]:
    """The manifest to go on from, and what had to be done for it, in words ("": nothing).

    Returns: (None, "") for a run that has not begun.
    Raises: UserError where manifest.json, its copy and the journal give no state that is safe.
    """
    try:
        manifest = Manifest.load(directory)
        if manifest is not None:
            state = _fitting(manifest, journal)
            if state is not None:
                return state, "" if state is manifest else _rewound(manifest, journal)
            journal.require(manifest.journal)  # says what is wrong
        elif journal.mark.num_records:
            raise UserError(
                f"{directory} has a {journal.path.name} but no {MANIFEST_FILE}: restore the manifest "
                "from a backup, or start a new run in another directory"
            )
    except NewerSchema:
        raise
    except UserError as problem:
        state = _from_copy(directory, journal)
        if state is None:
            raise
        logger.warning("%s. Going on from its copy %s", problem, directory / COPY_FILE)
        return state, f"{MANIFEST_FILE} was damaged, gone on from its copy"
    return manifest, ""


def _fitting(manifest: Manifest, journal: Journal) -> Manifest | None:
    """`manifest`, or what it was at the newest boundary that `journal` still goes on from."""
    if journal.holds(manifest.journal):
        return manifest
    if journal.mark.num_records >= manifest.journal.num_records:
        return None  # nothing is lost, it is other
    for entry in reversed(manifest.history):
        # Under another config the phases were others. Every journal goes on from "no lines": that
        # says nothing.
        same_config = entry.config_hash == manifest.config_hash
        mark = entry.journal
        if same_config and mark is not None and mark.num_records and journal.holds(mark):
            return replace(manifest, position=entry.position, journal=mark, status=RUNNING)
    return None


def _rewound(manifest: Manifest, journal: Journal) -> str:
    found, known = journal.mark.num_records, manifest.journal.num_records
    note = f"{journal.path.name} has {found} lines where {MANIFEST_FILE} knows of {known}"
    logger.warning(
        "%s: %s. The run goes back to the last boundary before the loss; what was committed since is "
        "computed again",
        journal.path.parent,
        note,
    )
    return note


def _from_copy(directory: Path, journal: Journal) -> Manifest | None:
    """The state of the manifest's copy if that is good, else None: the manifest's own error counts."""
    try:
        copy = Manifest.load(directory, COPY_FILE)
    except UserError as problem:
        logger.warning("%s", problem)
        return None
    return copy if copy is not None and journal.holds(copy.journal) else None
