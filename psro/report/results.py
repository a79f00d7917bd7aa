"""Every committed file of battles, looked into once: how many there are, for what, and which of them broke."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from psro.game.shards import read_header
from psro.machine.errors import UserError
from psro.report.broken import SHARD, BrokenBattle, broken_in
from psro.report.record import read_json
from psro.report.released import read_released

PATTERNS = (
    "*/trajectories/*/*.shard",
    "*/matchups/*.json",
    # A certificate's further responses.
    "*/*/trajectories/*/*.shard",
    "*/*/matchups/*.json",
)
COLLECTING = "training data"
PURPOSES = {
    "select": "choosing checkpoints",
    "measure": "measuring responses",
    "curve": "learning curve",
    "tournament": "tournament",
    "showcase": "showcase",
}
"""First word of a match's label → what its battles are for."""


@dataclass(frozen=True)
class ResultFile:
    """A shard or match result."""

    root: str
    """iteration_<t> or certificate_<t>"""
    purpose: str
    num_battles: int
    """Without the broken ones."""
    broken: tuple[BrokenBattle, ...]


@dataclass(frozen=True)
class Results:
    """Those of a whole run."""

    files: tuple[ResultFile, ...]
    unreadable: tuple[str, ...]
    """What is wrong with files that could not be looked into (damaged since they were committed)."""

    @property
    def broken(self) -> tuple[BrokenBattle, ...]:
        return tuple(battle for file in self.files for battle in file.broken)

    def spent(self) -> dict[str, dict[str, int]]:
        """Root → purpose → battles; roots as they came, purposes in the order they are first met."""
        spent: dict[str, dict[str, int]] = {}
        for file in self.files:
            of_root = spent.setdefault(file.root, {})
            of_root[file.purpose] = of_root.get(file.purpose, 0) + file.num_battles
        return dict(sorted(spent.items(), key=lambda item: _order(item[0])))


def results_of(directory: Path) -> Results:
    """Those of a run; of pruned shards the journal tells. A damaged file is no reason to have no report: it is named."""
    files = [
        ResultFile(
            Path(released.path).parts[0],
            COLLECTING,
            released.told["num_battles"],
            tuple(broken_in(released.path, dict(released.told))),
        )
        for released in read_released(directory)
        if not (directory / released.path).exists()
    ]
    unreadable = []
    for path in _paths(directory):
        try:
            files.append(_look_into(path, path.relative_to(directory)))
        except UserError as error:
            unreadable.append(str(error))
    return Results(tuple(files), tuple(unreadable))


def _paths(directory: Path) -> Iterator[Path]:
    for pattern in PATTERNS:
        yield from sorted(directory.glob(pattern))


def _look_into(path: Path, relative: Path) -> ResultFile:
    if path.suffix == SHARD:
        data, purpose = read_header(path), COLLECTING
    else:
        word = path.stem.partition("_")[0]
        data, purpose = read_json(path), PURPOSES.get(word, word)
    return ResultFile(
        relative.parts[0],
        purpose,
        len(data["outcomes"]),
        tuple(broken_in(relative.as_posix(), data)),
    )


def _order(root: str) -> tuple[int, bool]:
    """A certificate comes after the iteration whose σ it is about."""
    kind, _, number = root.rpartition("_")
    return int(number), kind == "certificate"
