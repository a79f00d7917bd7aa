"""Battles that broke: counted and named, for they are in no result."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from psro.game.shards import read_header
from psro.machine.errors import UserError
from psro.report.record import read_json
from psro.report.released import read_released

SHARD = ".shard"


@dataclass(frozen=True)
class BrokenBattle:
    """One of them, as its unit's result file names it."""

    file: str
    """Relative to the run directory."""
    seed: int
    policies: tuple[str, str]
    reason: str


@dataclass(frozen=True)
class Breakage:
    """What broke in a whole run."""

    battles: tuple[BrokenBattle, ...]
    unreadable: tuple[str, ...]
    """What is wrong with files that could not be looked into (damaged since they were committed)."""


def broken_battles_in(directory: Path, relative: str) -> list[BrokenBattle]:
    """Those of one result file; none for a file that is neither shard nor match result.

    Raises UserError for a damaged one.
    """
    path = directory / relative
    if path.suffix == SHARD:
        return _named(relative, read_header(path))
    if path.suffix == ".json" and path.parent.name == "matchups":
        return _named(relative, read_json(path))
    return []


def breakage_of(directory: Path) -> Breakage:
    """That of a run, file by file; of pruned shards the journal tells.

    A damaged file is no reason to have no report: it is named.
    """
    battles: list[BrokenBattle] = []
    for released in read_released(directory):
        if not (directory / released.path).exists():
            battles += _named(released.path, released.told)
    unreadable = []
    for pattern in ("*/trajectories/*/*.shard", "*/matchups/*.json"):
        for path in sorted(directory.glob(pattern)):
            try:
                battles += broken_battles_in(directory, path.relative_to(directory).as_posix())
            except UserError as error:
                unreadable.append(str(error))
    return Breakage(tuple(battles), tuple(unreadable))


def _named(relative: str, data: Mapping[str, Any]) -> list[BrokenBattle]:
    return [
        BrokenBattle(relative, failure["seed"], tuple(failure["policies"]), failure["reason"])
        for failure in data["failures"]
    ]
