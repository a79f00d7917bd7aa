"""The manifest: what the run is, where it is, and how it got there; replaced at phase boundaries."""

import json
from collections.abc import Mapping, Set
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from psro.machine.canonical import as_json, digest
from psro.machine.durable import atomic_write
from psro.machine.errors import UserError
from psro.machine.journal import JournalMark
from psro.machine.schema import SCHEMA_VERSION, UPGRADES, upgraded

MANIFEST_FILE = "manifest.json"
COPY_FILE = ".manifest.copy.json"
"""The same once more, for when the first is damaged."""
CODE = "code"
"""The entry of an environment that names the version of this program."""

RUNNING = "running"
PREEMPTED = "preempted"
FAILED = "failed"
DONE = "done"


class NewerSchema(UserError):
    """The manifest of a newer program: whole, but not for this one."""


Environment = Mapping[str, str]
"""What bits may depend on besides the config: versions, processor, device, by name."""


@dataclass(frozen=True)
class Transition:
    """One entry of the run's history: when (UTC, ISO 8601), who (Identity), where (Position), why.

    environment: index into Manifest.environments. config_hash, journal: the manifest's, then. The
    three are None in what schema version 1 wrote.
    """

    time: str
    host: str
    pid: int
    job_id: str | None
    restart_count: int
    position: Mapping[str, Any]
    note: str
    environment: int | None = None
    config_hash: str | None = None
    journal: JournalMark | None = None


@dataclass(frozen=True)
class Manifest:
    """All that manifest.json holds.

    config: the semantic fields as a flat {"oracle.num_epochs": 3}; config_hash: their sha256.
    environments: every one that the run was in; environment: the index of the one it is in now.
    position: Position as JSON. journal: how far the journal was at the last phase boundary.
    """

    run_id: str
    algorithm: str
    environments: tuple[Environment, ...]
    config: Mapping[str, Any]
    position: Mapping[str, Any]
    status: str
    environment: int = 0
    journal: JournalMark = field(default_factory=JournalMark)
    history: tuple[Transition, ...] = ()
    schema_version: int = SCHEMA_VERSION

    @property
    def config_hash(self) -> str:
        """Hex sha256 of the semantic config."""
        return digest(self.config)

    @property
    def versions(self) -> Environment:
        """The environment it is in now, without the code version."""
        here = self.environments[self.environment]
        return {name: value for name, value in here.items() if name != CODE}

    @property
    def code_version(self) -> str:
        """Of the program that works on it now."""
        return self.environments[self.environment][CODE]

    def moved_to(self, environment: Environment) -> "Manifest":
        """The manifest of the run in `environment`, which it may have been in before."""
        known = [*self.environments]
        if environment not in known:
            known.append(dict(environment))
        return replace(self, environments=tuple(known), environment=known.index(environment))

    def save(self, directory: Path) -> None:
        """Replace `directory`/manifest.json, then its copy, durably. Raises: UserError as atomic_write."""
        # For people: the first thing they ask is which code and config this was.
        derived = {"code_version": self.code_version, "config_hash": self.config_hash}
        body = as_json(asdict(self) | derived)
        text = json.dumps({**body, "checksum": digest(body)}, indent=2, sort_keys=True)
        for name in (MANIFEST_FILE, COPY_FILE):
            atomic_write(directory / name, text.encode() + b"\n")

    @classmethod
    def load(cls, directory: Path, name: str = MANIFEST_FILE) -> "Manifest | None":
        """The manifest of `directory`, upgraded from an older schema version; None if there is none.

        Raises: UserError if it is torn or edited; NewerSchema.
        """
        path = directory / name
        sources = f"its copy {COPY_FILE} or from a backup" if name == MANIFEST_FILE else "a backup"
        remedy = f"restore it from {sources}, or start a new run in another directory"
        try:
            data = path.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise UserError(
                f"{path} cannot be read ({error.strerror}): a readable file belongs there; put it "
                "right and run the same command again"
            ) from error
        try:
            body = json.loads(data)
            checksum = body.pop("checksum")
            version = body["schema_version"]
            if not isinstance(version, int):
                raise TypeError(version)
            found = digest(body)
        except (ValueError, AttributeError, KeyError, TypeError, RecursionError):
            raise UserError(
                f"{path} is torn or is no manifest ({len(data)} bytes): {remedy}"
            ) from None
        if version != SCHEMA_VERSION and version not in UPGRADES:
            raise NewerSchema(
                f"{path} has schema version {version}, this program reads up to {SCHEMA_VERSION}: go "
                f"on with the code version that wrote it ({body.get('code_version')}) or start a "
                "new run"
            )
        if checksum != found:
            raise UserError(
                f"{path} does not match its own checksum, so it was edited or damaged: {remedy}"
            )
        body = upgraded(body)
        for derived in ("code_version", "config_hash"):
            body.pop(derived, None)
        body["environments"] = tuple(body["environments"])
        body["journal"] = JournalMark(**body["journal"])
        body["history"] = tuple(_transition(entry) for entry in body["history"])
        return cls(**body)


def run_meant(directory: Path) -> str:
    """What to give instead of a `directory` that was taken for a run's, in words: the first run right below it."""
    below = sorted(path.parent for path in directory.glob(f"*/{MANIFEST_FILE}"))
    return f"did you mean {below[0]}?" if below else "give one such as runs/phase1/seed_0"


def no_run(directory: Path, lacking: str = MANIFEST_FILE) -> UserError:
    """The error for a `directory` that was taken for a run's and has no file `lacking`."""
    return UserError(
        f"{directory} is no run directory, it has no {lacking}: {run_meant(directory)}"
    )


def _transition(entry: Mapping[str, Any]) -> Transition:
    journal = entry["journal"]
    return Transition(**{**entry, "journal": JournalMark(**journal) if journal else None})


def raised_keys(
    old: Mapping[str, Any],
    new: Mapping[str, Any],
    extendable: Set[str],
    anew: str = "another name or seed",
) -> dict[str, tuple[Any, Any]]:
    """Compare the config a run was started with and the one it is to go on with.

    extendable: keys whose number may be raised (how many iterations), which extends the run.
    anew: what a new run is told apart by.

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
            f"values, or start a new run under {anew}"
        )
    return raised


def _is_raised(old: Any, new: Any) -> bool:
    numbers = all(isinstance(x, int | float) and not isinstance(x, bool) for x in (old, new))
    return numbers and new > old
