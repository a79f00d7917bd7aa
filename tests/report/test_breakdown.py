"""Where σ is weak, from single battles."""

import pytest

from psro.metagame.payoffs import OutcomeCounts
from psro.report.breakdown import dimensions_of, quickest_defeats, subjects, worst_cases
from psro.report.outcomes import SeenBattle
from psro.report.record import read_run


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
