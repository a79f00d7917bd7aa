import json

import numpy as np
import pytest

from psro.metagame.analysis import MetaGameAnalysis, analyse
from psro.metagame.exploitability import KnownResponse
from psro.metagame.nash import MetaSolver, NashSolver, UniformSolver
from psro.metagame.payoffs import OutcomeCounts, PayoffScale, PayoffTable
from psro.metagame.population import Population
from psro.metagame.posterior import solve_table
from psro.metagame.robust_nash import RobustNashSolver


def analysed(table: PayoffTable, responses: tuple[KnownResponse, ...] = ()) -> MetaGameAnalysis:
    solver = NashSolver()
    strategy = solver.solve(table.matrix())
    return analyse(table, strategy, solver, np.random.default_rng(0), responses, num_samples=200)


def toy(*names: str, scale: PayoffScale | None = None) -> PayoffTable:
    population = Population()
    for name in names:
        population = population.append(name, "toy", 0)
    return PayoffTable(population, scale or PayoffScale())


def test_the_published_game(published: PayoffTable) -> None:
    response = KnownResponse(
        "br_1",
        "15000 battles",
        (
            OutcomeCounts(),
            OutcomeCounts(),
            OutcomeCounts(280, 0, 120),
            OutcomeCounts(),
            OutcomeCounts(),
        ),
    )
    analysis = analysed(published, (response,))
    data = json.loads(json.dumps(analysis.to_json()))
    assert data["best_matchup_margin"]["plug_in"] == pytest.approx(0.44)
    assert data["restricted_exploitability"]["plug_in"] == 0.0
    assert data["equilibrium_unique"] is True
    assert data["easiest_matchup"] == "GymLeader"
    assert data["hardest_matchup"] == "SyntheticRLV1_SelfPlay"
    assert data["exploitability"]["estimate"] == pytest.approx(0.2)
    assert data["exploitability"]["oracle_budget"] == "15000 battles"
    assert data["exploitability"]["nash_conv"]["estimate"] == pytest.approx(0.4)
    by_name = {policy["name"]: policy for policy in data["policies"]}
    itself = by_name["SyntheticRLV1_SelfPlay"]["payoff_against_sigma"]
    assert (itself["low"], itself["high"]) == (0.5, 0.5)
    rival = by_name["SyntheticRLV2"]["payoff_against_sigma"]
    assert rival["estimate"] == pytest.approx(0.48)
    assert rival["low"] < 0.36 < 0.6 < rival["high"]
    for policy in by_name.values():
        assert policy["weight_range_over_equilibria"] == [policy["weight"]] * 2
        assert policy["weight_posterior"]["low"] <= policy["weight_posterior"]["high"]


def test_without_a_response_the_headline_is_absent_not_zero(published: PayoffTable) -> None:
    assert analysed(published).to_json()["exploitability"] is None


def test_several_equilibria_are_reported_as_a_range() -> None:
    table = toy("a", "b", "c").with_exact("a", "b", 0.5)
    table = table.with_exact("a", "c", 0.8).with_exact("b", "c", 0.6)
    analysis = analysed(table)
    assert not analysis.strategy.unique
    np.testing.assert_allclose(analysis.equilibrium_ranges, [[0, 1], [0, 1], [0, 0]], atol=1e-7)


@pytest.mark.parametrize(
    ("solver", "matrix", "unique", "ranges"),
    [
        # Dominance: b is the only equilibrium, though the uniform σ plays both.
        (UniformSolver(), [(0, 1, 0.2)], True, [[0, 0], [1, 1]]),
        # Any mixture of two equals: what the solver chooses makes it no more unique.
        (UniformSolver(), [(0, 1, 0.5)], False, [[0, 1], [0, 1]]),
        (RobustNashSolver(num_samples=20), [(0, 1, 0.5)], False, [[0, 1], [0, 1]]),
    ],
)
def test_uniqueness_is_that_of_the_equilibrium_whoever_chose_sigma(
    solver: MetaSolver, matrix: list[tuple[int, int, float]], unique: bool, ranges: list[list[int]]
) -> None:
    table = toy("a", "b")
    for row, column, value in matrix:
        table = table.with_exact("ab"[row], "ab"[column], value)
    rng = np.random.default_rng(0)
    data = analyse(table, solve_table(solver, table, rng), solver, rng, num_samples=10).to_json()
    assert data["equilibrium_unique"] is unique
    found = [policy["weight_range_over_equilibria"] for policy in data["policies"]]
    np.testing.assert_allclose(found, ranges, atol=1e-7)


def test_units_reach_nash_conv() -> None:
    table = toy("a", "b", scale=PayoffScale("chips", -2.0, 2.0)).with_exact("a", "b", 1.0)
    sigma_on_b = UniformSolver().solve(table.matrix())
    analysis = analyse(table, sigma_on_b, UniformSolver(), np.random.default_rng(0))
    # a earns ½ · 0 + ½ · 1 chip against the uniform σ, which is its exploitability
    assert analysis.restricted_exploitability * 4 == pytest.approx(0.5)
    data = analysis.to_json()["restricted_exploitability"]
    assert data["nash_conv"] == pytest.approx(1.0)
    assert data["nash_conv_unit"] == "chips"


def test_the_same_seed_gives_the_same_bytes(published: PayoffTable) -> None:
    assert json.dumps(analysed(published).to_json()) == json.dumps(analysed(published).to_json())


def test_what_is_refused(published: PayoffTable) -> None:
    solver = NashSolver()
    strategy = solver.solve(np.full((3, 3), 0.5))
    with pytest.raises(ValueError, match="3 weights for 5 policies"):
        analyse(published, strategy, solver, np.random.default_rng(0))
    with pytest.raises(ValueError, match="play them first: a vs b"):
        analyse(toy("a", "b"), strategy, solver, np.random.default_rng(0))
