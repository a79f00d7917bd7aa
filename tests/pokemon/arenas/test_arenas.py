"""Both arenas: same jobs, same bytes; ties by turn limit; what cannot be played is refused."""

import numpy as np
import pytest
from numpy.typing import NDArray

from psro.game.battles import Job
from psro.game.mixture import MixturePolicy
from psro.game.policies import Decisions
from psro.game.shards import encode_shard
from psro.machine.errors import Preempted, UserError
from psro.pokemon.arenas.engine import EngineArena
from psro.pokemon.arenas.simulator import SimulatorArena
from psro.pokemon.choices import NUM_ACTIONS
from psro.pokemon.config import ArenaConfig, Gen1OUConfig, TeamsConfig
from psro.pokemon.game import Gen1OU
from psro.pokemon.observations.records.record import WIDTH
from psro.pokemon.state import BattleState
from psro.pokemon.teams.export import PokemonSet, Team
from psro.pokemon.teams.sets import TeamSet
from tests.game.conformance import (
    check_results_are_whole,
    check_same_jobs_same_bytes,
    jobs_between,
    play,
)
from tests.pokemon.arenas.arenas import GAME, Noisy, make_arena


@pytest.mark.parametrize("view", ["structured", "metamon"])
def test_conformance(view: str, arena: EngineArena | SimulatorArena) -> None:
    policies = [Noisy("noisy", view), GAME.make_policy("max", "max_base_power", {})]
    check_same_jobs_same_bytes(GAME, view, policies)
    jobs = jobs_between("noisy", "max", 6)
    check_results_are_whole(play(arena, jobs, policies, view), jobs)


def test_recording_leaves_the_battles_as_they_are(arena: EngineArena | SimulatorArena) -> None:
    policies = [
        GAME.make_policy("random", "random", {}),
        GAME.make_policy("max", "max_base_power", {}),
    ]
    results = [
        play(arena, jobs_between("random", "max", 6, record), policies, "structured")
        for record in [(False, False), (True, False), (True, True)]
    ]
    assert results[0].trajectories is None
    assert results[0].outcomes == results[1].outcomes == results[2].outcomes
    one, both = results[1].trajectories, results[2].trajectories
    assert one is not None
    assert both is not None
    assert [episode.side for episode in one.episodes] == [0] * 6
    assert [episode.side for episode in both.episodes] == [0, 1] * 6
    assert [episode.seed for episode in one.episodes] == [o.seed for o in results[1].outcomes]
    decisions = [number for outcome in results[2].outcomes for number in outcome.num_decisions]
    assert np.diff(both.offsets).tolist() == decisions


def test_recorded_rows_are_what_the_policy_saw(arena: EngineArena | SimulatorArena) -> None:
    """Also when the opponent reads the same arrays, and lanes end at different times."""
    noisy = Noisy("noisy")
    seen: dict[int, list[NDArray]] = {}
    act = noisy.act

    def watched(decisions: Decisions) -> NDArray[np.int64]:
        for row, episode in enumerate(decisions.episodes.tolist()):
            seen.setdefault(episode, []).append(decisions.observations["action_numbers"][row])
        return act(decisions)

    noisy.act = watched  # type: ignore[method-assign]
    trajectories = play(
        arena, jobs_between("noisy", "noisy", 6), [noisy], "structured"
    ).trajectories
    assert trajectories is not None
    for index in range(trajectories.num_episodes):
        rows = slice(*trajectories.offsets[index : index + 2])
        recorded = trajectories.observations["action_numbers"][rows]
        assert (recorded == np.stack(seen[index])).all()


def test_the_view_none_sees_the_legal_mask_alone_and_forced_choices_are_not_asked(
    arena: EngineArena | SimulatorArena,
) -> None:
    blind, sighted = Noisy("blind", "none"), Noisy("sighted", "record")
    play(arena, jobs_between("blind", "sighted", 5, (False, False)), [blind, sighted], "structured")
    for policy in (blind, sighted):
        for decisions in policy.asked:
            assert (decisions.legal_mask.sum(axis=1) > 1).all()
            assert decisions.legal_mask.shape == (len(decisions), NUM_ACTIONS)
        assert sorted(policy.forgotten) == sorted(
            {int(e) for d in policy.asked for e in d.episodes}
        ), "every episode is forgotten once"
    assert all(decisions.observations == {} for decisions in blind.asked)
    for decisions in sighted.asked:
        assert isinstance(decisions.observations, dict)
        assert decisions.observations["record"].shape == (len(decisions), WIDTH)
    seeds = np.concatenate([d.seeds for p in (blind, sighted) for d in p.asked])
    assert len(set(seeds.tolist())) == len(seeds), "no two decisions share a seed"


def test_the_simulator_shows_states_to_those_who_read_them(simulator: SimulatorArena) -> None:
    sighted = Noisy("sighted", "battle")
    play(simulator, jobs_between("sighted", "sighted", 2, (False, False)), [sighted], "structured")
    for decisions in sighted.asked:
        assert all(isinstance(state, BattleState) for state in decisions.observations)


def test_both_arenas_play_the_same_battles() -> None:
    """Same jobs, same policies, as many lanes: the same bytes."""
    jobs = jobs_between("noisy", "gym", 24)
    played = {}
    for name in ("engine", "simulator"):
        arena = make_arena(name, lanes=7)
        policies = [Noisy("noisy"), GAME.make_policy("gym", "gym_leader", {})]
        played[name] = play(arena, jobs, policies, "record")
        arena.close()
    ours, theirs = played["engine"], played["simulator"]
    assert ours.outcomes == theirs.outcomes
    assert ours.failures == theirs.failures == ()
    one, other = ours.trajectories, theirs.trajectories
    assert one is not None
    assert other is not None
    assert one.episodes == other.episodes
    for name in ("offsets", "actions", "legal_mask", "rewards"):
        assert (getattr(one, name) == getattr(other, name)).all(), name
    # Of these battles poke-env gets none wrong; benchmarks/engine_sight.py tells its mistakes apart.
    assert (one.observations["record"] == other.observations["record"]).all()


def test_one_batch_per_policy_and_step(arena: EngineArena | SimulatorArena) -> None:
    noisy = Noisy("noisy", "none")
    play(arena, jobs_between("noisy", "noisy", 4, (False, False)), [noisy], "structured")
    assert len(noisy.asked[0]) == 8, "both sides of all lanes at once"
    assert noisy.asked[0].episodes.tolist() == list(range(8))


def test_a_mixture_plays_through_its_members(arena: EngineArena | SimulatorArena) -> None:
    members = {"a": Noisy("a", "none"), "b": Noisy("b", "structured")}
    mixture = MixturePolicy("sigma", members, {"a": 0.5, "b": 0.5})
    result = play(arena, jobs_between("sigma", "sigma", 12), [mixture], "structured")
    pairs = {outcome.policies for outcome in result.outcomes}
    assert pairs == {("a", "a"), ("a", "b"), ("b", "a"), ("b", "b")}, "the sides draw independently"


@pytest.mark.parametrize("name", ["engine", "simulator"])
def test_the_turn_limit_makes_a_tie(name: str) -> None:
    arena = make_arena(name, max_turns=3)
    try:
        result = play(arena, jobs_between("a", "a", 6), [Noisy("a", "none")], "structured")
    finally:
        arena.close()
    assert [(o.score, o.num_turns) for o in result.outcomes] == [(0.5, 3)] * 6
    assert result.trajectories is not None
    assert {episode.score for episode in result.trajectories.episodes} == {0.5}


def test_a_recorded_side_that_never_has_to_decide(arena: EngineArena | SimulatorArena) -> None:
    arena.teams = TeamSet("solo", (Team("solo", (PokemonSet("Tauros", ("bodyslam",)),)),), ())
    result = play(arena, jobs_between("a", "a", 3), [Noisy("a")], "record")
    assert [outcome.num_decisions for outcome in result.outcomes] == [(0, 0)] * 3
    assert result.trajectories is not None
    assert result.trajectories.offsets.tolist() == [0] * 7


def test_preemption_leaves_an_arena_that_plays_on(arena: EngineArena | SimulatorArena) -> None:
    jobs, policy = jobs_between("a", "a", 6), Noisy("a")
    whole = encode_shard(play(arena, jobs, [policy], "structured"), {})
    calls = iter(range(100))
    policy.forgotten.clear()
    with pytest.raises(Preempted, match="of 6 battles"):
        arena.play(jobs, {"a": policy}, "structured", lambda *_: None, lambda: next(calls) == 20)
    assert set(policy.forgotten) >= set(range(8)), "episodes of unfinished battles are forgotten"
    assert encode_shard(play(arena, jobs, [policy], "structured"), {}) == whole


def test_what_cannot_be_played_is_refused_before_a_battle(
    arena: EngineArena | SimulatorArena,
) -> None:
    jobs = jobs_between("a", "b", 1)
    with pytest.raises(ValueError, match="'b'"):
        play(arena, jobs, [Noisy("a")], "structured")
    with pytest.raises(ValueError, match="cannot record view 'battle'"):
        play(arena, jobs, [Noisy("a"), Noisy("b")], "battle")
    with pytest.raises(ValueError, match="reads view 'pixels'"):
        play(arena, jobs, [Noisy("a"), Noisy("b", "pixels")], "structured")
    with pytest.raises(ValueError, match="unknown team pool"):
        play(arena, [Job(1, ("a", "a"), "mystery")], [Noisy("a")], "structured")


def test_pools_draw_other_teams() -> None:
    arena = GAME.make_arena()
    try:
        for pool in GAME.pools:
            jobs = [Job(seed, ("a", "a"), pool) for seed in range(4)]
            result = play(arena, jobs, [Noisy("a", "none")], "structured")
            names = {team.name for team in GAME.teams.pool(pool)}
            assert {start for outcome in result.outcomes for start in outcome.starts} <= names
    finally:
        arena.close()


def test_no_jobs_are_played_at_once(arena: EngineArena | SimulatorArena) -> None:
    result = play(arena, [], [], "structured")
    assert (result.outcomes, result.failures, result.trajectories) == ((), (), None)


def test_config_errors_name_the_key() -> None:
    for change in ({"max_turns": 1000}, {"max_failures_fraction": 1.0}):
        with pytest.raises(ValueError, match=f"game.{next(iter(change))}"):
            Gen1OUConfig(**change)
    for change in ({"lanes": 0}, {"audit_fraction": 2.0}, {"name": "cartridge"}):
        with pytest.raises(ValueError, match=f"game.arena.{next(iter(change))}"):
            ArenaConfig(**change)
    with pytest.raises(
        ValueError, match=r"game.format gen1stadiumou is not the engine's.*arena=simulator"
    ):
        Gen1OUConfig(format="gen1stadiumou")
    with pytest.raises(ValueError, match=r"game\.format"):
        Gen1OUConfig(format="gen9ou")
    with pytest.raises(UserError, match="nowhere"):
        Gen1OU(Gen1OUConfig(teams=TeamsConfig("nowhere"))).check()
    GAME.check()
