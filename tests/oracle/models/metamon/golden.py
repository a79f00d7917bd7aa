"""Two tiny agents of metamon's own code, random weights: their checkpoints, and what they gave over two battles.

Made by `benchmarks/metamon_parity.py --golden tests/oracle/models/metamon/golden --sizes tiny tiny_two_hot --battles 8`.
"""

import json
from functools import cache
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from psro.oracle.metamon.reading import read_state
from psro.oracle.models.metamon import MetamonAgent, MetamonConfig
from psro.oracle.models.metamon.fitting import fill

GOLDEN = Path(__file__).with_name("golden")
KINDS = ("tiny", "tiny_two_hot")
INPUTS = ("words", "numbers", "previous", "times")


def checkpoint(kind: str) -> Path:
    """The file as their code wrote it."""
    return GOLDEN / kind / "policy_epoch_0.pt"


def config_of(kind: str) -> MetamonConfig:
    """Its shape."""
    return MetamonConfig(**json.loads((GOLDEN / kind / "config.json").read_text()))


def num_tokens(kind: str) -> int:
    """Words, and the unknown one."""
    return 1 + len(json.loads((GOLDEN / kind / "tokenizer.json").read_text()))


@cache
def agent(kind: str) -> MetamonAgent:
    """Ours, with their weights. Shared by the tests: not to be changed."""
    made = MetamonAgent(config_of(kind), num_tokens(kind), seed=0)
    fill(made, read_state(checkpoint(kind)), kind)
    return made.eval()


@cache
def arrays(kind: str) -> dict[str, Tensor]:
    """Their inputs and outputs over two battles [2, L, …]; `real`: which decisions there were."""
    with np.load(GOLDEN / kind / "golden.npz") as held:
        found = {name: torch.from_numpy(held[name]) for name in held.files}
    return found | {"words": found["words"].long()}


def error(ours: Tensor, theirs: Tensor) -> float:
    """max |ours − theirs| / max |theirs|."""
    return float((ours - theirs).abs().max() / theirs.abs().max())
