"""An ActionScorer's weights, laid out for playing.

The first layer of state and actions is linear in the embeddings of the ids and (but for the clipping) in the numbers. So each column of
ids has a table of what its ids add to that layer; and what numbers add is computed from those that are not zero, since a zero's share,
clipped and all, is known beforehand. Illegal actions are not encoded at all: nothing depends on them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.functional import linear

from psro.game.spec import ArrayKind, ObservationSpec
from psro.oracle.models import ActorCritic
from psro.oracle.models.actor_critic import ILLEGAL
from psro.oracle.models.inputs import LIMIT, InputNormaliser, arrays_of
from psro.oracle.models.scorer import ActionScorer, Embeddings

MOST_TABLES = 32 * 2**20
"""Bytes of a scorer's tables up to which they are worth it: beyond, they are in no cache."""

Floats = NDArray[np.float32]

_SINGLES = np.arange(2**16, dtype=np.uint16).view(np.float16).astype(np.float32)
"""The value of each float16, by its bits."""


@dataclass(frozen=True)
class Columns:
    """What a first layer reads of N rows (decisions, or all actions of decisions): joined as in Inputs, but not normalised."""

    halves: NDArray[np.uint16]
    """Numbers that the observation space has as float16, by their bits: [N, H], all or none."""
    numbers: Floats
    """Other numbers, [N, S]."""
    ids: NDArray[np.int64]
    """[N, I]"""

    @classmethod
    def of(
        cls,
        spec: ObservationSpec,
        observations: Mapping[str, NDArray[Any]],
        num: int,
        numbers: ArrayKind,
        ids: ArrayKind,
    ) -> "Columns":
        """The arrays of these two kinds, of `num` rows."""
        are_halves = all(array.dtype == "float16" for array in arrays_of(spec, numbers))

        def joined(kind: ArrayKind, dtype: type, is_there: bool = True) -> NDArray[Any]:
            arrays = arrays_of(spec, kind) if is_there else []
            if not arrays:
                return np.zeros((num, 0), dtype)
            parts = [observations[array.name].reshape(num, -1) for array in arrays]
            whole = np.concatenate(parts, axis=1) if len(parts) > 1 else parts[0]
            # Kernels take writable arrays alone; a shard's are not.
            return np.require(whole, dtype, ["C", "W"])

        halves = joined(numbers, np.float16, are_halves).view(np.uint16)
        return cls(halves, joined(numbers, np.float32, not are_halves), joined(ids, np.int64))


@dataclass(frozen=True)
class Raw:
    """B decisions as the kernels read them."""

    state: Columns
    """[B]"""
    actions: Columns
    """[B · A]"""
    legal_mask: NDArray[np.bool_]

    @classmethod
    def of(
        cls,
        normalise: InputNormaliser,
        observations: Mapping[str, NDArray[Any]],
        legal_mask: NDArray[np.bool_],
    ) -> "Raw":
        """`observations` as the normaliser's spec says, of at least one decision."""
        spec = normalise.spec
        return cls(
            Columns.of(spec, observations, len(legal_mask), "numbers", "ids"),
            Columns.of(spec, observations, legal_mask.size, "action_numbers", "action_ids"),
            np.ascontiguousarray(legal_mask),
        )


class _FirstLayer:
    """A first layer, its norm and its relu, of the state or of actions."""

    def __init__(
        self,
        layer: nn.Module,
        embeddings: Embeddings,
        mean: Tensor,
        scale: Tensor,
        norm: nn.LayerNorm,
        slots: Tensor | None = None,
    ):
        """`layer` of numbers and embedded ids; `slots` [A, W]: what is added to each action."""
        (self.width,) = norm.normalized_shape
        num_numbers = len(mean)
        weight, bias = np.zeros((0, self.width)), np.zeros(self.width)
        if isinstance(layer, nn.Linear):
            weight, bias = _exact(layer.weight).T, _exact(layer.bias)
        at_zero = ((0 - mean) / scale).clamp(-LIMIT, LIMIT)
        base = bias + _exact(at_zero) @ weight[:num_numbers]
        rows, starts, at = [weight[:num_numbers]], [num_numbers], num_numbers
        for columns, table in zip(embeddings.columns, embeddings.tables.values(), strict=True):
            known = _exact(table.weight)  # type: ignore[arg-type]  # an Embedding's
            for _ in range(columns):
                rows.append(known @ weight[at : at + known.shape[1]])
                starts.append(starts[-1] + len(known))
                at += known.shape[1]
        self._arguments = (
            _single(np.atleast_2d(base if slots is None else base + _exact(slots))),
            _single(mean),
            _single(scale),
            _single(at_zero),
            np.float32(LIMIT),
            # The kernel reads a first row, if only to add nothing of it.
            _single(np.concatenate([*rows, np.zeros((1, self.width))])),
            np.array(starts, np.int64),
            _single(norm.weight),
            _single(norm.bias),
            np.float32(norm.eps),
        )

    def write(self, rows: NDArray[np.int64], columns: Columns, out: Floats) -> None:
        """Row k of `out`, its first columns, from row rows[k] of `columns`. Raises ValueError for an id outside its vocabulary."""
        # Importing kernels compiles them, or loads them from the cache: only where a network plays.
        from psro.oracle.acting.kernels import encode

        bad = encode(
            rows, columns.halves, _SINGLES, columns.numbers, columns.ids, *self._arguments, out
        )
        if bad >= 0:
            raise ValueError(f"an id is outside its vocabulary: {columns.ids[rows[bad]].tolist()}")


class FoldedScorer:
    """One ActionScorer, its weights as they were when this was made."""

    def __init__(self, normalise: InputNormaliser, scorer: ActionScorer):
        """`can_fold` says of which networks."""
        state, state_norm = scorer.state[0], scorer.state[1]
        assert isinstance(state_norm, nn.LayerNorm)
        self._state = _FirstLayer(
            state, scorer.ids, normalise.numbers_mean, normalise.numbers_scale, state_norm
        )
        self._action = _FirstLayer(
            scorer.action, scorer.action_ids, normalise.action_mean, normalise.action_scale,
            scorer.action_norm, scorer.slots,
        )  # fmt: skip
        self.context = scorer.context
        self._join_action = scorer.join_action.weight.detach()
        heads = (scorer.gate, scorer.join_context)
        self._gates = torch.cat([head.weight.detach() for head in heads])
        self._gates_bias = torch.cat([head.bias.detach() for head in heads])
        self._score = _single(scorer.score.weight[0])
        self._score_bias = np.float32(scorer.score.bias.item())

    def scores(self, raw: Raw) -> NDArray[np.float64]:
        """[B, A]; ILLEGAL where not legal. For contexts that remember nothing. Raises ValueError for an id outside its vocabulary."""
        encoded, actions, rows = self._encode(raw)
        return self._scores(self.context(encoded, None), actions, rows, raw)

    def step(
        self, raw: Raw, memories: list[Tensor | None]
    ) -> tuple[NDArray[np.float64], list[Tensor]]:
        """As `scores`, of the next decision of B episodes, and their new memories."""
        encoded, actions, rows = self._encode(raw)
        context, after = self.context.step(encoded, memories)
        return self._scores(context, actions, rows, raw), after

    def _encode(self, raw: Raw) -> tuple[Tensor, Tensor, NDArray[np.int64]]:
        """What the context is computed of, [B, state + action width]; the legal actions, [L, action width], and where they stand."""
        from psro.oracle.acting.kernels import average

        legal = raw.legal_mask
        num = len(legal)
        rows = np.flatnonzero(legal)
        encoded = np.empty((num, self._state.width + self._action.width), np.float32)
        actions = np.empty((len(rows), self._action.width), np.float32)
        self._state.write(np.arange(num), raw.state, encoded)
        self._action.write(rows, raw.actions, actions)
        average(actions, legal, encoded)
        return torch.from_numpy(encoded), torch.from_numpy(actions), rows

    def _scores(
        self, context: Tensor, actions: Tensor, rows: NDArray[np.int64], raw: Raw
    ) -> NDArray[np.float64]:
        from psro.oracle.acting.kernels import score

        gates = linear(context, self._gates, self._gates_bias).numpy()
        joined = linear(actions, self._join_action).numpy()
        scores = np.full(raw.legal_mask.shape, ILLEGAL)
        score(rows, joined, gates, self._score, self._score_bias, scores)
        return scores


def can_fold(network: ActorCritic) -> bool:
    """Whether the tables of a scorer of this network would be of a size that is worth it."""
    scorer, config = network.actor, network.config
    ids = zip(scorer.ids.columns, arrays_of(network.spec, "ids"), strict=True)
    action_ids = zip(scorer.action_ids.columns, arrays_of(network.spec, "action_ids"), strict=True)
    rows = sum(columns * array.vocabulary for columns, array in ids)
    action_rows = sum(columns * array.vocabulary for columns, array in action_ids)
    return 4 * (rows * config.state_width + action_rows * config.action_width) <= MOST_TABLES


def _exact(tensor: Tensor) -> NDArray[np.float64]:
    return tensor.detach().cpu().numpy().astype(np.float64)


def _single(values: Tensor | NDArray[np.float64]) -> Floats:
    array = values.detach().cpu().numpy() if isinstance(values, Tensor) else values
    return np.ascontiguousarray(array, np.float32)
