"""Shards into flat arrays in memory, once; then a batch is an index_select, never a loop over samples."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from psro.game.protocols import ShardSource
from psro.game.recording import BadDecision
from psro.game.shards import read_shard
from psro.game.spec import ObservationSpec
from psro.game.trajectories import Trajectories, concatenate
from psro.machine.errors import UserError

CHUNK = 4096
"""Decisions that are evaluated together when a network runs over the whole data set."""


@dataclass(frozen=True)
class Source:
    """Where a group of shards lies in the data set."""

    name: str
    weight: float
    first_episode: int
    num_episodes: int


@dataclass(frozen=True)
class Dataset:
    """T decisions of E episodes, sources end to end, as torch tensors on the CPU."""

    spec: ObservationSpec
    reward: str
    observations: dict[str, Tensor]
    """name → [T, ...], in the shards' dtypes"""
    legal_mask: Tensor
    """bool [T, A]"""
    actions: Tensor
    """int64 [T], −1 where not known"""
    rewards: Tensor
    """float32 [T], unscaled"""
    offsets: Tensor
    """int64 [E + 1]"""
    scores: Tensor
    """float32 [E], of the acting side: 1 a win, 0.5 a tie, 0 a loss"""
    sources: tuple[Source, ...]
    action_values: Tensor | None = None
    """float16 [T, A], unscaled; NaN for illegal actions and in rows that were not looked ahead at (psro.game.lookahead)"""

    @property
    def num_steps(self) -> int:
        """T."""
        return len(self.actions)

    @property
    def num_episodes(self) -> int:
        """E."""
        return len(self.offsets) - 1

    def rows(self, index: Tensor | slice) -> tuple[dict[str, Tensor], Tensor]:
        """Observations and legal mask of the decisions at `index`."""
        return {name: array[index] for name, array in self.observations.items()}, self.legal_mask[
            index
        ]

    def chunks(self) -> Iterator[tuple[slice, Tensor]]:
        """All rows in order, in runs of whole episodes of about CHUNK decisions: (rows, lengths [N])."""
        first = 0
        while first < self.num_episodes:
            target = int(self.offsets[first]) + CHUNK
            last = max(first + 1, int(torch.searchsorted(self.offsets, target, right=True)) - 1)
            yield (
                slice(int(self.offsets[first]), int(self.offsets[last])),
                self.offsets[first : last + 1].diff(),
            )
            first = last

    def statement(self) -> dict[str, float]:
        """What is trained on: counts, mean undiscounted return, win rate (ties a half), share masked."""
        episode_of = torch.repeat_interleave(
            torch.arange(self.num_episodes), self.offsets.diff(), output_size=self.num_steps
        )
        returns = torch.zeros(self.num_episodes, dtype=torch.float64)
        returns.index_add_(0, episode_of, self.rewards.double())
        return {
            "num_episodes": self.num_episodes,
            "num_decisions": self.num_steps,
            "mean_return": float(returns.mean()),
            "mean_score": float(self.scores.double().mean()),
            "share_masked": float((self.actions < 0).double().mean()),
        }


@dataclass(frozen=True)
class Recording:
    """How trajectories lie in shards, and how what policies read is computed from that."""

    spec: ObservationSpec
    """As recorded."""
    expand: Callable[[Trajectories], Trajectories]
    """What was recorded → the same in the view that policies read."""
    seen: ObservationSpec | None = None
    """That view; shards from outside may be recorded in it. None: `spec` alone."""


def as_seen(spec: ObservationSpec) -> Recording:
    """Of a game that records what policies read."""
    return Recording(spec, lambda recorded: recorded)


def load(
    sources: Sequence[ShardSource],
    recording: Recording,
    poll: Callable[[], object] = lambda: None,
) -> Dataset:
    """Reads every shard of every source whose weight is above 0; calls `poll` after each.

    What policies read is computed once, of all of them together.

    Raises: UserError naming the shard, and what to do, where one is missing, corrupt, empty, of another
    observation space or reward, or holds values that no network can be trained on.
    """
    parts: list[tuple[Path, Trajectories]] = []
    found: list[Source] = []
    num_episodes = 0
    for source in sources:
        if not source.weight > 0:
            continue
        if not source.paths:
            raise UserError(f"source {source.name} has weight {source.weight} but no shards")
        for path in source.paths:
            parts.append((path, _read(path, recording)))
            poll()
        rewards = {part.reward for _, part in parts}
        if len(rewards) > 1:
            raise UserError(
                f"shards of source {source.name} do not all have the reward of the others: "
                f"{sorted(rewards)}. Collect them anew with one reward"
            )
        first, num_episodes = num_episodes, sum(part.num_episodes for _, part in parts)
        found.append(Source(source.name, source.weight, first, num_episodes - first))
    if not parts:
        raise UserError("there is nothing to train on: no source has a weight above 0 and shards")
    seen = _seen(parts, recording)
    end = 0
    for path, part in parts:
        start, end = end, end + part.num_steps
        _check_values(path, seen, slice(start, end))
    return Dataset(
        spec=seen.spec,
        reward=seen.reward,
        observations={n: torch.from_numpy(_own(a)) for n, a in seen.observations.items()},
        legal_mask=torch.from_numpy(_own(seen.legal_mask)),
        actions=torch.from_numpy(seen.actions.astype(np.int64)),
        rewards=torch.from_numpy(_own(seen.rewards)),
        offsets=torch.from_numpy(_own(seen.offsets)),
        scores=torch.tensor([episode.score for episode in seen.episodes], dtype=torch.float32),
        sources=tuple(found),
        action_values=None
        if seen.action_values is None
        else torch.from_numpy(_own(seen.action_values)),
    )


def _seen(parts: Sequence[tuple[Path, Trajectories]], recording: Recording) -> Trajectories:
    """All parts in the view that policies read; runs of those that are recorded alike are expanded together."""
    expanded = []
    for _, alike in groupby(parts, lambda part: part[1].spec.name):
        group = list(alike)
        try:
            expanded.append(recording.expand(concatenate([part for _, part in group])))
        except BadDecision as bad:
            path, row = _of_row(group, bad.row)
            raise UserError(f"shard {path}: decision {row}: {bad}; collect it anew") from bad
    return expanded[0] if len(expanded) == 1 else concatenate(expanded)


def _read(path: Path, recording: Recording) -> Trajectories:
    try:
        trajectories = read_shard(path).result.trajectories
    except FileNotFoundError:
        raise UserError(f"shard {path} is missing; collect it again, or leave it out") from None
    if trajectories is None or trajectories.num_steps == 0:
        raise UserError(f"shard {path} holds no trajectories; record them, or leave it out")
    known = [spec for spec in (recording.spec, recording.seen) if spec is not None]
    reader = next((spec for spec in known if spec.reads(trajectories.spec)), None)
    if reader is None:
        raise UserError(
            f"shard {path} was recorded as {trajectories.spec.name}, not as this game's {recording.spec.name}"
            " (or that view has changed since); collect it anew"
        )
    # Shards that name no layout are joined with those that do.
    return replace(trajectories, spec=reader)


def _of_row(parts: Sequence[tuple[Path, Trajectories]], row: int) -> tuple[Path, int]:
    """The shard that holds a decision of all of them, and which of its own that is."""
    for path, part in parts:
        if row < part.num_steps:
            return path, row
        row -= part.num_steps
    raise AssertionError("a decision of none of the shards")


def _check_values(path: Path, trajectories: Trajectories, rows: slice) -> None:
    """Of the shard's decisions, at `rows`."""
    for array in trajectories.spec.arrays:
        values = trajectories.observations[array.name][rows]
        if array.kind.endswith("numbers"):
            if values.dtype.kind == "f" and not np.isfinite(values).all():
                raise UserError(f"shard {path}: {array.name} holds values that are not finite")
        elif values.min() < 0 or values.max() >= array.vocabulary:
            raise UserError(
                f"shard {path}: {array.name} holds ids {values.min()} … {values.max()} outside "
                f"its vocabulary of {array.vocabulary}"
            )
    if not np.isfinite(trajectories.rewards[rows]).all():
        raise UserError(f"shard {path}: rewards are not finite")
    if trajectories.action_values is not None:
        looked = trajectories.action_values[rows]
        looked_at = ~np.isnan(looked).all(axis=1)
        if not (np.isfinite(looked) == trajectories.legal_mask[rows])[looked_at].all():
            raise UserError(f"shard {path}: action values are not those of the legal actions")
    actions, legal_mask = trajectories.actions[rows], trajectories.legal_mask[rows]
    known = actions >= 0
    chosen = actions[known].astype(np.int64)
    if (chosen >= trajectories.spec.num_actions).any() or not (
        legal_mask[known, chosen].all() and legal_mask.any(axis=1).all()
    ):
        raise UserError(f"shard {path}: an action is not legal by its own mask; collect it anew")


def _own(array: np.ndarray) -> np.ndarray:
    return array if array.flags.writeable and array.flags.c_contiguous else array.copy()
