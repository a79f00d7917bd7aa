"""python -m psro.evaluate: policies of several runs against each other, resumable, and one line for what cannot be."""

import csv
import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import orjson
import pytest
import yaml

from psro import evaluate as front_door
from psro import wiring
from psro.config import Config, parse_config, semantic_fields, to_plain
from psro.drive import drive
from psro.machine.errors import Preempted
from psro.machine.events import RunListener
from psro.machine.journal import JOURNAL_FILE, JournalRecord
from psro.machine.signals import StopFlag
from psro.phases.psro import PSRO
from psro.pokemon.teams.sets import COMPETITIVE_HELD_OUT
from tests.oracle.metamon.stand_in import SETTINGS
from tests.phases.conftest import result_bytes

BATTLES = 60


def rps(name: str, runs: Path, exact: bool, game: dict[str, Any] | None = None) -> Config:
    members = {"rock": {"kind": "pure", "arguments": {"action": "rock"}}}
    return parse_config(
        {
            "name": name,
            "runs_directory": str(runs),
            "game": game or {"name": "matrix", "exact": exact},
            "oracle": {"name": "exact"},
            "population": {"members": members},
            "psro": {"num_iterations": 2, "rounds": 1, "opponent_epsilon": 0.0},
            "certificate": {"enabled": False},
            "executor": {"name": "serial"},
        },
        wiring.SCHEMAS,
    )


def finished_run(config: Config) -> Path:
    """Driven to its end in this process, its config.yaml committed."""
    directory = wiring.run_directory(config)
    bench = wiring.make_workbench(config, directory)
    algorithm = PSRO(bench, wiring.make_meta_solver(config), lambda directory: None).algorithm()
    files = {"config.yaml": yaml.safe_dump(to_plain(config), sort_keys=False).encode()}
    drive(algorithm, config, directory, semantic_fields(config), StopFlag(), (), files)
    return directory


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """runs/exact, runs/played: rock-paper-scissors, its payoffs computed or played; runs/kuhn."""
    directory = tmp_path_factory.mktemp("runs")
    finished_run(rps("exact", directory, exact=True))
    finished_run(rps("played", directory, exact=False))
    kuhn = rps("kuhn", directory, True, {"name": "poker"})
    kuhn.population.members["rock"].kind = "uniform"
    kuhn.population.members["rock"].arguments = {}
    finished_run(kuhn)
    return directory


def evaluate(output: Path, who: Sequence[str], *options: str) -> int:
    return front_door.main(
        [*who, "--executor", "serial", "--output", str(output), "--battles", str(BATTLES),
         "--battles-per-unit", "25", *options]
    )  # fmt: skip


def result(output: Path) -> dict[str, Any]:
    data: dict[str, Any] = orjson.loads((output / "result.json").read_bytes())
    return data


def rates(output: Path) -> dict[tuple[str, str], float]:
    (pool,) = result(output)["pools"].values()
    return {(row["first"], row["second"]): row["win_rate"]["estimate"] for row in pool["matchups"]}


def test_policies_and_mixtures_of_two_runs_and_the_games_own(
    runs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    exact, played = runs / "exact/seed_0", runs / "played/seed_0"
    who = [f"{played}:rock", f"{played}:nash_1", f"{exact}:br_*", "mine=pure{action: scissors}"]
    assert evaluate(tmp_path, who, "--set", "game.exact=false") == 0
    found = result(tmp_path)
    assert [e["name"] for e in found["entrants"]] == [
        "played.rock", "played.nash_1", "exact.br_1", "exact.br_2", "mine"
    ]  # fmt: skip
    assert found["entrants"][2]["source"] == str(exact / "population/br_1")
    known = rates(tmp_path)
    # The best response to rock is paper, to paper scissors; σ after iteration 1 is paper alone.
    assert known["played.rock", "exact.br_1"] == 0
    assert known["played.nash_1", "exact.br_2"] == 0
    assert known["played.nash_1", "exact.br_1"] == 0.5
    assert known["exact.br_2", "mine"] == 0.5
    row = found["pools"]["training"]["matchups"][0]
    assert row["wins"] + row["ties"] + row["losses"] == BATTLES
    assert row["win_rate"]["low"] == 0 < row["win_rate"]["high"] < 0.1
    said = capsys.readouterr().out
    assert "played.rock" in said
    assert "Ratings" in said
    with open(tmp_path / "matchups.csv") as file:
        assert len(list(csv.DictReader(file))) == 10
    assert "| played.rock | exact.br_1 |" in (tmp_path / "summary.md").read_text()


def test_exact_values_of_mixtures_are_computed_member_by_member(runs: Path, tmp_path: Path) -> None:
    run = runs / "exact/seed_0"
    who = [f"half=mixed{{weights: [1, 1, 0]}}", str(run)]  # noqa: F541  # braces are the argument's
    assert evaluate(tmp_path, who, "--against", f"{run}:rock", "paper=pure{action: paper}") == 0
    found = rates(tmp_path)
    assert found["half", "rock"] == 0.75
    assert found["nash_2", "rock"] == pytest.approx(0.5)  # the equilibrium
    assert ("half", "nash_2") not in found
    assert all(row["is_exact"] for row in result(tmp_path)["pools"]["training"]["matchups"])


def test_who_is_named_twice_plays_once_and_mixtures_draw_from_entrants(
    runs: Path, tmp_path: Path
) -> None:
    run = runs / "exact/seed_0"
    assert (
        evaluate(
            tmp_path, [f"{run}:best", f"{run}:br_2", "again=" + f"{run}:br_2", f"{run}:nash_2"]
        )
        == 0
    )
    assert [e["name"] for e in result(tmp_path)["entrants"]] == ["br_2", "again", "nash_2"]
    # σ's other members lie beside them, each once.
    there = sorted(path.name for path in (tmp_path / "population").iterdir())
    assert there == ["again", "br_1", "br_2", "nash_2", "rock"]
    weights = orjson.loads((tmp_path / "population/nash_2/policy.json").read_bytes())
    assert set(weights["arguments"]["weights"]) == {"rock", "br_1", "br_2"}


def test_a_path_with_an_equals_sign_is_no_name(
    runs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("lr=1").symlink_to(runs / "exact/seed_0")
    found = front_door.entrants.find(["lr=1", "lr=1:rock", "mine=lr=1:rock"])
    assert [(e.alias, e.record.name) for e in found] == [
        (None, "nash_2"),
        (None, "rock"),
        ("mine", "rock"),
    ]


class StopAtCommit(RunListener):
    """Raises the stop flag when the n-th unit is committed."""

    def __init__(self, stop: StopFlag, num: int):
        self.stop, self.left = stop, num

    def on_commit(self, record: JournalRecord, seconds: float | None) -> None:
        self.left -= record.unit is not None
        if self.left == 0:
            self.stop.set("SIGTERM")


@pytest.fixture
def planned(runs: Path) -> Any:
    def make(output: Path, battles: int = BATTLES) -> front_door.Planned:
        who = front_door.entrants.find([f"{runs}/played/seed_0:*"])
        overrides = {"executor.name": "serial"}
        config = front_door.config_of(who, None, overrides, str(runs))
        options = front_door.Options(battles, battles_per_unit=25)
        return front_door.plan(who, front_door.everyone, config, options, output)

    return make


def test_stopped_anywhere_it_goes_on_to_the_same_bytes(
    planned: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    front_door.run(planned(tmp_path / "whole"), StopFlag())
    whole = result_bytes(tmp_path / "whole")
    assert "result.json" in whole
    again = tmp_path / "again"
    for num_commits in (1, 4, 2):
        stop = StopFlag()
        listener = StopAtCommit(stop, num_commits)
        monkeypatch.setattr(front_door, "TimingListener", lambda directory, one=listener: one)
        with pytest.raises(Preempted):
            front_door.run(planned(again), stop)
        assert not (again / "result.json").exists()
    monkeypatch.undo()
    front_door.run(planned(again), StopFlag())
    renamed = result_bytes(again)
    assert renamed.keys() == whole.keys()
    different = {name for name in whole if renamed[name] != whole[name]}
    assert different == {"summary.md"}  # whose title is the directory's name


def test_with_more_battles_it_plays_on_and_what_was_played_stays(
    planned: Any, tmp_path: Path
) -> None:
    output = tmp_path / "grown"
    front_door.run(planned(output), StopFlag())
    before = {record.unit.key for record in journal(output) if record.unit}
    front_door.run(planned(output, 2 * BATTLES), StopFlag())
    front_door.run(planned(tmp_path / "at_once", 2 * BATTLES), StopFlag())
    grown, at_once = result(output), result(tmp_path / "at_once")
    assert grown == at_once
    units = [record.unit.key for record in journal(output) if record.unit]
    # Of 60 battles, two units of 25 are kept and the one of 10 is played again as part of a third of 25.
    num_pairs = len(grown["pools"]["training"]["matchups"])
    assert len(units) == len(before) + 3 * num_pairs


def journal(directory: Path) -> list[JournalRecord]:
    lines = (directory / JOURNAL_FILE).read_text().splitlines()
    return [JournalRecord.from_json(json.loads(line)) for line in lines]


def test_other_policies_in_the_same_directory_are_refused(
    runs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = runs / "exact/seed_0"
    assert evaluate(tmp_path, [f"{run}:rock", f"{run}:br_1"]) == 0
    assert evaluate(tmp_path, [f"{run}:rock", f"{run}:br_2"]) == 2
    error = capsys.readouterr().err
    assert "started with another config" in error
    assert error.count("\n") == 1


def a_policy(directory: Path, **record: Any) -> Path:
    directory.mkdir()
    whole = {"name": "mine", "kind": "neural", "view": "structured", "arguments": {}} | record
    (directory / "policy.json").write_text(json.dumps(whole))
    return directory


def damaged(case: str, runs: Path, tmp_path: Path) -> list[str]:
    """The entrants of a case that must be refused."""
    run = runs / "exact/seed_0"
    rock = f"{run}:rock"
    match case:
        case "weights are missing":
            return [rock, str(a_policy(tmp_path / "p", files={"weights.safetensors": "00"}))]
        case "weights are damaged":
            directory = a_policy(tmp_path / "p", files={"weights.safetensors": "00"})
            (directory / "weights.safetensors").write_bytes(b"torn")
            return [rock, str(directory)]
        case "a record is damaged":
            (tmp_path / "p").mkdir()
            (tmp_path / "p/policy.json").write_text("{")
            return [rock, str(tmp_path / "p")]
        case "a policy of another game":
            return [rock, str(a_policy(tmp_path / "p"))]
        case "a member of a mixture is gone":
            copy = shutil.copytree(run, tmp_path / "run")
            shutil.rmtree(copy / "population/br_1")
            return [f"{copy}:nash_2"]
        case "a kind that the game does not have":
            return [rock, "gym_leader"]
        case "an argument that the kind does not have":
            return [rock, "pure{action: lizard}"]
        case "a strategy of another poker":
            other = a_policy(tmp_path / "p", kind="pure", view="infoset", arguments={"actions": {}})
            return [f"{runs / 'kuhn/seed_0'}:br_1", str(other)]
        case "no such policy":
            return [f"{run}:br_9"]
        case "no such iteration":
            return [f"{run}:nash_7"]
        case "runs of other games":
            return [rock, f"{runs / 'kuhn/seed_0'}:br_1"]
        case "runs with other settings":
            return [rock, f"{runs / 'played/seed_0'}:rock"]
        case "one name for two":
            return [rock, "rock=pure{action: paper}"]
        case "alone":
            return [rock]
        case "no run":
            return [str(tmp_path)]
        case _:
            return [rock, f"{tmp_path}:br_1"]


@pytest.mark.parametrize(
    ("case", "said"),
    [
        ("weights are missing", "weights.safetensors is missing; restore it"),
        ("weights are damaged", "weights.safetensors is damaged: its sha256 is"),
        ("a record is damaged", "policy.json is no JSON"),
        ("a policy of another game", "reads the view 'structured', which game=matrix does not supply"),
        ("a member of a mixture is gone", "population/br_1/policy.json is missing; restore it"),
        ("a kind that the game does not have", "kind 'gym_leader', which game=matrix does not have"),
        ("an argument that the kind does not have", "no action 'lizard'"),
        ("a strategy of another poker", "names each of the 12 information sets of kuhn"),
        ("no such policy", "has no policy 'br_9'; did you mean br_2? There are: rock, br_1, br_2"),
        ("no such iteration", "no meta-strategy of iteration 7; solved are 0 to 2"),
        ("runs of other games", "policies of different games cannot meet"),
        ("runs with other settings", "game.exact is True"),
        ("one name for two", "are both called rock: give one a name of its own"),
        ("alone", "takes two policies or more"),
        ("no run", "is neither a run directory (no manifest.json) nor a policy's"),
        ("a run that is none", "is no run directory, it has no manifest.json"),
    ],
)  # fmt: skip
def test_what_cannot_be_played_is_said_in_a_line(
    runs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], case: str, said: str
) -> None:
    assert evaluate(tmp_path / "out", damaged(case, runs, tmp_path)) == 2
    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") == 1
    assert not (tmp_path / "out").exists()


def test_two_remote_policies_are_refused_before_anything_is_played(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bots = ["one=remote{username: A}", "two=remote{username: B}"]
    given = ["random", bots[0], "--against", bots[1], "--set", "game.server.address=127.0.0.1:1"]
    assert evaluate(tmp_path / "out", given) == 2
    said = "one and two are both remote: nobody here can bring them together; let each meet others"
    assert said in capsys.readouterr().err


def test_settings_that_are_none_and_pools_that_are_none(
    runs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    who = [f"{runs}/exact/seed_0:rock", f"{runs}/exact/seed_0:br_1"]
    assert evaluate(tmp_path / "out", who, "--pools", "held_out") == 2
    assert "--pools held_out: game=matrix as it is set has: training" in capsys.readouterr().err
    assert evaluate(tmp_path / "out", who, "--set", "game.exakt=true") == 2
    assert "did you mean game.exact?" in capsys.readouterr().err
    assert evaluate(tmp_path / "out", who, "--set", "psro.rounds=2") == 2
    assert "give game.KEY=VALUE or executor.KEY=VALUE" in capsys.readouterr().err


def test_battles_without_any_run_by_team(tmp_path: Path) -> None:
    """Gen 1 OU as it is by default, on held-out teams."""
    quick = ["--set", "game.arena.lanes=8", "game.arena.audit_fraction=0.0"]
    who = ["max_base_power", "careful=gym_leader"]
    assert evaluate(tmp_path, who, "--pools", "held_out", "--battles", "24", *quick) == 0
    found = result(tmp_path)
    assert found["settings"]["game.teams.name"] == "competitive"
    (row,) = found["pools"]["held_out"]["matchups"]
    with open(tmp_path / "by_team.csv") as file:
        teams = list(csv.DictReader(file))
    for policy, side in (
        (p, s) for p in ("max_base_power", "careful") for s in ("own", "opposing")
    ):
        mine = [team for team in teams if (team["policy"], team["side"]) == (policy, side)]
        wins, losses = (sum(int(team[key]) for team in mine) for key in ("wins", "losses"))
        expected = (row["wins"], row["losses"])
        assert (wins, losses) == (expected if policy == "max_base_power" else expected[::-1])
    assert {team["team"] for team in teams} <= COMPETITIVE_HELD_OUT
    assert not (tmp_path / "ratings.csv").exists(), "two policies need none"


def test_metamons_checkpoints_by_name_and_by_path(
    stand_ins: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = json.dumps(SETTINGS).replace('"', "")
    path = stand_ins.cache / "pretrained_models/synthetic-rl-v1"
    told = f"agent: SyntheticRLV1, epoch: 40, path: {path}, settings: {settings}"
    quick = ["--set", "game.arena.lanes=8", "game.arena.audit_fraction=0.0"]
    options = [*quick, "--battles", "4", "--runs-directory", str(tmp_path / "runs")]
    who = [f"metamon{{agent: SyntheticRLV2, settings: {settings}}}", f"old=metamon{{{told}}}"]
    for output in ("a", "b"):
        assert evaluate(tmp_path / output, who, *options) == 0
    found = result(tmp_path / "a")
    assert [e["kind"] for e in found["entrants"]] == ["metamon"] * 2
    assert [e["name"] for e in found["entrants"]] == ["SyntheticRLV2", "old"]
    assert (tmp_path / "a/result.json").read_bytes() == (tmp_path / "b/result.json").read_bytes()
    assert len(list((tmp_path / "runs/checkpoints").iterdir())) == 2, "written once"
    for word, message in (
        # By name alone it is of the published size, which the stand-in is not.
        ("metamon:SyntheticRLV2", "do not fit this model: "),
        (
            "metamon:SyntheticRLV2@7",
            "no checkpoint synthetic-rl-v2/ckpts/policy_weights/policy_epoch_7.pt",
        ),
        ("metamon:", "which of metamon's agents? Write metamon:SyntheticRLV2"),
        ("metamon:SyntheticRLV2@x", "the epoch 'x' is no whole number"),
        ("metamon:Abra", "Abra reads metamon's TeamPreviewObservationSpace"),
        ("metamon{path: /nowhere}", "give `agent`"),
    ):
        assert evaluate(tmp_path / "c", [word, "random"], *options) == 2
        err = capsys.readouterr().err
        assert word in err, message
        assert message in err
        assert err.count("\n") == 1
