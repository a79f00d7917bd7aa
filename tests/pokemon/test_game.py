"""Gen 1 OU behind game's protocols."""

import pytest

from psro.machine.errors import UserError
from psro.pokemon.config import Gen1OUConfig, RewardConfig, TeamsConfig
from psro.pokemon.game import Gen1OU
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
