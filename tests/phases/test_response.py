"""What a response starts from."""

from types import SimpleNamespace
from typing import Any

import orjson
import pytest

from psro.game.policies import PolicyRecord
from psro.phases.config import PSROConfig
from psro.phases.response import of_iteration, start_of

THIRD = 1 / 3


def run_with(weights: dict[str, float], trained: set[str]) -> Any:
    """Of a run, what start_of reads: σ and policy records."""
    files = {"iteration_3/meta_strategy.json": orjson.dumps({"weights": weights})}
    for name in weights:
        record = PolicyRecord(name, "any", "any", files={"w": ""} if name in trained else {})
        files[f"population/{name}/policy.json"] = orjson.dumps(record.to_json())
    return SimpleNamespace(read=files.__getitem__)


@pytest.mark.parametrize(
    ("weights", "start"),
    [
        ({"boss": 0.6, "br_1": 0.3, "br_2": 0.1}, "br_1"),
        ({"boss": 1.0, "br_1": 0.0, "br_2": 0.0}, "base"),
        # A third has no place on σ's grid: the first gets what is left over.
        ({"br_1": THIRD + 1e-13, "br_2": THIRD, "br_3": THIRD}, "br_3"),
        ({"br_1": 0.34, "br_2": 0.33, "br_3": 0.33}, "br_1"),
    ],
)
def test_the_heaviest_trained_policy_of_equal_ones_the_newest(
    weights: dict[str, float], start: str
) -> None:
    run = run_with(weights, {"br_1", "br_2", "br_3"})
    config = PSROConfig(start="strongest", base="base")
    assert start_of(run, of_iteration(4), config) == start
