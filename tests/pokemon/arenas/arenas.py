"""Arenas to play in, and policies that remember what they were asked."""

from collections.abc import Iterator, Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from psro.game.policies import BasePolicy, Decisions, choose_from
from psro.pokemon.arenas.engine import EngineArena
from psro.pokemon.arenas.settings import ArenaSettings
from psro.pokemon.arenas.simulator import SimulatorArena
from psro.pokemon.config import ArenaConfig, Gen1OUConfig
from psro.pokemon.game import Gen1OU

GAMES = {
    name: Gen1OU(Gen1OUConfig(arena=ArenaConfig(name, lanes=4))) for name in ("engine", "simulator")
}
GAME = GAMES["engine"]


class Noisy(BasePolicy):
    """Random by the seeds; remembers what it was asked, to see who is asked what."""

    def __init__(self, name: str, view: str = "structured"):
        self.name = name
        self.view = view
        self.asked: list[Decisions] = []
        self.forgotten: list[int] = []

    def act(self, decisions: Decisions) -> NDArray[np.int64]:
        self.asked.append(decisions)
        return choose_from(decisions.legal_mask.astype(np.float64), decisions.seeds)

    def forget(self, episodes: Sequence[int]) -> None:
        self.forgotten += episodes


@pytest.fixture(params=["engine", "simulator"])
def arena(request: pytest.FixtureRequest) -> Iterator[EngineArena | SimulatorArena]:
    arena = make_arena(request.param)
    yield arena
    arena.close()


@pytest.fixture
def simulator() -> Iterator[SimulatorArena]:
    arena = make_arena("simulator")
    assert isinstance(arena, SimulatorArena)
    yield arena
    arena.close()


def make_arena(name: str, **changes: object) -> EngineArena | SimulatorArena:
    settings = {"format": "gen1ou", "lanes": 4, "max_turns": 300, "max_failures_fraction": 0.5}
    made = GAMES[name].make_arena()
    assert isinstance(made, EngineArena | SimulatorArena)
    made.settings = ArenaSettings(**(settings | changes))  # type: ignore[arg-type]
    return made
