"""Which run directories the command line means."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from psro.machine.errors import UserError
from psro.machine.journal import JOURNAL_FILE
from psro.machine.lock import LOCK_FILE
from psro.machine.manifest import MANIFEST_FILE

TRACES = (MANIFEST_FILE, JOURNAL_FILE, LOCK_FILE, "slurm_progress")
"""A directory with one of these is a run's; the last is slurm/psro.sh's."""
MAX_DEPTH = 3
"""So many levels below a directory are searched: runs/<name>/seed_<seed>, and one more for sweeps."""


def run_directories(paths: Sequence[Path]) -> list[Path]:
    """Each path that is a run, and every run below one that is not; an empty directory is a run to be.

    Raises: UserError for a path that is none of these.
    """
    found: list[Path] = []
    for path in paths:
        if not path.is_dir():
            raise UserError(
                f"{path} is no directory: give a run directory such as runs/phase1/seed_0 or one above "
                "some (a job that waits in a queue makes its own when it starts)"
            )
        below = list(_runs_in(path, MAX_DEPTH))
        if not below and any(path.iterdir()):
            raise UserError(
                f"{path} is no run directory and there is none below it ({MAX_DEPTH} levels were "
                "searched): give one such as runs/phase1/seed_0"
            )
        found += below or [path]
    return list(dict.fromkeys(found))


def _runs_in(path: Path, depth: int) -> Iterator[Path]:
    """In the order of their names; a run may hold no other, so it is not searched."""
    if any((path / name).exists() for name in TRACES):
        yield path
    elif depth:
        for below in sorted(path.iterdir()):
            # Links are followed (runs/ often leads to a scratch disk); the depth ends circles.
            if below.is_dir() and not below.name.startswith("."):
                yield from _runs_in(below, depth - 1)
