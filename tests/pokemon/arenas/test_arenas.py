"""Both arenas: same jobs, same bytes; ties by turn limit; what breaks is loud and never a result."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from psro.game.battles import Job
from psro.game.mixture import MixturePolicy
from psro.game.policies import BasePolicy, Decisions, choose_from
from psro.game.shards import encode_shard
from psro.machine.errors import Preempted, UserError
from psro.pokemon.arenas import simulator_lanes
from psro.pokemon.arenas.engine import EngineArena
from psro.pokemon.arenas.settings import ArenaSettings
from psro.pokemon.arenas.simulator import SimulatorArena
from psro.pokemon.choices import NUM_ACTIONS
from psro.pokemon.config import ArenaConfig, Gen1OUConfig, TeamsConfig
from psro.pokemon.engine import audit
from psro.pokemon.engine.audit import AuditFailed
from psro.pokemon.game import Gen1OU
from psro.pokemon.observations.records.from_state import fill_record
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


class Cheat(Noisy):
    """Chooses what is illegal in one episode."""

    def act(self, decisions: Decisions) -> NDArray[np.int64]:
        actions = super().act(decisions)
        return np.where(decisions.episodes == 2, decisions.legal_mask.argmin(axis=1), actions)


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


def test_an_audited_battle_that_showdown_plays_otherwise_stops_the_unit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Here the engine's own replay ends elsewhere: the lane that was played is tampered with."""
    settings = ArenaSettings("gen1ou", 4, 300, 0.5, audit_fraction=1.0)
    arena = EngineArena(settings, GAME.teams, GAME.reward, tmp_path / "audit")
    jobs = jobs_between("a", "a", 2, (False, False))
    try:
        whole = play(arena, jobs, [Noisy("a", "none")], "structured")
        assert arena.auditor.num_checked == 2
        check = arena.auditor.check
        monkeypatch.setattr(arena.auditor, "check", lambda log, final: check(log, final + 1))
        with pytest.raises(AuditFailed, match=f"job seed {jobs[0].seed}|job seed {jobs[1].seed}"):
            play(arena, jobs, [Noisy("a", "none")], "structured")
        assert list((tmp_path / "audit").iterdir())
    finally:
        arena.close()
    assert len(whole.outcomes) == 2


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


def test_a_battle_that_breaks_is_named_and_is_no_result(
    arena: EngineArena | SimulatorArena, caplog: pytest.LogCaptureFixture
) -> None:
    jobs = jobs_between("cheat", "fair", 6)
    policies = [Cheat("cheat"), Noisy("fair")]
    result = play(arena, jobs, policies, "structured")
    assert [failure.seed for failure in result.failures] == [jobs[1].seed]
    assert "policy cheat: action" in result.failures[0].reason
    assert str(jobs[1].seed) in caplog.text
    check_results_are_whole(result, jobs)
    assert result.trajectories is not None
    assert jobs[1].seed not in {episode.seed for episode in result.trajectories.episodes}
    clean = [job for job in jobs if job is not jobs[1]]
    again = play(arena, clean, [Noisy("cheat"), Noisy("fair")], "structured")
    assert again.outcomes == result.outcomes, "the others are as if nothing had happened"


def test_a_parse_error_breaks_its_battle(
    simulator: SimulatorArena, monkeypatch: pytest.MonkeyPatch
) -> None:
    from psro.pokemon import gen1_battle

    def broken(battle: gen1_battle.Gen1Battle, event: list[str]) -> None:
        raise KeyError("boom")

    monkeypatch.setitem(gen1_battle._HANDLERS, "-damage", broken)
    simulator.settings = ArenaSettings("gen1ou", 4, 300, 0.0)
    policy = GAME.make_policy("max", "max_base_power", {})
    with pytest.raises(UserError, match=r"1 of 6 battles broke.*cannot parse '\|-damage\|.*boom"):
        play(simulator, jobs_between("max", "max", 6), [policy], "structured")


@pytest.mark.parametrize("at_the_end", [False, True])
def test_a_state_that_no_record_has_room_for_breaks_its_battle(
    simulator: SimulatorArena,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    at_the_end: bool,
) -> None:
    jobs = jobs_between("a", "b", 6)
    broken = f"battle-gen1ou-{jobs[1].seed}"

    def fill(state: BattleState, records: NDArray[np.int16], row: int) -> None:
        if state.battle.battle_tag == broken and state.battle.finished is at_the_end:
            raise ValueError("rhydon has more moves than four")
        fill_record(state, records, row)

    monkeypatch.setattr(simulator_lanes, "fill_record", fill)
    result = play(simulator, jobs, [Noisy("a"), Noisy("b")], "structured")
    assert [failure.seed for failure in result.failures] == [jobs[1].seed]
    assert "rhydon has more moves than four" in result.failures[0].reason
    assert str(jobs[1].seed) in caplog.text
    check_results_are_whole(result, jobs)
    assert result.trajectories is not None
    assert jobs[1].seed not in {episode.seed for episode in result.trajectories.episodes}
    clean = [job for job in jobs if job is not jobs[1]]
    again = play(simulator, clean, [Noisy("a"), Noisy("b")], "structured")
    assert again.outcomes == result.outcomes, "the others are as if nothing had happened"


class Halves(Noisy):
    """Chooses between two actions."""

    def act(self, decisions: Decisions) -> NDArray[np.int64]:
        return super().act(decisions) + 0.5  # type: ignore[return-value]


class TooMany(Noisy):
    """Chooses twice."""

    def act(self, decisions: Decisions) -> NDArray[np.int64]:
        return np.repeat(super().act(decisions), 2)


def test_actions_that_are_no_actions_are_refused(arena: EngineArena | SimulatorArena) -> None:
    jobs = jobs_between("a", "a", 2, (False, False))
    with pytest.raises(ValueError, match="policy a: actions are float64, not whole numbers"):
        play(arena, jobs, [Halves("a", "none")], "structured")
    with pytest.raises(ValueError, match=r"policy a: actions \[8\] for 4 decisions"):
        play(arena, jobs, [TooMany("a", "none")], "structured")


def test_a_recorded_side_that_never_has_to_decide(arena: EngineArena | SimulatorArena) -> None:
    arena.teams = TeamSet("solo", (Team("solo", (PokemonSet("Tauros", ("bodyslam",)),)),), ())
    result = play(arena, jobs_between("a", "a", 3), [Noisy("a")], "record")
    assert [outcome.num_decisions for outcome in result.outcomes] == [(0, 0)] * 3
    assert result.trajectories is not None
    assert result.trajectories.offsets.tolist() == [0] * 7


def test_a_battle_in_which_showdown_breaks_is_a_failure_and_is_audited() -> None:
    """Transformed into what has one move, the fourth selected, put to sleep (docs/engine.md, "Exclusion")."""
    teams = (
        ("transform", (("Mew", "bodyslam recover reflect transform"), ("Tauros", "bodyslam"))),
        ("sleep", (("Parasect", "spore"), ("Gengar", "hypnosis nightshade"))),
    )
    sets = [
        Team(name, tuple(PokemonSet(mon, tuple(moves.split())) for mon, moves in team))
        for name, team in teams
    ]
    arena = make_arena("engine", max_turns=60, audit_fraction=1.0)
    arena.teams = TeamSet("breaking", tuple(sets), ())
    jobs = [Job(seed, ("a", "a"), record=(True, True)) for seed in range(8, 12)]
    arena.keep_logs([job.seed for job in jobs])
    try:
        result = play(arena, jobs, [Noisy("a", "none")], "record")
    finally:
        arena.close()
    assert isinstance(arena, EngineArena)
    assert [failure.seed for failure in result.failures] == [9]
    assert "no such move slot" in result.failures[0].reason
    assert arena.auditor.num_checked == 4
    assert set(arena.logs) == {8, 10, 11}
    check_results_are_whole(result, jobs)


@pytest.mark.parametrize("name", ["engine", "simulator"])
def test_too_many_failures_are_an_error(name: str) -> None:
    arena = make_arena(name, max_failures_fraction=0.1)
    try:
        with pytest.raises(UserError, match=r"1 of 6 battles broke.*max_failures_fraction"):
            play(
                arena,
                jobs_between("cheat", "fair", 6),
                [Cheat("cheat"), Noisy("fair")],
                "structured",
            )
    finally:
        arena.close()


@pytest.mark.parametrize("key", ["audited", "unaudited"])
def test_how_many_battles_showdown_was_asked_about_is_told(
    key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_node() -> None:
        raise UserError("battles need Node 18 or newer, found none")

    if key == "unaudited":
        monkeypatch.setattr(audit, "find_node", no_node)
    arena = make_arena("engine", audit_fraction=1.0)
    jobs, told = jobs_between("a", "a", 3, (False, False)), []
    try:
        policies = {"a": Noisy("a", "none")}
        arena.play(jobs, policies, "", lambda *said: told.append(said), lambda: False)
    finally:
        arena.close()
    done, total, metrics = told[-1]
    assert (done, total) == (3, 3)
    assert {name: n for name, n in metrics.items() if "audit" in name} == {key: 3}


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
