"""The loop against truth: with an exact oracle and exact payoffs it ends at an equilibrium, and knows it."""

from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pytest

from psro import wiring
from psro.config import parse_config
from tests.phases.conftest import drive_config
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


@pytest.mark.parametrize("seed", range(3))
def test_a_matrix_game_is_solved_in_no_more_iterations_than_it_has_strategies(
    seed: int, tmp_path: Path
) -> None:
    rng, size = np.random.default_rng(seed), 7
    upper = np.triu(rng.random((size, size)), 1)
    scores = 0.5 * np.eye(size) + upper + np.tril(1 - upper.T, -1)
    actions = [f"a{number}" for number in range(size)]
    config = parse_config(
        {
            "game": {"name": "matrix", "actions": actions, "scores": scores.tolist()},
            "oracle": {"name": "exact"},
            "population": {"members": {"a0": {"kind": "pure", "arguments": {"action": "a0"}}}},
            "psro": {"num_iterations": size - 1, "rounds": 1, "opponent_epsilon": 0.0,
                     "on_no_gain": "stop"},
        },
        wiring.SCHEMAS,
    )  # fmt: skip
    drive_config(config, tmp_path)
    found = exploitabilities(tmp_path)
    assert found[-1] == pytest.approx(0, abs=1e-9)
    assert len(found) <= size
    sigma = load(tmp_path / "psro_summary.json")["certificate"]["sigma_of"]
    weights = load(tmp_path / sigma / "meta_strategy.json")["weights"]
    mixed = np.zeros(size)
    for name, weight in weights.items():
        policy = load(tmp_path / f"population/{name}/policy.json")
        mixed[actions.index(policy["arguments"]["action"])] += weight
    assert (scores @ mixed).max() == pytest.approx(0.5, abs=1e-9)
