"""A founding member that another run trained, or anything trained: its policy directory, taken over as it is.

So runs that are compared can begin with the very same policies, without training them again in each.
"""

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from psro.game.policies import PolicyRecord
from psro.game.protocols import Game
from psro.game.spec import ObservationSpec
from psro.machine.durable import sha256_of
from psro.machine.errors import UserError

TAKEN = "taken"
"""The kind of such a member; its one argument is `path`, a policy directory."""


def check(name: str, arguments: Mapping[str, Any]) -> None:
    """Of the config alone: a run that has taken it no longer needs what it was taken from. Raises UserError."""
    if set(arguments) != {"path"} or not isinstance(arguments["path"], str):
        raise UserError(
            f"config: policy {name}: kind {TAKEN} takes one argument, path: a policy directory such as "
            "runs/phase1/seed_0/population/base_selfplay"
        )


def take(
    name: str, arguments: Mapping[str, Any], game: Game
) -> tuple[PolicyRecord, dict[str, bytes]]:
    """Its record under `name`, and its files by name.

    Raises: UserError where it is not there, damaged, untrained, or reads what the game does not show.
    """
    check(name, arguments)
    directory = Path(arguments["path"]).expanduser()
    where = f"policy {name}: {directory}"
    try:
        record = PolicyRecord.from_json(json.loads((directory / "policy.json").read_bytes()))
    except FileNotFoundError as error:
        raise UserError(f"{where} is no policy directory: it has no policy.json") from error
    except (ValueError, TypeError) as error:
        raise UserError(f"{where}/policy.json is no policy record ({error})") from error
    if not record.files:
        raise UserError(
            f"{where} is of the kind {record.kind!r} and has no weights; name such a member by its kind"
        )
    if record.view not in game.views:
        raise UserError(
            f"{where} reads the view {record.view!r}; game={game.name} supplies {', '.join(sorted(game.views))}"
        )
    spec = record.arguments.get("spec")
    if spec is not None and ObservationSpec.from_json(spec) != game.observation_spec(record.view):
        raise UserError(
            f"{where}: its observations {record.view} are not those of this version (other arrays or shapes)"
        )
    contents = {}
    for file, sha256 in record.files.items():
        path = directory / file
        if not path.is_file() or sha256_of(path) != sha256:
            raise UserError(f"{path} is missing or not what policy.json says: repair its run")
        contents[file] = path.read_bytes()
    provenance = {**record.provenance, "taken_from": str(directory)}
    return replace(record, name=name, provenance=provenance), contents
