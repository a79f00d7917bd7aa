import pytest
from hypothesis import given
from hypothesis import strategies as st

from psro.metagame.intervals import Interval, exactly
from psro.report.text import (
    Table,
    count_text,
    duration_text,
    fixed,
    interval_of,
    interval_text,
    percent_text,
)


def test_an_interval_reads_as_estimate_and_bounds():
    interval = Interval(0.1234, 0.0741, 0.1689)
    assert interval_text(interval) == "0.123 [0.074, 0.169]"
    assert interval_text(interval, percent=True) == "12.3 % [7.4, 16.9]"


@pytest.mark.parametrize(
    ("level", "words"),
    [
        (0.95, ""),
        (1 - 0.05 / 2, " at 97.5 %"),
        (1 - 0.05 / 3, " at 98.3 %"),
        (1 - 0.05 / 100, " at 99.95 %"),
        (1 - 0.05 / 594, " at 99.992 %"),  # never at 100 %
    ],
)
def test_an_interval_at_another_level_says_it(level, words):
    assert interval_text(Interval(0.1, 0.05, 0.2, level)) == f"0.100 [0.050, 0.200]{words}"


def test_only_what_is_said_to_be_exact_is_called_exact():
    assert interval_text(exactly(0.5), exact=True) == "0.500 (exact)"
    assert interval_text(exactly(0.5), percent=True, exact=True) == "50.0 % (exact)"
    # A floored exploitability has no width either, but was measured.
    assert interval_text(exactly(0.0)) == "0.000 [0.000, 0.000]"


def test_an_interval_is_found_among_other_fields():
    data = {"estimate": 0.1, "low": 0.0, "high": 0.2, "level": 0.95, "response": "br_1"}
    assert interval_of(data) == Interval(0.1, 0.0, 0.2)
    with pytest.raises(KeyError):
        interval_of({"estimate": 0.1})


@given(st.floats(-2, 2), st.integers(0, 4))
def test_a_number_is_never_a_negative_zero(value, digits):
    text = fixed(value, digits)
    assert float(text) == pytest.approx(value, abs=0.51 * 10**-digits)
    assert float(text) != 0 or not text.startswith("-")


def test_counts_shares_and_durations():
    assert count_text(1, "battle") == "1 battle"
    assert count_text(2500, "battle") == "2,500 battles"
    assert count_text(2, "policy", "policies") == "2 policies"
    assert percent_text(0.6234) == "62.3 %"
    assert [duration_text(s) for s in (8.34, 59.96, 250, 7500)] == [
        "8.3 s",
        "60.0 s",
        "4 min 10 s",
        "2 h 05 min",
    ]


def test_a_table_as_text_is_aligned():
    table = Table("Title", ("name", "n"), (("a", "1"), ("long name", "2")), "a note")
    assert table.to_text().splitlines() == [
        "Title",
        "name       n",
        "---------  -",
        "a          1",
        "long name  2",
        "(a note)",
    ]


def test_a_table_as_markdown_keeps_its_columns_apart():
    lines = Table("Title", ("a|b", "n"), (("x|y", "1"),)).to_markdown().splitlines()
    assert lines == ["### Title", "", "| a\\|b | n |", "| --- | --- |", "| x\\|y | 1 |"]


def test_an_empty_table_can_be_shown():
    table = Table("Title", ("a", "b"), ())
    assert table.to_text().splitlines()[1] == "a  b"
    assert "| a | b |" in table.to_markdown()
