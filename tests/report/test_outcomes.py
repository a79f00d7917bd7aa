"""Teams and lengths, from single battles; breakage, from result files."""

import orjson
import pytest

from psro.report.outcomes import SeenBattle, battles_of, length_words, starts_table
from psro.report.record import read_json
from psro.report.results import results_of


def seen(start, score, num_turns=20):
    return SeenBattle("other", "training", score, num_turns, start, "theirs")


def test_battles_are_seen_by_whom_the_match_was_played_for(finished_run):
    root = finished_run / "iteration_1"
    battles = battles_of(root, "measure_2")
    tally = read_json(root / "iteration_summary.json")["response"]["tally"]["by_opponent"]
    for opponent, counts in tally.items():
        scores = [battle.score for battle in battles if battle.opponent == opponent]
        assert [scores.count(s) for s in (1, 0.5, 0)] == [
            counts["wins"],
            counts["ties"],
            counts["losses"],
        ]


def test_a_label_does_not_take_the_files_of_a_longer_one(tmp_path):
    folder = tmp_path / "matchups"
    folder.mkdir()
    for label in ("measure_1_00", "measure_1_x_00", "measure_11_00"):
        row = [1, "me", label, 1.0, 9, 9, 9, "", ""]
        data = {"first": "me", "pool": "p", "outcomes": [row]}
        (folder / f"{label}.json").write_bytes(orjson.dumps(data))
    assert [battle.opponent for battle in battles_of(tmp_path, "measure_1")] == ["measure_1_00"]


def test_a_mixture_is_told_by_its_opponent_for_outcomes_name_the_member_it_drew(tmp_path):
    folder = tmp_path / "matchups"
    folder.mkdir()
    rows = [
        [1, "br_2", "foe", 1.0, 9, 9, 9, "mine", ""],
        [2, "foe", "br_1", 1.0, 9, 9, 9, "", "mine"],
    ]
    data = {"first": "nash_2", "pool": "p", "outcomes": rows, "tally": {"foe": {}}}
    (folder / "showcase_x_00.json").write_bytes(orjson.dumps(data))
    seen_battles = battles_of(tmp_path, "showcase_x")
    assert [(b.opponent, b.score, b.start) for b in seen_battles] == [
        ("foe", 1.0, "mine"),
        ("foe", 0.0, "mine"),
    ]


def test_teams_are_listed_worst_first_and_rare_ones_left_out():
    battles = [seen("weak", 0.0)] * 9 + [seen("strong", 1.0)] * 10 + [seen("rare", 0.0)]
    table = starts_table("title", battles)
    assert [row[0] for row in table.rows] == ["weak", "strong"]
    assert table.rows[1][1].startswith("100.0 % [")
    assert "of 3 teams, 2 played 8 battles or more" in table.note


def test_of_many_teams_the_worst_and_the_best_are_shown():
    battles = [seen(f"t{i:02}", float(j < i)) for i in range(20) for j in range(20)]
    table = starts_table("title", battles)
    assert [row[0] for row in table.rows] == [
        f"t{i:02}" for i in (0, 1, 2, 3, 4, 15, 16, 17, 18, 19)
    ]


@pytest.mark.parametrize("battles", [[], [seen("", 1.0)] * 50, [seen("rare", 1.0)]])
def test_without_teams_there_is_no_table(battles):
    assert starts_table("title", battles) is None


def test_lengths_and_ties_in_words():
    assert (
        length_words([seen("a", 0.5, 10), seen("a", 1.0, 21)])
        == "15.5 turns on average, 50.0 % ties"
    )
    assert length_words([]) == ""


def test_a_damaged_file_is_named_and_the_rest_is_counted(tmp_path):
    failure = {"seed": 5, "policies": ["a", "b"], "reason": "why"}
    for name, data in (
        ("x_00", orjson.dumps({"outcomes": [], "failures": [failure]})),
        ("y_00", b"{torn"),
    ):
        path = tmp_path / "iteration_1" / "matchups" / f"{name}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    shard = tmp_path / "iteration_1" / "trajectories" / "round_0" / "000.shard"
    shard.parent.mkdir(parents=True)
    shard.write_bytes(b"not a shard")
    results = results_of(tmp_path)
    assert [battle.seed for battle in results.broken] == [5]
    assert len(results.unreadable) == 2
    assert "000.shard" in str(results.unreadable)


def test_battles_are_counted_by_what_they_were_for(finished_run):
    spent = results_of(finished_run).spent()
    assert list(spent) == [
        "iteration_0",
        "iteration_1",
        "iteration_2",
        "iteration_3",
        "certificate_3",
    ]
    certificate = read_json(finished_run / "certificate_3" / "certificate.json")
    assert spent["certificate_3"] == {
        "measuring responses": certificate["looks"][-1]["tally"]["num_battles"],
        "showcase": 4 * 400,
    }
