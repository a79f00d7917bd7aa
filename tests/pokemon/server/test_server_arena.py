"""Battles on a real Showdown server: results are whole, and what was left unfinished is none."""

import contextlib
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from psro.game.battles import Job
from psro.game.mixture import MixturePolicy
from psro.game.policies import Decisions
from psro.machine.errors import Preempted, UserError
from psro.pokemon.arenas.server import ServerArena
from psro.pokemon.arenas.settings import ArenaSettings
from psro.pokemon.config import ArenaConfig, Gen1OUConfig
from psro.pokemon.game import Gen1OU
from psro.pokemon.server.check import VERSION
from psro.pokemon.server.client import Client
from psro.pokemon.server.config import ServerConfig
from psro.pokemon.simulator.node import find_node
from psro.pokemon.teams.export import PokemonSet, Team, pack
from psro.pokemon.teams.sets import TeamSet
from tests.game.conformance import check_results_are_whole, jobs_between, play
from tests.launchers.test_showdown_server import free_port
from tests.pokemon.arenas.arenas import Noisy
from tests.pokemon.server.conftest import RealServer, Wire

UNRECORDED = (False, False)


def make_game(port: int, arena: str = "server", **server: object) -> Gen1OU:
    some = {"battles": 8, "silence_s": 60.0, "challenge_s": 60.0, "return_s": 60.0}
    address = {"address": f"127.0.0.1:{port}"}
    config = ServerConfig(**(address | some | server))  # type: ignore[arg-type]
    return Gen1OU(
        Gen1OUConfig(arena=ArenaConfig(arena, lanes=4), server=config, max_failures_fraction=0.5)
    )


def make_arena(port: int, **server: object) -> ServerArena:
    made = make_game(port, **server).make_arena()
    assert isinstance(made, ServerArena)
    return made


def test_the_version_that_is_known_is_the_installed_one() -> None:
    assert find_node().version == VERSION


@pytest.mark.parametrize("view", ["structured", "battle"])
def test_conformance_but_for_the_dice(port: int, view: str) -> None:
    game = make_game(port)
    policies = [Noisy("noisy", view), game.make_policy("max", "max_base_power", {})]
    jobs = jobs_between("noisy", "max", 6)
    result = play(game.make_arena(), jobs, policies, "structured")
    assert len(result.outcomes) == 6
    check_results_are_whole(result, jobs)
    assert result.trajectories is not None
    assert [(e.seed, e.side) for e in result.trajectories.episodes] == [
        (job.seed, side) for job in jobs for side in (0, 1)
    ]
    assert {outcome.starts[0] for outcome in result.outcomes} <= {t.name for t in game.teams.teams}


def test_the_turn_limit_makes_a_tie_and_a_mixture_plays_through_its_members(port: int) -> None:
    arena = make_arena(port)
    arena.settings = ArenaSettings("gen1ou", 1, 3, 0.0)
    members = {name: Noisy(name, "none") for name in ("a", "b")}
    mixture = MixturePolicy("sigma", members, {"a": 0.5, "b": 0.5})
    jobs = jobs_between("sigma", "sigma", 10, UNRECORDED)
    outcomes = play(arena, jobs, [mixture], "structured").outcomes
    assert [(outcome.score, outcome.num_turns) for outcome in outcomes] == [(0.5, 3)] * 10
    assert len({outcome.policies for outcome in outcomes}) >= 3, "the sides draw independently"
    assert all(policy.forgotten for policy in members.values())


def test_an_illegal_choice_breaks_its_battle_and_no_other(port: int) -> None:
    class Liar(Noisy):
        def act(self, decisions: Decisions) -> NDArray[np.int64]:
            lies = decisions.episodes == 2 * 3  # job 1, side 0, the first attempt of three
            return np.where(lies, decisions.legal_mask.argmin(axis=1), super().act(decisions))

    jobs = jobs_between("cheat", "fair", 4)
    policies = [Liar("cheat"), Noisy("fair")]
    result = play(make_arena(port), jobs, policies, "structured")
    assert [failure.seed for failure in result.failures] == [jobs[1].seed]
    assert "policy cheat: action" in result.failures[0].reason
    check_results_are_whole(result, jobs)


class Cutting(Noisy):
    """Breaks the wire in the middle of its battles, once."""

    def __init__(self, name: str, wire: Wire):
        super().__init__(name)
        self._wire = wire

    def act(self, decisions: Decisions) -> NDArray[np.int64]:
        actions = super().act(decisions)
        if len(self.asked) == 12:
            self._wire.cut()
        return actions


def test_dropped_connections_are_begun_again_and_their_beginnings_forgotten(
    wire: Wire, caplog: pytest.LogCaptureFixture
) -> None:
    jobs = jobs_between("a", "a", 4)
    policy = Cutting("a", wire)
    result = play(make_arena(wire.port), jobs, [policy], "structured")
    assert "was left unfinished: " in caplog.text
    assert len(result.outcomes) == 4, "each was played in the end"
    check_results_are_whole(result, jobs)
    assert result.trajectories is not None
    decisions = [number for outcome in result.outcomes for number in outcome.num_decisions]
    assert np.diff(result.trajectories.offsets).tolist() == decisions, "no beginning is left"
    asked = {int(episode) for decisions in policy.asked for episode in decisions.episodes}
    assert set(policy.forgotten) >= asked


def test_without_retries_a_dropped_battle_is_a_failure_never_a_result(wire: Wire) -> None:
    arena = make_arena(wire.port, retries=0, battles=2)
    arena.settings = ArenaSettings("gen1ou", 1, 300, 1.0)
    jobs = jobs_between("a", "a", 4)
    result = play(arena, jobs, [Cutting("a", wire)], "structured")
    assert 1 <= len(result.failures) <= 2, "those that were played just then"
    assert all("unfinished 1 times" in failure.reason for failure in result.failures)
    assert len(result.outcomes) + len(result.failures) == 4
    check_results_are_whole(result, jobs)


def test_it_stops_when_asked(port: int) -> None:
    jobs = jobs_between("a", "a", 50, UNRECORDED)
    with pytest.raises(Preempted, match="of 50 battles played"):
        make_arena(port).play(
            jobs, {"a": Noisy("a", "none")}, "structured", lambda *_: None, lambda: True
        )


@pytest.fixture(scope="module", params=["poke-env", "showdown"])
def foreign(port: int, request: pytest.FixtureRequest) -> Iterator[str]:
    """The name of a random player that is not ours, in a process of its own: poke-env's, and Showdown's."""
    with foreign_bot(request.param, port, f"Foreign {request.param}") as name:
        yield name


@pytest.fixture(scope="module")
def mute(port: int) -> Iterator[str]:
    """One that takes every challenge, and in its first battle never moves."""
    with foreign_bot("showdown", port, "Mute At First", "1") as name:
        yield name


@contextlib.contextmanager
def foreign_bot(whose: str, port: int, name: str, *more: str) -> Iterator[str]:
    team = pack(Gen1OU(Gen1OUConfig()).teams.teams[0])
    here, node = Path(__file__).parent, find_node()
    command = {
        "poke-env": [sys.executable, here / "foreign_bot.py"],
        "showdown": [node.executable, here / "showdown_random.js", node.simulator.parent],
    }[whose]
    bot = subprocess.Popen(
        [*command, str(port), name, team, *more],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert bot.stdout is not None
    assert bot.stdout.readline() == "ready\n"
    yield name
    bot.kill()
    bot.communicate()


def test_a_remote_policy_plays_its_battles_there_and_all_others_are_played_here(
    port: int, foreign: str
) -> None:
    game = make_game(port, arena="engine", battles=3, challenge_s=30.0)
    policies = [
        game.make_policy("gym", "gym_leader", {}),
        game.make_policy("max", "max_base_power", {}),
        game.make_policy("foreign", "remote", {"username": foreign}),
    ]
    pairs = [("gym", "foreign"), ("gym", "max"), ("foreign", "gym"), ("max", "gym")] * 2
    record = {"gym": True, "max": True, "foreign": False}
    jobs = [
        Job(seed, pair, record=(record[pair[0]], record[pair[1]]))
        for seed, pair in enumerate(pairs)
    ]
    arena = game.make_arena()
    result = play(arena, jobs, policies, "record")
    assert [outcome.policies for outcome in result.outcomes] == pairs
    check_results_are_whole(result, jobs)
    assert result.trajectories is not None
    assert [(e.seed, e.side) for e in result.trajectories.episodes] == [
        (job.seed, side) for job in jobs for side in (0, 1) if job.record[side]
    ]
    # poke-env's random play, which switches every other turn, loses nearly always, whichever side it sits on.
    scores = [o.score if o.policies[0] == "gym" else 1 - o.score for o in result.outcomes[::2]]
    assert sum(scores) >= 3 or "poke-env" not in foreign
    here = Gen1OU(Gen1OUConfig(arena=ArenaConfig("engine", lanes=4))).make_arena()
    near = [job for job in jobs if "foreign" not in job.policies]
    assert play(here, near, policies, "record").outcomes == result.outcomes[1::2]
    for job in (Job(1, ("foreign", "foreign")), Job(1, ("gym", "foreign"), record=(True, True))):
        with pytest.raises(UserError, match="remote"):
            play(arena, [job], policies, "record")


def test_battles_that_a_bot_takes_and_never_moves_in_are_begun_again(
    port: int, mute: str, caplog: pytest.LogCaptureFixture
) -> None:
    # Many retries: on a busy machine a battle that is played may be silent for as long.
    game = make_game(port, battles=1, silence_s=8.0, retries=8)
    policies = [
        game.make_policy("max", "max_base_power", {}),
        game.make_policy("mute", "remote", {"username": mute}),
    ]
    jobs = jobs_between("max", "mute", 2, UNRECORDED)
    result = play(game.make_arena(), jobs, policies, "structured")
    assert "was left unfinished: nothing was heard of battle-gen1ou-" in caplog.text
    assert [outcome.seed for outcome in result.outcomes] == [job.seed for job in jobs]


def test_a_remote_policy_that_is_not_there_is_named(port: int) -> None:
    game = make_game(port, absent_s=0.5)
    policies = [
        game.make_policy("max", "max_base_power", {}),
        game.make_policy("gone", "remote", {"username": "Nobody Here"}),
    ]
    jobs = jobs_between("max", "gone", 1, UNRECORDED)
    with pytest.raises(UserError, match="the remote policy 'Nobody Here' was not on ws://"):
        play(game.make_arena(), jobs, policies, "structured")


def test_an_illegal_team_is_named_before_a_battle_and_where_it_is_met(port: int) -> None:
    game = make_game(port)
    game.check()
    illegal = Team("uber", (PokemonSet("Mewtwo", ("psychic",)),), path="teams/uber.gen1ou_team")
    game.teams = TeamSet("illegal", (illegal,), ())  # type: ignore[misc]
    message = r"does not take team file teams/uber\.gen1ou_team in gen1ou: .*Mewtwo"
    with pytest.raises(UserError, match=message):
        game.check()
    policies = [game.make_policy("max", "max_base_power", {})]
    with pytest.raises(UserError, match=message):
        play(game.make_arena(), jobs_between("max", "max", 2, UNRECORDED), policies, "structured")


def test_a_format_that_the_server_does_not_have_is_named(port: int) -> None:
    game = make_game(port)
    game.config.format = "gen1nosuch"
    with pytest.raises(UserError, match="has no format 'gen1nosuch': choose another"):
        game.check()


def test_a_connection_that_is_lost_while_the_version_is_asked_is_made_again(
    port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Client] = []
    ask = Client.ask_version

    async def lose_the_first(client: Client) -> str:
        asked.append(client)
        if len(asked) == 1:
            await client.close()
        return await ask(client)

    monkeypatch.setattr(Client, "ask_version", lose_the_first)
    jobs = jobs_between("a", "a", 1, UNRECORDED)
    policy = make_game(port).make_policy("a", "max_base_power", {})
    assert len(play(make_arena(port), jobs, [policy], "structured").outcomes) == 1
    assert len(asked) == 2


def test_another_version_and_no_server_are_refused(
    port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("psro.pokemon.server.check.VERSION", "0.12.0")
    with pytest.raises(UserError, match=r"is pokemon-showdown 0\.11\.11; .* those of 0\.12\.0"):
        make_game(port).check()
    make_game(port, any_version=True).check()
    with pytest.raises(UserError, match=r"no server answers at ws://127\.0\.0\.1"):
        make_game(free_port()).check()


def test_a_server_that_is_killed_mid_battle_and_comes_back(
    server: RealServer, caplog: pytest.LogCaptureFixture
) -> None:
    """Last of this module: its server is killed. Before it is there again, and for good, the arena waits `return_s`."""
    jobs = jobs_between("a", "a", 24, UNRECORDED)
    policies = {"a": make_game(server.port).make_policy("a", "max_base_power", {})}
    restarts: list[threading.Thread] = []

    def kill_once_some_are_done(done: int, total: int, metrics: Mapping[str, float]) -> None:
        if done and not restarts:
            server.kill()
            restarts.append(threading.Thread(target=server.start))
            restarts[0].start()

    arena = make_arena(server.port, battles=3)
    result = arena.play(jobs, policies, "structured", kill_once_some_are_done, lambda: False)
    restarts[0].join()
    assert "was left unfinished" in caplog.text, "some were being played"
    assert len(result.outcomes) == 24, "and were begun again"
    server.kill()
    with pytest.raises(UserError, match=r"no server answers at ws://127\.0\.0\.1.*start one"):
        play(make_arena(server.port, return_s=0.1), jobs, [policies["a"]], "structured")
