"""The loop against truth: with an exact oracle and exact payoffs it ends at an equilibrium, and knows it."""

from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from psro import wiring
from psro.config import parse_config
from psro.machine.errors import Preempted
from psro.machine.signals import StopFlag
from psro.metagame.nash import NashSolver
from psro.toys.generated import (
    DiscConfig,
    RandomSymmetricConfig,
    SpinningTopConfig,
    generated_game,
)
from tests.phases.conftest import StopAtBoundary, drive_config, result_bytes, rps_config
from tests.test_config import composed


def load(path: Path) -> Any:
    return orjson.loads(path.read_bytes())


def exploitabilities(run: Path) -> list[float]:
    """Of the σ of each iteration, exact."""
    summary = load(run / "psro_summary.json")
    found = [row["trained_against"]["exploitability"] for row in summary["iterations"][1:]]
    return [row["estimate"] for row in (*found, summary["certificate"]["exploitability"])]


def test_kuhn_poker_is_solved(tmp_path: Path) -> None:
    drive_config(composed("+experiment=kuhn"), tmp_path)
    found = exploitabilities(tmp_path)
    # In chips NashConv is eight times the symmetric exploitability in score: 11/12 for uniform play.
    assert 8 * found[0] == pytest.approx(11 / 12)
    assert found[-1] == pytest.approx(0, abs=1e-9)
    assert len(found) <= 11, "as fast as measured (docs/results.md)"
    best_so_far = np.minimum.accumulate(found)
    assert (np.diff(best_so_far[::3]) < 0).all()


def test_a_spinning_top_is_solved_by_a_few_of_its_strategies(tmp_path: Path) -> None:
    drive_config(composed("+experiment=spinning_top"), tmp_path)
    found = exploitabilities(tmp_path)
    assert found[0] > 0.1
    assert found[-1] == pytest.approx(0, abs=1e-9)
    assert len(found) < 12, "of 30 strategies"


@pytest.mark.parametrize(
    ("game", "num_strategies"),
    [
        ({"name": "random_symmetric", "size": 7, "seed": 0}, 7),
        ({"name": "random_symmetrised", "rows": 3, "columns": 4}, 12),
        ({"name": "disc", "size": 10}, 10),
    ],
)
def test_a_matrix_game_is_solved_in_no_more_iterations_than_it_has_strategies(
    game: dict[str, Any], num_strategies: int, tmp_path: Path
) -> None:
    config = parse_config(
        {
            "game": game,
            "oracle": {"name": "exact"},
            "population": {"members": {"s0": {"kind": "pure", "arguments": {"action": "s0"}}}},
            "psro": {"num_iterations": num_strategies - 1, "rounds": 1, "opponent_epsilon": 0.0,
                     "on_no_gain": "stop"},
        },
        wiring.SCHEMAS,
    )  # fmt: skip
    drive_config(config, tmp_path)
    found = exploitabilities(tmp_path)
    assert found[-1] == pytest.approx(0, abs=1e-9)
    assert len(found) <= num_strategies
    sigma = load(tmp_path / "psro_summary.json")["certificate"]["sigma_of"]
    weights = load(tmp_path / sigma / "meta_strategy.json")["weights"]
    scores = wiring.make_game(config).scores
    mixed = np.zeros(num_strategies)
    for name, weight in weights.items():
        policy = load(tmp_path / f"population/{name}/policy.json")
        mixed[int(policy["arguments"]["action"].removeprefix("s"))] += weight
    assert (scores @ mixed).max() == pytest.approx(0.5, abs=1e-9)


@pytest.mark.parametrize("name", sorted(wiring.META_SOLVERS))
def test_the_loop_runs_with_every_meta_solver(name: str, tmp_path: Path) -> None:
    config = rps_config(num_iterations=2)
    config.meta_solver = wiring.META_SOLVERS[name]()
    drive_config(config, tmp_path)
    named = load(tmp_path / "iteration_2/meta_strategy.json")["solver"]
    # Where payoffs are exact, those that allow for noise are the plain equilibrium.
    assert named.startswith("nash" if name.endswith("_nash") else name)
    assert load(tmp_path / "population/br_1/policy.json")["arguments"]["action"] == "paper"
    assert exploitabilities(tmp_path)[0] == pytest.approx(0.5)


@pytest.mark.parametrize("name", ["posterior_nash", "robust_nash"])
def test_sigma_from_counts_is_resumed_with_the_same_draws(name: str, tmp_path: Path) -> None:
    config = rps_config(num_iterations=1)
    config.game.exact = False
    config.meta_solver = wiring.META_SOLVERS[name](num_samples=50)
    stop = StopFlag()
    with pytest.raises(Preempted):
        drive_config(config, tmp_path / "stopped", stop, [StopAtBoundary(stop, 6)])
    for directory in ("whole", "stopped"):
        drive_config(config, tmp_path / directory)
    whole, resumed = (result_bytes(tmp_path / directory) for directory in ("whole", "stopped"))
    assert whole == resumed
    assert load(tmp_path / "whole/iteration_1/meta_strategy.json")["solver"].startswith(name)


@given(
    st.sampled_from([RandomSymmetricConfig, DiscConfig, SpinningTopConfig]),
    st.integers(1, 15),
    st.integers(0, 2**32 - 1),
)
@settings(max_examples=60, deadline=None)
def test_exact_responses_to_exact_equilibria_never_need_more_iterations_than_strategies(
    kind: Any, size: int, seed: int
) -> None:
    """The loop's two steps alone, on many games: solve, respond."""
    scores = generated_game(kind(size=size, seed=seed)).scores
    population = [0]
    for _ in range(size):
        sigma = NashSolver().solve(scores[np.ix_(population, population)]).array()
        values = scores[:, population] @ sigma
        if values.max() <= 0.5 + 1e-9:
            break
        population.append(int(values.argmax()))
    else:
        pytest.fail(f"still exploitable after {size} iterations")
    assert len(set(population)) == len(population)
