"""metamon's own agents, for `metamon_parity.py`: built by AMAGO's and metamon's code from two checkouts.

What their modules import without needing it for a forward pass is stood in for: wandb, and metamon's environment and data
set (they want a poke-env of their own). torch.compile is off: what is compared is their eager code.
"""

import os
import sys
from dataclasses import dataclass
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import Any

os.environ["TORCHDYNAMO_DISABLE"] = "1"

import numpy as np
import torch

from psro.oracle.models.metamon import MetamonConfig


@dataclass
class Theirs:
    """One of their agents, and the words that it was built for."""

    agent: Any
    tokenizer: Any


def put_on_path(metamon: Path, amago: Path) -> None:
    """Makes both importable."""
    for name, attributes in (
        ("wandb", ("Histogram",)),
        ("metamon.env", ("PokeEnvWrapper",)),
        ("metamon.datasets", ("ParsedReplayDataset",)),
    ):
        stand_in = ModuleType(name)
        stand_in.__spec__ = ModuleSpec(name, None)
        for attribute in attributes:
            setattr(stand_in, attribute, object)
        sys.modules.setdefault(name, stand_in)
    sys.path[:0] = [str(metamon), str(amago)]
    import amago.loading

    # AMAGO's two-hot agent asks a one-hot distribution for softened actions, which torch's own checks refuse.
    torch.distributions.Distribution.set_default_validate_args(False)
    # metamon of May 2025 knows AMAGO's data set by an older name.
    amago.loading.TrajDset = amago.loading.RLDataset


def build(
    config: MetamonConfig, tokenizer: dict[str, int], gin_files: list[Path], bindings: list[str]
) -> Theirs:
    """Their agent of this shape, every weight and buffer random (also what starts out as ones, zeros or copies).

    `gin_files`: their own description of the shape, to which `bindings` are added; where there is none, it is bound from `config`.
    """
    import amago
    import gin
    import gymnasium as gym
    from amago.nets.transformer import VanillaAttention
    from metamon.rl.metamon_to_amago import MetamonTstepEncoder
    from metamon.tokenizer import PokemonTokenizer

    words = PokemonTokenizer()
    words._data = dict(tokenizer)
    gin.clear_config()
    # AMAGO has dropped this parameter since: attention is always causal.
    told = [
        line
        for path in gin_files
        for line in path.read_text().splitlines()
        if ".causal" not in line
    ]
    gin.parse_config("\n".join([*(told or _bindings(config)), *bindings]))
    gin.bind_parameter("MetamonTstepEncoder.tokenizer", words)
    gin.bind_parameter("TformerTrajEncoder.attention_type", VanillaAttention)
    # No singular value decompositions: u and v are found below.
    gin.bind_parameter("SigmaReparam.fast_init", True)
    kind = amago.agent.MultiTaskAgent if config.critics == "two_hot" else amago.agent.Agent
    agent = kind(
        obs_space=gym.spaces.Dict(
            {
                "numbers": gym.spaces.Box(-10, 10, (48,), np.float32),
                "text_tokens": gym.spaces.Box(-1, len(words), (87,), np.int32),
            }
        ),
        rl2_space=gym.spaces.Box(-np.inf, np.inf, (1 + config.num_actions,), np.float32),
        action_space=gym.spaces.Discrete(config.num_actions),
        tstep_encoder_type=MetamonTstepEncoder,
        traj_encoder_type=amago.nets.traj_encoders.TformerTrajEncoder,
        max_seq_len=config.max_length,
    )
    with torch.no_grad():
        for value in agent.parameters():
            value.add_(0.3 * value.std(correction=0).clamp(min=0.1) * torch.randn_like(value))
        agent.popart.mu.normal_(5, 2)
        agent.popart.nu.uniform_(200, 300)
        agent.popart.w.uniform_(0.5, 2)
        agent.popart.b.normal_()
        # A few steps of power iteration, as training makes them: u and v fit the weights that were just changed.
        layers = [module for module in agent.modules() if hasattr(module, "gamma")]
        for layer in layers:
            for _ in range(30):
                layer.train()(torch.zeros(1, layer.in_features))
    return Theirs(agent.eval(), words)


def _bindings(config: MetamonConfig) -> list[str]:
    return [
        f"MetamonTstepEncoder.d_model = {config.turn_width}",
        f"MetamonTstepEncoder.n_layers = {config.turn_layers}",
        f"MetamonTstepEncoder.n_heads = {config.turn_heads}",
        f"MetamonTstepEncoder.scratch_tokens = {config.scratch_tokens}",
        f"MetamonTstepEncoder.extra_emb_dim = {config.extra_width}",
        f"MultiModalEmbedding.numerical_tokens = {config.numerical_tokens}",
        f"TformerTrajEncoder.d_model = {config.width}",
        f"TformerTrajEncoder.d_ff = {config.feed_forward_width}",
        f"TformerTrajEncoder.n_layers = {config.num_layers}",
        f"TformerTrajEncoder.n_heads = {config.num_heads}",
        f"amago.nets.actor_critic.Actor.d_hidden = {config.head_width}",
        f"amago.nets.actor_critic.Actor.n_layers = {config.head_layers}",
        f"NCritics.d_hidden = {config.head_width}",
        f"NCritics.n_layers = {config.head_layers}",
        f"NCriticsTwoHot.d_hidden = {config.head_width}",
        f"NCriticsTwoHot.n_layers = {config.head_layers}",
        f"NCriticsTwoHot.output_bins = {config.num_bins}",
        f"NCriticsTwoHot.min_return = {-config.largest_return}",
        f"NCriticsTwoHot.max_return = {config.largest_return}",
        "NCriticsTwoHot.use_symlog = False",
        f"Agent.num_critics = {config.num_critics}",
        f"MultiTaskAgent.num_critics = {config.num_critics}",
    ]
