"""Shards that no later phase reads are released: psro.shards=prune.

A response's shards are read by its own trainings, and their headers by the SOLVE (or CERTIFY) that says whom it met.
The founding replay data is read for as long as there are responses, if they are trained on it.
"""

from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from psro.game.shards import num_decisions, read_header
from psro.machine.run import Run
from psro.phases import layout


@dataclass(frozen=True)
class Over:
    """What of a run is over, so that nothing in it collects or trains again."""

    founding: bool
    """Whether the base policies are trained."""
    iterations: int
    """The last iteration whose SOLVE is over."""
    certificates: int
    """The last σ whose CERTIFY is over, or was left out."""


def prune(run: Run[Any], over: Over, keeps_replay: bool) -> None:
    """Releases the shards of what is over.

    keeps_replay: whether responses are trained on the founding replay data; a run may always be extended.
    """
    roots = {layout.iteration(index) for index in range(1, over.iterations + 1)}
    roots |= {layout.certificate(index) for index in range(over.certificates + 1)}
    if over.founding:
        roots.add(layout.iteration(0))
    kept = {layout.trajectories(layout.iteration(0), layout.REPLAY)} if keeps_replay else set()
    run.release(
        [
            path
            for path in run.committed_files()
            if layout.is_shard(path)
            and PurePosixPath(path).parts[0] in roots
            and str(PurePosixPath(path).parent) not in kept
        ],
        told,
    )


def told(path: Path) -> dict[str, Any]:
    """What the report goes on telling of a shard: what it held, and the battles that broke.

    Raises: UserError for a file that is no whole shard.
    """
    header = read_header(path)
    return {
        "num_battles": len(header["outcomes"]),
        "num_decisions": num_decisions(header),
        "failures": header["failures"],
    }
