"""Collects the trajectories of battles that are played side by side, as sighting records, without an allocation per decision."""

import numpy as np
from numpy.typing import NDArray

from psro.game.trajectories import Episode, Trajectories
from psro.pokemon.choices import NUM_ACTIONS
from psro.pokemon.observations.records.record import LEGAL, WIDTH
from psro.pokemon.observations.views import spec_of, write_view
from psro.pokemon.rewards import Reward, rewards_of

_FIRST_CAPACITY = 4096


class Recorder:
    """Rows in the order they were decided, in buffers that double; laid out by episode at the end."""

    def __init__(self, reward: Reward, view: str):
        """`reward`: what the trajectories are rewarded with; `view`: the array view that they are given as."""
        self._reward = reward
        self._view = view
        self._size = 0
        self._records = np.zeros((_FIRST_CAPACITY, WIDTH), np.int16)
        self._actions = np.zeros(_FIRST_CAPACITY, np.int8)
        self._episodes = np.zeros(_FIRST_CAPACITY, np.int64)
        self._values: list[tuple[NDArray[np.int64], NDArray[np.float16]]] = []
        """Places among the recorded decisions, [K], and what was found looking ahead there, [K, NUM_ACTIONS]."""
        self._ends: dict[int, tuple[Episode, NDArray[np.int16]]] = {}

    def append(
        self,
        records: NDArray[np.int16],
        actions: NDArray[np.int64],
        episodes: NDArray[np.int64],
    ) -> NDArray[np.int64]:
        """Records K decisions: [K, WIDTH], [K], and each one's episode number [K]. Returns their places, [K]."""
        start, end = self._size, self._size + len(records)
        while end > len(self._actions):
            self._grow()
        self._records[start:end] = records
        self._actions[start:end] = actions
        self._episodes[start:end] = episodes
        self._size = end
        return np.arange(start, end)

    def set_values(self, places: NDArray[np.int64], values: NDArray[np.float16]) -> None:
        """Q̂ of the actions, [K, NUM_ACTIONS], at decisions that were recorded in `places` [K]."""
        self._values.append((places, values))

    def close(self, number: int, episode: Episode, final: NDArray[np.int16]) -> None:
        """The episode with this number is over; `final` is the last that its side saw, a record."""
        self._ends[number] = (episode, final.copy())

    def trajectories(self) -> Trajectories:
        """The episodes that were closed, by their numbers; the decisions of others are dropped."""
        numbers = np.array(sorted(self._ends), np.int64)
        ends = [self._ends[number] for number in numbers.tolist()]
        decided = self._episodes[: self._size]
        order = np.argsort(decided, kind="stable")
        order = order[np.isin(decided[order], numbers)]
        counts = _counts(decided[order], numbers)
        offsets = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
        records = self._records[order]
        finals = np.stack([final for _, final in ends]) if ends else np.zeros((0, WIDTH), np.int16)
        scores = np.array([episode.score for episode, _ in ends], np.float64)
        return Trajectories(
            spec=spec_of(self._view),
            reward=self._reward.name,
            observations=write_view(self._view, records),
            legal_mask=legal_masks(records),
            actions=self._actions[order],
            rewards=rewards_of(self._reward, records, offsets, finals, scores),
            offsets=offsets,
            episodes=tuple(episode for episode, _ in ends),
            action_values=self._action_values()[order] if self._values else None,
            finals=finals,
        )

    def _action_values(self) -> NDArray[np.float16]:
        """[all recorded, NUM_ACTIONS], NaN where nobody looked."""
        values = np.full((self._size, NUM_ACTIONS), np.nan, np.float16)
        for places, found in self._values:
            values[places] = found
        return values

    def _grow(self) -> None:
        def grown(array: NDArray[np.generic]) -> NDArray[np.generic]:
            larger = np.zeros((2 * len(array), *array.shape[1:]), array.dtype)
            larger[: len(array)] = array
            return larger

        self._records = grown(self._records)  # type: ignore[assignment]
        self._actions = grown(self._actions)  # type: ignore[assignment]
        self._episodes = grown(self._episodes)  # type: ignore[assignment]


def legal_masks(records: NDArray[np.int16]) -> NDArray[np.bool_]:
    """[N, NUM_ACTIONS]: what each record says is legal."""
    bits = records[:, LEGAL, None] >> np.arange(NUM_ACTIONS)
    mask: NDArray[np.bool_] = (bits & 1).astype(np.bool_)
    return mask


def _counts(decided: NDArray[np.int64], numbers: NDArray[np.int64]) -> NDArray[np.int64]:
    """How often each of the ascending `numbers` stands in the sorted `decided`."""
    found: NDArray[np.int64] = np.searchsorted(decided, numbers, side="right") - np.searchsorted(
        decided, numbers, side="left"
    )
    return found
