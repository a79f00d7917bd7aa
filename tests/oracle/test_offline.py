"""Training as its caller sees it: what comes out, what it can do, and what it says when it cannot."""

import json
import logging
import shutil

import numpy as np
import pytest
import torch

from psro.game.protocols import ShardSource
from psro.machine.errors import UserError
from psro.oracle.offline import OfflineOracle
from psro.oracle.policy import load_neural_policy
from psro.oracle.weights import read_record
from tests.oracle.toy import (
    SPEC,
    decisions_from,
    never,
    play,
    silent,
    situations,
    small_config,
    small_model,
    task_in,
    write_shard,
)


@pytest.fixture(scope="module")
def shard(tmp_path_factory):
    return write_shard(tmp_path_factory.mktemp("data") / "shard", play(900, seed=1))


@pytest.fixture(scope="module")
def expert_shard(tmp_path_factory):
    return write_shard(tmp_path_factory.mktemp("data") / "shard", play(900, seed=2, choose="best"))


@pytest.fixture(scope="module")
def base(tmp_path_factory, shard):
    """A cloned policy, trained once."""
    (candidate,) = train(tmp_path_factory.mktemp("base"), [shard], stage="cloning")
    return candidate


def train(directory, shards, config=None, model=None, weight=1.0, **of_task):
    oracle = OfflineOracle(config or small_config(discount=0.0), model or small_model(), SPEC)
    source = ShardSource("collected", tuple(shards), weight)
    return oracle.train(task_in(directory, (source,), **of_task), silent, never)


def share_of_best(candidate, temperature=0.0):
    """How often the policy plays the best action, on decisions it never saw."""
    policy = load_neural_policy(candidate.directory, read_record(candidate.directory), temperature)
    observations, legal, best = situations(3000, np.random.default_rng(99))
    return float((policy.act(decisions_from(observations, legal)) == best).mean())


@pytest.mark.parametrize(
    ("kind", "weighting"),
    [
        ("mlp", "exponential"),
        ("mlp", "binary"),
        ("mlp", "full_action"),
        ("transformer_tiny", "exponential"),
    ],
)
def test_the_response_plays_better_than_the_data_it_saw(tmp_path, shard, kind, weighting):
    config = small_config(discount=0.0, weighting=weighting, joint_epochs=4, candidates=[5])
    (candidate,) = train(tmp_path, [shard], config, small_model(kind))
    # The behaviour, uniform over legal actions, plays the best one 31 % of the time.
    assert share_of_best(candidate) > 0.55


def test_cloning_plays_as_often_well_as_what_it_saw(tmp_path, expert_shard):
    (candidate,) = train(tmp_path, [expert_shard], stage="cloning")
    # The expert plays the best action in 0.75 + 0.25 · 0.31 of the decisions.
    assert 0.68 < share_of_best(candidate, temperature=1.0) < 0.85
    assert share_of_best(candidate) > 0.85


def test_candidates_come_in_order_with_their_metrics(tmp_path, shard):
    candidates = train(tmp_path, [shard])
    assert [c.label for c in candidates] == ["epoch_2", "epoch_3"]
    for candidate in candidates:
        assert candidate.directory == tmp_path / "output" / candidate.label
        assert {"entropy", "kl_to_start", "critic_loss", "explained_variance"} <= set(
            candidate.metrics
        )
        assert candidate.metrics["epoch"] == int(candidate.label[-1])


def test_the_curve_is_kept_beside_the_candidates(tmp_path, shard):
    train(tmp_path, [shard])
    curve = json.loads((tmp_path / "output" / "training_curve.json").read_text())
    steps = [point["step"] for point in curve["points"]]
    assert steps == sorted(set(steps))
    assert steps[-1] == curve["num_steps"]
    assert curve["data"]["num_episodes"] == 900
    assert "policy_loss" not in curve["points"][0], "the first epoch trains the critic alone"
    assert "policy_loss" in curve["points"][-1]


def test_it_says_what_it_trains_on(tmp_path, shard, caplog):
    with caplog.at_level(logging.INFO, logger="psro.oracle"):
        train(tmp_path, [shard], small_config(joint_epochs=1, candidates=[2]))
    assert "900 episodes" in caplog.text
    assert "0.0% of actions not known" in caplog.text


def test_the_same_task_gives_the_same_bytes_and_another_seed_others(tmp_path, shard):
    runs = [
        train(tmp_path / name, [shard], seed=seed)[-1].directory
        for name, seed in (("a", 7), ("b", 7), ("c", 8))
    ]
    weights = [(run / "weights.safetensors").read_bytes() for run in runs]
    records = [(run / "policy.json").read_bytes() for run in runs]
    assert weights[0] == weights[1]
    assert records[0] == records[1]
    assert weights[0] != weights[2]


def test_a_response_goes_on_from_its_start(tmp_path, shard):
    (first,) = train(tmp_path / "first", [shard], small_config(discount=0.0, candidates=[3]))
    gentle = small_config(discount=0.0, learning_rate_actor=1e-5, candidates=[3])
    (second,) = train(tmp_path / "second", [shard], gentle, start=first.directory)
    assert share_of_best(second) > 0.5, "one gentle pass from scratch would know nothing"
    assert second.metrics["kl_to_start"] < 0.01
    assert read_record(second.directory).provenance["start"] == "learner"


def test_an_anchor_holds_the_policy(tmp_path, shard, base):
    kept = {}
    for coefficient in (0.0, 10.0):
        config = small_config(discount=0.0, anchor_coefficient=coefficient, candidates=[3])
        (candidate,) = train(
            tmp_path / str(coefficient),
            [shard],
            config,
            start=base.directory,
            anchor=base.directory,
        )
        kept[coefficient] = candidate.metrics["kl_to_start"]
    assert kept[10.0] < 0.1 < 0.2 < kept[0.0]


def test_averaged_weights_are_what_is_saved(tmp_path, shard):
    plain = train(tmp_path / "plain", [shard])
    averaged = train(tmp_path / "averaged", [shard], small_config(discount=0.0, ema_decay=0.95))
    for one, other in zip(plain, averaged, strict=True):
        assert (one.directory / "weights.safetensors").read_bytes() != (
            other.directory / "weights.safetensors"
        ).read_bytes()
        assert read_record(other.directory).provenance["averaged"]
    assert share_of_best(averaged[-1]) > 0.5


def test_all_masked_is_refused(tmp_path):
    path = write_shard(tmp_path / "shard", play(20, seed=3, share_masked=1.0))
    with pytest.raises(UserError, match="no action of the shards"):
        train(tmp_path, [path])


def test_global_torch_state_is_left_alone(tmp_path, shard):
    threads, random = torch.get_num_threads(), torch.get_rng_state()
    train(tmp_path, [shard], small_config(joint_epochs=1, candidates=[2]))
    assert torch.get_num_threads() == threads
    assert not torch.are_deterministic_algorithms_enabled()
    assert torch.equal(torch.get_rng_state(), random)


def test_under_slurm_variables_it_trains_the_same(tmp_path, shard, monkeypatch):
    config = small_config(joint_epochs=1, candidates=[2])
    plain = train(tmp_path / "plain", [shard], config)[-1]
    variables = {
        "SLURM_JOB_ID": "9",
        "SLURM_NTASKS": "4",
        "SLURM_PROCID": "2",
        "SLURM_LOCALID": "2",
    }
    for name, value in {**variables, "SLURM_JOB_NAME": "psro", "SLURM_NODEID": "0"}.items():
        monkeypatch.setenv(name, value)
    managed = train(tmp_path / "slurm", [shard], config)[-1]
    assert (plain.directory / "weights.safetensors").read_bytes() == (
        managed.directory / "weights.safetensors"
    ).read_bytes()


class TestWhatGoesWrong:
    def test_a_start_of_another_architecture(self, tmp_path, shard, base):
        with pytest.raises(
            UserError, match=r"action_norm\.bias \(here \[48\], there \[32\]\)"
        ) as e:
            train(tmp_path, [shard], model=small_model(action_width=48), start=base.directory)
        assert "action_width: 32" in str(e.value), "the settings that would fit are named"

    def test_a_start_that_is_not_there(self, tmp_path, shard):
        with pytest.raises(UserError, match=r"no policy\.json"):
            train(tmp_path, [shard], start=tmp_path / "nowhere")

    def test_damaged_weights(self, tmp_path, shard, base):
        copy = shutil.copytree(base.directory, tmp_path / "copy")
        path = copy / "weights.safetensors"
        data = bytearray(path.read_bytes())
        data[-1] ^= 1
        path.write_bytes(data)
        with pytest.raises(UserError, match="is damaged: its sha256"):
            train(tmp_path, [shard], start=copy)
        with pytest.raises(UserError, match="is damaged"):
            load_neural_policy(copy, read_record(copy))
        path.unlink()
        with pytest.raises(UserError, match="missing"):
            load_neural_policy(copy, read_record(copy))

    def test_an_anchor_that_the_task_lacks(self, tmp_path, shard):
        with pytest.raises(UserError, match="no policy to anchor to"):
            train(tmp_path, [shard], small_config(anchor_coefficient=0.1))

    def test_a_training_that_breaks_down(self, tmp_path):
        data = play(100, seed=4)
        data.rewards[:] *= np.float32(1e30)
        path = write_shard(tmp_path / "shard", data)
        with pytest.raises(UserError, match=r"step \d+ is not finite\. Lower"):
            train(tmp_path, [path], small_config(reward_scale=1e30))

    def test_an_unknown_stage(self, tmp_path, shard):
        with pytest.raises(ValueError, match="choose one of response, cloning, offline_rl"):
            train(tmp_path, [shard], stage="dreaming")
