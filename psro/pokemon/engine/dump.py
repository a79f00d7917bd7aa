"""Lanes as the judge dumps battles (judge/README.md), and records replayed by the engine, for the comparison of the two."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
import numpy.typing as npt

from psro.pokemon.engine import kernels
from psro.pokemon.engine.layout import (
    ACTIVE,
    ACTIVE_SIZE,
    ACTIVE_SLOT,
    BIDE_DAMAGE,
    BIDE_DAMAGE_HIGH,
    ENDED,
    LANE_SIZE,
    LAST_DAMAGE,
    LAST_ENEMY_MOVE,
    LAST_ENEMY_SELECTED_MOVE,
    LAST_SELECTED_MOVE,
    LAST_SELECTED_SLOT,
    MAYBE_LOCKED,
    MON_SIZE,
    MONS,
    MOVE,
    NUM_CHOICES,
    REQUEST,
    SEED,
    SIDE,
    SIDE_SIZE,
    TURN,
    WINNER,
    Lanes,
)
from psro.pokemon.engine.teams import new_lane

Dumps = npt.NDArray[np.int32]
"""int32 [lanes, entries of a dump]."""

_ACTIVE_ENTRIES = ACTIVE_SIZE - 4  # what follows is the engine's own
_SIDE_PLACES = (
    ACTIVE_SLOT,
    LAST_SELECTED_MOVE,
    LAST_SELECTED_SLOT,
    LAST_ENEMY_SELECTED_MOVE,
    LAST_ENEMY_MOVE,
    *range(MONS, MONS + 6 * MON_SIZE),
    *range(ACTIVE, ACTIVE + _ACTIVE_ENTRIES),
)
_ACTIVE_AT = len(_SIDE_PLACES) - _ACTIVE_ENTRIES


def _two_words(low: npt.NDArray[np.int32], high: npt.NDArray[np.int32]) -> npt.NDArray[np.int32]:
    return (low & 0xFFFF) | (high << 16)


def _side(wide: npt.NDArray[np.int32], side: int, legal: npt.NDArray[np.bool_]) -> Dumps:
    start = SIDE + side * SIDE_SIZE
    own = wide[:, start : start + SIDE_SIZE]
    rest = own[:, _SIDE_PLACES]
    rest[:, _ACTIVE_AT + BIDE_DAMAGE] = _two_words(
        own[:, ACTIVE + BIDE_DAMAGE], own[:, ACTIVE + BIDE_DAMAGE_HIGH]
    )
    request = own[:, REQUEST : REQUEST + 1]
    hidden = np.where(request == MOVE, own[:, MAYBE_LOCKED : MAYBE_LOCKED + 1], 0)
    return np.hstack([request, legal.astype(np.int32), hidden, rest])


def dump(lanes: Lanes) -> Dumps:
    """The judge's integers of each lane; `draws` is 0: a lane does not count them, the states of its generator tell."""
    wide = lanes.astype(np.int32)
    legal = np.zeros((len(lanes), 2, NUM_CHOICES), np.bool_)
    kernels.legal_choices(lanes, legal)
    battle = np.column_stack(
        [
            *(wide[:, place] for place in (TURN, ENDED, WINNER)),
            *(wide[:, SEED + word] & 0xFFFF for word in range(4)),
            np.zeros(len(lanes), np.int32),
            _two_words(wide[:, LAST_DAMAGE], wide[:, LAST_DAMAGE + 1]),
        ]
    )
    return np.hstack([battle, _side(wide, 0, legal[:, 0]), _side(wide, 1, legal[:, 1])])


class Record(Protocol):
    """What a judge's BattleRecord has that a replay needs."""

    @property
    def seed(self) -> int:
        """Below 2**64."""

    @property
    def teams(self) -> tuple[str, str]:
        """Packed."""

    @property
    def choices(self) -> tuple[tuple[int, int], ...]:
        """One pair per decision."""


class EngineReplayer:
    """The engine as what is proven: records replayed, one lane each, in lock-step."""

    def replay(self, records: Sequence[Record]) -> list[Dumps]:
        """The dumps of each record's battle, int32 [1 + its choices, entries]."""
        lanes = np.zeros((len(records), LANE_SIZE), np.int16)
        for lane, record in zip(lanes, records, strict=True):
            lane[:] = new_lane(f"gen5,{record.seed:016x}", *record.teams)
        kernels.start(lanes)
        steps = [dump(lanes)]
        for decision in range(max(len(record.choices) for record in records)):
            choices = np.full((len(records), 2), -1, np.int8)
            playing = np.zeros(len(records), np.bool_)
            for place, record in enumerate(records):
                if decision < len(record.choices):
                    choices[place] = record.choices[decision]
                    playing[place] = True
            moved = lanes[playing]
            kernels.step(moved, choices[playing])
            lanes[playing] = moved
            steps.append(dump(lanes))
        stacked = np.stack(steps)
        return [stacked[: 1 + len(record.choices), place] for place, record in enumerate(records)]
