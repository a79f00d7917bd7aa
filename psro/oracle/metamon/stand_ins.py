"""Checkpoints of metamon's format with random weights, where the published ones cannot be had.

    METAMON_CACHE_DIR=DIR python -m psro.oracle.metamon.stand_ins --tokenizer allreplaysv3.json [--agents SyntheticRLV2 …] [width=64 …]

Files lie where metamon's cache has the published ones: the same names, keys and dtypes. `width=64` and the like make them
smaller; the population entry then needs the same `settings`. How they play says nothing of the published agents.
"""

import argparse
import json
import os
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from typing import Any

import torch

from psro.machine.durable import atomic_write
from psro.machine.errors import UserError
from psro.machine.seeds import seed_from
from psro.oracle.metamon.checkpoints import CACHE, weights_file
from psro.oracle.metamon.config import MetamonConfig
from psro.oracle.metamon.sizes import PUBLISHED, TOKENIZER
from psro.oracle.models.metamon.agent import MetamonAgent

FOUNDING = ("SyntheticRLV2", "SyntheticRLV1", "SyntheticRLV1_SelfPlay")


def make_stand_in(
    cache: Path, name: str, words: Mapping[str, int], settings: Mapping[str, Any]
) -> Path:
    """Writes the stand-in of a published agent's default checkpoint; returns its path. Equal arguments give equal weights.

    `settings`: fields of MetamonConfig that differ from its size's. Raises ValueError for impossible ones.
    """
    published = PUBLISHED[name]
    config = MetamonConfig(**(vars(published.config) | dict(settings)))
    agent = MetamonAgent(config, len(words) + 1, seed_from("stand-in", name))
    data = BytesIO()
    torch.save(agent.state_dict(), data)
    path = cache / "pretrained_models" / published.folder / weights_file(published.epoch)
    atomic_write(path, data.getvalue())
    return path


def main() -> None:
    """Writes the stand-ins asked for, and the tokenizer beside them."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--tokenizer", type=Path, required=True)
    parser.add_argument("--agents", nargs="+", default=FOUNDING, choices=PUBLISHED)
    parser.add_argument("settings", nargs="*", metavar="field=value")
    arguments = parser.parse_args()
    if not os.environ.get(CACHE):
        raise SystemExit(f"set {CACHE} to the folder that they are written to")
    cache = Path(os.environ[CACHE])
    words = json.loads(arguments.tokenizer.read_text())
    settings = {
        name: json.loads(value) for name, _, value in (s.partition("=") for s in arguments.settings)
    }
    atomic_write(cache / "tokenizers" / TOKENIZER, json.dumps(words).encode())
    for name in arguments.agents:
        try:
            print(make_stand_in(cache, name, words, settings))
        except (TypeError, ValueError, UserError) as error:
            raise SystemExit(f"{name}: {error}") from None


if __name__ == "__main__":
    main()
