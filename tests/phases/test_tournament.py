"""An adaptive tournament: passes that follow from results, the same after any kill, and counts that add up."""

import os
import random
from pathlib import Path
from typing import Any

import orjson
import pytest

from psro import wiring
from psro.config import Config, parse_config
from psro.machine import faults
from psro.metagame.payoffs import PayoffTable
from psro.phases.tournament import sizes_of_passes
from tests.phases.conftest import drive_config, result_bytes


def config_of(**tournament: Any) -> Config:
    """Rock, two kinds of paper and one response, on sampled payoffs."""
    members = {
        name: {"kind": "pure", "arguments": {"action": action}}
        for name, action in {"rock": "rock", "paper": "paper", "paper_too": "paper"}.items()
    }
    return parse_config(
        {
            "game": {"name": "matrix", "exact": False, "scores": SCORES},
            "oracle": {"name": "exact"},
            "population": {"members": members},
            "psro": {"num_iterations": 1, "rounds": 1, "opponent_epsilon": 0.0},
            "certificate": {"enabled": False},
            "tournament": {"battles_per_matchup": 40, "battles_per_unit": 15, "batch": 5}
            | {"allocation": "adaptive"}
            | tournament,
        },
        wiring.SCHEMAS,
    )


SCORES = [[0.5, 0.3, 1.0], [0.7, 0.5, 0.0], [0.0, 1.0, 0.5]]
"""Rock-paper-scissors in which paper beats rock with luck only. What scissors, the response, comes to is plain after a few
battles, so that the others go to old matchups, whatever the dice (57 to 62 of 96 with each of the seeds 0 to 11)."""


def load(path: Path) -> Any:
    return orjson.loads(path.read_bytes())


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    run = tmp_path_factory.mktemp("whole")
    drive_config(config_of(), run)
    return run


def test_the_budget_is_kept_and_old_matchups_are_played_again(whole: Path) -> None:
    before = 0
    for iteration, num_pairs in enumerate((3, 3)):
        root = whole / f"iteration_{iteration}"
        passes = load(root / "tournament.json")["passes"]
        assert len(passes) == 5
        assert [sum(row["num_battles"] for row in one["matchups"]) for one in passes] == [24] * 5
        table = PayoffTable.from_json(load(root / "interaction_matrix.json"))
        played = int(table.counts().sum()) // 2
        assert played - before == 40 * num_pairs
        before = played
        new = {row["column"] for row in passes[0]["matchups"]}
        assert new == ({"paper", "paper_too"} if iteration == 0 else {"br_1"})
    again = [row for one in passes[1:] for row in one["matchups"] if row["column"] != "br_1"]
    assert again


def test_every_counted_battle_is_a_committed_one(whole: Path) -> None:
    table = PayoffTable.from_json(load(whole / "iteration_1/interaction_matrix.json"))
    seeds = [
        outcome[0]
        for path in whole.glob("iteration_*/matchups/tournament_pass_*.json")
        for outcome in load(path)["outcomes"]
    ]
    assert len(set(seeds)) == len(seeds) == int(table.counts().sum()) // 2


def test_killed_at_any_write_it_plans_the_same_passes_again(whole: Path, tmp_path: Path) -> None:
    draw = random.Random(0)
    num_kills = 0
    while True:
        kill_at = f"*:{draw.randint(30, 150)}"
        child = os.fork()
        if child == 0:
            status = 1
            try:
                faults._trap = faults._Trap(kill_at)
                drive_config(config_of(), tmp_path)
                status = 0
            finally:
                os._exit(status)
        if os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0:
            break
        num_kills += 1
        assert num_kills < 60
    assert num_kills >= 4
    assert result_bytes(tmp_path) == result_bytes(whole)


def test_it_ends_at_the_wanted_half_width(whole: Path, tmp_path: Path) -> None:
    reached = [
        one["half_width_after"] for one in load(whole / "iteration_0/tournament.json")["passes"]
    ]
    wanted = reached[2]
    expected = next(number for number, width in enumerate(reached) if width <= wanted) + 1
    drive_config(config_of(wanted_half_width=wanted), tmp_path)
    found = load(tmp_path / "iteration_0/tournament.json")["passes"]
    assert [one["half_width_after"] for one in found] == reached[:expected]


def test_exact_payoffs_are_looked_at_once(tmp_path: Path) -> None:
    config = config_of()
    config.game.exact = True
    drive_config(config, tmp_path)
    (one,) = load(tmp_path / "iteration_0/tournament.json")["passes"]
    assert one["half_width_after"] == 0
    assert load(tmp_path / "iteration_1/interaction_matrix.json")["matrix"][0][1] == pytest.approx(
        0.3
    )


def test_an_equal_tournament_plays_new_matchups_once(tmp_path: Path) -> None:
    drive_config(config_of(allocation="equal"), tmp_path)
    names = {path.name for path in (tmp_path / "iteration_1/matchups").glob("tournament_*")}
    first = ("paper", "paper_too", "rock")
    assert names == {
        f"tournament_{name}__br_1_{unit:02d}.json" for name in first for unit in range(3)
    }
    assert not (tmp_path / "iteration_1/tournament.json").exists()


@pytest.mark.parametrize("battles_per_matchup", [1, 4, 11, 200])
@pytest.mark.parametrize("num_passes", [1, 2, 5])
@pytest.mark.parametrize("num_pairs", [1, 9])
def test_passes_add_up(battles_per_matchup: int, num_passes: int, num_pairs: int) -> None:
    sizes = sizes_of_passes(battles_per_matchup, num_passes, num_pairs)
    assert len(sizes) == min(num_passes, battles_per_matchup)
    assert sum(sizes) == battles_per_matchup * num_pairs
    assert sizes[0] % num_pairs == 0 < sizes[0]
    assert max(sizes[1:], default=0) - min(sizes[1:], default=0) <= 1
