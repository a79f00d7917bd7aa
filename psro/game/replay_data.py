"""Replay data that was made outside a run: a directory of shards and the index that names them.

The index, replay_data.json, is written last, so a directory without one is not whole. A run names its digest in the manifest: what
the data holds is part of the config, where it lies is not.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import orjson

from psro.machine.canonical import digest
from psro.machine.durable import atomic_write
from psro.machine.errors import UserError
from psro.machine.seeds import rng_from

INDEX = "replay_data.json"
VERSION = 1


@dataclass(frozen=True)
class ReplayShard:
    """One file of an index."""

    file: str
    """Relative to the directory."""
    sha256: str
    num_battles: int
    """Episodes: sides of battles."""
    num_decisions: int


@dataclass(frozen=True)
class ReplayData:
    """What replay_data.json says."""

    directory: Path
    view: str
    """The array view of its shards."""
    reward: str
    """As `reward_key` names it."""
    shards: tuple[ReplayShard, ...]
    about: dict[str, Any]
    """Where it comes from and what was left out, for people."""

    @property
    def num_battles(self) -> int:
        return sum(shard.num_battles for shard in self.shards)

    @property
    def digest(self) -> str:
        """Hex sha256 of what it holds."""
        return digest([self.view, self.reward, [asdict(shard) for shard in self.shards]])

    def draw(self, num_battles: int, *seed_parts: str | int) -> list[Path]:
        """Shards with at least `num_battles` battles together (all, where there are not so many), drawn by the key; absolute paths, in the index's order."""
        order = rng_from("replay data", *seed_parts).permutation(len(self.shards))
        taken, found = set(), 0
        for place in order.tolist():
            if found >= num_battles:
                break
            taken.add(place)
            found += self.shards[place].num_battles
        return [self.directory / self.shards[place].file for place in sorted(taken)]


def write_replay_data(
    directory: Path, view: str, reward: str, shards: Sequence[ReplayShard], about: dict[str, Any]
) -> ReplayData:
    """Writes the index; its shards must be there. Returns what `read_replay_data` will."""
    written = {
        "format": "psro replay data",
        "version": VERSION,
        "view": view,
        "reward": reward,
        "shards": [asdict(shard) for shard in shards],
        "about": about,
    }
    atomic_write(directory / INDEX, orjson.dumps(written, option=orjson.OPT_INDENT_2))
    return ReplayData(directory, view, reward, tuple(shards), about)


def read_replay_data(directory: Path) -> ReplayData:
    """The index of a directory. Raises UserError where there is none, it is damaged, or a shard is missing."""
    path = directory / INDEX
    try:
        read = json.loads(path.read_bytes())
        shards = tuple(ReplayShard(**entry) for entry in read["shards"])
        found = ReplayData(directory.resolve(), read["view"], read["reward"], shards, read["about"])
    except FileNotFoundError:
        raise UserError(
            f"{directory} is no replay data: {INDEX} is missing. Parsed replays are read once by "
            f"`python -m psro.import_replays {directory} <new directory>`; then name that directory"
        ) from None
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise UserError(f"{path} cannot be read ({error!r}); import the replays again") from error
    if read["version"] != VERSION:
        raise UserError(
            f"{path} has version {read['version']}, this program reads {VERSION}; import the replays again"
        )
    for shard in shards:
        if not (directory / shard.file).is_file():
            raise UserError(
                f"replay data {directory}: {shard.file} is missing; import the replays again"
            )
    return found


def reward_key(name: str, arguments: dict[str, Any]) -> str:
    """A reward and its arguments in a word, to compare: `potential gamma=0.98`."""
    return " ".join([name, *(f"{key}={arguments[key]}" for key in sorted(arguments))])
