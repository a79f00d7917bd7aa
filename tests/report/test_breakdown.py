"""Where σ is weak, from single battles."""

import pytest

from psro.metagame.intervals import win_rate_interval
from psro.metagame.payoffs import OutcomeCounts
from psro.report.breakdown import (
    Subject,
    dimensions_of,
    quickest_defeats,
    simultaneous_level,
    subjects,
    worst_cases,
)
from psro.report.charts.breakdowns import breakdown
from psro.report.outcomes import SeenBattle
from psro.report.record import read_run
from psro.report.style import UNDECIDED, VERMILION
from psro.report.text import level_text


def seen(score=1.0, opponent="foe", start="mine", other="theirs", turns=20, seed=0):
    return SeenBattle(opponent, "training", score, turns, start, other, seed)


@pytest.fixture(scope="module")
def found(finished_run):
    return {subject.name: subject for subject in subjects(read_run(finished_run))}


def test_sigma_sees_what_the_certificates_response_saw_from_the_other_side(found, finished_run):
    from psro.report.record import read_json

    subject = found["against_response"]
    counts = read_json(finished_run / "certificate_3" / "certificate.json")["looks"][-1]["tally"][
        "by_opponent"
    ]
    total = sum((OutcomeCounts(**c) for c in counts.values()), OutcomeCounts())
    assert subject.total == total.mirrored()
    # In the made-up files the response loses with the first half of the teams: σ gains against these.
    [opposing] = [d for d in subject.dimensions if d.title == "By the opposing team"]
    best = {group.name for group in opposing.groups[-6:]}
    assert best == {f"team_{number}" for number in range(6)}


def test_known_opponents_are_called_by_their_names_over_all_pools(found):
    titles = {
        d.title: [group.name for group in d.groups] for d in found["against_known"].dimensions
    }
    assert sorted(titles["By opponent"]) == ["gym_leader", "poke_env_heuristic"]
    assert sorted(titles["By pool of teams"]) == ["held_out", "training"]


def test_every_dimension_holds_every_battle_once():
    battles = [
        seen(float(i % 2), f"foe{i % 3}", f"mine{i % 5}", f"theirs{i % 7}", 10 + i % 40, i)
        for i in range(200)
    ]
    dimensions = dimensions_of(battles, "opponent")
    assert [d.title for d in dimensions] == [
        "By opponent",
        "By σ's own team",
        "By the opposing team",
        "By number of turns",
    ], "there is one pool only"
    for dimension in dimensions:
        assert sum(group.counts.num_battles for group in dimension.groups) == 200
        assert sum(group.counts.wins for group in dimension.groups) == 100


def test_lengths_are_cut_into_like_parts_and_equal_ones_stay_together():
    battles = [seen(turns=turns, seed=turns) for turns in (5, *[7] * 90, *range(20, 29))]
    [lengths] = [d for d in dimensions_of(battles, "x") if "turns" in d.title]
    assert [group.name for group in lengths.groups] == ["5–7 turns", "8–28 turns"]
    assert [group.counts.num_battles for group in lengths.groups] == [91, 9]


def test_the_worst_cases_hold_together(found):
    subject = found["against_known"]
    cases = worst_cases(subject)
    rates = [case.interval.estimate for case in cases]
    assert rates == sorted(rates)
    num_groups = sum(group.is_listed for d in subject.dimensions for group in d.groups)
    assert {case.interval.level for case in cases} == {1 - 0.05 / num_groups}
    assert all(case.group.counts.num_battles >= 8 for case in cases)


def test_the_quickest_defeats_are_defeats(found):
    lost = quickest_defeats(found["against_known"])
    assert {battle.score for battle in lost} == {0.0}
    turns = [battle.num_turns for battle in lost]
    assert turns == sorted(turns)
    assert all(battle.file.startswith("matchups/showcase_") for battle in lost)


def test_a_run_without_a_certificate_breaks_down_its_newest_response(running_run):
    [subject] = subjects(read_run(running_run))
    assert subject.title == "σ of iteration 1 against br_2"


def test_a_few_extremes_of_many_groups_are_no_finding():
    def subject(of_each):
        battles = [
            seen(float(place % 2 if team else place % 10 == 0), start=f"team{team}", seed=place)
            for team in range(60)
            for place in range(of_each)
        ]
        return Subject(
            "x", "x", "x.", "iteration_1", tuple(battles), dimensions_of(battles, "x"), "x"
        )

    def colours(of_each):
        return {
            mark.hint.partition(":")[0]: mark.colour
            for mark in breakdown(subject(of_each)).draw(780.0).marks
            if getattr(mark, "hint", "")
        }

    few, many = subject(16), subject(100)
    [teams] = [d for d in few.dimensions if "own team" in d.title]
    assert win_rate_interval(teams.groups[0].counts).high < 0.49, "by itself it would be below"
    assert colours(16)["team0"] == UNDECIDED
    assert colours(100)["team0"] == VERMILION
    assert level_text(simultaneous_level(many)) in breakdown(many).caption


def test_a_group_is_shown_by_its_quickest_defeat(found):
    for dimension in found["against_known"].dimensions:
        for group in dimension.groups:
            assert (group.defeat is None) == (group.counts.losses == 0)
            assert group.defeat is None or group.defeat.score == 0
    battles = [seen(0.0, turns=30, seed=1), seen(0.0, turns=9, seed=2), seen(1.0, turns=3, seed=3)]
    [length] = [dimensions_of([*battles, seen(opponent="other", turns=50)], "x")[0].groups[0]]
    assert (length.name, length.defeat.seed) == ("foe", 2)
