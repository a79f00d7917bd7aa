import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from psro.metagame.linear_programs import least_exploitable
from psro.metagame.nash import MetaStrategy, NashSolver, UniformSolver
from psro.metagame.payoffs import OutcomeCounts, PayoffTable
from psro.metagame.population import Population
from psro.metagame.posterior import posterior_matrices, solve_table, strategy_posterior
from psro.metagame.robust_nash import PosteriorNashSolver, RobustNashSolver
from tests.metagame.tables import played, reordered

SOLVERS = [PosteriorNashSolver(100), RobustNashSolver(), RobustNashSolver(0.8, 100)]


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def duel(wins: int, losses: int) -> PayoffTable:
    population = Population().append("a", "toy", 0).append("b", "toy", 0)
    return PayoffTable(population).with_counts("a", "b", OutcomeCounts(wins, 0, losses))


def solved(solver: object, table: PayoffTable, seed: int = 0) -> np.ndarray:
    strategy = solve_table(solver, table, rng(seed))  # type: ignore[arg-type]
    assert sum(strategy.weights) == 1.0
    assert strategy.value == (strategy.array() @ table.matrix()).min()
    return strategy.array()


def tail_mean(gains: np.ndarray, risk: float) -> float:
    """The mean of the worst 1 − risk of gains [S]."""
    worst = np.sort(gains)[round(risk * len(gains)) :]
    return float(worst.mean())


def test_who_wins_a_hair_more_does_not_get_everything() -> None:
    table = duel(101, 99)
    assert solved(NashSolver(), table).tolist() == [1.0, 0.0]
    # In how many draws a is ahead: Φ(0.14) = 56 %.
    assert solved(PosteriorNashSolver(2000), table)[0] == pytest.approx(0.556, abs=0.03)
    # What is lost on average is linear in σ here, so the Bayes choice is the one that is likelier the better ...
    assert solved(RobustNashSolver(), table)[0] == 1.0
    # ... but whoever fears the worst draws keeps both.
    assert 0.4 < solved(RobustNashSolver(0.9, 1000), table)[0] < 0.7


@pytest.mark.parametrize("solver", SOLVERS)
def test_many_battles_leave_the_plain_equilibrium(solver: object, published: PayoffTable) -> None:
    table = PayoffTable(published.population)
    for number, (row, column) in enumerate(published.cells):
        wins = [700_000, 400_000, 550_000][number % 3]
        table = table.with_counts(row, column, OutcomeCounts(wins, 0, 1_000_000 - wins))
    plain = NashSolver().solve(table.matrix()).array()
    np.testing.assert_allclose(solved(solver, table), plain, atol=0.02)


@pytest.mark.parametrize("solver", SOLVERS)
def test_exact_payoffs_have_the_plain_equilibrium(solver: object) -> None:
    table = PayoffTable(Population().append("a", "toy", 0).append("b", "toy", 0))
    table = table.with_exact("a", "b", 0.5)
    assert solve_table(solver, table, rng()) == NashSolver().solve(table.matrix())  # type: ignore[arg-type]


@pytest.mark.parametrize("solver", SOLVERS)
def test_the_same_seed_gives_the_same_bits(solver: object) -> None:
    table = PayoffTable(duel(30, 20).population.append("c", "toy", 0))
    for row, column in (("a", "b"), ("b", "c"), ("c", "a")):
        table = table.with_counts(row, column, OutcomeCounts(30, 0, 20))
    first, again, other = (solved(solver, table, seed) for seed in (1, 1, 2))
    assert first.tobytes() == again.tobytes()
    assert first.tobytes() != other.tobytes()


def test_solvers_of_matrices_do_not_see_the_counts(published: PayoffTable) -> None:
    for solver in (NashSolver(), UniformSolver()):
        assert solve_table(solver, published, rng()) == solver.solve(published.matrix())


@pytest.mark.parametrize("risk", [0.0, 0.5, 0.9])
def test_nothing_does_better_in_the_drawn_matrices(published: PayoffTable, risk: float) -> None:
    drawn = posterior_matrices(published, rng(3), 200) - 0.5
    sigma = least_exploitable(drawn, risk, "highs")

    def expected_loss(other: np.ndarray) -> float:
        return tail_mean((drawn @ other).max(axis=1), risk)

    least = expected_loss(sigma)
    others = [*np.eye(5), NashSolver().solve(published.matrix()).array()]
    others += list(rng(4).dirichlet(np.ones(5), 100)) + [
        0.99 * sigma + 0.01 * other for other in np.eye(5)
    ]
    assert least <= min(map(expected_loss, others)) + 1e-7


@given(st.integers(1, 6), st.integers(1, 12), st.floats(0, 0.9), st.integers(0, 2**32 - 1))
@settings(max_examples=40, deadline=None)
def test_rows_left_out_do_not_matter(size: int, num: int, risk: float, seed: int) -> None:
    """The whole program at once, by the second solver: the same optimum."""
    upper = np.triu(rng(seed).uniform(-0.5, 0.5, (num, size, size)), 1)
    drawn = upper - upper.transpose(0, 2, 1)
    costs = np.concatenate([np.zeros(size), [1.0], np.full(num, 1 / (num * (1 - risk)))])
    rows = np.zeros((num, size, size + 1 + num))
    rows[:, :, :size], rows[:, :, size] = drawn, -1.0
    for draw in range(num):
        rows[draw, :, size + 1 + draw] = -1.0
    bounds = [(0, 1)] * size + [(-1, 1)] + [(0, None)] * num
    total = np.concatenate([np.ones(size), np.zeros(1 + num)])[None]
    whole = linprog(
        costs, rows.reshape(-1, rows.shape[2]), np.zeros(num * size), total, [1.0], bounds
    )
    assert whole.status == 0
    gains = (drawn @ least_exploitable(drawn, risk, "highs")).max(axis=1)
    threshold = np.linspace(-0.5, 0.5, 2001)[:, None]
    cost = threshold[:, 0] + np.maximum(gains - threshold, 0).mean(axis=1) / (1 - risk)
    assert cost.min() == pytest.approx(whole.fun, abs=6e-4)  # the threshold's grid
    assert cost.min() >= whole.fun - 1e-7


def test_the_analysis_says_how_far_sigma_is_from_the_plain_equilibrium(
    published: PayoffTable,
) -> None:
    solver = PosteriorNashSolver(400)
    strategy: MetaStrategy = solver.solve_table(published, rng())
    posterior = strategy_posterior(published, strategy.array(), solver, rng(1), num_samples=400)
    # The mean of the posterior's equilibria is what σ is.
    for weight, interval in zip(strategy.weights, posterior.weights, strict=True):
        assert interval.estimate == pytest.approx(weight, abs=0.05)


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: PosteriorNashSolver(0), r"meta_solver\.num_samples is 0"),
        (lambda: RobustNashSolver(risk=1.0), r"meta_solver\.risk is 1; it is in \[0, 0\.99\]"),
        (lambda: RobustNashSolver(backend="glpk"), r"meta_solver\.backend.*choose from: highs"),
    ],
)
def test_bad_parameters_are_named(build, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        build()


def test_an_unplayed_pair_is_an_error(published: PayoffTable) -> None:
    population = published.population.append("new", "toy", 1)
    for solver in SOLVERS:
        with pytest.raises(ValueError, match="are missing, play them first"):
            solve_table(solver, published.with_population(population), rng())


@pytest.mark.parametrize("solver", SOLVERS)
@given(st.integers(0, 2**32 - 1), st.permutations(range(4)))
@settings(max_examples=15, deadline=None)
def test_the_order_of_the_policies_does_not_matter(
    solver: object, seed: int, order: list[int]
) -> None:
    draws = rng(seed)
    table = played(draws.random((4, 4)), 30, draws)
    sigma = solved(solver, table)
    np.testing.assert_allclose(solved(solver, reordered(table, order)), sigma[order], atol=1e-6)
