"""A neural policy's directory: policy.json, and weights.safetensors that it names with their checksum."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import orjson
import safetensors.torch
from safetensors import SafetensorError
from torch import Tensor, nn

from psro.game.policies import PolicyRecord
from psro.game.spec import ObservationSpec
from psro.machine.durable import atomic_write, sha256_of
from psro.machine.errors import UserError
from psro.oracle.config import ModelConfig
from psro.oracle.models import ActorCritic

KIND = "neural"
WEIGHTS = "weights.safetensors"
_NAMED = 3


def encode_weights(network: nn.Module) -> bytes:
    """All of its state as safetensors; equal weights give equal bytes."""
    state = network.state_dict()
    return safetensors.torch.save(
        {name: state[name].detach().cpu().contiguous() for name in sorted(state)}
    )


def write_policy(directory: Path, record: PolicyRecord, files: Mapping[str, bytes]) -> None:
    """Writes `files`, then policy.json: who finds policy.json finds all. `record.files` must name them."""
    for name, data in files.items():
        atomic_write(directory / name, data)
    options = orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS | orjson.OPT_APPEND_NEWLINE
    atomic_write(directory / "policy.json", orjson.dumps(record.to_json(), option=options))


def read_policy_record(directory: Path) -> PolicyRecord:
    """What policy.json says, of a policy of any kind. Raises UserError where it is missing or unreadable."""
    path = directory / "policy.json"
    try:
        return PolicyRecord.from_json(orjson.loads(path.read_bytes()))
    except FileNotFoundError:
        raise UserError(f"{directory} is no policy directory: it has no policy.json") from None
    except (orjson.JSONDecodeError, TypeError) as error:
        raise UserError(f"{path} cannot be read as a policy's record: {error}") from None


def read_record(directory: Path) -> PolicyRecord:
    """The same, of a neural policy. Raises UserError where it is none."""
    record = read_policy_record(directory)
    if record.kind != KIND:
        raise UserError(f"{directory} holds a {record.kind} policy; a neural one is needed here")
    return record


def read_network(directory: Path, record: PolicyRecord) -> ActorCritic:
    """The network that `record` describes, with its weights. Raises UserError where they are damaged."""
    network = ActorCritic(
        ObservationSpec.from_json(record.arguments["spec"]),
        ModelConfig(**record.arguments["model"]),
        seed=0,
    )
    _fill(network, read_weights(directory, record), directory, record)
    return network


def start_from(directory: Path, network: ActorCritic) -> PolicyRecord:
    """Copies the weights in `directory` into `network`; returns whose they are.

    Raises: UserError where they are damaged, or of another architecture (it lists the first differing tensors and the
    model settings that would fit) or observation space.
    """
    record = read_record(directory)
    spec = ObservationSpec.from_json(record.arguments["spec"])
    if spec != network.spec:
        raise UserError(
            f"{directory} reads {spec.name}, not {network.spec.name} as it is now; "
            "choose another start, or set the view that it was trained on"
        )
    _fill(network, read_weights(directory, record), directory, record)
    return record


def read_weights(directory: Path, record: PolicyRecord) -> dict[str, Tensor]:
    """The tensors by name. Raises UserError where the file is missing or not what its checksum says."""
    path = directory / WEIGHTS
    expected = record.files.get(WEIGHTS)
    if expected is None or not path.is_file():
        raise UserError(f"policy {record.name}: {path} is missing (or not named in policy.json)")
    found = sha256_of(path)
    if found != expected:
        raise UserError(
            f"{path} is damaged: its sha256 is {found[:12]}…, policy.json says {expected[:12]}…. "
            "Restore it, or delete the policy and train it again"
        )
    try:
        return safetensors.torch.load_file(path)
    except SafetensorError as error:
        raise UserError(f"{path} is not a safetensors file: {error}") from None


def _fill(
    network: ActorCritic, tensors: dict[str, Tensor], directory: Path, record: PolicyRecord
) -> None:
    wanted = network.state_dict()
    differing = [
        f"{name} (here {_shape(wanted.get(name))}, there {_shape(tensors.get(name))})"
        for name in sorted(wanted.keys() | tensors.keys())
        if _shape(wanted.get(name)) != _shape(tensors.get(name))
    ]
    if differing:
        more = f" and {len(differing) - _NAMED} more" if len(differing) > _NAMED else ""
        raise UserError(
            f"the weights of {directory} do not fit this model: {'; '.join(differing[:_NAMED])}{more}. "
            f"They fit model={_settings(record.arguments.get('model', {}))}"
        )
    network.load_state_dict(tensors)


def _shape(tensor: Tensor | None) -> str:
    return "missing" if tensor is None else str(list(tensor.shape))


def _settings(model: dict[str, Any]) -> str:
    return "{" + ", ".join(f"{name}: {value}" for name, value in model.items()) + "}"
