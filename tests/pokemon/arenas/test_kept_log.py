"""Both arenas' logs: the battle they hold is the one that was played."""

import pytest

from psro.machine.errors import UserError
from psro.pokemon.engine.audit import Auditor
from psro.pokemon.teams.export import PokemonSet, Team
from psro.pokemon.teams.sets import TeamSet
from tests.game.conformance import jobs_between, play
from tests.pokemon.arenas.arenas import GAME, make_arena

POLICIES = [GAME.make_policy(name, name, {}) for name in ("random", "max_base_power")]


@pytest.mark.parametrize("name", ["engine", "simulator"])
def test_logs_replay_as_they_were_played_and_change_nothing(name, tmp_path):
    arena, auditor = make_arena(name, max_turns=40), Auditor(tmp_path)
    jobs = jobs_between("random", "max_base_power", 10)
    wanted = {job.seed for job in jobs[2:]}
    try:
        before = play(arena, jobs, POLICIES, "structured")
        assert arena.logs == {}
        arena.keep_logs(wanted)
        result = play(arena, jobs, POLICIES, "structured")
        assert result.outcomes == before.outcomes
        assert set(arena.logs) == wanted
        for log in arena.logs.values():
            assert auditor.check(log) is None
        assert any(outcome.score == 0.5 for outcome in result.outcomes), "some are cut off"
        first = arena.logs[jobs[2].seed]
        arena.keep_logs([jobs[0].seed])
        play(arena, jobs[:1], POLICIES, "structured")
        assert set(arena.logs) == {jobs[0].seed}
        assert auditor.check(first) is None
    finally:
        arena.close()
        auditor.close()


@pytest.mark.parametrize("name", ["engine", "simulator"])
def test_a_format_with_the_same_rules_is_replayed_in_gen1ou(name, tmp_path):
    """As it was played: on the simulator in gen1ubers itself."""
    arena, auditor = make_arena(name, format="gen1ubers"), Auditor(tmp_path)
    mewtwo = Team("mewtwo", (PokemonSet("mewtwo", ("psychic", "amnesia", "recover", "blizzard")),))
    arena.teams = TeamSet("one", (mewtwo,), ())
    jobs = jobs_between("random", "max_base_power", 2)
    try:
        arena.keep_logs([job.seed for job in jobs])
        play(arena, jobs, POLICIES, "structured")
        assert [auditor.check(arena.logs[job.seed]) for job in jobs] == [None, None]
        assert auditor.num_checked == 2
    finally:
        arena.close()
        auditor.close()


@pytest.mark.parametrize("name", ["engine", "simulator"])
def test_a_format_that_replays_do_not_know_is_refused(name):
    arena = make_arena(name, format="gen1stadiumou")
    arena.keep_logs([])
    with pytest.raises(UserError, match=r"game\.format=gen1stadiumou cannot be replayed; .*gen1zu"):
        arena.keep_logs([1])
    arena.close()
