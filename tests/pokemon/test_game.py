"""Gen 1 OU behind game's protocols."""

import os
import signal

import numpy as np
import pytest
from numpy.typing import NDArray

from psro.game.policies import Decisions
from psro.game.shards import encode_shard
from psro.machine.errors import UserError
from psro.pokemon.arena import SimulatorArena
from psro.pokemon.config import Gen1OUConfig, RewardConfig, TeamsConfig
from psro.pokemon.game import Gen1OU
from psro.pokemon.heuristics.random_policy import RandomPolicy
from tests.game.conformance import (
    check_results_are_whole,
    check_same_jobs_same_bytes,
    jobs_between,
    play,
)


@pytest.mark.parametrize("view", ["structured", "metamon"])
def test_conformance(view: str) -> None:
    game = Gen1OU(Gen1OUConfig(lanes=3))
    policies = [
        game.make_policy("first", "poke_env_heuristic", {}),
        game.make_policy("second", "random", {}),
    ]
    check_same_jobs_same_bytes(game, view, policies)
    jobs = jobs_between("first", "second", 6)
    arena = game.make_arena()
    try:
        check_results_are_whole(play(arena, jobs, policies, view), jobs)
    finally:
        arena.close()


def test_every_kind_of_policy_plays_a_whole_battle() -> None:
    game = Gen1OU(Gen1OUConfig(lanes=4))
    arena = game.make_arena()
    try:
        for kind, view in game.policy_kinds().items():
            assert view in game.views
            policies = [game.make_policy("it", kind, {}), game.make_policy("random", "random", {})]
            result = play(arena, jobs_between("it", "random", 2), policies, "structured")
            assert len(result.outcomes) == 2, (kind, result.failures)
    finally:
        arena.close()


def test_teams_come_from_the_pool_that_was_asked_for() -> None:
    game = Gen1OU(Gen1OUConfig())
    held_out = {team.name for team in game.teams.held_out}
    arena = game.make_arena()
    policies = [game.make_policy(name, "random", {}) for name in ("a", "b")]
    jobs = [job.__class__(job.seed, job.policies, "held_out") for job in jobs_between("a", "b", 4)]
    try:
        result = play(arena, jobs, policies, "structured")
        assert {start for outcome in result.outcomes for start in outcome.starts} <= held_out
    finally:
        arena.close()


class KillsNode(RandomPolicy):
    """Kills the arena's simulator when it is asked for the third time, once."""

    def __init__(self, name: str, arena: SimulatorArena) -> None:
        super().__init__(name)
        self.arena, self.num_asked = arena, 0

    def act(self, decisions: Decisions) -> NDArray[np.int64]:
        self.num_asked += 1
        if self.num_asked == 3:
            assert self.arena._process is not None
            os.kill(self.arena._process.pid, signal.SIGKILL)
        return super().act(decisions)


def test_a_simulator_that_dies_changes_nothing_but_the_time(
    caplog: pytest.LogCaptureFixture,
) -> None:
    game = Gen1OU(Gen1OUConfig(lanes=2))
    jobs = jobs_between("a", "b", 4)
    arena = game.make_arena()
    assert isinstance(arena, SimulatorArena)
    other = game.make_policy("b", "random", {})
    try:
        whole = play(arena, jobs, [RandomPolicy("a"), other], "structured")
        again = play(arena, jobs, [KillsNode("a", arena), other], "structured")
    finally:
        arena.close()
    assert encode_shard(again, {}) == encode_shard(whole, {})
    assert "Playing its 4 battles again" in caplog.text


@pytest.mark.parametrize(
    ("config", "message"),
    [
        (Gen1OUConfig(teams=TeamsConfig(name="/no/such/place")), "/no/such/place"),
        (Gen1OUConfig(reward=RewardConfig(name="fame")), r"game\.reward: unknown reward 'fame'"),
        (Gen1OUConfig(reward=RewardConfig("potential", {"gama": 1})), "gama"),
    ],
)
def test_bad_settings_are_refused_in_one_line(config: Gen1OUConfig, message: str) -> None:
    with pytest.raises(UserError, match=message) as caught:
        Gen1OU(config).check()
    assert "\n" not in str(caught.value)
