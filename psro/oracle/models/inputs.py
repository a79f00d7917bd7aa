"""Observations as the networks take them: four tensors, whatever the observation space."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import prod

import numpy as np
import torch
from torch import Tensor, nn

from psro.game.spec import ArrayKind, ArraySpec, ObservationSpec

RARE_SCALE = 0.2
"""A feature's scale is at least this fraction of its largest deviation, so that a flag that is set once
in a thousand decisions enters as 5, not as 30."""
LIMIT = 5.0
"""Normalised features are clipped here: 1 / RARE_SCALE, which no training datum exceeds."""
_ROWS = 16_384


@dataclass(frozen=True)
class Inputs:
    """B decisions and their L legal actions. Arrays of a kind are joined along the last axis, in the spec's order."""

    numbers: Tensor
    """float32 [B, num_numbers]"""
    ids: Tensor
    """int64 [B, num_ids]; each column indexes its own array's table"""
    action_numbers: Tensor
    """float32 [L, num_action_numbers]"""
    action_ids: Tensor
    """int64 [L, num_action_ids]"""
    legal_mask: Tensor
    """bool [B, A]"""
    places: Tensor
    """int64 [L], ascending: of the legal actions in `legal_mask`, row by row"""

    def of(self, rows: Tensor) -> "Inputs":
        """The decisions where `rows` [B] is true."""
        of_actions = rows[self.places // self.legal_mask.shape[1]]
        legal_mask = self.legal_mask[rows]
        return Inputs(
            self.numbers[rows],
            self.ids[rows],
            self.action_numbers[of_actions],
            self.action_ids[of_actions],
            legal_mask,
            _places(legal_mask),
        )


def arrays_of(spec: ObservationSpec, kind: ArrayKind) -> list[ArraySpec]:
    """The spec's arrays of one kind, in its order."""
    return [array for array in spec.arrays if array.kind == kind]


def width_of(spec: ObservationSpec, kind: ArrayKind) -> int:
    """How many columns the arrays of one kind have together (per action for the action kinds)."""
    per_action = kind.startswith("action")
    return sum(prod(a.shape[1:] if per_action else a.shape) for a in arrays_of(spec, kind))


class InputNormaliser(nn.Module):
    """Joins the arrays of each kind and brings numbers to comparable scales.

    The statistics come from the first data set that the network is trained on and stay as they are, so that a
    response continues from its base policy's inputs. Features never seen to vary pass as they are.
    """

    numbers_mean: Tensor
    numbers_scale: Tensor
    action_mean: Tensor
    action_scale: Tensor

    def __init__(self, spec: ObservationSpec):
        super().__init__()
        self.spec = spec
        numbers, action = width_of(spec, "numbers"), width_of(spec, "action_numbers")
        self.register_buffer("numbers_mean", torch.zeros(numbers))
        self.register_buffer("numbers_scale", torch.ones(numbers))
        self.register_buffer("action_mean", torch.zeros(action))
        self.register_buffer("action_scale", torch.ones(action))

    def forward(self, observations: Mapping[str, Tensor], legal_mask: Tensor) -> Inputs:
        """`observations`: name → [B, ...] as the spec says, any float or integer dtype."""
        places = _places(legal_mask)

        def of_legal(kind: ArrayKind) -> Tensor:
            return self.join(observations, kind).flatten(0, 1)[places]

        return Inputs(
            _scaled(self.join(observations, "numbers"), self.numbers_mean, self.numbers_scale),
            self.join(observations, "ids"),
            _scaled(of_legal("action_numbers"), self.action_mean, self.action_scale),
            of_legal("action_ids"),
            legal_mask,
            places,
        )

    def fit(self, observations: Mapping[str, Tensor], legal_mask: Tensor) -> None:
        """Takes the statistics from T decisions; of actions, only the legal ones count."""
        moments = _Moments(len(self.numbers_mean)), _Moments(len(self.action_mean))
        for start in range(0, len(legal_mask), _ROWS):
            rows = slice(start, start + _ROWS)
            chunk = {name: array[rows] for name, array in observations.items()}
            legal = legal_mask[rows]
            moments[0].add(self.join(chunk, "numbers").numpy())
            moments[1].add(self.join(chunk, "action_numbers")[legal].numpy())
        for moment, mean, scale in zip(
            moments,
            (self.numbers_mean, self.action_mean),
            (self.numbers_scale, self.action_scale),
            strict=True,
        ):
            mean.copy_(torch.from_numpy(moment.mean().astype(np.float32)))
            scale.copy_(torch.from_numpy(moment.scale().astype(np.float32)))

    def join(self, observations: Mapping[str, Tensor], kind: ArrayKind) -> Tensor:
        """The arrays of one kind along the last axis, as they are: float32 or int64, [B, n] or [B, A, n]."""
        leading = 2 if kind.startswith("action") else 1
        dtype = torch.float32 if kind.endswith("numbers") else torch.int64
        parts = [
            observations[array.name].to(dtype).flatten(leading)
            if len(array.shape) >= leading
            else observations[array.name].to(dtype).unsqueeze(-1)
            for array in arrays_of(self.spec, kind)
        ]
        if parts:
            return parts[0] if len(parts) == 1 else torch.cat(parts, dim=-1)
        num_rows = len(next(iter(observations.values())))
        shape = (num_rows, self.spec.num_actions, 0) if leading == 2 else (num_rows, 0)
        device = self.numbers_mean.device
        return torch.zeros(shape, dtype=dtype, device=device)


class _Moments:
    """Sums in float64, over rows of a matrix that comes in pieces."""

    def __init__(self, width: int):
        self.num_rows = 0
        self.total = np.zeros(width)
        self.squares = np.zeros(width)
        self.least = np.full(width, np.inf)
        self.most = np.full(width, -np.inf)

    def add(self, rows: np.ndarray) -> None:
        if not len(rows):
            return
        exact = rows.astype(np.float64)
        self.num_rows += len(rows)
        self.total += exact.sum(axis=0)
        self.squares += np.einsum("ij,ij->j", exact, exact)
        self.least = np.minimum(self.least, exact.min(axis=0, initial=np.inf))
        self.most = np.maximum(self.most, exact.max(axis=0, initial=-np.inf))

    def mean(self) -> np.ndarray:
        return self.total / max(self.num_rows, 1)

    def scale(self) -> np.ndarray:
        mean = self.mean()
        variance = np.maximum(self.squares / max(self.num_rows, 1) - mean**2, 0)
        deviation = np.maximum(self.most - mean, mean - self.least)
        scale = np.maximum(np.sqrt(variance), RARE_SCALE * deviation)
        varies = (self.most > self.least) & (scale > 1e-6)
        return np.where(varies, scale, 1.0)


def _places(legal_mask: Tensor) -> Tensor:
    return legal_mask.flatten().nonzero().squeeze(1)


def _scaled(numbers: Tensor, mean: Tensor, scale: Tensor) -> Tensor:
    return ((numbers - mean) / scale).clamp_(-LIMIT, LIMIT)
