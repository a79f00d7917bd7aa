"""metamon's models by size, as its gin files say (`metamon/rl/configs/`), and its published agents by name."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from psro.oracle.metamon.config import MetamonConfig

_LARGE = MetamonConfig(
    turn_width=160,
    turn_layers=5,
    turn_heads=8,
    scratch_tokens=11,
    width=1280,
    feed_forward_width=5120,
    num_layers=9,
    num_heads=20,
    max_length=128,
    head_width=512,
    masked_words=0.33,
)
SIZES: Mapping[str, MetamonConfig] = MappingProxyType(
    {
        "small": MetamonConfig(),
        "medium": MetamonConfig(
            scratch_tokens=6, width=768, feed_forward_width=3072, num_layers=6, head_width=400
        ),
        "large": _LARGE,
        "synthetic": replace(_LARGE, num_critics=6),
        "synthetic_multitaskagent": replace(_LARGE, critics="two_hot", num_critics=6),
    }
)
"""conf/model/<size>.yaml is the same; `synthetic` is `large` with num_critics: 6."""
ONE_DISCOUNT = (0.999,)
"""Of the agents that only imitate."""


@dataclass(frozen=True)
class Published:
    """One of metamon's published agents (`metamon/rl/eval_pretrained.py`)."""

    folder: str
    """Of its checkpoints."""
    size: str
    epoch: int = 40
    """Its default checkpoint."""
    imitates: bool = False
    """Trained by imitation: one discount."""

    @property
    def config(self) -> MetamonConfig:
        """Its shape."""
        config = SIZES[self.size]
        return replace(config, discounts=list(ONE_DISCOUNT)) if self.imitates else config


PUBLISHED: Mapping[str, Published] = MappingProxyType(
    {
        "SmallIL": Published("small-il", "small", imitates=True),
        "SmallILFA": Published("small-il-fa", "small", imitates=True),
        "SmallRL": Published("small-rl", "small"),
        "SmallRL_ExtremeFilter": Published("small-rl-exp-extreme", "small"),
        "SmallRL_BinaryFilter": Published("small-rl-binary", "small"),
        "SmallRL_Aug": Published("small-rl-aug", "small"),
        "SmallRL_MaxQ": Published("small-rl-maxq", "small"),
        "MediumIL": Published("medium-il", "medium", imitates=True),
        "MediumRL": Published("medium-rl", "medium"),
        "MediumRL_Aug": Published("medium-rl-aug", "medium"),
        "MediumRL_MaxQ": Published("medium-rl-maxq", "medium"),
        "LargeRL": Published("large-rl-aug", "large"),
        "LargeIL": Published("large-il", "large", imitates=True),
        "SyntheticRLV0": Published("synthetic-rl-v0", "synthetic"),
        "SyntheticRLV1": Published("synthetic-rl-v1", "synthetic"),
        "SyntheticRLV1_SelfPlay": Published("synthetic-rl-v1+sp", "synthetic", 48),
        "SyntheticRLV1_PlusPlus": Published("synthetic-rl-v1++", "synthetic", 38),
        "SyntheticRLV2": Published("synthetic-rl-v2", "synthetic_multitaskagent", 48),
    }
)
OTHERS: Mapping[str, str] = MappingProxyType(
    {
        "SmallRLGen9Beta": "TeamPreviewObservationSpace",
        "Abra": "TeamPreviewObservationSpace",
        "Minikazam": "OpponentMoveObservationSpace",
    }
)
"""Agents of metamon's later versions, which read other observations than the `metamon` view has."""
TOKENIZER = "allreplaysv3.json"
"""The words of all of them: a file of metamon's `metamon/tokenizer/`."""
