"""The manifest: what the run is, where it is, and how it got there; replaced at phase boundaries."""

import json
from collections.abc import Mapping, Set
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from psro.machine.canonical import as_json, digest
from psro.machine.durable import atomic_write
from psro.machine.errors import UserError
from psro.machine.journal import JournalMark

MANIFEST_FILE = "manifest.json"
SCHEMA_VERSION = 1

RUNNING = "running"
PREEMPTED = "preempted"
FAILED = "failed"
DONE = "done"


@dataclass(frozen=True)
class Transition:
    """One entry of the run's history: when (UTC, ISO 8601), who (Identity), where (Position), why."""

    time: str
    host: str
    pid: int
    job_id: str | None
    restart_count: int
    position: Mapping[str, Any]
    note: str


@dataclass(frozen=True)
class Manifest:
    """All that manifest.json holds.

    config: the semantic fields as a flat {"oracle.num_epochs": 3}; config_hash: their sha256.
    versions: of Python and the libraries that make the bits. position: Position as JSON.
    journal: how far the journal was when this manifest was written.
    """

    run_id: str
    algorithm: str
    code_version: str
    versions: Mapping[str, str]
    config: Mapping[str, Any]
    position: Mapping[str, Any]
    status: str
    journal: JournalMark = field(default_factory=JournalMark)
    history: tuple[Transition, ...] = ()
    schema_version: int = SCHEMA_VERSION

    @property
    def config_hash(self) -> str:
        """Hex sha256 of the semantic config."""
        return digest(self.config)

    def save(self, directory: Path) -> None:
        """Replace `directory`/manifest.json, durably. Raises: UserError when the disk is full."""
        body = asdict(self)
        body["config_hash"] = self.config_hash
        body = as_json(body)
        text = json.dumps({**body, "checksum": digest(body)}, indent=2, sort_keys=True)
        atomic_write(directory / MANIFEST_FILE, text.encode() + b"\n")

    @classmethod
    def load(cls, directory: Path) -> "Manifest | None":
        """The manifest of `directory`; None if there is none.

        Raises: UserError if it is torn, edited or of another schema version.
        """
        path = directory / MANIFEST_FILE
        try:
            data = path.read_bytes()
        except FileNotFoundError:
            return None
        try:
            body = json.loads(data)
            checksum = body.pop("checksum")
            version = body["schema_version"]
        except (ValueError, AttributeError, KeyError, TypeError):
            raise UserError(
                f"{path} is torn or is no manifest ({len(data)} bytes): restore it from a backup "
                "or start a new run in another directory"
            ) from None
        if version != SCHEMA_VERSION:
            raise UserError(
                f"{path} has schema version {version}, this program reads {SCHEMA_VERSION}: go on "
                f"with the code version that wrote it ({body.get('code_version')}) or start a new "
                "run"
            )
        if checksum != digest(body):
            raise UserError(
                f"{path} does not match its own checksum, so it was edited or damaged: restore it "
                "from a backup or start a new run in another directory"
            )
        del body["config_hash"]
        body["journal"] = JournalMark(**body["journal"])
        body["history"] = tuple(Transition(**entry) for entry in body["history"])
        return cls(**body)


def raised_keys(
    old: Mapping[str, Any], new: Mapping[str, Any], extendable: Set[str]
) -> dict[str, tuple[Any, Any]]:
    """Compare the config a run was started with and the one it is to go on with.

    extendable: keys whose number may be raised (how many iterations), which extends the run.

    Returns: {key: (old, new)} of the raised keys; empty if nothing changed.
    Raises: UserError listing every other difference, old -> new.
    """
    old, new = as_json(dict(old)), as_json(dict(new))
    raised, refused = {}, []
    for key in sorted(old.keys() | new.keys()):
        if key in old and key in new and old[key] == new[key] and type(old[key]) is type(new[key]):
            continue
        if key not in old:
            refused.append(f"{key}: (not there) -> {new[key]!r}")
        elif key not in new:
            refused.append(f"{key}: {old[key]!r} -> (not there)")
        elif key in extendable and _is_raised(old[key], new[key]):
            raised[key] = (old[key], new[key])
        else:
            only_up = " (can only be raised)" if key in extendable else ""
            refused.append(f"{key}: {old[key]!r} -> {new[key]!r}{only_up}")
    if refused:
        raise UserError(
            f"this run was started with another config: {'; '.join(refused)}. Go on with the old "
            "values, or start a new run under another name or seed"
        )
    return raised


def _is_raised(old: Any, new: Any) -> bool:
    numbers = all(isinstance(x, int | float) and not isinstance(x, bool) for x in (old, new))
    return numbers and new > old
