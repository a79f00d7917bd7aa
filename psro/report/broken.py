"""Battles that broke: counted and named, for they are in no result."""

from dataclasses import dataclass
from pathlib import Path

from psro.game.shards import read_header
from psro.report.record import Json, read_json

SHARD = ".shard"


@dataclass(frozen=True)
class BrokenBattle:
    """One of them, as its unit's result file names it."""

    file: str
    """Relative to the run directory."""
    seed: int
    policies: tuple[str, str]
    reason: str


def broken_battles_in(directory: Path, relative: str) -> list[BrokenBattle]:
    """Those of one result file; none for a file that is neither shard nor match result.

    Raises UserError for a damaged one.
    """
    path = directory / relative
    if path.suffix == SHARD:
        return broken_in(relative, read_header(path))
    if path.suffix == ".json" and path.parent.name == "matchups":
        return broken_in(relative, read_json(path))
    return []


def broken_in(relative: str, data: Json) -> list[BrokenBattle]:
    """Those that the content of a result file names."""
    return [
        BrokenBattle(relative, failure["seed"], tuple(failure["policies"]), failure["reason"])
        for failure in data["failures"]
    ]
