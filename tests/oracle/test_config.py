"""Settings that cannot be are refused, by the key's name."""

import pytest
from omegaconf import OmegaConf

from psro.oracle.config import ModelConfig, OracleConfig, TrainingConfig


def test_defaults_are_valid_and_survive_omegaconf():
    for schema in (OracleConfig, ModelConfig):
        assert OmegaConf.to_object(OmegaConf.structured(schema)) == schema()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"weighting": "best"}, r"oracle\.response\.weighting.*exponential, binary, cloning"),
        ({"targets": "td1"}, r"oracle\.response\.targets"),
        ({"candidates": [6, 4]}, r"oracle\.response\.candidates \[6, 4\] must be ascending"),
        ({"candidates": []}, r"oracle\.response\.candidates"),
        ({"candidates": [2]}, r"must lie in 3 … 6: after oracle\.response\.critic_epochs"),
        ({"joint_epochs": 3}, r"must lie in 3 … 5"),
        ({"train_critic": False}, r"weighting exponential needs oracle\.response\.train_critic"),
        ({"weighting": "cloning", "train_critic": False}, r"oracle\.response\.critic_epochs needs"),
        ({"ema_decay": 1.0}, r"oracle\.response\.ema_decay"),
        ({"discount": 1.5}, r"oracle\.response\.discount is 1\.5"),
        ({"gradient_clip": 0}, r"oracle\.response\.gradient_clip"),
        ({"batch_size": 0}, r"oracle\.response\.batch_size"),
        ({"beta": float("nan")}, r"oracle\.response\.beta"),
    ],
)
def test_impossible_training(changes, message):
    with pytest.raises(ValueError, match=message):
        OracleConfig(response=TrainingConfig(**changes))


def test_impossible_rest():
    with pytest.raises(ValueError, match=r"oracle\.device"):
        OracleConfig(device="tpu")
    with pytest.raises(ValueError, match=r"oracle\.threads"):
        OracleConfig(threads=0)
    with pytest.raises(ValueError, match=r"model\.kind.*mlp, transformer_tiny"):
        ModelConfig(kind="lstm")
    with pytest.raises(
        ValueError, match=r"model\.context_width 30 is not a multiple of model\.num_heads"
    ):
        ModelConfig(kind="transformer_tiny", context_width=30)
