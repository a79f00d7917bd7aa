"""python -m psro.play: who plays, where it may, and whole games on a real local server."""

import json
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from psro import play
from psro.game.mixture import MixturePolicy
from psro.game.policies import Policy
from psro.machine import exit_codes
from psro.machine.errors import UserError
from psro.machine.seeds import seed_from
from psro.oracle.metamon.policy import MetamonPolicy
from psro.pokemon.config import Gen1OUConfig
from psro.pokemon.game import Gen1OU
from psro.pokemon.play import player
from psro.pokemon.play.game import rating_in
from psro.pokemon.server.address import parse_address
from psro.pokemon.server.client import Client
from psro.pokemon.server.events import Refusal
from tests.launchers.test_showdown_server import free_port
from tests.oracle.metamon.stand_in import SETTINGS, StandIns
from tests.pokemon.server.conftest import RealServer, server  # noqa: F401  the fixture

GAME = Gen1OU(Gen1OUConfig())


@pytest.fixture
def run_directory(tmp_path: Path) -> Path:
    """What psro.play reads of a run: config, population, meta-strategies."""
    run = tmp_path / "run"
    files = {
        "config.yaml": "game: {name: gen1ou, max_turns: 77}\noracle: {name: exact}\n",
        "population/gym/policy.json": json.dumps(
            {"name": "gym", "kind": "gym_leader", "view": "record"}
        ),
        "population/br_2/policy.json": json.dumps(
            {"name": "br_2", "kind": "max_base_power", "view": "record"}
        ),
        "population/br_10/policy.json": json.dumps(
            {"name": "br_10", "kind": "random", "view": "none"}
        ),
        "population/br_of_another/policy.json": json.dumps(
            {"name": "br_of_another", "kind": "random", "view": "none"}
        ),
        "manifest.json": "{}",
        "iteration_0/iteration_summary.json": "{}",
        "iteration_0/meta_strategy.json": json.dumps({"weights": {"gym": 1.0}}),
        "iteration_10/iteration_summary.json": "{}",
        "iteration_10/population.json": json.dumps(
            {"members": [{"name": name} for name in ("gym", "br_2", "br_10")]}
        ),
        "iteration_10/meta_strategy.json": json.dumps(
            {"weights": {"gym": 0.5, "br_2": 0.5, "br_10": 0.0}}
        ),
    }
    for name, text in files.items():
        path = run / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return run


def named(who: str) -> Policy:
    return play.policy_of(play.find_entrant(who), GAME)


def test_a_run_plays_its_newest_mixture_and_its_members_by_name(run_directory: Path) -> None:
    assert play.game_of(play.find_entrant(str(run_directory))).config.max_turns == 77
    mixture = named(str(run_directory))
    assert isinstance(mixture, MixturePolicy)
    assert mixture.name == "nash_10"
    drawn = {mixture.for_battle(seed_from("draw", n)).name for n in range(50)}
    assert drawn == {"gym", "br_2"}
    names = {"nash_0": "nash_0", "nash": "nash_10", "br_2": "br_2", "best": "br_10", "gym": "gym"}
    for member, name in names.items():
        assert named(f"{run_directory}:{member}").name == name
    assert named(str(run_directory / "population" / "br_2")).name == "br_2"
    assert named("gym_leader").name == "gym_leader"


@pytest.mark.parametrize(
    ("who", "message"),
    [
        ("nobody", "no run directory, no directory with a policy.json, and none of the game's own"),
        ("remote", "no run directory"),
        (
            "{run}:br_3",
            "no policy 'br_3'; did you mean br_2? There are: gym, br_2, br_10, br_of_another",
        ),
        ("{run}:nash_4", "no meta-strategy of iteration 4; solved are 0 to 10"),
        ("{run}:br_*", "names 3 policies, one can play: choose among br_2, br_10, br_of_another"),
    ],
)
def test_who_there_is_not_is_one_line(run_directory: Path, who: str, message: str) -> None:
    with pytest.raises(UserError, match=re.escape(message)):
        named(who.format(run=run_directory))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--accept", "--server", "showdown"], "say --public-server-allows-bots"),
        (["--ladder", "1", "--server", "ws://play.example.org/x"], "--public-server-allows-bots"),
        (["--accept", "--server", "showdown", "--public-server-allows-bots"], "under which name"),
        (["--accept", "--server", "not an address"], "is no server's address"),
        (["--accept", "--name", "!!!"], "1 to 18 letters and digits"),
        (["--accept", "--name", "a name that is far too long"], "1 to 18 letters and digits"),
    ],
)
def test_nobody_else_is_asked_for_anything_unless_it_is_said(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert play.main(["gym_leader", *arguments]) == exit_codes.USER_ERROR
    assert message in capsys.readouterr().err


@pytest.mark.parametrize("given", ["-1", "hot", "nan", "inf"])
def test_a_temperature_that_is_none(given: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        play.main(["gym_leader", "--accept", f"--temperature={given}"])
    assert f"'{given}' is no number from 0" in capsys.readouterr().err


def test_networks_play_at_the_temperature_that_is_asked_for(
    stand_ins: StandIns, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    settings = json.dumps(SETTINGS).replace('"', "")
    agent = play.find_entrant(f"metamon{{agent: SyntheticRLV2, settings: {settings}}}")
    for temperature in (0.0, 1.0):
        policy = play.policy_of(agent, GAME, temperature)
        assert isinstance(policy, MetamonPolicy)
        assert policy.temperature == temperature


def test_addresses() -> None:
    local = "ws://127.0.0.1:8000/showdown/websocket"
    for text in ("8000", "127.0.0.1:8000", "127.0.0.1", "ws://127.0.0.1:8000", local):
        assert parse_address(text).url == local
        assert parse_address(text).is_local
    assert parse_address("localhost:81").is_local
    assert parse_address("showdown").url == "wss://sim3.psim.us/showdown/websocket"
    assert not parse_address("192.0.2.1:8000").is_local
    for text in ("", "a b", "http://x", "127.0.0.1:99999", "host:"):
        with pytest.raises(UserError, match="is no server's address"):
            parse_address(text)


def test_ratings_are_read_as_the_ladder_tells_them() -> None:
    lines = [
        "|raw|other's rating: 1040 &rarr; <strong>1020</strong><br />(-20 for losing)",
        "|raw|The Agent's rating: 1000 &rarr; <strong>1034</strong><br />(+34 for winning)",
    ]
    assert rating_in(lines, "the agent") == (1000, 1034)
    assert rating_in(lines, "somebody") is None


def test_no_server_and_a_server_of_something_else(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    port = str(free_port())
    arguments = ["random", "--accept", "--output", str(tmp_path), "--server", port]
    assert play.main(arguments) == exit_codes.USER_ERROR
    said = capsys.readouterr().err
    assert re.search(r"no server answers at .*: start one with launchers/showdown", said)
    other = ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
    serving = threading.Thread(target=other.serve_forever)
    serving.start()
    arguments[-1] = str(other.server_port)
    try:
        assert play.main(arguments) == exit_codes.USER_ERROR
    finally:
        other.shutdown()
        serving.join()
        other.server_close()
    assert "is no Showdown server (" in capsys.readouterr().err


def agent(port: int, output: Path, *arguments: str) -> threading.Thread:
    """An agent of its own, in a thread."""
    given = ["random", *arguments, "--server", str(port), "--output", str(output), "--seed", "1"]
    thread = threading.Thread(target=play.main, args=(given,))
    thread.start()
    return thread


def games_in(output: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in (output / "games.jsonl").read_text().splitlines()]


def test_challenges_ladder_and_refusals_on_a_real_server(
    server: RealServer,  # noqa: F811
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    port = server.port
    host = agent(port, tmp_path / "host", "--accept", "--games", "2", "--name", "the host")
    waited = threading.Event()
    while "challenge it" not in capsys.readouterr().out:
        assert host.is_alive(), "it ended"
        waited.wait(0.1)
    common = ["--server", str(port), "--output", str(tmp_path / "guest")]
    assert play.main(["random", "--accept", "--name", "The Host", *common]) == exit_codes.USER_ERROR
    assert (
        "does not let the name 'The Host' in: Someone is already using" in capsys.readouterr().err
    )
    assert play.main(["random", "--challenge", "no such user", *common]) == exit_codes.USER_ERROR
    assert "no such user does not play: The user 'no such user' was not" in capsys.readouterr().err
    # In another format: an agent of gen1ubers.
    other = tmp_path / "ubers"
    other.mkdir()
    (other / "manifest.json").write_text("{}")
    (other / "config.yaml").write_text(
        "game: {name: gen1ou, format: gen1ubers}\noracle: {name: exact}\n"
    )
    (other / "policy.json").write_text(json.dumps({"name": "u", "kind": "random", "view": "none"}))
    (other / "population" / "u").mkdir(parents=True)
    (other / "policy.json").rename(other / "population" / "u" / "policy.json")
    assert play.main([f"{other}:u", "--challenge", "the host", *common]) == exit_codes.USER_ERROR
    said = capsys.readouterr()
    assert "the host does not play: " in said.err
    assert "it is in gen1ubers, and this plays gen1ou" in said.out
    (tmp_path / "uber").mkdir()
    (tmp_path / "uber" / "u.gen1ou_team").write_text("Mewtwo\n- Psychic\n")
    arguments = ["random", "--challenge", "the host", "--teams", str(tmp_path / "uber"), *common]
    assert play.main(arguments) == exit_codes.USER_ERROR
    said = capsys.readouterr()
    assert re.search(r"does not take team file .*u\.gen1ou_team in gen1ou: Mewtwo is", said.err)
    assert play.main(["random", "--ladder", "1", "--wait", "1", *common]) == exit_codes.USER_ERROR
    said = capsys.readouterr()
    assert "waited 1 s for an opponent on the ladder of gen1ou" in said.err
    # A server may want time between two challenges, which this one does not: its refusal is put in once.
    challenge = Client.challenge
    refused: list[str] = []

    async def too_early(client: Client, user: str, battle_format: str, team: str | None) -> None:
        if refused:
            await challenge(client, user, battle_format, team)
            return
        refused.append(user)
        client.events.put_nowait(
            Refusal("You challenged less than 10 seconds after your last challenge! It's cancelled")
        )

    monkeypatch.setattr(Client, "challenge", too_early)
    monkeypatch.setattr(player, "THROTTLE_S", 0.0)
    assert play.main(["max_base_power", "--challenge", "the host", "--games", "2", *common]) == 0
    assert refused == ["the host"]
    host.join()
    ours, theirs = games_in(tmp_path / "guest"), games_in(tmp_path / "host")
    opposite = {"won": "lost", "lost": "won", "tied": "tied"}
    assert [opposite[str(game["result"])] for game in ours] == [game["result"] for game in theirs]
    assert "2 games: " in capsys.readouterr().out
    for game in ours + theirs:
        log = Path(str(game["replay"])).with_suffix(".log").read_text()
        assert "|turn|1\n" in log
        assert "|win|" in log or "|tie" in log
    rivals = [
        agent(port, tmp_path / name, "--ladder", "1", "--name", name) for name in ("one", "two")
    ]
    for rival in rivals:
        rival.join()
    ratings = [games_in(tmp_path / name)[0]["rating"] for name in ("one", "two")]
    assert all(isinstance(rating, list) for rating in ratings), ratings
