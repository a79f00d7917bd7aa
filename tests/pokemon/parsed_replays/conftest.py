"""Battles of our own, recorded once, and as files in metamon's form."""

from pathlib import Path

import pytest

from psro.game.battles import Job
from psro.game.trajectories import Trajectories
from psro.pokemon.config import Gen1OUConfig, RewardConfig
from psro.pokemon.game import Gen1OU
from psro.pokemon.observations.records.spec import RECORD_VIEW
from psro.pokemon.parsed_replays.exporting import write_parsed_replays

NUM_BATTLES = 12
DATE = "11-23-2026-07:00:00"


@pytest.fixture(scope="session")
def played() -> Trajectories:
    """Both sides of battles between two heuristics and random play."""
    game = Gen1OU(Gen1OUConfig(reward=RewardConfig("metamon_shaped")))
    names = ("random", "gym_leader", "poke_env_heuristic")
    policies = {name: game.make_policy(name, name, {}) for name in names}
    jobs = [
        Job(seed, (names[seed % 3], names[seed % 2]), record=(True, True))
        for seed in range(NUM_BATTLES)
    ]
    arena = game.make_arena()
    try:
        played = arena.play(jobs, policies, RECORD_VIEW, lambda *_: None, lambda: False)
    finally:
        arena.close()
    assert played.trajectories is not None
    return played.trajectories


@pytest.fixture(scope="session")
def files(played: Trajectories, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with gen1ou/*.json.lz4 of `played`; not to be changed."""
    directory = tmp_path_factory.mktemp("parsed-replays")
    list(write_parsed_replays(directory, played, DATE))
    return directory
