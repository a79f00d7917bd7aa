"""Gen 1 OU behind game's protocols."""

import subprocess
import sys
from pathlib import Path

import pytest

from psro.machine.errors import UserError
from psro.pokemon.config import ArenaConfig, Gen1OUConfig, RewardConfig, TeamsConfig
from psro.pokemon.game import Gen1OU
from tests.game.conformance import (
    check_results_are_whole,
    check_same_jobs_same_bytes,
    jobs_between,
    play,
)

SIMULATOR = ArenaConfig("simulator", lanes=4)


@pytest.mark.parametrize("view", ["structured", "metamon"])
def test_conformance(view: str) -> None:
    game = Gen1OU(Gen1OUConfig(arena=ArenaConfig("engine", lanes=3)))
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
    game = Gen1OU(Gen1OUConfig(arena=ArenaConfig("engine", lanes=4)))
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


def test_teams_are_checked_and_played_under_the_configured_format(tmp_path: Path) -> None:
    for number in range(8):
        (tmp_path / f"{number}.gen1ou_team").write_text(f"Mewtwo\nLevel: {100 - number}\n- Psychic")
    teams = TeamsConfig(name=str(tmp_path), held_out_fraction=0)
    with pytest.raises(UserError, match=r"gen1ou_team is illegal in gen1ou of .*: Mewtwo.*8 of 8"):
        Gen1OU(Gen1OUConfig(teams=teams)).check()
    ubers = Gen1OU(Gen1OUConfig(format="gen1ubers", teams=teams))
    ubers.check()
    policies = [ubers.make_policy(name, "poke_env_heuristic", {}) for name in ("a", "b")]
    arena = ubers.make_arena()
    try:
        result = play(arena, jobs_between("a", "b", 4), policies, "structured")
        assert len(result.outcomes) == 4, result.failures
    finally:
        arena.close()


def test_packaged_teams_are_checked_under_another_format_too() -> None:
    with pytest.raises(UserError, match=r"is illegal in gen1zu"):
        Gen1OU(Gen1OUConfig(format="gen1zu")).check()
    Gen1OU(Gen1OUConfig(format="gen1ubers")).check()


@pytest.mark.parametrize(
    ("config", "message"),
    [
        (Gen1OUConfig(teams=TeamsConfig(name="/no/such/place")), "/no/such/place"),
        (
            Gen1OUConfig(format="gen1ober", arena=SIMULATOR),
            r"game\.format: no 'gen1ober'.*gen1ou, gen1ubers",
        ),
        (Gen1OUConfig(reward=RewardConfig(name="fame")), r"game\.reward: unknown reward 'fame'"),
        (Gen1OUConfig(reward=RewardConfig("potential", {"gama": 1})), "gama"),
    ],
)
def test_bad_settings_are_refused_in_one_line(config: Gen1OUConfig, message: str) -> None:
    with pytest.raises(UserError, match=message) as caught:
        Gen1OU(config).check()
    assert "\n" not in str(caught.value)


def test_checking_compiles_what_every_worker_would() -> None:
    """In a process of its own: here the engine is loaded already."""
    code = (
        "import sys\n"
        "from psro.pokemon.config import Gen1OUConfig\n"
        "from psro.pokemon.game import Gen1OU\n"
        "game = Gen1OU(Gen1OUConfig())\n"
        "assert 'psro.pokemon.arenas.engine_kernels' not in sys.modules\n"
        "game.check()\n"
        "assert 'psro.pokemon.arenas.engine_kernels' in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
