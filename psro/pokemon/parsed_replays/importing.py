"""A directory of parsed replays → shards and the index beside them, bucket by bucket, again only where files changed.

A file's bucket depends on its name alone, so a shard is a random sample of the battles, added files change few of them, and what was
read stays read. A bucket's note says from which files, and which of their contents, its shard was made: files whose name, size and
time are the same are not opened again; where those differ and the contents do not (a copy), nothing is read anew either.
"""

import hashlib
import os
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import orjson

from psro.game.battles import PlayResult
from psro.game.replay_data import ReplayShard
from psro.game.shards import encode_shard
from psro.game.trajectories import Episode, Trajectories
from psro.machine.canonical import digest
from psro.machine.durable import atomic_write, sha256_of
from psro.machine.errors import UserError
from psro.machine.seeds import seed_from
from psro.pokemon.observations.tokenizer import VOCABULARY, own_tokenizer
from psro.pokemon.observations.views import spec_of
from psro.pokemon.parsed_replays.episodes import ReadEpisode, episode_of
from psro.pokemon.parsed_replays.file_names import without_ending
from psro.pokemon.parsed_replays.reading import ReplayFile, Unusable, read_file
from psro.pokemon.rewards import Reward, make_reward

VIEW = "metamon"
IMPORTER = 1
"""Raised when the same files give other shards."""
FILES_PER_BUCKET = 1000
"""At most, on average: what one process holds at a time, some 20 MB of arrays."""

Stamp = tuple[str, int, int]
"""A file's name, size and time of change in nanoseconds."""


@dataclass(frozen=True)
class Bucket:
    """One shard's worth of files; what a worker process is given."""

    source: str
    destination: str
    battle_format: str
    reward: str
    reward_arguments: dict[str, Any]
    label: str
    """000_of_256"""
    files: tuple[Stamp, ...]
    """By name."""

    @property
    def key(self) -> str:
        """What a shard depends on beside its files."""
        return _key(self.battle_format, self.reward, digest(self.reward_arguments))

    @property
    def note(self) -> Path:
        """Where what was made of it is written."""
        return Path(self.destination, f"shard_{self.label}.json")


@dataclass
class Note:
    """What became of a bucket."""

    key: str
    stamp: str
    """Digest of the files' names, sizes and times."""
    content: str
    """Digest of their names and contents."""
    shard: ReplayShard | None
    """None where none of its files could be used."""
    num_files: int
    num_missing: int = 0
    num_not_offered: int = 0
    num_undecided: int = 0
    unknown_words: dict[str, int] = field(default_factory=dict)
    skipped: list[tuple[str, str, str]] = field(default_factory=list)
    """File, reason, detail."""


def find_files(directory: Path, battle_format: str) -> tuple[Path, list[Stamp], list[str]]:
    """The folder of the format (`directory` or `directory`/gen1ou), its replays by name, and the names of what else lies there.

    Raises: UserError where there is no such folder, or no replay in it.
    """
    inside = directory / battle_format
    folder = inside if inside.is_dir() else directory
    if not folder.is_dir():
        raise UserError(f"{directory} is no directory; name the one that holds {battle_format}/")
    if folder is directory and directory.resolve().name != battle_format:
        there = sorted(path.name for path in directory.iterdir() if path.is_dir())
        raise UserError(
            f"{directory} has no {battle_format}/ in it (there is: {', '.join(there[:8]) or 'nothing'}); parsed replays lie in "
            "<dir>/<format>/*.json[.lz4]"
        )
    found: list[Stamp] = []
    others: list[str] = []
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir() or without_ending(entry.name) is None:
                others.append(entry.name)
                continue
            about = entry.stat()
            found.append((entry.name, about.st_size, about.st_mtime_ns))
    if not found:
        raise UserError(f"{folder} holds no *.json or *.json.lz4 file")
    return folder, sorted(found), sorted(others)


def plan(
    folder: Path,
    files: list[Stamp],
    destination: Path,
    battle_format: str,
    reward: str,
    reward_arguments: Mapping[str, Any],
) -> list[Bucket]:
    """The buckets of all files; a power of two of them, by the files' number."""
    num_buckets = 1
    while num_buckets * FILES_PER_BUCKET < len(files):
        num_buckets *= 2
    sorted_in: list[list[Stamp]] = [[] for _ in range(num_buckets)]
    for file in files:
        stem = without_ending(file[0])
        assert stem is not None
        sorted_in[seed_from("parsed replay", stem) % num_buckets].append(file)
    return [
        Bucket(
            str(folder),
            str(destination),
            battle_format,
            reward,
            dict(reward_arguments),
            f"{place:03d}_of_{num_buckets:03d}",
            tuple(inside),
        )
        for place, inside in enumerate(sorted_in)
        if inside
    ]


def known_note(bucket: Bucket) -> Note | None:
    """What was made of the very same files before; None where there is nothing, or not from these. Opens no replay."""
    note = _read_note(bucket)
    return note if note is not None and note.stamp == _stamp(bucket) else None


def import_bucket(bucket: Bucket) -> Note:
    """Makes the bucket's shard and its note, unless the contents of its files are those of before. Raises OSError where the disk refuses."""
    note = _read_note(bucket)
    content = _content(bucket)
    if note is None or note.content != content:
        note = _imported(bucket, content)
    note.stamp = _stamp(bucket)
    atomic_write(bucket.note, orjson.dumps(asdict(note)))
    return note


def _imported(bucket: Bucket, content: str) -> Note:
    note = Note(bucket.key, "", content, None, len(bucket.files))
    unknown: Counter[str] = Counter()
    kept: list[tuple[ReadEpisode, Episode]] = []
    for stem, read in _episodes(bucket, unknown, note):
        file, episode = read
        kept.append(
            (
                episode,
                Episode(
                    seed_from("parsed replay", stem), 0, file.player, file.opponent, episode.score
                ),
            )
        )
        note.num_missing += episode.num_missing
        note.num_not_offered += episode.num_not_offered
        note.num_undecided += episode.score == 0.5
    note.unknown_words = dict(sorted(unknown.items()))
    if kept:
        name = f"shard_{bucket.label}.shard"
        trajectories = _joined(kept, bucket.reward)
        meta = {"files": len(kept), "content": content, "importer": bucket.key}
        path = Path(bucket.destination, name)
        atomic_write(path, encode_shard(PlayResult((), (), trajectories), meta))
        note.shard = ReplayShard(name, sha256_of(path), len(kept), trajectories.num_steps)
    return note


def _episodes(
    bucket: Bucket, unknown: Counter[str], note: Note
) -> Iterator[tuple[str, tuple[ReplayFile, ReadEpisode]]]:
    reward = _reward(bucket.reward, orjson.dumps(bucket.reward_arguments))
    stems: set[str] = set()
    for name, _, _ in bucket.files:
        stem = without_ending(name)
        assert stem is not None
        try:
            if stem in stems:
                raise Unusable("a second copy of a battle", stem)
            file = read_file(Path(bucket.source, name), bucket.battle_format)
            episode = episode_of(file, own_tokenizer(), reward, unknown)
        except Unusable as why:
            note.skipped.append((name, why.reason, why.detail))
            continue
        stems.add(stem)
        yield stem, (file, episode)


def _joined(kept: list[tuple[ReadEpisode, Episode]], reward: str) -> Trajectories:
    reads = [read for read, _ in kept]
    return Trajectories(
        spec=spec_of(VIEW),
        reward=reward,
        observations={
            "words": np.concatenate([read.words for read in reads]),
            "numbers": np.concatenate([read.numbers for read in reads]),
        },
        legal_mask=np.concatenate([read.legal_mask for read in reads]),
        actions=np.concatenate([read.actions for read in reads]),
        rewards=np.concatenate([read.rewards for read in reads]),
        offsets=np.cumsum([0] + [len(read.actions) for read in reads]).astype(np.int64),
        episodes=tuple(episode for _, episode in kept),
    )


@cache
def _key(battle_format: str, reward: str, arguments: str) -> str:
    return digest([IMPORTER, battle_format, VIEW, reward, arguments, sha256_of(VOCABULARY)])


@cache
def _reward(name: str, arguments: bytes) -> Reward:
    return make_reward(name, orjson.loads(arguments))


def _stamp(bucket: Bucket) -> str:
    return digest([list(file) for file in bucket.files])


def _content(bucket: Bucket) -> str:
    lines = hashlib.sha256()
    for name, _, _ in bucket.files:
        contents = hashlib.sha256(Path(bucket.source, name).read_bytes()).hexdigest()
        lines.update(f"{name} {contents}\n".encode())
    return lines.hexdigest()


def _read_note(bucket: Bucket) -> Note | None:
    """The bucket's note, where it was made as it would be today and its shard is whole."""
    try:
        read = orjson.loads(bucket.note.read_bytes())
    except FileNotFoundError:
        return None
    except orjson.JSONDecodeError:
        return None  # not one of ours: it is written anew
    if read.get("key") != bucket.key:
        return None
    shard = None if read["shard"] is None else ReplayShard(**read["shard"])
    if shard is not None:
        path = Path(bucket.destination, shard.file)
        if not path.is_file() or sha256_of(path) != shard.sha256:
            return None
    return Note(**read | {"shard": shard, "skipped": [tuple(entry) for entry in read["skipped"]]})
