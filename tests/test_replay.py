"""python -m psro.replay: battles of a committed unit, from the run's files alone, which stay as they are."""

import re
import shutil
from pathlib import Path

import pytest
import yaml

from psro import replay as front_door
from psro import wiring
from psro.config import EXTENDABLE, Config, parse_config, semantic_fields, to_plain
from psro.game.battles import Outcome
from psro.machine.engine import Machine, RunSpec
from psro.machine.errors import UserError
from psro.machine.executors import SerialExecutor
from psro.machine.signals import StopFlag
from psro.phases.psro import PSRO
from psro.unit import find

UNIT = "iteration_0/tournament_random__max/0"
NO_TRAINING = {"num_iterations": 0, "base": None, "replay_weight": 0.0}


def heuristics_config() -> Config:
    members = {"random": {"kind": "random"}, "max": {"kind": "max_base_power"}}
    return parse_config(
        {
            "game": {"name": "gen1ou", "arena": {"lanes": 4}},
            "oracle": {"name": "offline"},
            "population": {"members": members},
            "psro": NO_TRAINING,
            "certificate": {"enabled": False},
            "tournament": {"battles_per_matchup": 6, "battles_per_unit": 6},
        },
        wiring.SCHEMAS,
    )


def drive(config: Config, directory: Path) -> Path:
    bench = wiring.make_workbench(config, directory)
    algorithm = PSRO(bench, wiring.make_meta_solver(config), lambda directory: None).algorithm()
    config_yaml = yaml.safe_dump(to_plain(config), sort_keys=False).encode()
    files = {"config.yaml": config_yaml}
    spec = RunSpec(directory, semantic_fields(config), "test", {}, EXTENDABLE, files)
    payload = wiring.worker_payload(config, directory)
    executor = SerialExecutor(directory, wiring.make_worker, payload)
    try:
        Machine(algorithm, spec, executor, StopFlag()).run()
    finally:
        executor.close()
        bench.close()
    return directory


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return drive(heuristics_config(), tmp_path_factory.mktemp("run"))


def everything(run: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in sorted(run.rglob("*")) if path.is_file()}


def test_battles_by_place_and_by_seed_below_the_run_and_nothing_else_is_touched(
    run: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    before = everything(run)
    outcomes = front_door.committed_outcomes(run, find(run, UNIT))
    assert len(outcomes) == 6
    assert front_door.main([str(run), UNIT, "--battle", "4", str(outcomes[1].seed), "4"]) == 0
    said = capsys.readouterr().out
    pages = sorted((run / "report/replays" / UNIT).glob("*.html"))
    assert [page.stem for page in pages] == [
        f"001_max_vs_random_{outcomes[1].seed}",
        f"004_random_vs_max_{outcomes[4].seed}",
    ]
    for page, place in zip(pages, (1, 4), strict=True):
        outcome = outcomes[place]
        winner = outcome.policies[0 if outcome.score == 1 else 1]
        assert page.with_suffix(".log").read_text().endswith(f"|win|{winner}\n")
        assert f"{winner} wins in {outcome.num_turns} turn" in said
        assert str(page) in said
        assert all(start in page.read_text() for start in outcome.starts)
    after = everything(run)
    assert {path: data for path, data in after.items() if "/replays/" not in path} == before


def test_a_count_into_another_directory(run: Path, tmp_path: Path) -> None:
    assert front_door.main([str(run), UNIT, "--count", "2", "--output", str(tmp_path / "out")]) == 0
    names = sorted(path.stem.rpartition("_")[0] for path in (tmp_path / "out").glob("*.html"))
    assert names == ["000_random_vs_max", "001_max_vs_random"]


def test_other_battles_than_the_committed_ones_are_no_replay(
    run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    perform = front_door.perform

    def otherwise(*arguments):
        done = perform(*arguments)
        return type(done)(done.unit, done.artifacts[:-1], done.seconds)

    monkeypatch.setattr(front_door, "perform", otherwise)
    assert front_door.main([str(run), UNIT, "--output", str(tmp_path)]) == 2
    said = capsys.readouterr().err
    assert re.search(r"gives other battles than those committed.*python -m psro\.unit", said)
    assert not list(tmp_path.iterdir())


def outcomes(num: int) -> list[Outcome]:
    return [Outcome(1000 + place, ("a", "b"), 1.0, 5, (5, 5)) for place in range(num)]


def test_which_battles() -> None:
    assert front_door.chosen(outcomes(5), [], 3) == [0, 1, 2]
    assert front_door.chosen(outcomes(2), [], 3) == [0, 1]
    assert front_door.chosen(outcomes(5), [1004, 0, 4], 3) == [4, 0]
    with pytest.raises(
        UserError, match=r"no battle 5: .* 0 to 4, or by its job seed, such as 1000"
    ):
        front_door.chosen(outcomes(5), [5], 3)


def test_several_units_each_with_its_own_battles(
    run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    copy = shutil.copytree(run, tmp_path / "run")
    shutil.rmtree(copy / "report/replays", ignore_errors=True)
    assert front_door.main([str(copy), f"{UNIT}:5", f"{UNIT}:0,2"]) == 0
    pages = sorted((copy / "report/replays" / UNIT).glob("*.html"))
    assert [page.name[:3] for page in pages] == ["000", "002", "005"]
    for given, said in (
        ([UNIT, UNIT, "--battle", "1"], "--battle is for one unit; name the battles"),
        ([UNIT, UNIT, "--output", "x"], "--output is for one unit"),
        ([f"{UNIT}:1,b"], "behind the colon stand places"),
        ([f"{UNIT}:9"], "no battle 9"),
    ):
        assert front_door.main([str(copy), *given]) == 2
        assert said in capsys.readouterr().err


@pytest.mark.parametrize(
    ("unit", "said"), [("iteration_0/nothing", "knows no unit"), (UNIT, "is missing")]
)
def test_what_is_not_there_is_said_in_a_line(
    run: Path, capsys: pytest.CaptureFixture[str], unit: str, said: str
) -> None:
    result = run / find(run, UNIT).unit.result
    moved = result.rename(result.with_suffix(".moved"))
    try:
        assert front_door.main([str(run), unit]) == 2
    finally:
        moved.rename(result)
    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") == 1


def test_a_game_without_battles_to_watch_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    members = {name: {"kind": "pure", "arguments": {"action": name}} for name in ("rock", "paper")}
    config = parse_config(
        {
            "game": {"name": "matrix", "exact": False},
            "oracle": {"name": "exact"},
            "population": {"members": members},
            "psro": NO_TRAINING,
            "certificate": {"enabled": False},
        },
        wiring.SCHEMAS,
    )
    run = drive(config, tmp_path / "rps")
    assert front_door.main([str(run), "iteration_0/tournament_rock__paper/0"]) == 2
    assert "battles of game=matrix cannot be watched" in capsys.readouterr().err
