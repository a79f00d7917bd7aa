"""Battles go to the matchups that σ's exploitability hangs on, and to no others."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from psro.metagame.allocation import allocate, influence, place, value_interval
from psro.metagame.nash import MetaSolver, NashSolver, UniformSolver
from psro.metagame.payoffs import OutcomeCounts, PayoffTable
from psro.metagame.population import Population
from psro.metagame.robust_nash import RobustNashSolver


def table_of(counts: dict[tuple[str, str], tuple[int, int, int]]) -> PayoffTable:
    population = Population()
    for name in sorted({name for pair in counts for name in pair}):
        population = population.append(name, "toy", 0)
    return PayoffTable(population, cells={k: OutcomeCounts(*v) for k, v in counts.items()})


def drawn_table(size: int, seed: int) -> PayoffTable:
    rng = np.random.default_rng(seed)
    names = [f"p{number}" for number in range(size)]
    return table_of(
        {
            (first, second): tuple(int(n) for n in rng.integers(1, 30, size=3))
            for index, first in enumerate(names)
            for second in names[index + 1 :]
        }
    )


def rng() -> np.random.Generator:
    return np.random.default_rng(0)


tables = st.builds(drawn_table, st.integers(2, 5), st.integers(0, 2**32 - 1))


@given(tables, st.integers(0, 500), st.integers(1, 60))
@settings(max_examples=12, deadline=None)
def test_the_budget_is_spent_in_batches_and_the_same_table_gives_the_same_plan(
    table: PayoffTable, num_battles: int, batch: int
) -> None:
    battles = allocate(table, NashSolver(), rng(), num_battles, batch)
    matters = influence(table, NashSolver(), rng()).any()
    assert sum(battles.values()) == (num_battles if matters else 0)
    assert sum(num % batch != 0 for num in battles.values()) <= 1
    assert all(num > 0 for num in battles.values())
    pairs = [pair for pair in table.cells if pair in battles]
    assert list(battles) == pairs, "in population order"
    assert battles == allocate(table, NashSolver(), rng(), num_battles, batch)


@given(
    st.lists(st.tuples(st.floats(0, 1), st.integers(1, 50)), min_size=1, max_size=4),
    st.integers(1, 7),
)
@settings(max_examples=30, deadline=None)
def test_battles_are_placed_as_well_as_can_be(
    cells: list[tuple[float, int]], num_battles: int
) -> None:
    """Against every way there is."""
    wanted, present = (np.array(side) for side in zip(*cells, strict=True))

    def ways(left: int, num_cells: int) -> list[tuple[int, ...]]:
        if num_cells == 1:
            return [(left,)]
        return [(n, *rest) for n in range(left + 1) for rest in ways(left - n, num_cells - 1)]

    placed = place(wanted, present, num_battles, 1)
    assert placed.sum() == (num_battles if wanted.any() else 0)
    best = min((wanted / (present + way)).sum() for way in ways(num_battles, len(cells)))
    assert (wanted / (present + placed)).sum() == pytest.approx(best) or not wanted.any()


def test_on_a_ladder_the_top_is_played_against_whoever_may_beat_it() -> None:
    # c beats all, b by little; who of a and b is better says nothing of σ.
    table = table_of({("a", "b"): (20, 0, 20), ("a", "c"): (1, 0, 39), ("b", "c"): (17, 0, 23)})
    battles = allocate(table, NashSolver(), rng(), 100, 5)
    assert battles["b", "c"] > 80
    assert ("a", "c") not in battles


def test_rock_paper_scissors_is_played_evenly() -> None:
    even = (2, 0, 38)
    table = table_of({("p", "s"): even, ("p", "r"): even[::-1], ("r", "s"): even[::-1]})
    battles = allocate(table, NashSolver(), rng(), 300, 1)
    assert set(battles) == set(table.cells)
    assert all(70 <= num <= 130 for num in battles.values())


def test_what_was_played_less_is_played_more() -> None:
    table = table_of({("p", "s"): (20, 0, 380), ("p", "r"): (38, 0, 2), ("r", "s"): (380, 0, 20)})
    battles = allocate(table, NashSolver(), rng(), 300, 10)
    assert max(battles, key=lambda pair: battles[pair]) == ("p", "r")
    assert battles["p", "r"] > 200


def test_it_is_the_configured_meta_solvers_sigma_that_counts() -> None:
    """Uniform play hangs on the row that does best against it, and on all its cells alike."""
    table = table_of({("a", "b"): (20, 0, 20), ("a", "c"): (1, 0, 39), ("b", "c"): (10, 0, 30)})
    found = allocate(table, UniformSolver(), rng(), 1000, 1)
    assert "a" in min(found, key=lambda pair: found[pair]) or ("a", "b") not in found
    assert min(found["a", "c"], found["b", "c"]) > found.get(("a", "b"), 0)
    robust = influence(table, RobustNashSolver(num_samples=20), rng())
    assert (robust == influence(table, NashSolver(), rng())).all(), "drawn matrices are certain"


def test_where_sigma_is_beyond_doubt_nothing_is_left_to_play_for() -> None:
    assert allocate(table_of({("a", "b"): (2, 0, 198)}), NashSolver(), rng(), 100, 10) == {}


@pytest.mark.parametrize("solver", [NashSolver(), UniformSolver()])
def test_exact_payoffs_need_no_battles(solver: MetaSolver) -> None:
    table = PayoffTable(drawn_table(3, 0).population)
    for pair in (("p0", "p1"), ("p0", "p2"), ("p1", "p2")):
        table = table.with_exact(*pair, 0.7)
    assert allocate(table, solver, rng(), 100, 10) == {}
    value = value_interval(table, solver, rng())
    assert value.high == value.low


def test_a_population_of_one_needs_none_and_a_missing_matchup_is_refused() -> None:
    one = PayoffTable(Population().append("a", "toy", 0))
    assert allocate(one, NashSolver(), rng(), 100, 10) == {}
    two = drawn_table(2, 0)
    grown = two.with_population(two.population.append("new", "toy", 1))
    with pytest.raises(ValueError, match="p0 vs new"):
        allocate(grown, NashSolver(), rng(), 100, 10)


def test_more_battles_make_the_interval_of_the_value_narrower() -> None:
    few, many = (
        value_interval(
            table_of({("a", "b"): (6 * n, 0, 4 * n), ("a", "c"): (6 * n, 0, 4 * n), ("b", "c"): (5 * n, 0, 5 * n)}),
            NashSolver(),
            rng(),
        )
        for n in (2, 50)
    )  # fmt: skip
    assert many.high - many.low < (few.high - few.low) / 2
    assert few.low <= few.estimate <= few.high
