"""PSRO on rock-paper-scissors, where the truth is known."""

import json
from pathlib import Path
from typing import Any

import pytest

from psro.config import Config
from psro.machine.errors import Preempted, UserError
from psro.machine.events import RunListener
from psro.machine.signals import StopFlag
from psro.phases.psro import Phase

from .conftest import drive_config, result_bytes, rps_config


def load(path: Path) -> Any:
    return json.loads(path.read_bytes())


def test_rock_paper_scissors_is_solved_in_as_many_iterations_as_strategies_are_missing(
    tmp_path: Path,
) -> None:
    assert drive_config(rps_config(), tmp_path).phase is Phase.DONE
    actions = [
        load(tmp_path / f"population/{name}/policy.json")["arguments"]["action"]
        for name in ("rock", "br_1", "br_2")
    ]
    assert actions == ["rock", "paper", "scissors"]
    sigma = load(tmp_path / "iteration_2/meta_strategy.json")["weights"]
    assert sigma == pytest.approx(dict.fromkeys(("rock", "br_1", "br_2"), 1 / 3), abs=1e-12)


def test_gains_are_measured_against_the_sigma_that_was_trained_against(tmp_path: Path) -> None:
    drive_config(rps_config(), tmp_path)
    summary = load(tmp_path / "psro_summary.json")
    first, second = summary["iterations"][1:]
    assert first["trained_against"]["meta_strategy"] == {"rock": 1.0}
    assert first["response"]["best_response_gain"]["gain"]["estimate"] == 0.5
    assert second["trained_against"]["meta_strategy"] == {"rock": 0.0, "br_1": 1.0}
    assert second["response"]["beats_sigma"] is True


def test_the_final_sigma_is_certified_unexploitable(tmp_path: Path) -> None:
    drive_config(rps_config(), tmp_path)
    certificate = load(tmp_path / "certificate_2/certificate.json")
    assert certificate["exploitability"]["estimate"] == pytest.approx(0, abs=1e-12)
    assert certificate["exploitability"]["high"] == pytest.approx(0, abs=1e-12)
    assert certificate["sigma_of"] == "iteration_2"


class StopAfter(RunListener):
    """Raises the stop flag at the n-th commit."""

    def __init__(self, stop: StopFlag, num_commits: int):
        self.stop, self.left = stop, num_commits

    def on_commit(self, record: Any, seconds: float | None) -> None:
        self.left -= 1
        if self.left == 0:
            self.stop.set("test")


@pytest.mark.parametrize("commits_a_start", [1, 2, 5])
def test_a_run_stopped_again_and_again_ends_with_the_same_bytes(
    tmp_path: Path, commits_a_start: int
) -> None:
    drive_config(rps_config(), tmp_path / "whole")
    starts = 0
    while True:
        starts += 1
        assert starts < 500, "a run must make progress at every start"
        stop = StopFlag()
        try:
            listeners = [StopAfter(stop, commits_a_start)]
            drive_config(rps_config(), tmp_path / "stopped", stop, listeners)
            break
        except Preempted:
            continue
    assert starts > 3
    assert result_bytes(tmp_path / "stopped") == result_bytes(tmp_path / "whole")


def test_raising_the_number_of_iterations_extends_a_finished_run(tmp_path: Path) -> None:
    drive_config(rps_config(num_iterations=1), tmp_path / "extended")
    drive_config(rps_config(num_iterations=2), tmp_path / "extended")
    drive_config(rps_config(num_iterations=2), tmp_path / "whole")
    whole, extended = (result_bytes(tmp_path / name) for name in ("whole", "extended"))
    # What an extended run knows besides: its first certificate, which the summary counts in.
    besides = ("certificate_1/", "population/nash_1/", "psro_summary.json")
    same = {path: data for path, data in extended.items() if not path.startswith(besides)}
    del whole["psro_summary.json"]
    assert same == whole


def test_an_extended_run_pools_all_that_is_known_against_a_sigma(tmp_path: Path) -> None:
    def config(num_iterations: int) -> Config:
        config = rps_config(num_iterations=num_iterations, measure_battles=40)
        config.game.exact = False
        return config

    drive_config(config(1), tmp_path / "extended")
    drive_config(config(2), tmp_path / "extended")
    drive_config(config(2), tmp_path / "whole")
    extended = load(tmp_path / "extended/psro_summary.json")
    whole = load(tmp_path / "whole/psro_summary.json")
    assert [row["sigma_of"] for row in extended["certificates"]] == ["iteration_1", "iteration_2"]
    assert [row["sigma_of"] for row in whole["certificates"]] == ["iteration_2"]
    for key in ("iterations", "certificate", "num_iterations"):
        assert extended[key] == whole[key]
    assert [row["iteration"] for row in extended["exploitability"]] == [0, 1, 2]
    for index in (0, 2):
        assert extended["exploitability"][index] == whole["exploitability"][index]
    pooled, alone = extended["exploitability"][1], whole["exploitability"][1]
    assert set(alone["gains"]) == {"br_2 after 1 round"}
    assert set(pooled["gains"]) == {"br_2 after 1 round", "certificate_1 after 1 round"}
    certificate = extended["certificates"][0]["exploitability"]
    assert pooled["estimate"] == max(alone["estimate"], certificate["estimate"])
    assert pooled["level"] == alone["level"]
    for gain in pooled["gains"].values():
        assert gain["gain"]["level"] == pytest.approx(0.975)
    known = whole["iterations"][2]["trained_against"]["exploitability"]
    later = alone.pop("later_members")
    assert alone == {"iteration": 1} | known
    assert (later["member"], later["num_members"], later["exact"]) == ("br_2", 1, False)


def test_the_summary_of_a_run_that_certifies_nothing_has_no_exploitability_of_its_last_sigma(
    tmp_path: Path,
) -> None:
    config = rps_config()
    config.certificate.enabled = False
    drive_config(config, tmp_path)
    summary = load(tmp_path / "psro_summary.json")
    assert (summary["certificate"], summary["certificates"]) == (None, [])
    assert [row["iteration"] for row in summary["exploitability"]] == [0, 1]


def test_a_changed_semantic_field_is_refused_and_named(tmp_path: Path) -> None:
    drive_config(rps_config(), tmp_path)
    with pytest.raises(UserError, match=r"psro\.measure_battles"):
        drive_config(rps_config(measure_battles=123), tmp_path)


def test_without_gain_the_stop_rule_ends_the_loop_as_converged(tmp_path: Path) -> None:
    drive_config(rps_config(num_iterations=9, on_no_gain="stop"), tmp_path)
    summary = load(tmp_path / "psro_summary.json")
    assert summary["num_iterations"] == 3, "two responses solve the game, the third gains nothing"
    assert summary["iterations"][3]["converged"] is True


def test_without_gain_a_response_is_trained_more_and_measured_again(tmp_path: Path) -> None:
    config = rps_config(num_iterations=3, on_no_gain="train_more", extra_rounds=2)
    drive_config(config, tmp_path)
    rounds = [
        row["response"]["rounds"] for row in load(tmp_path / "psro_summary.json")["iterations"][1:]
    ]
    assert rounds == [1, 1, 3]
    third = load(tmp_path / "iteration_3/measurement_2.json")
    assert [look["name"] for look in third["looks"]] == [
        "br_3 after 1 round",
        "br_3 after 3 rounds",
    ]
    assert third["exploitability"]["num_responses"] == 2, "its interval covers both looks"


def test_a_gain_below_the_wanted_one_is_trained_more(tmp_path: Path) -> None:
    """Paper wins 70 % against rock: it beats σ, and yet gains less than 40 points."""
    config = rps_config(num_iterations=1, on_no_gain="train_more", extra_rounds=1, wanted_gain=0.4)
    config.game.scores = [[0.5, 0.3, 0.7], [0.7, 0.5, 0.3], [0.3, 0.7, 0.5]]
    drive_config(config, tmp_path)
    response = load(tmp_path / "psro_summary.json")["iterations"][1]["response"]
    assert (response["beats_sigma"], response["satisfies"], response["rounds"]) == (True, False, 2)


def test_rounding_is_no_gain(tmp_path: Path) -> None:
    """Payoffs whose equilibrium is not exact in floating point: gains of 1e-15 were called gains."""
    config = rps_config(num_iterations=8, on_no_gain="stop")
    config.game.scores = [[0.5, 0.13, 0.9], [0.87, 0.5, 0.31], [0.1, 0.69, 0.5]]
    drive_config(config, tmp_path)
    assert load(tmp_path / "psro_summary.json")["num_iterations"] == 3


def test_the_certificate_is_trained_as_long_as_the_response_that_took_longest(
    tmp_path: Path,
) -> None:
    config = rps_config(num_iterations=3, on_no_gain="train_more", extra_rounds=2)
    drive_config(config, tmp_path)
    assert (tmp_path / "certificate_3/oracle/round_2/train.json").is_file()


def test_sampled_payoffs_come_with_counts(tmp_path: Path) -> None:
    config = rps_config()
    config.game.exact = False
    drive_config(config, tmp_path)
    cells = load(tmp_path / "iteration_2/interaction_matrix.json")["cells"]
    assert len(cells) == 3
    assert all(cell["wins"] + cell["ties"] + cell["losses"] == 200 for cell in cells)
