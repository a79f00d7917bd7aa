"""One exploitability for every σ, over all responses known against it."""

from dataclasses import replace

import orjson

from psro.report.curves import headline_points
from psro.report.findings import findings_of
from psro.report.headlines import headlines, hindsights
from psro.report.record import read_json, read_run
from psro.report.result import result_sentences
from tests.phases.conftest import drive_config, rps_config


def known_of(run):
    record = read_run(run)
    return headlines(record.iterations, record.certificates)


def test_where_one_response_is_known_it_is_what_its_measurement_says(finished_run):
    known = known_of(finished_run)
    for index in (1, 2, 3):
        summary = read_json(finished_run / f"iteration_{index}" / "iteration_summary.json")
        assert known[index - 1] == summary["trained_against"]["exploitability"]
    certificate = read_json(finished_run / "certificate_3" / "certificate.json")
    assert known[3] == certificate["exploitability"]


def test_the_certificate_of_an_extended_run_counts(extended_run):
    pooled = known_of(extended_run)[2]
    alone = [
        read_json(extended_run / "iteration_3" / "iteration_summary.json")["trained_against"],
        read_json(extended_run / "certificate_2" / "certificate.json"),
    ]
    parts = [part["exploitability"] for part in alone]
    assert pooled["estimate"] == max(part["estimate"] for part in parts)
    assert set(pooled["gains"]) == {name for part in parts for name in part["gains"]}
    assert pooled["level"] == 0.95
    # Three intervals that hold together are wider than two, or one.
    assert pooled["high"] > max(part["high"] for part in parts)


def test_a_sigma_that_nothing_was_trained_against_has_none(running_run):
    assert list(known_of(running_run)) == [0, 1]


def test_the_summary_of_a_run_has_the_same_numbers(tmp_path):
    config = rps_config(num_iterations=1, measure_battles=40)
    config.game.exact = False
    drive_config(config, tmp_path)
    config.psro.num_iterations = 2
    drive_config(config, tmp_path)
    rows = orjson.loads((tmp_path / "psro_summary.json").read_bytes())["exploitability"]
    assert [row["num_responses"] for row in rows] == [1, 2, 1]
    known = known_of(tmp_path)
    later = hindsights(read_run(tmp_path).iterations)
    assert sorted(later) == [0, 1]
    assert rows == [
        {"iteration": index} | headline | {"later_members": later.get(index)}
        for index, headline in known.items()
    ]
    # The oracle is exact, if not the payoffs: there is no stronger response that this would be a bound of.
    said = " ".join(result_sentences(findings_of(tmp_path)))
    assert "so no response gains more" in said
    assert "lower bound" not in said


def test_where_the_oracle_learns_it_is_called_a_lower_bound(finished_run):
    assert "a lower bound" in " ".join(result_sentences(findings_of(finished_run)))


def test_responses_to_equal_sigmas_are_responses_to_one(finished_run):
    record = read_run(finished_run)
    first, second, *rest = record.iterations
    # As if the first response had changed nothing.
    entries = {**second.summary["meta_strategy"]}
    for name, entry in entries.items():
        weight = first.weights.get(name, 0.0)
        entries[name] = entry | {"weight": weight}
    second = replace(second, summary=second.summary | {"meta_strategy": entries})
    third = rest[0]
    trained = third.summary["trained_against"] | {
        "meta_strategy": {name: entry["weight"] for name, entry in entries.items()}
    }
    looks = tuple(look | {"name": f"again {look['name']}"} for look in second.looks)
    third = replace(third, summary=third.summary | {"trained_against": trained}, looks=looks)
    record = replace(record, iterations=(first, second, third, *rest[1:]))
    known = headlines(record.iterations, record.certificates)
    names = {look["name"] for iteration in (second, third) for look in iteration.looks}
    assert set(known[0]["gains"]) == set(known[1]["gains"]) == names
    assert known[0] == known[1]
    # So too for one that nothing was trained against yet.
    young = replace(record, iterations=(first, second), certificates=())
    assert {
        p.step
        for p in headline_points(young, headlines(young.iterations, ()))
        if p.tag == "measures/exploitability"
    } == {0, 1}
