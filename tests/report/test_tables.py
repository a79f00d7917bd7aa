"""The tables say what the JSON says, with intervals, under the measures' own names."""

import copy

import pytest

from psro.report import tables
from psro.report.headlines import headlines
from psro.report.record import read_json, read_run


@pytest.fixture
def summary(finished_run):
    return read_json(finished_run / "iteration_2" / "iteration_summary.json")


@pytest.fixture
def known(finished_run):
    record = read_run(finished_run)
    return headlines(record.iterations, record.certificates)


@pytest.fixture
def certificate(finished_run):
    return read_json(finished_run / "certificate_3" / "certificate.json")


def cells(table, first):
    """The rows that begin with `first`."""
    return [row for row in table.rows if row[0] == first]


def test_the_response_with_win_rate_interval_and_battles(summary):
    table = tables.response_table(summary)
    rate = summary["response"]["best_response_gain"]["win_rate"]
    [(_, value)] = cells(table, "win rate against it")
    assert (
        value
        == f"{100 * rate['estimate']:.1f} % [{100 * rate['low']:.1f}, {100 * rate['high']:.1f}]"
    )
    num = summary["response"]["best_response_gain"]["num_battles"]
    assert cells(table, "fresh battles") == [("fresh battles", str(num))]
    assert not cells(table, "measured")
    assert "br_2" in table.title
    assert "σ of iteration 1" in table.title
    assert not cells(table, "BROKEN BATTLES")


def test_a_response_that_was_measured_twice_says_so_and_at_which_level(finished_run):
    summary = read_json(finished_run / "iteration_3" / "iteration_summary.json")
    table = tables.response_table(summary)
    assert cells(table, "win rate against it")[0][1].endswith("] at 97.5 %")
    [(_, words)] = cells(table, "measured")
    assert words.startswith("2 times")
    assert words.endswith("hold together at 95 %")


def test_what_went_wrong_with_a_response_is_said(summary):
    broken = copy.deepcopy(summary)
    broken["response"]["tally"]["num_failures"] = 3
    broken["response"]["beats_sigma"] = False
    broken["response"]["best_response_gain"]["unplayed_weight"] = 0.07
    broken["converged"] = True
    table = tables.response_table(broken)
    assert "3" in cells(table, "BROKEN BATTLES")[0][1]
    assert "NOT SHOWN" in cells(table, "beats it")[0][1]
    assert cells(table, "weight of σ it never met")[0][1] == "7.0 %"
    assert "converged: the response is not shown to beat σ" in table.note


def test_a_loop_that_ended_for_a_gain_below_the_wanted_one_does_not_deny_the_gain(summary):
    short = copy.deepcopy(summary) | {"converged": True}
    short["response"] |= {"beats_sigma": True, "satisfies": False}
    note = tables.response_table(short).note
    assert "beats σ, but gains less than psro.wanted_gain" in note


def test_sigma_lists_weights_above_one_percent_and_sums_up_the_rest(summary):
    weights = {name: entry["weight"] for name, entry in summary["meta_strategy"].items()}
    table = tables.sigma_table(summary)
    shown = [row[0] for row in table.rows[:-1]]
    assert shown == sorted(
        (name for name in weights if weights[name] > 0.01), key=lambda name: -weights[name]
    )
    assert table.rows[-1][0] == f"{len(weights) - len(shown)} others (≤ 1 % each)"
    first = summary["meta_strategy"][shown[0]]
    assert table.rows[0][1].startswith(f"{100 * first['weight']:.1f} % [")
    assert "(exact)" not in str(table.rows)


def test_a_sigma_that_is_one_of_many_says_so(summary):
    assert tables.sigma_table(summary).note == ""
    assert "not the only" in tables.sigma_table(summary | {"equilibrium_unique": False}).note


def test_a_sigma_that_is_no_equilibrium_is_not_called_one(summary):
    measure = summary["restricted_exploitability"] | {"plug_in": 0.0123}
    note = tables.sigma_table(summary | {"restricted_exploitability": measure}).note
    assert note == "no equilibrium on the counts: a member gains 0.012 against it"


def test_a_certain_sigma_of_played_battles_is_not_called_exact(finished_run):
    summary = read_json(finished_run / "iteration_1" / "iteration_summary.json")
    assert summary["meta_strategy"]["br_1"]["posterior"]["low"] == 1.0, "the case this is about"
    assert tables.sigma_table(summary).rows[0] == ("br_1", "100.0 % [100.0, 100.0]")


def test_every_measure_stands_under_its_own_name_with_an_interval_and_its_sigma(summary, known):
    rows = {row[0]: row for row in tables.measures_table(summary, known).rows}
    assert list(rows) == [
        "best-response gain",
        "exploitability",
        "restricted exploitability",
        "best-matchup margin",
    ]
    assert all("[" in row[2] for row in rows.values())
    # The response measured the σ it was trained on, the tournament the new one.
    assert rows["exploitability"][1] == "σ of iteration 1"
    assert rows["best-matchup margin"][1] == "σ of iteration 2"
    assert "3 rounds, 7500 battles collected" in rows["exploitability"][3]
    margin = summary["best_matchup_margin"]
    assert rows["best-matchup margin"][2] == (
        f"{margin['plug_in']:.3f} [{margin['posterior']['low']:.3f}, {margin['posterior']['high']:.3f}]"
    )


def test_the_founding_iteration_has_no_response_to_measure(finished_run):
    summary = read_json(finished_run / "iteration_0" / "iteration_summary.json")
    names = [row[0] for row in tables.measures_table(summary, {}).rows]
    assert names == ["restricted exploitability", "best-matchup margin"]


def test_opponents_are_counted_beside_the_mix_asked_for(summary):
    table = tables.opponents_table(summary)
    met = summary["opponents_met"]
    assert [row[0] for row in table.rows] == sorted(met, key=lambda name: (-met[name], name))
    assert int(table.rows[0][1].replace(",", "")) == max(met.values())
    assert len(table.rows[0]) == 4


def test_results_by_opponent_add_up(summary):
    table = tables.by_opponent_table("title", summary["response"]["tally"])
    counts = [sum(int(n) for n in row[2].split(" / ")) for row in table.rows]
    assert sum(counts) == summary["response"]["best_response_gain"]["num_battles"]


def test_the_matrix_shows_rates_and_battles(finished_run):
    matrix = read_json(finished_run / "iteration_0" / "interaction_matrix.json")
    table = tables.matrix_table(matrix)
    assert table.columns[1:] == tuple(matrix["names"])
    assert table.rows[0][1] == "50.0"
    cell = next(c for c in matrix["cells"] if (c["row"], c["column"]) == ("cloned", "offline"))
    rate = (cell["wins"] + cell["ties"] / 2) / 200
    assert table.rows[0][2].endswith(" (200)")
    assert float(table.rows[0][2].split()[0]) == pytest.approx(100 * rate, abs=0.051)
    assert table.rows[1][1].endswith(" (200)")


def test_a_missing_matchup_is_not_one_half():
    matrix = {
        "names": ["a", "b"],
        "cells": [],
        "matrix": [[0.5, None], [None, 0.5]],
    }
    assert tables.matrix_table(matrix).rows[0] == ("a", "50.0", "not played")


def test_the_certificate_and_the_showcase(certificate):
    rows = {row[0]: row for row in tables.certificate_table(certificate).rows}
    assert rows["exploitability"][1] == "σ of iteration 3"
    assert "oracle: 3 rounds" in rows["exploitability"][3]
    showcase = tables.showcase_table(certificate)
    assert [row[:2] for row in showcase.rows] == [
        (row["opponent"], row["pool"]) for row in certificate["showcase"]
    ]
    assert showcase.rows[0][3] == "352 / 4 / 44"


def test_the_chosen_checkpoint_is_marked_once(finished_run):
    [selection] = [s for s in read_run(finished_run).selections if s.root == "iteration_1"]
    table = tables.selection_table(selection.root, selection.data)
    assert [row[:2] for row in table.rows if row[-1] == "chosen"] == [("3", "epoch_6")]
    assert len(table.rows) == 6
