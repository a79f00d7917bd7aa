"""The files of a metamon policy: weights.safetensors and tokenizer.json, named in policy.json with their checksums."""

from dataclasses import asdict
from hashlib import sha256
from pathlib import Path
from typing import Any

import orjson
import safetensors.torch
from safetensors import SafetensorError

from psro.game.policies import PolicyRecord
from psro.machine.durable import sha256_of
from psro.machine.errors import UserError
from psro.oracle.models.metamon.agent import MetamonAgent
from psro.oracle.models.metamon.config import MetamonConfig
from psro.oracle.models.metamon.fitting import fill

KIND = "metamon"
WEIGHTS = "weights.safetensors"
TOKENIZER = "tokenizer.json"
FILES = (WEIGHTS, TOKENIZER)


def encode(agent: MetamonAgent) -> bytes:
    """Every tensor of a checkpoint, by its key, as safetensors; equal weights give equal bytes."""
    state = agent.state_dict()
    return safetensors.torch.save(
        {key: state[key].detach().cpu().contiguous() for key in sorted(state)}
    )


def record_of(
    name: str,
    config: MetamonConfig,
    view: str,
    reward: str,
    files: dict[str, bytes],
    provenance: dict[str, Any],
    temperature: float,
) -> PolicyRecord:
    """policy.json of a policy with these files. `reward`: the one whose last value it is shown."""
    return PolicyRecord(
        name=name,
        kind=KIND,
        view=view,
        arguments={
            "model": asdict(config),
            "reward": reward,
            "temperature": temperature,
            "epsilon": 0.0,
        },
        files={file: sha256(files[file]).hexdigest() for file in FILES},
        provenance=provenance,
    )


def read_policy_files(directory: Path, record: PolicyRecord) -> dict[str, Path]:
    """Where they lie. Raises UserError where one is missing or not what its checksum says."""
    paths = {}
    for file in FILES:
        path, expected = directory / file, record.files.get(file)
        if expected is None or not path.is_file():
            raise UserError(
                f"policy {record.name}: {path} is missing (or not named in policy.json)"
            )
        found = sha256_of(path)
        if found != expected:
            raise UserError(
                f"{path} is damaged: its sha256 is {found[:12]}…, policy.json says {expected[:12]}…. Restore it, or delete "
                "the policy and make it again"
            )
        paths[file] = path
    return paths


def read_agent(directory: Path, record: PolicyRecord) -> tuple[MetamonAgent, dict[str, int]]:
    """The agent that `record` describes, and its tokenizer (word → index). Raises UserError where its files are damaged."""
    paths = read_policy_files(directory, record)
    tokenizer: dict[str, int] = orjson.loads(paths[TOKENIZER].read_bytes())
    agent = MetamonAgent(MetamonConfig(**record.arguments["model"]), len(tokenizer) + 1, seed=0)
    try:
        state = safetensors.torch.load_file(paths[WEIGHTS])
    except SafetensorError as error:
        raise UserError(f"{paths[WEIGHTS]} is not a safetensors file: {error}") from None
    fill(agent, state, str(directory))
    return agent, tokenizer
