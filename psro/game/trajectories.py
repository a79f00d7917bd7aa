"""What was seen, done and earned: episodes laid end to end in flat arrays."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from psro.game.spec import ObservationSpec


@dataclass(frozen=True)
class Episode:
    """One side of one battle."""

    seed: int
    side: int
    policy: str
    opponent: str
    score: float
    """The acting side's: 1 a win, 0.5 a tie, 0 a loss."""


@dataclass(frozen=True)
class Trajectories:
    """E episodes with T decisions in all. Episode e owns rows offsets[e] : offsets[e + 1]."""

    spec: ObservationSpec
    reward: str
    """Name of the reward function that `rewards` were computed with."""
    observations: Mapping[str, NDArray[Any]]
    """[T, ...] as `spec` says."""
    legal_mask: NDArray[np.bool_]
    """[T, num_actions]"""
    actions: NDArray[np.int8]
    """[T]; −1 where the action is not known (replays): such a step is masked in the losses."""
    rewards: NDArray[np.float32]
    """[T], what followed the action, up to the next decision; the last step's includes the end's."""
    offsets: NDArray[np.int64]
    """[E + 1], from 0 to T."""
    episodes: tuple[Episode, ...]
    """[E]"""
    action_values: NDArray[np.float16] | None = None
    """[T, num_actions], Q̂(s, ·) of psro.game.lookahead in the rewards' unit; NaN for illegal actions, and in rows that were not looked
    ahead at. None: in no row."""
    finals: NDArray[Any] | None = None
    """[E, ...], as the only array of `observations`: how each episode's side saw the end, where the arena told; no shard keeps it."""

    def __post_init__(self) -> None:
        num_steps = len(self.actions)
        assert self.offsets[0] == 0
        assert self.offsets[-1] == num_steps
        assert len(self.offsets) == len(self.episodes) + 1
        assert self.rewards.shape == (num_steps,)
        assert self.legal_mask.shape == (num_steps, self.spec.num_actions)
        assert self.action_values is None or self.action_values.shape == self.legal_mask.shape
        self.spec.check(dict(self.observations), num_steps)

    @property
    def num_steps(self) -> int:
        """T."""
        return len(self.actions)

    @property
    def num_episodes(self) -> int:
        """E."""
        return len(self.episodes)


def concatenate(parts: Sequence[Trajectories]) -> Trajectories:
    """All episodes of `parts`, in order. Raises ValueError where specs or rewards differ, or none."""
    if not parts:
        raise ValueError("no trajectories to concatenate")
    first = parts[0]
    for part in parts[1:]:
        if part.spec != first.spec or part.reward != first.reward:
            raise ValueError(
                f"trajectories of {part.spec.name}/{part.reward} do not join those of "
                f"{first.spec.name}/{first.reward}"
            )
    ends = np.cumsum([0] + [part.num_steps for part in parts])
    return Trajectories(
        spec=first.spec,
        reward=first.reward,
        observations={
            name: np.concatenate([part.observations[name] for part in parts])
            for name in first.observations
        },
        legal_mask=np.concatenate([part.legal_mask for part in parts]),
        actions=np.concatenate([part.actions for part in parts]),
        rewards=np.concatenate([part.rewards for part in parts]),
        offsets=np.concatenate(
            [[0]] + [part.offsets[1:] + start for part, start in zip(parts, ends[:-1], strict=True)]
        ).astype(np.int64),
        episodes=tuple(episode for part in parts for episode in part.episodes),
        action_values=_joined_values(parts),
    )


def _joined_values(parts: Sequence[Trajectories]) -> NDArray[np.float16] | None:
    if all(part.action_values is None for part in parts):
        return None
    return np.concatenate(
        [
            np.full(part.legal_mask.shape, np.nan, np.float16)
            if part.action_values is None
            else part.action_values
            for part in parts
        ]
    )
