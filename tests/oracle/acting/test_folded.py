"""Folded weights are the network that was trained, up to rounding."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from psro.game.spec import ArraySpec, ObservationSpec
from psro.oracle.acting import FoldedScorer, Raw, can_fold, folded
from psro.oracle.models import ActorCritic
from psro.oracle.models.actor_critic import ILLEGAL
from psro.oracle.models.inputs import LIMIT
from psro.oracle.policy import NeuralPolicy
from tests.oracle.test_models import FLAT, WORDS
from tests.oracle.test_policy import asked, lively
from tests.oracle.toy import SPEC, small_model

NUM = 60
LARGE = ObservationSpec(
    "large",
    (
        ArraySpec("numbers", (37,), "float16", "numbers"),
        ArraySpec("species", (3,), "int16", "ids", 11),
        ArraySpec("words", (2,), "int32", "ids", 7),
        ArraySpec("actions", (9, 21), "float16", "action_numbers"),
        ArraySpec("moves", (9, 2), "int16", "action_ids", 13),
    ),
    9,
)
TOLERANCE = {"rtol": 1e-5, "atol": 1e-5}
"""Of float32, where scores are about 1; a wrong row of a table shows in the first digit."""


def drawn(spec, num=NUM, seed=0):
    """Observations with many zeros and a few numbers far out, and a legal mask."""
    rng = np.random.default_rng(seed)
    observations = {}
    for array in spec.arrays:
        shape = (num, *array.shape)
        if array.kind.endswith("ids"):
            made = rng.integers(array.vocabulary, size=shape)
        else:
            made = rng.normal(size=shape) * (rng.random(shape) < 0.4)
            made[rng.random(shape) < 0.02] *= 100
        observations[array.name] = made.astype(array.dtype)
    legal = rng.random((num, spec.num_actions)) < 0.6
    legal[np.arange(num), rng.integers(spec.num_actions, size=num)] = True
    return observations, legal


def trained(spec, kind="mlp", **changes):
    """A network as training leaves it: every weight away from where it began, the normaliser fitted, to some numbers not seen to vary."""
    network = ActorCritic(spec, replace(small_model(kind), **changes), seed=1).eval()
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for weights in network.parameters():
            weights.add_(torch.randn(weights.shape, generator=generator), alpha=0.2)
    observations, legal = drawn(spec, seed=5)
    network.normalise.fit(
        {name: torch.from_numpy(array) for name, array in observations.items()},
        torch.from_numpy(legal),
    )
    return network


def modules(network, observations, legal, critic=False):
    tensors = {name: torch.from_numpy(array) for name, array in observations.items()}
    with torch.no_grad():
        inputs = network.prepare(tensors, torch.from_numpy(legal))
        return (network.values if critic else network.logits)(inputs).numpy()


def fold(network, observations, legal, critic=False):
    scorer = FoldedScorer(network.normalise, network.critic if critic else network.actor)
    with torch.inference_mode():
        return scorer.scores(Raw.of(network.normalise, observations, legal))


@pytest.mark.parametrize("critic", [False, True], ids=["actor", "critic"])
@pytest.mark.parametrize("spec", [FLAT, WORDS, SPEC, LARGE], ids=lambda spec: spec.name)
def test_scores_are_the_modules(spec, critic):
    network = trained(spec, action_width=24, head_width=20)
    observations, legal = drawn(spec)
    found = fold(network, observations, legal, critic)
    wanted = modules(network, observations, legal, critic)
    np.testing.assert_allclose(found[legal], wanted[legal], **TOLERANCE)
    assert (found[~legal] == ILLEGAL).all()
    assert found[legal].std() > 0.1


def test_numbers_are_clipped_as_in_training():
    network = trained(LARGE)
    observations, legal = drawn(LARGE)
    observations["numbers"][:, 3] = 1000
    with torch.no_grad():
        tensors = {name: torch.from_numpy(array) for name, array in observations.items()}
        assert (network.prepare(tensors, torch.from_numpy(legal)).numbers[:, 3] == LIMIT).all()
    found, wanted = fold(network, observations, legal), modules(network, observations, legal)
    np.testing.assert_allclose(found[legal], wanted[legal], **TOLERANCE)


def test_what_is_no_number_is_not_played():
    network = trained(LARGE)
    observations, legal = drawn(LARGE)
    observations["numbers"][7, 3] = np.nan
    scores = fold(network, observations, legal)
    assert np.isnan(scores[7, legal[7]]).all()
    assert np.isfinite(scores[np.arange(NUM) != 7]).all()


def test_an_id_outside_its_vocabulary_is_refused():
    network = trained(LARGE)
    for name, bad in (("species", 11), ("species", -1), ("words", 7), ("moves", 13)):
        observations, legal = drawn(LARGE)
        legal[:] = True
        observations[name][3, 0] = bad
        with pytest.raises(ValueError, match=f"outside its vocabulary: .*{bad}"):
            fold(network, observations, legal)


def test_illegal_actions_are_not_looked_at():
    network = trained(LARGE)
    observations, legal = drawn(LARGE)
    before = fold(network, observations, legal)
    observations["actions"][~legal] = np.nan
    observations["moves"][~legal] = -5
    np.testing.assert_array_equal(fold(network, observations, legal), before)


@pytest.mark.parametrize("kind", ["mlp", "transformer_tiny"])
def test_too_large_a_vocabulary_is_played_by_the_modules(kind, monkeypatch):
    decisions = asked()
    network = lively(kind)
    assert can_fold(network)
    with_tables = NeuralPolicy("n", network, temperature=1.0)
    monkeypatch.setattr(folded, "MOST_TABLES", 100)
    assert not can_fold(network)
    without = NeuralPolicy("n", network, temperature=1.0)
    monkeypatch.setattr(FoldedScorer, "__init__", None)
    for _ in range(2):
        wanted = without.probabilities(decisions)
    monkeypatch.undo()
    for _ in range(2):
        found = with_tables.probabilities(decisions)
    np.testing.assert_allclose(found, wanted, **TOLERANCE)
