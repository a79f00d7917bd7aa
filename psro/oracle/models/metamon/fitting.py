"""Whether a state dict fits an agent, and which shape would."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from torch import Tensor

from psro.machine.errors import UserError
from psro.oracle.models.metamon.agent import MetamonAgent

_NAMED = 3
_WORDS = "tstep_encoder.turn_embedding.token_embedding.text_emb.weight"
_BLOCKS = "tstep_encoder.turn_embedding.tformer_embedding.emb_transformer.layers."
_LAYERS = "traj_encoder.tformer.layers."
PLAYED_BY = (
    "turn_heads",
    "num_heads",
    "masks_illegal",
    "max_length",
    "largest_return",
    "discounts",
)
"""Settings that say what weights compute, and that may differ where the weights' shapes agree."""


def fill(agent: MetamonAgent, state: Mapping[str, Tensor], where: str) -> None:
    """Loads the state dict into `agent`, key by key.

    Raises: UserError with the first tensors that differ in name or shape and the settings that would fit. `where` names
    the checkpoint.
    """
    wanted = agent.state_dict()
    differing = [
        f"{key} (here {_shape(wanted.get(key))}, there {_shape(state.get(key))})"
        for key in [*wanted, *(key for key in state if key not in wanted)]
        if _shape(wanted.get(key)) != _shape(state.get(key))
    ]
    if differing:
        more = f" and {len(differing) - _NAMED} more" if len(differing) > _NAMED else ""
        raise UserError(
            f"the weights of {where} do not fit this model: {'; '.join(differing[:_NAMED])}{more}. {_advice(agent, state)}"
        )
    broken = [
        key
        for key, value in state.items()
        if value.is_floating_point() and not value.isfinite().all()
    ]
    if broken:
        raise UserError(f"the weights of {where} are not finite: {broken[0]}; get the file anew")
    agent.load_state_dict(dict(state))


def shape_of(state: Mapping[str, Tensor]) -> dict[str, Any]:
    """What a state dict tells of its MetamonConfig, and `num_tokens`. Raises KeyError where it is none of a metamon agent.

    Not told: turn_heads, masks_illegal, max_length, largest_return, dropout, masked_words, and which the discounts are.
    """
    words = state[_WORDS]
    turn_width, width = words.shape[1], state["traj_encoder.tformer.inp.weight"].shape[0]
    numbers = state["tstep_encoder.turn_embedding.multimodal_fuse.num_emb.weight"]
    entered, left = (state[f"critics.net.{name}.weight"] for name in ("inp_layer", "output_layer"))
    shown = state["tstep_encoder.extra_emb.weight"].shape[1]  # a reward, and an action
    two_hot = entered.shape[1] == width + shown
    shape = {
        "num_tokens": words.shape[0],
        "turn_width": turn_width,
        "turn_layers": _count(state, _BLOCKS),
        "scratch_tokens": state["traj_encoder.tformer.inp.weight"].shape[1] // turn_width,
        "numerical_tokens": numbers.shape[0] // turn_width,
        "extra_width": state["tstep_encoder.extra_emb.weight"].shape[0],
        "width": width,
        "feed_forward_width": state[f"{_LAYERS}0.ff1.weight"].shape[0],
        "num_layers": _count(state, _LAYERS),
        "num_heads": state[f"{_LAYERS}0.attention_layer.head_scaler"].shape[2],
        "num_actions": shown - 1,
        "head_width": state["actor.base.in_layer.weight"].shape[0],
        "head_layers": 1 + _count(state, "actor.base.layers."),
        "critics": "two_hot" if two_hot else "scalar",
        "num_critics": entered.shape[0],
        "num_discounts": state["popart.mu"].shape[0],
    }
    return shape | ({"num_bins": left.shape[2]} if two_hot else {})


def _advice(agent: MetamonAgent, state: Mapping[str, Tensor]) -> str:
    """What to change, from what the state dict tells."""
    try:
        told = shape_of(state)
    except (KeyError, IndexError) as error:
        return f"They are no metamon agent's: {error.args[0]} is missing"
    here = asdict(agent.config) | {
        "num_tokens": agent.num_tokens,
        "num_discounts": len(agent.config.discounts),
    }
    changes = {name: value for name, value in told.items() if here[name] != value}
    if set(changes) == {"num_tokens"}:
        return (
            f"They are of a tokenizer of {told['num_tokens'] - 1} words, not {agent.num_tokens - 1}: give the one that they "
            "were trained with"
        )
    if not changes:
        return "Their keys are of another version of AMAGO"
    num_tokens = changes.pop("num_tokens", None)
    settings = ", ".join(f"{name}: {value}" for name, value in changes.items())
    # Weights do not tell it, and it must divide the width.
    heads = " and the turn_heads that they were trained with" if "turn_width" in changes else ""
    words = "" if num_tokens is None else f", by a tokenizer of {num_tokens - 1} words"
    return f"They fit with {{{settings}}}{heads}{words}"


def _count(state: Mapping[str, Tensor], prefix: str) -> int:
    return len({key[len(prefix) :].split(".")[0] for key in state if key.startswith(prefix)})


def _shape(tensor: Tensor | None) -> str:
    return "missing" if tensor is None else str(list(tensor.shape))
