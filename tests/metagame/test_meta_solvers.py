"""What every meta-solver must do, and what OpenSpiel's say of the same games (make_openspiel.py)."""

import json
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from psro import wiring
from psro.config import parse_config
from psro.machine.errors import UserError
from psro.metagame.alpha_rank import AlphaRankSolver, stationary
from psro.metagame.baselines import FictitiousSelfPlaySolver, FoundingSolver, LastIterateSolver
from psro.metagame.exploitability import restricted_exploitability
from psro.metagame.fictitious_play import FictitiousPlaySolver
from psro.metagame.nash import MetaSolver, NashSolver, UniformSolver
from psro.metagame.posterior import solve_each
from psro.metagame.prioritized import PrioritizedSolver
from psro.metagame.projected_replicator import ProjectedReplicatorSolver, nearest_above
from psro.metagame.robust_nash import PosteriorNashSolver, RobustNashSolver
from psro.toys.generated import RandomSymmetricConfig, generated_game
from tests.metagame.test_nash import RPS, game, matrices
from tests.phases.conftest import rps_config

OPENSPIEL = json.loads(Path(__file__).with_name("openspiel.json").read_bytes())
GAMES = OPENSPIEL["games"]

FAST: dict[str, MetaSolver] = {
    "nash": NashSolver(),
    "posterior_nash": PosteriorNashSolver(),
    "robust_nash": RobustNashSolver(),
    "uniform": UniformSolver(),
    "fictitious_play": FictitiousPlaySolver(num_iterations=200),
    "prioritized": PrioritizedSolver(learner="population"),
    "prioritized newest": PrioritizedSolver(),
    "prioritized variance": PrioritizedSolver(weighting="variance", learner="population"),
    "projected_replicator": ProjectedReplicatorSolver(num_iterations=200, exploration=0.01),
    "alpha_rank": AlphaRankSolver(),
    "alpha_rank infinite": AlphaRankSolver(alpha=None),
    "last_iterate": LastIterateSolver(num_founding=1),
    "fictitious_self_play": FictitiousSelfPlaySolver(num_founding=1),
    "founding": FoundingSolver(num_founding=1),
}
"""Of every kind at least one, with steps enough for what is tested here."""
solvers = pytest.mark.parametrize("solver", FAST.values(), ids=FAST.keys())
ORDERED = "prioritized newest"
"""The one to whom it matters who joined last."""
BASELINES = ("last_iterate", "fictitious_self_play", "founding")
"""They go by who joined when alone."""


def test_every_solver_of_the_registry_is_here() -> None:
    assert {solver.name for solver in FAST.values()} == set(wiring.META_SOLVERS)


@solvers
@given(matrices())
@settings(max_examples=25, deadline=None)
def test_sigma_is_a_distribution_and_says_what_it_is_sure_of(
    solver: MetaSolver, matrix: np.ndarray
) -> None:
    strategy = solver.solve(matrix)
    sigma = strategy.array()
    assert sum(strategy.weights) == 1.0
    assert sigma.min() >= 0
    assert not ((sigma > 0) & (sigma < 1e-9)).any()
    assert strategy.value == (sigma @ matrix).min()
    assert strategy.solver.startswith(solver.name.replace("posterior_", "").replace("robust_", ""))
    assert solver.solve(matrix.copy()) == strategy


@solvers
@given(matrices(), st.integers(0, 2**32 - 1))
@settings(max_examples=25, deadline=None)
def test_it_does_not_matter_who_is_called_what(
    solver: MetaSolver, matrix: np.ndarray, seed: int
) -> None:
    order = np.random.default_rng(seed).permutation(len(matrix))
    if solver.name in BASELINES:
        order = np.concatenate([[0], order[(order > 0) & (order < len(matrix) - 1)]]).astype(int)
        order = np.append(order, len(matrix) - 1) if len(matrix) > 1 else order
    elif solver == FAST[ORDERED]:
        order = np.append(order[order < len(matrix) - 1], len(matrix) - 1)
    shuffled = solver.solve(matrix[np.ix_(order, order)])
    np.testing.assert_allclose(
        shuffled.array(), solver.solve(matrix).array()[order], atol=1e-6, rtol=0
    )


@solvers
@given(matrices())
@settings(max_examples=20, deadline=None)
def test_many_at_once_are_the_same_bits_as_one_by_one(
    solver: MetaSolver, matrix: np.ndarray
) -> None:
    batch = np.array([matrix, matrix.T, 0.5 + (matrix - 0.5) / 3])
    one_by_one = np.array([solver.solve(each).weights for each in batch])
    assert solve_each(batch, solver).tobytes() == one_by_one.tobytes()


@solvers
def test_alone_there_is_no_choice(solver: MetaSolver) -> None:
    assert solver.solve(np.array([[0.5]])).weights == (1.0,)


@solvers
def test_a_cycle_is_played_evenly(solver: MetaSolver) -> None:
    sigma = solver.solve(RPS).array()
    if solver == FAST[ORDERED]:
        # (1 − win rate)²: scissors, the newest, always lose to rock, win half of their own battles, beat paper.
        np.testing.assert_allclose(sigma, [0.8, 0.0, 0.2], atol=1e-12)
    elif solver.name not in BASELINES:
        np.testing.assert_allclose(sigma, 1 / 3, atol=1e-9)


@pytest.mark.parametrize(
    "name", sorted(set(FAST) - {"prioritized variance", "uniform", *BASELINES})
)
@given(matrices(), st.integers(0, 2**32 - 1))
@settings(max_examples=20, deadline=None)
def test_a_dominated_policy_never_has_more_weight_than_who_dominates_it(
    name: str, matrix: np.ndarray, seed: int
) -> None:
    """A worse copy of some policy joins, first: it does worse against everyone, the original too."""
    rng = np.random.default_rng(seed)
    chosen = rng.integers(len(matrix))
    row = np.clip(matrix[chosen] - rng.uniform(0.05, 0.2, len(matrix)), 0, 1)
    joined = np.full((len(matrix) + 1,) * 2, 0.5)
    joined[1:, 1:] = matrix
    joined[0, 1:], joined[1:, 0] = row, 1 - row
    sigma = FAST[name].solve(joined).array()
    assert sigma[0] <= sigma[1 + chosen] + 1e-12
    if name == "nash":
        assert sigma[0] == 0


@pytest.mark.parametrize(
    ("name", "alone", "three"),
    [
        ("last_iterate", [0, 1], [0, 0, 0, 0, 1]),
        ("fictitious_self_play", [0, 1], [0, 0, 1 / 3, 1 / 3, 1 / 3]),
        ("founding", [0, 1], [0, 1, 0, 0, 0]),
    ],
)
def test_a_baseline_goes_by_who_joined_when(
    name: str, alone: list[float], three: list[float]
) -> None:
    """Two founding policies, of which the second beats the first; then three responses, each better than all before."""
    solver = wiring.META_SOLVERS[name](num_founding=2)
    better = np.tril(np.full((5, 5), 0.2), -1)
    matrix = 0.5 + better - better.T
    np.testing.assert_allclose(solver.solve(matrix[:2, :2]).weights, alone, atol=1e-12)
    np.testing.assert_allclose(solver.solve(matrix).weights, three, atol=1e-12)


def test_the_number_of_founding_policies_is_filled_in_by_a_run_and_must_be_its_own() -> None:
    with pytest.raises(ValueError, match="num_founding is null"):
        LastIterateSolver().solve(RPS)
    config = rps_config()
    config.meta_solver = LastIterateSolver()
    assert wiring.make_meta_solver(config) == LastIterateSolver(num_founding=1)
    config.meta_solver = LastIterateSolver(num_founding=2)
    with pytest.raises(UserError, match="the founding population has 1"):
        wiring.make_meta_solver(config)


@pytest.mark.parametrize("name", ["nash", "fictitious_play", "projected_replicator", "alpha_rank"])
def test_whoever_beats_everyone_gets_nearly_everything(name: str) -> None:
    best = game([[0, 0.3, 0.2, 0.4], [0, 0, 0.1, -0.4], [0, 0, 0, 0.2], [0, 0, 0, 0]])
    assert wiring.META_SOLVERS[name]().solve(best).weights[0] > 0.9


CLONED = [0, 0, 0, 1, 2]
"""Rock-paper-scissors with rock three times."""


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("nash", 1 / 3),
        ("uniform", 3 / 5),
        # Of the nine ordered pairs of classes, each counts by how often it is met, and only losing counts much.
        ("prioritized", 3 * (3 * 0.25 + 1) / (3 * (3 * 0.25 + 1) + (3 + 0.25) + (1 + 0.25))),
    ],
)
def test_what_clones_are_worth(name: str, expected: float) -> None:
    """Nash gives the clones together what the original had; what counts heads does not."""
    sigma = FAST[name].solve(RPS[np.ix_(CLONED, CLONED)]).array()
    assert sigma[:3].sum() == pytest.approx(expected)
    np.testing.assert_allclose(sigma[:3], sigma[:3].mean(), atol=1e-9)


@pytest.mark.parametrize(
    "solver", [FictitiousPlaySolver(2000), ProjectedReplicatorSolver(num_iterations=2000)]
)
@given(matrices())
@settings(max_examples=15, deadline=None)
def test_learning_comes_close_to_an_equilibrium(solver: MetaSolver, matrix: np.ndarray) -> None:
    assert restricted_exploitability(matrix, solver.solve(matrix).array()) < 0.04


def test_much_exploration_can_hold_a_policy_down_that_should_come_back() -> None:
    """Why the default is small. OpenSpiel's dynamics do the same: they agree to 1e-9 (below)."""
    matrix = generated_game(RandomSymmetricConfig(size=10, seed=0)).scores
    little, much = (
        restricted_exploitability(
            matrix, ProjectedReplicatorSolver(exploration=e).solve(matrix).array()
        )
        for e in (1e-6, 0.01)
    )
    assert little < 0.005
    assert much > 0.1


@pytest.mark.parametrize("name", GAMES)
def test_alpha_rank_is_that_of_openspiel(name: str) -> None:
    matrix = np.array(GAMES[name]["matrix"])
    finite = AlphaRankSolver(OPENSPIEL["alpha_rank"]["alpha"], OPENSPIEL["alpha_rank"]["m"])
    infinite = AlphaRankSolver(alpha=None, noise=OPENSPIEL["alpha_rank_infinite"]["noise"])
    for solver, answer in ((finite, "alpha_rank"), (infinite, "alpha_rank_infinite")):
        sigma = solver.solve(matrix).array()
        np.testing.assert_allclose(sigma, GAMES[name][answer], atol=2e-9)


@pytest.mark.parametrize("name", GAMES)
def test_projected_replicator_is_that_of_openspiel(name: str) -> None:
    matrix, told = np.array(GAMES[name]["matrix"]), OPENSPIEL["projected_replicator"]
    solver = ProjectedReplicatorSolver(
        told["prd_iterations"], told["prd_dt"], told["prd_gamma"] * len(matrix)
    )
    sigma = solver.solve(matrix).array()
    for player in GAMES[name]["projected_replicator"]:
        np.testing.assert_allclose(sigma, player, atol=1e-9)


@pytest.mark.parametrize("name", [name for name in GAMES if name.startswith("random")])
def test_fictitious_play_is_that_of_openspiel(name: str) -> None:
    """Where no responses tie: OpenSpiel takes the first, and keeps the uniform strategy in its average."""
    matrix, num = np.array(GAMES[name]["matrix"]), OPENSPIEL["fictitious_play"]["iterations"]
    ours = FictitiousPlaySolver(num).solve(matrix).array()
    with_uniform = (num * ours + 1 / len(matrix)) / (num + 1)
    np.testing.assert_allclose(with_uniform, GAMES[name]["fictitious_play"], atol=1e-9)


@pytest.mark.parametrize("name", GAMES)
def test_the_maximum_entropy_equilibrium_is_that_of_openspiel(name: str) -> None:
    sigma = NashSolver().solve(np.array(GAMES[name]["matrix"])).array()
    # OpenSpiel's comes from a cone solver, to about six digits.
    np.testing.assert_allclose(sigma, GAMES[name]["max_entropy_nash"], atol=1e-5)


def test_a_chain_that_hardly_moves_has_exact_weights() -> None:
    # Two states: the weights are as the rates in; e^1000 is no number, its logarithm is.
    logs = np.array([[[0.0, -1000.0], [-1002.0, 0.0]]])
    np.testing.assert_allclose(stationary(logs), [[1, np.exp(2)]] / (1 + np.exp(2)), rtol=1e-12)


@given(st.integers(2, 6), st.integers(0, 2**32 - 1))
@settings(max_examples=30, deadline=None)
def test_the_stationary_distribution_stays(size: int, seed: int) -> None:
    rates = np.random.default_rng(seed).random((size, size)) / size
    chain = rates.copy()
    np.fill_diagonal(chain, 0)
    np.fill_diagonal(chain, 1 - chain.sum(axis=1))
    weights = stationary(np.log(rates)[None])[0]
    np.testing.assert_allclose(weights @ chain, weights, atol=1e-12)


@given(st.integers(1, 7), st.floats(0, 0.14), st.integers(0, 2**32 - 1))
@settings(max_examples=50, deadline=None)
def test_the_projection_is_the_nearest_point(size: int, floor: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    points = rng.normal(size=(4, size))
    found = nearest_above(points, floor)
    np.testing.assert_allclose(found.sum(axis=1), 1)
    assert found.min() >= floor
    for point, near in zip(points, found, strict=True):
        other = floor + (1 - size * floor) * rng.dirichlet(np.ones(size), 50)
        # Optimality: no admissible direction leads closer.
        assert ((other - near) @ (point - near)).max() <= 1e-9


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: FictitiousPlaySolver(0), r"meta_solver\.num_iterations is 0"),
        (lambda: ProjectedReplicatorSolver(step=0.0), r"meta_solver\.step is 0"),
        (lambda: ProjectedReplicatorSolver(exploration=1.0), r"meta_solver\.exploration is 1"),
        (lambda: AlphaRankSolver(alpha=-1.0), r"meta_solver\.alpha is -1.*null for infinite"),
        (lambda: AlphaRankSolver(num_agents=1), r"meta_solver\.num_agents is 1"),
        (lambda: AlphaRankSolver(noise=0.5), r"meta_solver\.noise is 0\.5"),
        (
            lambda: PrioritizedSolver(weighting="soft"),
            r"weighting: no 'soft'; choose from: hard, variance",
        ),
        (lambda: PrioritizedSolver(learner="me"), r"learner: no 'me'; choose from: newest"),
        (lambda: PrioritizedSolver(power=0.0), r"meta_solver\.power is 0"),
    ],
)
def test_bad_parameters_are_named(build, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        build()


@solvers
def test_a_solver_is_its_own_configuration(solver: MetaSolver) -> None:
    data = {
        "game": {"name": "matrix"},
        "oracle": {"name": "exact"},
        "population": {"members": {"rock": {"kind": "pure", "arguments": {"action": "rock"}}}},
        "meta_solver": asdict(solver),
    }
    config = parse_config(data, wiring.SCHEMAS)
    assert wiring.make_meta_solver(config) == solver
