"""Collects the trajectories of battles that are played side by side, without an allocation per decision."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from psro.game.spec import ObservationSpec
from psro.game.trajectories import Episode, Trajectories

_FIRST_CAPACITY = 4096


class Recorder:
    """Rows in the order they were decided, in buffers that double; laid out by episode at the end."""

    def __init__(self, spec: ObservationSpec, reward: str):
        """`reward` is the name of the reward function that the rewards will come from."""
        self._spec = spec
        self._reward = reward
        self._size = 0
        self._capacity = _FIRST_CAPACITY
        self._observations = spec.empty(self._capacity)
        self._legal_mask = np.zeros((self._capacity, spec.num_actions), np.bool_)
        self._actions = np.zeros(self._capacity, np.int8)
        self._rewards = np.zeros(self._capacity, np.float32)

    def append(
        self,
        observations: Mapping[str, NDArray[Any]],
        rows: Sequence[int],
        legal_mask: NDArray[np.bool_],
        actions: NDArray[np.int64],
    ) -> int:
        """Records K decisions; returns the number of the first, the others follow it.

        `observations` are read at `rows` [K]; `legal_mask` [K, num_actions]; `actions` [K].
        """
        start, end = self._size, self._size + len(rows)
        while end > self._capacity:
            self._grow()
        for name, array in observations.items():
            self._observations[name][start:end] = array[rows]
        self._legal_mask[start:end] = legal_mask
        self._actions[start:end] = actions
        self._size = end
        return start

    def reward(self, number: int, reward: float) -> None:
        """What followed the decision with this number."""
        self._rewards[number] = reward

    def trajectories(self, episodes: Sequence[tuple[Episode, Sequence[int]]]) -> Trajectories:
        """The episodes in this order, each with the numbers of its decisions; the others are dropped."""
        lengths = [len(numbers) for _, numbers in episodes]
        order = np.array([n for _, numbers in episodes for n in numbers], np.int64)
        return Trajectories(
            spec=self._spec,
            reward=self._reward,
            observations={name: array[order] for name, array in self._observations.items()},
            legal_mask=self._legal_mask[order],
            actions=self._actions[order],
            rewards=self._rewards[order],
            offsets=np.cumsum([0, *lengths], dtype=np.int64),
            episodes=tuple(episode for episode, _ in episodes),
        )

    def _grow(self) -> None:
        self._capacity *= 2

        def grown(array: NDArray[Any]) -> NDArray[Any]:
            larger = np.zeros((self._capacity, *array.shape[1:]), array.dtype)
            larger[: len(array)] = array
            return larger

        self._observations = {name: grown(array) for name, array in self._observations.items()}
        self._legal_mask = grown(self._legal_mask)
        self._actions = grown(self._actions)
        self._rewards = grown(self._rewards)
