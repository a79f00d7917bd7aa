"""The tables of what responses gain: the headline of every σ, and each response behind it."""

from psro.report.gain_tables import exploitability_table, gains_table
from psro.report.headlines import headlines
from psro.report.record import read_run


def known_of(run):
    record = read_run(run)
    return headlines(record.iterations, record.certificates)


def test_every_sigma_has_one_headline_and_the_response_that_found_it(finished_run):
    table = exploitability_table(known_of(finished_run))
    assert [row[0] for row in table.rows] == ["0", "1", "2", "3"]
    assert [row[2] for row in table.rows][:2] == ["br_1 after 3 rounds", "br_2 after 3 rounds"]
    assert table.rows[3][2:] == (
        "certificate_3 after 3 rounds",
        "1 response",
        "3 rounds, 7500 battles collected",
    )
    assert not any(" at " in row[1] for row in table.rows), "simultaneous: all at the usual level"


def test_every_response_that_was_measured_is_listed_at_its_level(finished_run):
    table = gains_table(known_of(finished_run))
    rows = {row[1]: row for row in table.rows}
    assert len(rows) == 5
    for name in ("br_3 after 2 rounds", "br_3 after 3 rounds"):
        assert all(cell.endswith(" at 97.5 %") for cell in rows[name][2:4])
    assert not any(" at " in cell for cell in rows["br_2 after 3 rounds"])
    assert table.note.endswith("hold together at 95 %")


def test_where_nothing_met_twice_there_is_nothing_to_explain(running_run):
    assert gains_table(known_of(running_run)).note == ""


def test_a_sigma_with_a_certificate_and_a_response_has_one_row(extended_run):
    rows = [row for row in exploitability_table(known_of(extended_run)).rows if row[0] == "2"]
    assert [row[3] for row in rows] == ["3 responses"]
    gains = [row for row in gains_table(known_of(extended_run)).rows if row[0] == "2"]
    assert [row[1] for row in gains] == [
        "br_3 after 2 rounds",
        "br_3 after 3 rounds",
        "certificate_2 after 3 rounds",
    ]
    assert all(" at 98.3 %" in row[2] for row in gains)
