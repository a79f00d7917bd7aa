"""What breaks in a battle is loud, named by its seed, and never a result; both arenas."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from psro.game.battles import Job
from psro.game.policies import Decisions
from psro.machine.errors import UserError
from psro.pokemon.arenas import simulator_lanes
from psro.pokemon.arenas.engine import EngineArena
from psro.pokemon.arenas.settings import ArenaSettings
from psro.pokemon.arenas.simulator import SimulatorArena
from psro.pokemon.engine import audit
from psro.pokemon.engine.audit import AuditFailed
from psro.pokemon.observations.records.from_state import fill_record
from psro.pokemon.state import BattleState
from psro.pokemon.teams.export import PokemonSet, Team
from psro.pokemon.teams.sets import TeamSet
from tests.game.conformance import (
    check_results_are_whole,
    jobs_between,
    play,
)
from tests.pokemon.arenas.arenas import GAME, Noisy, make_arena


class Cheat(Noisy):
    """Chooses what is illegal in one episode."""

    def act(self, decisions: Decisions) -> NDArray[np.int64]:
        actions = super().act(decisions)
        return np.where(decisions.episodes == 2, decisions.legal_mask.argmin(axis=1), actions)


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
