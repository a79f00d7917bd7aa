"""A population entry that names a metamon checkpoint."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from psro.game.policies import PolicyRecord
from psro.machine.durable import sha256_of
from psro.machine.errors import UserError
from psro.oracle.metamon.checkpoints import at, in_cache, tokenizer_file
from psro.oracle.metamon.config import MetamonConfig
from psro.oracle.metamon.reading import read_state
from psro.oracle.metamon.sizes import OTHERS, PUBLISHED, SIZES
from psro.oracle.metamon.weights import TOKENIZER, WEIGHTS, encode_words, record_of
from psro.oracle.models.metamon.agent import MetamonAgent
from psro.oracle.models.metamon.fitting import fill
from psro.oracle.weights import encode_weights

TEMPERATURE = 1.0
"""Of metamon's play; who plays here is always told one (psro.phases.workbench.PlayMode)."""


@dataclass
class CheckpointConfig:
    """What a member of kind `metamon` takes; at least `agent`, or `path` and `model`."""

    agent: str | None = None
    """One of metamon's published agents, by its name there: SyntheticRLV2, …"""
    model: str | None = None
    """Its size (small, medium, large, synthetic, synthetic_multitaskagent); null: the agent's."""
    settings: dict[str, Any] | None = None
    """Fields of the model that differ from its size's."""
    epoch: int | None = None
    """Which checkpoint; null: the agent's own default."""
    path: str | None = None
    """The file, or the folder that has ckpts/policy_weights/; null: METAMON_CACHE_DIR."""
    tokenizer: str | None = None
    """Its words: a JSON file; null: tokenizer.json beside the checkpoint, or metamon's."""
    reward: str = "metamon_shaped"
    """The reward that it was trained with: it is shown what it earned last."""
    download: bool = False
    """Whether it may be fetched from the hub where it is missing; needs huggingface_hub."""

    def shape(self, member: str) -> dict[str, Any]:
        """Its model's fields (of MetamonConfig, but for what `settings` gives, which nobody has looked at).

        Raises: UserError naming what is missing or unknown.
        """
        if self.agent is not None and self.agent in OTHERS:
            raise UserError(
                f"config: policy {member}: {self.agent} reads metamon's {OTHERS[self.agent]}, which is not supplied here; agents of "
                f"DefaultObservationSpace are {', '.join(PUBLISHED)}"
            )
        if self.agent is not None and self.agent not in PUBLISHED:
            raise UserError(
                f"config: policy {member}: agent {self.agent!r} is none of metamon's: {', '.join(PUBLISHED)}"
            )
        if self.agent is None and (self.path is None or self.model is None):
            raise UserError(
                f"config: policy {member}: give `agent` (such as SyntheticRLV2), or `path` and `model`"
            )
        if self.model is not None and self.model not in SIZES:
            raise UserError(
                f"config: policy {member}: model {self.model!r}; choose one of {', '.join(SIZES)}"
            )
        if self.model is not None:
            size = SIZES[self.model]
        else:
            assert self.agent is not None
            size = PUBLISHED[self.agent].config
        return vars(size) | (self.settings or {})

    def find(self) -> Path:
        """The checkpoint's file. Raises UserError where it is nowhere."""
        published = PUBLISHED.get(self.agent or "")
        epoch = self.epoch if self.epoch is not None or published is None else published.epoch
        if self.path is not None:
            return at(Path(self.path).expanduser(), epoch)
        assert published is not None
        assert epoch is not None
        return in_cache(published.folder, epoch, self.download)


def import_checkpoint(
    name: str, entry: CheckpointConfig, config: MetamonConfig, view: str, words: Mapping[str, int]
) -> tuple[PolicyRecord, dict[str, bytes]]:
    """The policy that a checkpoint becomes: its record, and its files by name.

    `config`: its model's shape; `words`: its tokenizer's. Raises UserError where the file is damaged, or of another architecture.
    """
    path = entry.find()
    agent = MetamonAgent(config, len(words) + 1, seed=0)
    fill(agent, read_state(path), str(path))
    files = {WEIGHTS: encode_weights(agent), TOKENIZER: encode_words(words)}
    provenance = {"agent": entry.agent, "file": path.name, "sha256": sha256_of(path)}
    return record_of(name, config, view, entry.reward, files, provenance, TEMPERATURE), files


def words_of(entry: CheckpointConfig) -> Path:
    """The file of its tokenizer. Raises UserError where there is none."""
    return tokenizer_file(entry.tokenizer, entry.find())
