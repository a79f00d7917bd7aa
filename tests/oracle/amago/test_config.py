"""The settings are closed, and conf/ says what the code does."""

from typing import Any

import pytest
import yaml

from psro.main import CONF
from psro.oracle.amago.config import AmagoConfig, AmagoTrainingConfig
from psro.oracle.metamon.config import MetamonConfig
from psro.oracle.metamon.sizes import SIZES

PRESETS = ("psro_oracle", "binary_rl", "exp_rl", "il")


def told(path: str) -> dict[str, Any]:
    read: dict[str, Any] = yaml.safe_load((CONF / path).read_text())
    return read


@pytest.mark.parametrize("size", sorted(set(SIZES) - {"synthetic"}))
def test_the_model_files_are_the_sizes(size: str) -> None:
    assert MetamonConfig(**told(f"model/{size}.yaml")) == SIZES[size]


def test_the_presets_are_metamons() -> None:
    presets = {name: AmagoTrainingConfig(**told(f"training/{name}.yaml")) for name in PRESETS}
    for name, preset in presets.items():
        preset.check(name)
    assert presets["binary_rl"] == AmagoTrainingConfig()
    assert presets["exp_rl"] == AmagoTrainingConfig(filter="exponential")
    assert presets["il"] == AmagoTrainingConfig(filter="none")
    slow = presets["psro_oracle"]
    assert (slow.learning_rate, slow.weight_decay, slow.warmup_steps) == (3e-5, 5e-5, 500)
    assert (slow.online_weight, slow.offline_weight) == (0.5, 0.5)


def test_the_oracles_file_has_its_defaults() -> None:
    read = told("oracle/amago.yaml")
    stages = {
        name: AmagoTrainingConfig(**read.pop(name))
        for name in ("response", "cloning", "offline_rl", "self_play")
    }
    assert AmagoConfig(**read, **stages) == AmagoConfig()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"filter": "soft"}, r"x\.filter is 'soft'; choose one of binary, exponential, none"),
        ({"target_rate": 0.0}, r"x\.target_rate is 0\.0, but must be in \(0, 1\]"),
        ({"offline_weight": 0.0}, r"x: offline_weight and online_weight are both 0"),
        ({"candidates": [4]}, r"x\.candidates \[4\] must be ascending epochs in 1 … 3"),
        ({"learning_rate": 0.0}, r"x\.learning_rate is 0\.0, but must be above 0"),
        ({"num_target_critics": 0}, r"x\.num_target_critics is 0, but must be at least 1"),
    ],
)
def test_impossible_settings_are_named(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        AmagoTrainingConfig(**settings).check("x")


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"critics": "three_hot"}, r"model\.critics is 'three_hot'; choose one of scalar, two_hot"),
        ({"num_heads": 7}, r"model\.width 512 must be even and a multiple of model\.num_heads 7"),
        ({"discounts": [1.0]}, r"model\.discounts \[1\.0\] must lie in \[0, 1\)"),
        ({"num_actions": 10}, r"model\.num_actions is 10; choose one of 9, 13"),
        ({"masked_words": 1.0}, r"model\.masked_words is 1\.0, but must be in \[0, 1\)"),
        ({"max_length": 0}, r"model\.max_length is 0, but must be at least 1"),
        ({"kind": "mlp"}, r"model\.kind 'mlp' is none of metamon's models"),
    ],
)
def test_impossible_shapes_are_named(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        MetamonConfig(**settings)
