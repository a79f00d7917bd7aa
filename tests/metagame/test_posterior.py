import time

import numpy as np
import pytest

from psro.metagame.exploitability import restricted_exploitability
from psro.metagame.nash import NashSolver, UniformSolver
from psro.metagame.payoffs import OutcomeCounts, PayoffTable
from psro.metagame.population import Population
from psro.metagame.posterior import (
    posterior_matrices,
    redrawn_matrices,
    solve_each,
    strategy_posterior,
    sure_of,
)
from psro.toys.generated import DiscConfig, generated_game
from tests.metagame.tables import played, reordered

SELF_PLAY = np.array([False, False, True, False, False])


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def test_the_published_equilibrium_comes_back_in_three_draws_of_five(
    published: PayoffTable,
) -> None:
    solver = NashSolver()
    redrawn = redrawn_matrices(published, rng(1), 1000)
    is_equilibrium = (redrawn[:, 2] >= 0.5).all(axis=1)
    alone = (solve_each(redrawn, solver) > 0) @ ~SELF_PLAY == 0
    # Whether ties count decides which end of 55-65 % it is: a tie with the rival is one equilibrium more.
    assert 0.5 < alone.mean() < 0.6
    assert 0.6 < is_equilibrium.mean() < 0.7
    assert is_equilibrium[alone].all()
    posterior = solve_each(posterior_matrices(published, rng(1), 1000), solver)
    assert 0.52 < ((posterior > 0) == SELF_PLAY).all(axis=1).mean() < 0.65


def test_draws_are_interaction_matrices_about_the_counts(published: PayoffTable) -> None:
    for draw in (redrawn_matrices, posterior_matrices):
        matrices = draw(published, rng(), 2000)
        np.testing.assert_array_equal(matrices + matrices.transpose(0, 2, 1), 1.0)
        np.testing.assert_allclose(matrices.mean(axis=0), published.matrix(), atol=0.02)
        # 50 battles: a standard deviation of sqrt(.62 · .38 / 50) = .069
        assert matrices[:, 0, 1].std() == pytest.approx(0.068, abs=0.006)
        assert draw(published, rng(), 3).tobytes() == draw(published, rng(), 3).tobytes()


def test_draws_do_not_hang_on_the_order_of_the_policies(published: PayoffTable) -> None:
    order = [3, 0, 4, 2, 1]
    for draw in (redrawn_matrices, posterior_matrices):
        drawn, of_reordered = (
            draw(table, rng(), 5) for table in (published, reordered(published, order))
        )
        # One minus one minus a rate may lose its last bit.
        np.testing.assert_allclose(of_reordered, drawn[:, order][:, :, order], atol=1e-15)


def test_only_the_posterior_doubts_a_clean_sweep(published: PayoffTable) -> None:
    row, column = 0, 4  # 50 : 0
    assert redrawn_matrices(published, rng(), 100)[:, row, column].min() == 1.0
    assert posterior_matrices(published, rng(), 100)[:, row, column].min() < 1.0


def test_trying_known_supports_first_gives_the_same_bits(published: PayoffTable) -> None:
    solver = NashSolver()
    for draw in (redrawn_matrices, posterior_matrices):
        matrices = draw(published, rng(2), 100)
        one_by_one = np.array([solver.solve(matrix).weights for matrix in matrices])
        assert solve_each(matrices, solver).tobytes() == one_by_one.tobytes()


def test_what_the_posterior_says_of_the_published_game(published: PayoffTable) -> None:
    solver = NashSolver()
    sigma = solver.solve(published.matrix()).array()
    posterior = strategy_posterior(published, sigma, solver, rng(), num_samples=500)
    assert 0.5 < posterior.same_support_frequency < 0.7
    assert 0.5 < posterior.support_frequency[2] < 0.75
    assert posterior.support_frequency[3] < 0.01
    weights = posterior.weights[2]
    assert weights.low == 0.0
    assert weights.high == 1.0
    assert sum(weight.estimate for weight in posterior.weights) == pytest.approx(1.0)
    # σ was chosen on 50 battles a pair: another member may well beat it by several points.
    exploitability = posterior.restricted_exploitability
    assert exploitability.low == 0.0
    assert 0.05 < exploitability.high < 0.2
    assert posterior.value.low == pytest.approx(0.5 - exploitability.high)
    assert posterior.best_matchup_margin.low < 0.44 < posterior.best_matchup_margin.high


def test_more_battles_make_sigma_more_certain(published: PayoffTable) -> None:
    table = PayoffTable(published.population)
    for (row, column), cell in published.cells.items():
        assert isinstance(cell, OutcomeCounts)
        table = table.with_counts(row, column, OutcomeCounts(cell.wins * 100, 0, cell.losses * 100))
    solver = NashSolver()
    sigma = solver.solve(table.matrix()).array()
    posterior = strategy_posterior(table, sigma, solver, rng(), num_samples=200)
    assert posterior.same_support_frequency > 0.98
    assert posterior.restricted_exploitability.high < 0.01


def test_exact_payoffs_leave_no_doubt() -> None:
    names = ("rock", "paper", "scissors")
    population = Population()
    for name in names:
        population = population.append(name, "toy", 0)
    table = PayoffTable(population).with_exact("rock", "paper", 0.0)
    table = table.with_exact("paper", "scissors", 0.0).with_exact("scissors", "rock", 0.0)
    solver = NashSolver()
    sigma = solver.solve(table.matrix()).array()
    posterior = strategy_posterior(table, sigma, solver, rng())
    assert posterior.num_samples == 1
    assert posterior.same_support_frequency == 1.0
    for weight, interval in zip(sigma, posterior.weights, strict=True):
        assert interval.low == interval.high == weight


def test_the_value_of_an_equilibrium_is_covered_also_where_all_are_nearly_equal() -> None:
    # The disc's win rates hang together: there all members of σ are closer to equal than the counts can know.
    covered = 0
    for seed in range(40):
        truth = generated_game(DiscConfig(size=8, seed=seed)).scores
        table = played(truth, 100, rng(seed))
        sigma = NashSolver().solve(table.matrix()).array()
        value = sure_of(posterior_matrices(table, rng(seed), 400) @ sigma, 0.95)
        # An equilibrium of the counts may be one of the truth.
        assert value.low <= value.high == pytest.approx(0.5, abs=1e-9)
        covered += value.low <= 0.5 - restricted_exploitability(truth, sigma) <= value.high
    assert covered >= 37


def test_what_every_draw_speaks_against_is_left_out() -> None:
    # Of 1,000 battles σ, which is a alone, lost 600 to b.
    table = PayoffTable(Population().append("a", "toy", 0).append("b", "toy", 0))
    table = table.with_counts("a", "b", OutcomeCounts(400, 0, 600))
    value = sure_of(posterior_matrices(table, rng(), 400) @ np.array([1.0, 0.0]), 0.95)
    assert value.low < 0.4 < value.high < 0.45


def test_uniform_is_certain_of_itself(published: PayoffTable) -> None:
    sigma = np.full(5, 0.2)
    posterior = strategy_posterior(published, sigma, UniformSolver(), rng(), num_samples=20)
    assert posterior.same_support_frequency == 1.0
    assert posterior.weights[0].low == pytest.approx(0.2)


def test_a_thousand_draws_of_ten_policies_take_seconds() -> None:
    population, table = Population(), None
    for index in range(10):
        population = population.append(f"p{index}", "toy", 0)
    table = PayoffTable(population)
    draws = rng(3)
    for i in range(10):
        for j in range(i + 1, 10):
            wins = int(draws.binomial(200, 0.5))
            table = table.with_counts(f"p{i}", f"p{j}", OutcomeCounts(wins, 0, 200 - wins))
    solver = NashSolver()
    sigma = solver.solve(table.matrix()).array()
    start = time.process_time()
    strategy_posterior(table, sigma, solver, rng(), num_samples=1000)
    assert time.process_time() - start < 10
