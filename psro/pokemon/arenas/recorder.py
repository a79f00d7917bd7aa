"""Collects the trajectories of battles that are played side by side, as sighting records."""

import numpy as np
from numpy.typing import NDArray

from psro.game.trajectories import Episode, Trajectories
from psro.pokemon.choices import NUM_ACTIONS
from psro.pokemon.observations.records.record import LEGAL, WIDTH
from psro.pokemon.observations.records.spec import RECORD_VIEW
from psro.pokemon.observations.views import spec_of, write_view
from psro.pokemon.rewards import Reward, rewards_of

_ACTIONS = np.arange(NUM_ACTIONS, dtype=np.int16)


class Recorder:
    """Rows in the order they were decided, batch by batch as they come; laid out by episode at the end."""

    def __init__(self, reward: Reward, view: str):
        """`reward`: what the trajectories are rewarded with; `view`: the array view that they are given as."""
        self._reward = reward
        self._view = view
        self._size = 0
        self._records: list[NDArray[np.int16]] = []
        self._actions: list[NDArray[np.int8]] = []
        self._episodes: list[NDArray[np.int64]] = []
        self._values: list[tuple[NDArray[np.int64], NDArray[np.float16]]] = []
        """Places among the recorded decisions, [K], and what was found looking ahead there, [K, NUM_ACTIONS]."""
        self._ends: dict[int, tuple[Episode, NDArray[np.int16]]] = {}

    def append(
        self,
        records: NDArray[np.int16],
        actions: NDArray[np.int64],
        episodes: NDArray[np.int64],
    ) -> NDArray[np.int64]:
        """Records K decisions: [K, WIDTH], [K], and each one's episode number [K]. Returns their places, [K].

        Keeps records and episodes as they are, without a copy: nobody is to write to them afterwards.
        """
        start = self._size
        self._records.append(records)
        self._actions.append(actions.astype(np.int8))
        self._episodes.append(episodes)
        self._size += len(records)
        return np.arange(start, self._size)

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
        decided = np.concatenate([np.zeros(0, np.int64), *self._episodes])
        order = np.argsort(decided, kind="stable")
        order = order[np.isin(decided[order], numbers)]
        counts = _counts(decided[order], numbers)
        offsets = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
        records = self._laid_out(order)
        actions = np.concatenate([np.zeros(0, np.int8), *self._actions])[order]
        finals = np.stack([final for _, final in ends]) if ends else np.zeros((0, WIDTH), np.int16)
        scores = np.array([episode.score for episode, _ in ends], np.float64)
        return Trajectories(
            spec=spec_of(self._view),
            reward=self._reward.name,
            observations={RECORD_VIEW: records}
            if self._view == RECORD_VIEW
            else write_view(self._view, records),
            legal_mask=legal_masks(records),
            actions=actions,
            rewards=rewards_of(self._reward, records, offsets, finals, scores),
            offsets=offsets,
            episodes=tuple(episode for episode, _ in ends),
            action_values=self._action_values()[order] if self._values else None,
            finals=finals,
        )

    def _laid_out(self, order: NDArray[np.int64]) -> NDArray[np.int16]:
        """The records that `order` [K] names by their places, in it: each copied once, they are most of what is recorded."""
        places = np.full(self._size, len(order))
        places[order] = np.arange(len(order))
        # The last row takes those that are left out.
        records = np.empty((len(order) + 1, WIDTH), np.int16)
        start = 0
        for part in self._records:
            records[places[start : start + len(part)]] = part
            start += len(part)
        return records[:-1]

    def _action_values(self) -> NDArray[np.float16]:
        """[all recorded, NUM_ACTIONS], NaN where nobody looked."""
        values = np.full((self._size, NUM_ACTIONS), np.nan, np.float16)
        for places, found in self._values:
            values[places] = found
        return values


def legal_masks(records: NDArray[np.int16]) -> NDArray[np.bool_]:
    """[N, NUM_ACTIONS]: what each record says is legal."""
    mask: NDArray[np.bool_] = (records[:, LEGAL, None] >> _ACTIONS & np.int16(1)).astype(np.bool_)
    return mask


def _counts(decided: NDArray[np.int64], numbers: NDArray[np.int64]) -> NDArray[np.int64]:
    """How often each of the ascending `numbers` stands in the sorted `decided`."""
    found: NDArray[np.int64] = np.searchsorted(decided, numbers, side="right") - np.searchsorted(
        decided, numbers, side="left"
    )
    return found
