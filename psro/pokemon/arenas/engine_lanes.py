"""Battles side by side in the engine, as arrays, and who plays them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from psro.game.battles import Job
from psro.machine.seeds import seed_from
from psro.pokemon.engine.layout import (
    LANE_SIZE,
    SIDE,
    SIDE_SIZE,
    TEAM,
    TEAM_SIDE_SIZE,
)
from psro.pokemon.engine.sight import watched
from psro.pokemon.engine.sight.places import KNOWLEDGE_SIZE
from psro.pokemon.engine.teams import unpack_team, write_seed, write_team
from psro.pokemon.observations.records.record import WIDTH
from psro.pokemon.simulator.process import simulator_seed
from psro.pokemon.teams.export import Team, pack

NO_JOB = -1


@dataclass(frozen=True)
class Battle:
    """A job that is being played."""

    index: int
    """Its job's among all."""
    job: Job
    teams: tuple[Team, Team]
    names: tuple[str, str]
    """Who plays; a mixture's drawn member is named here."""
    players: tuple[int, int]
    """Numbers of the policies that play."""

    @property
    def seed(self) -> str:
        """The engine's and the simulator's."""
        return simulator_seed(seed_from(self.job.seed, "simulator"))


class EngineLanes:
    """All that is kept of the battles in L lanes: arrays with a row for each lane, or for each side of each.

    A lane without a job is left out by `compact`. The order of the lanes never changes.
    """

    def __init__(self, num_lanes: int):
        """Nothing is played in any of them yet."""
        self.lanes = np.zeros((num_lanes, LANE_SIZE), np.int16)
        self.knowledge = np.zeros((num_lanes, KNOWLEDGE_SIZE), np.int16)
        self.records = np.zeros((2 * num_lanes, WIDTH), np.int16)
        """Row 2 · lane + side."""
        self.choices = np.full((num_lanes, 2), -1, np.int8)
        self.decides = np.zeros((num_lanes, 2), np.bool_)
        self.jobs = np.full(num_lanes, NO_JOB, np.int64)
        """Index of the job, NO_JOB where there is none."""
        self.players = np.zeros((num_lanes, 2), np.int64)
        self.seeds = np.zeros((num_lanes, 2), np.uint64)
        """Decision k of a side is made with the k-th output of splitmix64 from here."""
        self.num_decisions = np.zeros((num_lanes, 2), np.int64)
        self.is_recorded = np.zeros((num_lanes, 2), np.bool_)

    def __len__(self) -> int:
        return len(self.jobs)

    def begin(self, places: Sequence[int], battles: Sequence[Battle]) -> None:
        """Starts a battle in each of the lanes at `places`."""
        lanes = np.zeros((len(places), LANE_SIZE), np.int16)
        knowledge = np.zeros((len(places), KNOWLEDGE_SIZE), np.int16)
        for lane, place, battle in zip(lanes, places, battles, strict=True):
            _set_up(lane, battle)
            self.jobs[place] = battle.index
            self.players[place] = battle.players
            self.seeds[place] = [seed_from(battle.job.seed, "decisions", side) for side in (0, 1)]
            self.is_recorded[place] = battle.job.record
        watched.start(lanes, knowledge)
        self.lanes[places] = lanes
        self.knowledge[places] = knowledge
        self.num_decisions[places] = 0

    def compact(self) -> None:
        """Leaves out the lanes without a job."""
        kept = self.jobs != NO_JOB
        self.records = np.ascontiguousarray(
            self.records.reshape(len(self), 2, WIDTH)[kept].reshape(-1, WIDTH)
        )
        for name in (
            *("lanes", "knowledge", "choices", "decides", "jobs", "players", "seeds"),
            *("num_decisions", "is_recorded"),
        ):
            setattr(self, name, np.ascontiguousarray(getattr(self, name)[kept]))


_BLOCKS: dict[str, tuple[NDArray[np.int16], NDArray[np.int16]]] = {}
"""Packed team → what it puts into a lane: its side's entries, its sets'."""


def _set_up(lane: NDArray[np.int16], battle: Battle) -> None:
    write_seed(lane, battle.seed)
    for side, team in enumerate(battle.teams):
        packed = pack(team)
        if packed not in _BLOCKS:
            alone = np.zeros(LANE_SIZE, np.int16)
            write_team(alone, 0, unpack_team(packed))
            _BLOCKS[packed] = (
                alone[SIDE : SIDE + SIDE_SIZE],
                alone[TEAM : TEAM + TEAM_SIDE_SIZE],
            )
        entries, sets = _BLOCKS[packed]
        lane[SIDE + side * SIDE_SIZE :][:SIDE_SIZE] = entries
        lane[TEAM + side * TEAM_SIDE_SIZE :][:TEAM_SIDE_SIZE] = sets
