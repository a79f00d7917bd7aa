import json
import time
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog, minimize

from psro.metagame.linear_programs import weight_ranges
from psro.metagame.nash import (
    EQUILIBRIUM_TOLERANCE,
    MetaStrategy,
    NashSolver,
    UniformSolver,
    equilibrium_on_support,
)
from psro.metagame.payoffs import PayoffTable

RPS = np.array([[0.5, 0.0, 1.0], [1.0, 0.5, 0.0], [0.0, 1.0, 0.5]])


def game(advantage: list | np.ndarray) -> np.ndarray:
    """M from the upper triangle of an advantage matrix in [−½, ½]."""
    upper = np.triu(np.asarray(advantage, dtype=float), 1)
    return 0.5 + upper - upper.T


def symmetrised(payoff: np.ndarray) -> np.ndarray:
    """A two-player zero-sum game as a symmetric one: each policy plays both seats, (row, column)."""
    rows, columns = payoff.shape
    pairs = [(row, column) for row in range(rows) for column in range(columns)]
    advantage = np.array([[payoff[a, d] - payoff[c, b] for c, d in pairs] for a, b in pairs])
    return 0.5 + advantage / (2 * np.abs(advantage).max())


def solved(matrix: np.ndarray, backend: str = "highs") -> MetaStrategy:
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)  # the fallback to a vertex counts as a failure
        return NashSolver(backend).solve(matrix)


def scipy_face(matrix: np.ndarray, direction: np.ndarray) -> np.ndarray:
    """The equilibrium that is extreme in a direction, by the second solver."""
    size = len(matrix)
    answer = linprog(
        direction, matrix - 0.5, np.zeros(size), np.ones((1, size)), [1.0], method="highs-ipm"
    )
    assert answer.status == 0
    return answer.x


@st.composite
def matrices(draw: st.DrawFn) -> np.ndarray:
    """Random, integer-grid, low-rank, cyclic and duplicated games of up to 9 policies."""
    size = draw(st.integers(1, 9))
    seed = draw(st.integers(0, 2**32 - 1))
    rng = np.random.default_rng(seed)
    kind = draw(st.sampled_from(["uniform", "battles", "grid", "low_rank", "clones", "sparse"]))
    if kind == "uniform":
        return game(rng.uniform(-0.5, 0.5, (size, size)))
    if kind == "battles":
        return game(rng.integers(0, 51, (size, size)) / 50 - 0.5)
    if kind == "grid":
        return game(rng.integers(-1, 2, (size, size)) / 2)
    if kind == "sparse":
        return game(rng.integers(-2, 3, (size, size)) / 4 * (rng.random((size, size)) < 0.3))
    if kind == "low_rank":
        left, right = rng.integers(-3, 4, (2, size, draw(st.integers(1, 2))))
        return game((left @ right.T - right @ left.T) / 72)
    chosen = rng.integers(0, size, size)
    return game(rng.uniform(-0.5, 0.5, (size, size)))[np.ix_(chosen, chosen)]


def check_equilibrium(matrix: np.ndarray, strategy: MetaStrategy) -> None:
    sigma = strategy.array()
    assert (matrix @ sigma).max() <= 0.5 + EQUILIBRIUM_TOLERANCE
    assert sigma.min() >= 0
    assert sum(strategy.weights) == 1.0
    assert not ((sigma > 0) & (sigma < 1e-9)).any()
    assert strategy.value == pytest.approx(0.5, abs=1e-9)


@pytest.mark.parametrize("backend", ["highs", "cbc"])
@pytest.mark.parametrize(
    ("matrix", "expected", "unique"),
    [
        pytest.param(RPS, [1 / 3] * 3, True, id="rock-paper-scissors"),
        pytest.param(  # weights are proportional to the payoff of the pair without the policy
            game([[0, -0.1, 0.2], [0, 0, -0.4], [0, 0, 0]]),
            [4 / 7, 2 / 7, 1 / 7],
            True,
            id="biased",
        ),
        pytest.param(game([[0, 0.1], [0, 0]]), [1, 0], True, id="dominated"),
        pytest.param(np.full((4, 4), 0.5), [0.25] * 4, False, id="all equal"),
        pytest.param(np.array([[0.5]]), [1], True, id="alone"),
        pytest.param(
            symmetrised(np.array([[1.0, -1.0], [-1.0, 1.0]])), [0.25] * 4, False, id="pennies"
        ),
        pytest.param(  # rock twice: the clones share rock's third
            RPS[np.ix_([0, 0, 1, 2], [0, 0, 1, 2])],
            [1 / 6, 1 / 6, 1 / 3, 1 / 3],
            False,
            id="clones",
        ),
        pytest.param(  # a and b draw, both beat c: any mix of a and b
            game([[0, 0, 0.3], [0, 0, 0.1], [0, 0, 0]]), [0.5, 0.5, 0], False, id="a segment"
        ),
    ],
)
def test_known_games(matrix: np.ndarray, expected: list[float], unique: bool, backend: str) -> None:
    strategy = solved(matrix, backend)
    check_equilibrium(matrix, strategy)
    np.testing.assert_allclose(strategy.array(), expected, atol=1e-12)
    assert strategy.unique is unique


def test_a_cut_segment_stops_where_the_third_policy_becomes_a_threat() -> None:
    # a and b draw; c beats b (.2) and loses to a (.1): equilibria are σ_b ≤ 1/3, so the entropy's
    # optimum ½ : ½ is cut off and the answer lies on the boundary.
    matrix = game([[0, 0, 0.1], [0, 0, -0.2], [0, 0, 0]])
    strategy = solved(matrix)
    np.testing.assert_allclose(strategy.array(), [2 / 3, 1 / 3, 0], atol=1e-9)
    assert not strategy.unique


def test_the_published_matrix(published: PayoffTable) -> None:
    strategy = solved(published.matrix())
    assert strategy.weights == (0.0, 0.0, 1.0, 0.0, 0.0)
    assert strategy.unique


@given(matrices())
@settings(max_examples=150, deadline=None)
def test_no_policy_gains_against_sigma(matrix: np.ndarray) -> None:
    strategy = solved(matrix)
    check_equilibrium(matrix, strategy)
    assert strategy.solver == "nash/highs/maximum_entropy"


@given(matrices(), st.integers(0, 2**32 - 1))
@settings(max_examples=100, deadline=None)
def test_sigma_does_not_depend_on_the_order_of_the_policies(matrix: np.ndarray, seed: int) -> None:
    order = np.random.default_rng(seed).permutation(len(matrix))
    sigma, shuffled = solved(matrix), solved(matrix[np.ix_(order, order)])
    np.testing.assert_allclose(shuffled.array(), sigma.array()[order], atol=1e-9)
    assert shuffled.unique == sigma.unique


@given(matrices())
@settings(max_examples=60, deadline=None)
def test_uniqueness_agrees_with_linear_programs(matrix: np.ndarray) -> None:
    strategy = solved(matrix)
    ranges = weight_ranges(matrix - 0.5, "highs")
    second = np.array(
        [
            [scipy_face(matrix, sign * direction) @ direction for sign in (1, -1)]
            for direction in np.eye(len(matrix))
        ]
    )
    np.testing.assert_allclose(ranges, second, atol=1e-6)
    assert strategy.unique == bool((ranges[:, 1] - ranges[:, 0]).max() < 1e-6)
    # Every policy that some equilibrium uses has weight.
    np.testing.assert_array_equal(strategy.array() > 0, ranges[:, 1] > 1e-6)


@given(matrices(), st.integers(0, 2**32 - 1))
@settings(max_examples=80, deadline=None)
def test_no_equilibrium_has_more_entropy(matrix: np.ndarray, seed: int) -> None:
    """First-order optimality: −log σ has no ascent direction towards any equilibrium scipy finds."""
    sigma = solved(matrix).array()
    rng = np.random.default_rng(seed)
    used = sigma > 0
    gradient = np.where(used, -np.log(np.where(used, sigma, 1.0)), 0.0)
    for direction in (-gradient, *rng.normal(size=(3, len(matrix)))):
        other = scipy_face(matrix, direction)
        assert gradient @ (other - sigma) <= 1e-5


def test_entropy_agrees_with_a_general_purpose_optimiser() -> None:
    # Rock-paper-scissors with all three cloned unevenly, and a policy that loses to everyone.
    order = [0, 0, 0, 1, 1, 2]
    matrix = np.ones((7, 7))
    matrix[:6, :6] = RPS[np.ix_(order, order)]
    matrix[6] = 0.0
    matrix[6, 6] = 0.5
    sigma = solved(matrix).array()
    answer = minimize(
        lambda x: float((x * np.log(x + 1e-12)).sum()),
        np.full(7, 1 / 7),
        bounds=[(0, 1)] * 7,
        constraints=[
            {"type": "eq", "fun": lambda x: x.sum() - 1},
            {"type": "ineq", "fun": lambda x: 0.5 - matrix @ x},
        ],
    )
    np.testing.assert_allclose(sigma, answer.x, atol=1e-4)
    np.testing.assert_allclose(sigma, [1 / 9] * 3 + [1 / 6] * 2 + [1 / 3, 0], atol=1e-12)


@given(matrices())
@settings(max_examples=25, deadline=None)
def test_highs_and_cbc_choose_the_same_equilibrium(matrix: np.ndarray) -> None:
    highs, cbc = solved(matrix), solved(matrix, "cbc")
    np.testing.assert_allclose(highs.array(), cbc.array(), atol=1e-9)
    assert highs.unique == cbc.unique


@given(matrices())
@settings(max_examples=30, deadline=None)
def test_the_same_matrix_gives_the_same_bits(matrix: np.ndarray) -> None:
    assert solved(matrix) == solved(matrix.copy())


@given(matrices())
@settings(max_examples=60, deadline=None)
def test_rounding_noise_does_not_change_the_choice(matrix: np.ndarray) -> None:
    """Counts over 50 battles are not dyadic: equal policies differ in the last bits."""
    noisy = np.triu(matrix * (1 - 2.0**-52), 1)
    noisy = np.where(noisy > 0, noisy, 0) + np.tril(1 - noisy.T, -1) + 0.5 * np.eye(len(matrix))
    np.testing.assert_allclose(solved(noisy).array(), solved(matrix).array(), atol=1e-9)


@given(matrices())
@settings(max_examples=40, deadline=None)
@pytest.mark.parametrize("backend", ["highs", "cbc"])
def test_vertex_selection_is_an_equilibrium_too(backend: str, matrix: np.ndarray) -> None:
    check_equilibrium(matrix, NashSolver(backend, "vertex").solve(matrix))


def test_a_failing_selection_is_not_silent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("psro.metagame.max_entropy.USABLE", -1.0)
    matrix = game([[0, 0, 0.1], [0, 0, -0.2], [0, 0, 0]])
    with pytest.warns(UserWarning, match="taking a vertex equilibrium"):
        strategy = NashSolver().solve(matrix)
    assert strategy.solver == "nash/highs/vertex"
    check_equilibrium(matrix, strategy)


def test_a_certificate_is_refused_where_equilibria_are_many_or_elsewhere() -> None:
    everyone = np.ones(3, dtype=bool)
    sigma = equilibrium_on_support(RPS - 0.5, everyone)
    assert sigma is not None
    np.testing.assert_allclose(sigma, 1 / 3, atol=1e-12)
    assert equilibrium_on_support(np.zeros((3, 3)), everyone) is None
    assert equilibrium_on_support(np.zeros((3, 3)), np.array([True, False, False])) is None
    assert equilibrium_on_support(RPS - 0.5, np.array([True, False, False])) is None
    assert equilibrium_on_support(RPS - 0.5, np.array([True, True, False])) is None


@pytest.mark.parametrize("kind", ["battles", "grid", "equal"])
def test_thirty_policies_take_well_under_a_second(kind: str) -> None:
    rng = np.random.default_rng(0)
    advantage = {
        "battles": rng.integers(0, 201, (30, 30)) / 200 - 0.5,
        "grid": rng.integers(-1, 2, (30, 30)) / 2,
        "equal": np.zeros((30, 30)),
    }[kind]
    start = time.process_time()
    check_equilibrium(game(advantage), solved(game(advantage)))
    assert time.process_time() - start < 0.5


def test_uniform() -> None:
    strategy = UniformSolver().solve(RPS[:2, :2])
    assert strategy == MetaStrategy((0.5, 0.5), 0.25, "uniform", True)
    assert sum(UniformSolver().solve(np.full((7, 7), 0.5)).weights) == 1.0


def test_round_trip_through_json_text() -> None:
    strategy, names = solved(RPS), ("rock", "paper", "scissors")
    data = json.loads(json.dumps(strategy.to_json(names)))
    assert data["weights"]["paper"] == strategy.weights[1]
    assert MetaStrategy.from_json(data, names) == strategy
    with pytest.raises(ValueError, match="the population is"):
        MetaStrategy.from_json(data, ("rock", "paper"))
    with pytest.raises(ValueError, match="not a meta-strategy"):
        MetaStrategy.from_json({}, names)


@pytest.mark.parametrize(
    ("matrix", "message"),
    [
        (np.zeros((0, 0)), "square and not empty"),
        (np.full((2, 3), 0.5), "square"),
        (np.array([[0.5, np.nan], [0.5, 0.5]]), r"cell \(0, 1\) is nan"),
        (np.array([[0.5, 0.6], [0.5, 0.5]]), "must add up to 1"),
        (np.array([[0.5, 1.5], [-0.5, 0.5]]), r"in \[0, 1\]"),
    ],
)
def test_what_is_no_interaction_matrix(matrix: np.ndarray, message: str) -> None:
    for solver in (NashSolver(), UniformSolver()):
        with pytest.raises(ValueError, match=message):
            solver.solve(matrix)


def test_unknown_names_list_the_choices() -> None:
    with pytest.raises(ValueError, match="choose from: highs, cbc"):
        NashSolver("glpk")
    with pytest.raises(ValueError, match="choose from: maximum_entropy, vertex"):
        NashSolver(selection="any")
