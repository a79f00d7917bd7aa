"""One self-describing file of trajectories.

Layout: 8 bytes magic, 8 bytes little-endian header length, header (JSON), then the arrays, each
zstd-compressed, in the header's order. The header names spec, reward, episodes, outcomes, failures,
and for every array its dtype, shape, size and sha256; its own sha256 stands after the length.
"""

import hashlib
import math
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import zstandard
from numpy.typing import NDArray

from psro.game.battles import Failure, Outcome, PlayResult
from psro.game.spec import ObservationSpec
from psro.game.trajectories import Episode, Trajectories
from psro.machine.errors import UserError

MAGIC = b"PSROSHD1"
VERSION = 1
_LEVEL = 3


@dataclass(frozen=True)
class Shard:
    """What one file holds."""

    header: dict[str, Any]
    result: PlayResult


def encode_shard(result: PlayResult, meta: dict[str, Any]) -> bytes:
    """The bytes of a shard; `meta` (JSON-able) is kept in the header as it is. Deterministic."""
    trajectories = result.trajectories
    arrays = {} if trajectories is None else _arrays_of(trajectories)
    compressor = zstandard.ZstdCompressor(level=_LEVEL)
    blocks, entries = [], []
    for name, array in arrays.items():
        block = compressor.compress(np.ascontiguousarray(array).data)
        blocks.append(block)
        entries.append(
            {
                "name": name,
                "dtype": str(array.dtype),
                "shape": list(array.shape),
                "size": len(block),
                "sha256": hashlib.sha256(block).hexdigest(),
            }
        )
    header: dict[str, Any] = {
        "format": "psro shard",
        "version": VERSION,
        "meta": meta,
        "outcomes": [outcome.to_json() for outcome in result.outcomes],
        "failures": [asdict(failure) for failure in result.failures],
        "arrays": entries,
    }
    if trajectories is not None:
        header["spec"] = trajectories.spec.to_json()
        header["reward"] = trajectories.reward
        header["episodes"] = [list(vars(episode).values()) for episode in trajectories.episodes]
    encoded = orjson.dumps(header)
    return b"".join(
        [
            MAGIC,
            len(encoded).to_bytes(8, "little"),
            hashlib.sha256(encoded).digest(),
            encoded,
            *blocks,
        ]
    )


def read_header(path: Path) -> dict[str, Any]:
    """The header alone. Raises UserError naming the file when it is not a whole shard's."""
    with open(path, "rb") as file:
        return _read_header(file.read(48), path, file.read)


def num_decisions(header: dict[str, Any]) -> int:
    """How many recorded decisions the shard of a header holds."""
    return sum(entry["shape"][0] for entry in header["arrays"] if entry["name"] == "actions")


def read_shard(path: Path) -> Shard:
    """The whole shard, every checksum verified. Raises UserError naming the file and what to do."""
    data = path.read_bytes()
    position = 48

    def read(size: int) -> bytes:
        nonlocal position
        position += size
        return data[position - size : position]

    header = _read_header(data[:48], path, read)
    decompressor = zstandard.ZstdDecompressor()
    arrays: dict[str, NDArray[Any]] = {}
    for entry in header["arrays"]:
        block = read(entry["size"])
        if hashlib.sha256(block).hexdigest() != entry["sha256"]:
            raise _corrupt(path, f"array {entry['name']} does not match its checksum")
        raw = decompressor.decompress(
            block,
            max_output_size=math.prod(entry["shape"]) * np.dtype(entry["dtype"]).itemsize or 1,
        )
        arrays[entry["name"]] = np.frombuffer(raw, entry["dtype"]).reshape(entry["shape"])
    if position != len(data):
        raise _corrupt(path, f"{len(data)} bytes, not {position}")
    outcomes = tuple(Outcome.from_json(row) for row in header["outcomes"])
    failures = tuple(
        Failure(f["seed"], (f["policies"][0], f["policies"][1]), f["reason"])
        for f in header["failures"]
    )
    trajectories = _trajectories_from(header, arrays) if "spec" in header else None
    return Shard(header, PlayResult(outcomes, failures, trajectories))


def _arrays_of(trajectories: Trajectories) -> dict[str, NDArray[Any]]:
    arrays: dict[str, NDArray[Any]] = {
        **{f"observations/{name}": array for name, array in trajectories.observations.items()},
        "legal_mask": np.packbits(trajectories.legal_mask, axis=1),
        "actions": trajectories.actions,
        "rewards": trajectories.rewards,
        "offsets": trajectories.offsets,
    }
    if trajectories.action_values is not None:
        arrays["action_values"] = trajectories.action_values
    return arrays


def _trajectories_from(header: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> Trajectories:
    spec = ObservationSpec.from_json(header["spec"])
    mask = np.unpackbits(arrays["legal_mask"], axis=1, count=spec.num_actions).astype(np.bool_)
    prefix = "observations/"
    return Trajectories(
        spec=spec,
        reward=header["reward"],
        observations={
            name.removeprefix(prefix): array
            for name, array in arrays.items()
            if name.startswith(prefix)
        },
        legal_mask=mask,
        actions=arrays["actions"],
        rewards=arrays["rewards"],
        offsets=arrays["offsets"],
        episodes=tuple(Episode(*row) for row in header["episodes"]),
        action_values=arrays.get("action_values"),
    )


def _read_header(start: bytes, path: Path, read: Any) -> dict[str, Any]:
    if len(start) < 48 or start[:8] != MAGIC:
        raise _corrupt(path, "it does not begin as a shard does")
    size = int.from_bytes(start[8:16], "little")
    encoded = read(size) if size <= path.stat().st_size else b""
    if hashlib.sha256(encoded).digest() != start[16:48]:
        raise _corrupt(path, "its header does not match its checksum")
    header: dict[str, Any] = orjson.loads(encoded)
    if header["version"] != VERSION:
        raise UserError(
            f"shard {path} has version {header['version']}, this program reads {VERSION}: go on with the "
            "code version that wrote it (manifest.json names it)"
        )
    return header


def _corrupt(path: Path, what: str) -> UserError:
    return UserError(
        f"shard {path} is corrupt: {what}. Delete it and run again: its unit is played anew."
    )
