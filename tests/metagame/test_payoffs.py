import csv
import io
import json
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from psro.metagame.payoffs import OutcomeCounts, PayoffScale, PayoffTable
from psro.metagame.population import Population

CHIPS = PayoffScale("chips", -13.0, 13.0)


def population(*names: str) -> Population:
    return (
        Population().append(names[0], "toy", 0)
        if len(names) == 1
        else (population(*names[:-1]).append(names[-1], "toy", 0))
    )


ABC = population("a", "b", "c")
outcomes = st.builds(OutcomeCounts, st.integers(0, 400), st.integers(0, 9), st.integers(1, 400))


@st.composite
def complete_tables(draw: st.DrawFn) -> PayoffTable:
    table = PayoffTable(population(*"abcdef"[: draw(st.integers(1, 6))]))
    for row, column in combinations(table.population.names, 2):
        table = table.with_counts(row, column, draw(outcomes))
    return table


def test_ties_count_one_half() -> None:
    assert OutcomeCounts(wins=3, ties=2, losses=5).win_rate == 0.4


def test_no_battle_has_no_win_rate() -> None:
    with pytest.raises(ValueError, match="no battle was played"):
        _ = OutcomeCounts().win_rate


@pytest.mark.parametrize("bad", [-1, 1.0, True, np.int64(3)])
def test_counts_are_plain_non_negative_ints(bad: object) -> None:
    with pytest.raises(ValueError, match="wins must be a count"):
        OutcomeCounts(wins=bad)  # type: ignore[arg-type]


@given(outcomes)
def test_both_points_of_view_add_up_to_one_exactly(counts: OutcomeCounts) -> None:
    assert counts.win_rate + counts.mirrored().win_rate == 1.0


def test_counts_add_up_from_either_side() -> None:
    table = PayoffTable(ABC).with_counts("a", "b", OutcomeCounts(3, 1, 6))
    table = table.with_counts("b", "a", OutcomeCounts(4, 0, 1))
    assert table.cell("a", "b") == OutcomeCounts(4, 1, 10)
    assert table.cell("b", "a") == OutcomeCounts(10, 1, 4)


def test_missing_pairs_are_never_one_half() -> None:
    table = PayoffTable(ABC).with_counts("c", "a", OutcomeCounts(1, 0, 0))
    table = table.with_counts("b", "c", OutcomeCounts())  # zero battles are no result either
    assert table.missing_pairs() == (("a", "b"), ("b", "c"))
    with pytest.raises(ValueError, match=r"2 matchups are missing.*a vs b, b vs c"):
        table.matrix()
    with pytest.raises(ValueError, match="missing"):
        table.to_csv()
    with pytest.raises(ValueError, match="not played"):
        table.cell("a", "b")


@given(complete_tables())
def test_matrix_is_exactly_symmetric_about_one_half(table: PayoffTable) -> None:
    matrix = table.matrix()
    np.testing.assert_array_equal(matrix + matrix.T, 1.0)
    np.testing.assert_array_equal(np.diag(matrix), 0.5)
    counts = table.counts()
    np.testing.assert_array_equal(counts, counts.transpose(1, 0, 2)[..., ::-1])
    for i, j in combinations(range(len(matrix)), 2):
        wins, ties, losses = counts[i, j]
        assert matrix[i, j] == pytest.approx((wins + ties / 2) / (wins + ties + losses), abs=1e-15)


@given(complete_tables())
def test_matrix_does_not_depend_on_the_order_of_the_population(table: PayoffTable) -> None:
    names = table.population.names[::-1]
    other = PayoffTable(population(*names))
    for row, column in combinations(names, 2):
        cell = table.cell(row, column)
        assert isinstance(cell, OutcomeCounts)
        other = other.with_counts(row, column, cell)
    np.testing.assert_array_equal(other.matrix(), table.matrix()[::-1, ::-1])


@given(complete_tables())
def test_round_trip_through_json_text(table: PayoffTable) -> None:
    again = PayoffTable.from_json(json.loads(json.dumps(table.to_json())))
    assert again == table
    assert again.matrix().tobytes() == table.matrix().tobytes()


@given(st.floats(-13.0, 13.0))
def test_exact_values_round_trip_and_mirror(value: float) -> None:
    table = PayoffTable(ABC, CHIPS).with_exact("b", "a", value)
    assert table.cell("b", "a") == value
    assert table.cell("a", "b") == -value
    assert PayoffTable.from_json(json.loads(json.dumps(table.to_json()))) == table
    table = table.with_exact("a", "c", 0.0).with_exact("b", "c", 0.0)
    matrix = table.matrix()
    np.testing.assert_array_equal(matrix + matrix.T, 1.0)
    assert matrix[1, 0] == pytest.approx(0.5 + value / 26)


def test_an_incomplete_table_is_saved_with_nulls() -> None:
    table = PayoffTable(ABC).with_counts("a", "b", OutcomeCounts(1, 0, 3))
    data = table.to_json()
    assert data["matrix"] == [[0.5, 0.25, None], [0.75, 0.5, None], [None, None, 0.5]]
    assert PayoffTable.from_json(data) == table


def test_an_edited_file_is_refused() -> None:
    data = PayoffTable(ABC).with_counts("a", "b", OutcomeCounts(1, 0, 3)).to_json()
    data["cells"][0]["wins"] = 2
    with pytest.raises(ValueError, match="does not follow from its cells"):
        PayoffTable.from_json(data)
    with pytest.raises(ValueError, match="not a payoff table"):
        PayoffTable.from_json({"population": ABC.to_json()})


def test_growing_keeps_cells_and_asks_only_for_new_pairs() -> None:
    table = PayoffTable(population("a", "b")).with_counts("a", "b", OutcomeCounts(1, 0, 1))
    grown = table.with_population(ABC)
    assert grown.missing_pairs() == (("a", "c"), ("b", "c"))
    with pytest.raises(ValueError, match="can only grow"):
        grown.with_population(population("b", "a", "c"))


def test_what_a_cell_refuses() -> None:
    table = PayoffTable(ABC)
    with pytest.raises(ValueError, match="choose from: a, b, c"):
        table.with_counts("a", "z", OutcomeCounts(1, 0, 0))
    with pytest.raises(ValueError, match="against itself"):
        table.with_counts("a", "a", OutcomeCounts(1, 0, 0))
    with pytest.raises(ValueError, match=r"outside \[0.0, 1.0\]"):
        table.with_exact("a", "b", 1.5)
    with pytest.raises(ValueError, match="already"):
        table.with_exact("a", "b", 0.25).with_exact("a", "b", 0.75)
    with pytest.raises(ValueError, match="exact value"):
        table.with_exact("a", "b", 0.25).with_counts("a", "b", OutcomeCounts(1, 0, 0))
    with pytest.raises(ValueError, match="outcomes need the scale win_rate"):
        PayoffTable(ABC, CHIPS).with_counts("a", "b", OutcomeCounts(1, 0, 0))


def test_csv_has_names_and_full_precision() -> None:
    table = PayoffTable(population('say "hi", b', "b"))
    table = table.with_counts('say "hi", b', "b", OutcomeCounts(1, 0, 2))
    header, first, second = csv.reader(io.StringIO(table.to_csv()))
    assert header == ["row_beats_column", 'say "hi", b', "b"]
    rates = np.array([first[1:], second[1:]], dtype=float)
    np.testing.assert_array_equal(rates, table.matrix())
