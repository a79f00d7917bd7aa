"""python -m psro.compare: runs side by side, and their policies against each other."""

import argparse
import re
from pathlib import Path
from typing import Any

import orjson
import pytest

from psro import compare as front_door
from psro.metagame.payoffs import OutcomeCounts
from psro.report.comparison.charts import charts_of
from psro.report.comparison.cross_play import CrossPlay, SigmaMatch, cross_play
from psro.report.comparison.side import Side, sides_of
from psro.report.comparison.tables import best_table, settings_table
from tests.test_evaluate import finished_run, journal, result_bytes, rps


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Rock-paper-scissors, played: `long` in two iterations, `short` in none but from two policies; `kuhn`."""
    directory = tmp_path_factory.mktemp("runs")
    finished_run(rps("long", directory, exact=False))
    short = rps("short", directory, exact=False)
    short.psro.num_iterations = 0
    short.population.members["twice"] = type(short.population.members["rock"])("mixed", {"weights": [1, 1, 0]})  # fmt: skip
    finished_run(short)
    kuhn = rps("kuhn", directory, True, {"name": "poker"})
    kuhn.psro.num_iterations = 0
    kuhn.population.members["rock"].kind = "uniform"
    kuhn.population.members["rock"].arguments = {}
    finished_run(kuhn)
    return directory


def compare(runs: Path, *options: str) -> int:
    told = ["--executor", "serial", "--runs-directory", str(runs), "--output", str(runs / "page")]
    return front_door.main([*told, "--battles", "300", "--member-battles", "200", *options])


def both(runs: Path) -> list[str]:
    return [str(runs / "long/seed_0"), str(runs / "short/seed_0")]


def test_a_comparison_from_the_command_line(runs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert compare(runs, *both(runs)) == 0
    said = capsys.readouterr().out
    data = orjson.loads((runs / "page/compare.json").read_bytes())
    assert [run["label"] for run in data["runs"]] == ["long", "short"]
    (match,) = data["cross_play"]["sigma"]
    # σ of short is rock or half rock, half paper; the equilibrium scores one half against anything.
    assert match["win_rate"]["low"] < 0.5 < match["win_rate"]["high"]
    (to_long, to_short) = sorted(data["cross_play"]["best_against"], key=lambda b: b["defender"])
    assert to_long["defender"] == "long"
    assert to_short["policy"] == "br_1", "paper is the best answer of long's to both of short's"
    assert to_short["gain"]["low"] > 0.1
    cells = data["cross_play"]["populations"]["training"]
    same = [c for c in cells if {c["first"], c["second"]} == {"long.rock", "short.rock"}]
    assert [c["win_rate"] for c in same] == [{"estimate": 0.5, "low": 0.5, "high": 0.5, "level": 0.95}] * 2  # fmt: skip
    for words in (
        "against each other",
        "Side by side",
        "psro.num_iterations",
        "population.members.twice",
    ):
        assert words in said
    page = (runs / "page/index.html").read_text()
    assert "σ of long" in page
    assert not re.search(r'(src|href)="(https?:)?//', page), "it needs no network"
    for name in re.findall(r'href="([\w.]+\.(?:png|csv))"', page):
        assert (runs / "page" / name).is_file()
    # Again: nothing is played twice, the same comes out.
    evaluations = [Path(path) for path in data["evaluations"]]
    before, bytes_before = [journal(path) for path in evaluations], result_bytes(runs / "page")
    assert compare(runs, *both(runs)) == 0
    assert [journal(path) for path in evaluations] == before
    assert result_bytes(runs / "page") == bytes_before


def test_without_cross_play_nothing_is_played(
    runs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told = ["--no-cross-play", "--runs-directory", str(tmp_path), *both(runs)]
    told.append(str(runs / "kuhn/seed_0"))  # another game may stand beside
    assert front_door.main(told) == 0
    assert [path.name for path in tmp_path.iterdir()] == ["comparisons"]
    (page,) = tmp_path.glob("comparisons/*/index.html")
    assert "were not played against each other" in page.read_text()


@pytest.mark.parametrize(
    ("runs_named", "said"),
    [
        (["long"], "two runs or more, each named once"),
        (["long", "long"], "two runs or more, each named once"),
        (["long", "kuhn"], "policies of different games cannot meet"),
        (["long", "nowhere"], "is no run directory"),
    ],
)
def test_what_cannot_be_compared_is_said_in_a_line(
    runs: Path, capsys: pytest.CaptureFixture[str], runs_named: list[str], said: str
) -> None:
    assert compare(runs, *(str(runs / name / "seed_0") for name in runs_named)) == 2
    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") == 1


@pytest.fixture(scope="module")
def sides(runs: Path) -> list[Side]:
    return sides_of({runs / "long/seed_0": "long", runs / "short/seed_0": "short"})


def row(first: str, second: str, wins: int, losses: int) -> dict[str, Any]:
    return {"first": first, "second": second, "wins": wins, "ties": 0, "losses": losses,
            "win_rate": {}, "is_exact": False, "num_failures": 0}  # fmt: skip


def made_up(sides: list[Side], wins: int) -> CrossPlay:
    """Every member of `long` won so many of 100 battles against every member of `short`."""
    names = {side.label: {name: f"{side.label}.{name}" for name in side.weights} for side in sides}
    pairs = [(a, b) for a in names["long"].values() for b in names["short"].values()]
    populations = {"pools": {"training": {"matchups": [row(*pair, wins, 100 - wins) for pair in pairs]}}}  # fmt: skip
    mixtures = {"pools": {"training": {"matchups": [row("a", "b", wins, 100 - wins)]}}}
    return cross_play(sides, mixtures, {"long": "a", "short": "b"}, populations, names, [])


def test_the_best_of_several_has_an_interval_over_all_of_them(sides: list[Side]) -> None:
    played = made_up(sides, 60)
    of_long, of_short = played.best
    assert (of_long.attacker, of_long.defender, of_long.num_policies) == ("long", "short", 3)
    assert of_long.gain.estimate == pytest.approx(0.1)
    assert of_short.gain.estimate == pytest.approx(-0.1)
    # Wider than that of one policy alone.
    (single,) = (match.rate for match in played.sigma)
    assert of_long.gain.high - 0.1 > single.high - 0.6
    table = best_table(played)
    assert table is not None
    assert len(table.rows) == 2


@pytest.mark.parametrize(
    ("wins", "verdict"), [(65, "a wins"), (35, "b wins"), (55, "not told apart")]
)
def test_who_wins_is_said_only_where_the_battles_tell(wins: int, verdict: str) -> None:
    match = SigmaMatch("a", "b", "training", OutcomeCounts(wins, 0, 100 - wins), 0)
    assert match.verdict == verdict


def test_figures_draw_at_either_width_and_hold_their_numbers(sides: list[Side]) -> None:
    charts = charts_of(sides, made_up(sides, 60))
    assert {"sigma_against_sigma", "populations_long_short", "battles"} <= charts.keys()
    for chart in charts.values():
        assert chart.draw(780).height > 0 < chart.draw(344).height
        assert len(chart.to_csv().splitlines()) == len(chart.rows) + 1


def test_settings_that_are_alike_are_not_listed(sides: list[Side]) -> None:
    listed = {row[0]: row[1:] for row in settings_table(sides).rows}
    assert listed["psro.num_iterations"] == ("2", "0")
    assert "game.name" not in listed


def test_of_a_run_only_what_sigma_plays(runs: Path, sides: list[Side]) -> None:
    given = argparse.Namespace(members="support")
    assert front_door.met(sides[1], given.members) in (["twice"], ["rock"], ["rock", "twice"])
    assert front_door.met(sides[0], "all") == ["rock", "br_1", "br_2"]
