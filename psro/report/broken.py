"""Battles that broke: counted and named, for they are in no result."""

from collections.abc import Iterator
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
    """Those of one committed file; none for a file that is neither shard nor match result."""
    path = directory / relative
    if path.suffix == SHARD:
        return _named(relative, read_header(path))
    if path.suffix == ".json" and path.parent.name == "matchups":
        return _named(relative, read_json(path))
    return []


def all_broken_battles(directory: Path) -> Iterator[BrokenBattle]:
    """Those of a whole run, file by file."""
    for pattern in ("*/trajectories/*/*.shard", "*/matchups/*.json"):
        for path in sorted(directory.glob(pattern)):
            yield from broken_battles_in(directory, path.relative_to(directory).as_posix())


def _named(relative: str, data: Json) -> list[BrokenBattle]:
    return [
        BrokenBattle(relative, failure["seed"], tuple(failure["policies"]), failure["reason"])
        for failure in data["failures"]
    ]
