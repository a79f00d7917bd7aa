"""metamon's checkpoints on the command line: `metamon:SyntheticRLV2@40`, or `metamon{path: …, model: small}`.

A checkpoint is written once as a policy of this program (policy.json, weights, words), under a name that follows from its contents and
its settings; from then on it is like any other policy's directory.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import orjson

from psro import wiring
from psro.game.policies import PolicyRecord
from psro.machine.canonical import digest
from psro.machine.durable import atomic_write, sha256_of
from psro.machine.errors import UserError
from psro.phases.config import MemberConfig

KIND = "metamon"
RECORD = "policy.json"
_NAMED = re.compile(r"metamon:(?P<agent>[^@]*)(@(?P<epoch>.*))?")


def named(text: str) -> dict[str, Any] | None:
    """The arguments that `metamon:AGENT[@EPOCH]` is short for; None for other words. Raises UserError for an epoch that is none."""
    found = _NAMED.fullmatch(text)
    if found is None:
        return None
    if not found["agent"]:
        raise UserError(
            f"{text}: which of metamon's agents? Write metamon:SyntheticRLV2, or metamon:SyntheticRLV2@48 for one of its epochs"
        )
    epoch = found["epoch"]
    if epoch is None:
        return {"agent": found["agent"]}
    if not epoch.isdecimal():
        raise UserError(f"{text}: the epoch {epoch!r} is no whole number; write metamon:AGENT@48")
    return {"agent": found["agent"], "epoch": int(epoch)}


def written(text: str, arguments: Mapping[str, Any], below: Path) -> Path:
    """The directory below `below` of the policy that a checkpoint becomes; made where it is not there yet.

    arguments: as of a population entry (docs/how-to/metamon-checkpoints.md). Raises UserError, naming `text`, where the checkpoint is missing,
    damaged, or of another architecture.
    """
    member = MemberConfig(KIND, dict(arguments))
    try:
        name = _name_of(arguments)
        checkpoint, tokenizer = wiring.checkpoint_files(name, member)
        key = [sha256_of(checkpoint), sha256_of(tokenizer), dict(arguments) | {"path": ""}]
        directory = below / f"{name}_{digest(key)[:12]}"
        if not (directory / RECORD).is_file():
            _write(directory, *wiring.import_policy(name, member))
    except UserError as error:
        raise UserError(f"{text}: {str(error).removeprefix('config: ')}") from error
    return directory.resolve()


def _write(directory: Path, record: PolicyRecord, files: Mapping[str, bytes]) -> None:
    for name, data in files.items():
        atomic_write(directory / name, data)
    # Last: a directory that has it is whole.
    atomic_write(directory / RECORD, orjson.dumps(record.to_json(), option=orjson.OPT_INDENT_2))


def _name_of(arguments: Mapping[str, Any]) -> str:
    name = str(arguments.get("agent") or Path(str(arguments.get("path", KIND))).stem)
    epoch = arguments.get("epoch")
    return re.sub(r"[^A-Za-z0-9_-]+|__+", "-", name if epoch is None else f"{name}_{epoch}")
