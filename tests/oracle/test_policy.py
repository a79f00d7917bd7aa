"""NeuralPolicy keeps the Policy protocol's promises, whatever the model."""

import numpy as np
import pytest
import torch

from psro.game.policies import Decisions, Policy
from psro.oracle.models import ActorCritic
from psro.oracle.policy import NeuralPolicy
from tests.oracle.toy import SPEC, decisions_from, play, situations, small_model

KINDS = ("mlp", "transformer_tiny")


def lively(kind, **changes):
    """A network whose scores differ: fresh ones score every action 0."""
    network = ActorCritic(SPEC, small_model(kind, **changes), seed=1)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        torch.nn.init.normal_(network.actor.score.weight)
    return network


def asked(num=200, seed=0):
    observations, legal, _ = situations(num, np.random.default_rng(seed))
    return decisions_from(observations, legal, seed)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("temperature", "epsilon"), [(0, 0), (1, 0), (0.5, 0.3), (0, 1)])
class TestPromises:
    def make(self, kind, temperature, epsilon):
        return NeuralPolicy("n", lively(kind), temperature, epsilon)

    def test_it_is_a_policy(self, kind, temperature, epsilon):
        policy = self.make(kind, temperature, epsilon)
        assert isinstance(policy, Policy)
        assert policy.view == "toy"
        assert policy.for_battle(3) is policy

    def test_choices_are_legal(self, kind, temperature, epsilon):
        decisions = asked()
        actions = self.make(kind, temperature, epsilon).act(decisions)
        assert actions.dtype == np.int64
        assert actions.shape == (200,)
        assert decisions.legal_mask[np.arange(200), actions].all()

    def test_the_same_decisions_give_the_same_choices(self, kind, temperature, epsilon):
        policy = self.make(kind, temperature, epsilon)
        first = policy.act(asked())
        policy.forget(range(200))
        torch.rand(3)  # the global random state plays no part
        assert np.array_equal(policy.act(asked()), first)

    def test_no_decisions(self, kind, temperature, epsilon):
        empty = asked(1)
        none = Decisions(
            {n: a[:0] for n, a in empty.observations.items()},
            empty.legal_mask[:0],
            empty.seeds[:0],
            empty.episodes[:0],
        )
        assert len(self.make(kind, temperature, epsilon).act(none)) == 0


@pytest.mark.parametrize("kind", KINDS)
def test_frequencies_are_the_probabilities(kind):
    one = asked(1)
    num = 20_000
    many = Decisions(
        {n: np.repeat(a, num, axis=0) for n, a in one.observations.items()},
        np.repeat(one.legal_mask, num, axis=0),
        np.random.default_rng(0).integers(2**63, size=num).astype(np.uint64),
        np.arange(num),
    )
    policy = NeuralPolicy("n", lively(kind), temperature=1.5, epsilon=0.2)
    expected = NeuralPolicy("n", lively(kind), 1.5, 0.2).probabilities(one)[0]
    found = np.bincount(policy.act(many), minlength=4) / num
    np.testing.assert_allclose(found, expected, atol=0.015)
    num_legal = one.legal_mask.sum()
    assert (expected[one.legal_mask[0]] >= 0.2 / num_legal - 1e-12).all()


def test_greedy_takes_the_likeliest():
    network, decisions = lively("mlp"), asked()
    likeliest = NeuralPolicy("n", network, 1.0).probabilities(decisions).argmax(axis=1)
    assert np.array_equal(NeuralPolicy("n", network).act(decisions), likeliest)


def test_memory_gives_what_training_computes():
    """Decision by decision, in a batch of episodes of unlike lengths, beyond the memory's length too."""
    network = lively("transformer_tiny", memory_length=4)
    data = play(12, 5)
    rows = {name: torch.from_numpy(a) for name, a in data.observations.items()}
    legal = torch.from_numpy(data.legal_mask)
    lengths = torch.from_numpy(data.offsets).diff()
    assert int(lengths.max()) > 4
    with torch.no_grad():
        inputs = network.prepare(rows, legal)
        whole = network.eval().logits(inputs, lengths).softmax(1).numpy()
    policy = NeuralPolicy("n", network, temperature=1.0)
    for turn in range(int(lengths.max())):
        playing = np.flatnonzero(lengths.numpy() > turn)
        at = data.offsets[playing] + turn
        decisions = Decisions(
            {name: a[at] for name, a in data.observations.items()},
            data.legal_mask[at],
            np.zeros(len(at), np.uint64),
            playing.astype(np.int64),
        )
        np.testing.assert_allclose(policy.probabilities(decisions), whole[at], atol=1e-5)
    policy.forget(range(12))
    assert not policy._memories


def test_the_past_matters_only_to_who_remembers():
    decisions = asked(50)
    for kind, matters in (("mlp", False), ("transformer_tiny", True)):
        policy = NeuralPolicy("n", lively(kind), temperature=1.0)
        fresh = policy.probabilities(decisions)
        other = asked(50, seed=1)
        policy.forget(range(50))
        policy.act(other)
        assert np.allclose(policy.probabilities(decisions), fresh) != matters


def test_it_refuses_what_is_not_its_view():
    policy = NeuralPolicy("n", lively("mlp"))
    with pytest.raises(ValueError, match="not state objects"):
        policy.act(Decisions(["state"], np.ones((1, 4), bool), np.zeros(1, np.uint64), np.zeros(1)))
    good = asked(3)
    with pytest.raises(ValueError, match="observation toy"):
        policy.act(Decisions({}, good.legal_mask, good.seeds, good.episodes))


def test_it_refuses_settings_out_of_range():
    for settings, name in (((-1.0, 0.0), "temperature"), ((0.0, 1.5), "epsilon")):
        with pytest.raises(ValueError, match=name):
            NeuralPolicy("n", lively("mlp"), *settings)


def test_a_positions_value_is_the_mean_of_the_critic_under_the_actor():
    network = lively("mlp")
    torch.nn.init.normal_(network.critic.score.weight, generator=torch.Generator().manual_seed(3))
    decisions = asked()
    values = NeuralPolicy("n", network).values(decisions.observations, decisions.legal_mask)
    with torch.no_grad():
        tensors = {name: torch.as_tensor(a) for name, a in decisions.observations.items()}
        inputs = network.prepare(tensors, torch.as_tensor(decisions.legal_mask))
        chances, worth = network.logits(inputs).softmax(1), network.values(inputs)
    assert values.std() > 0.01
    np.testing.assert_allclose(values, (chances * worth).sum(1).numpy(), rtol=1e-5, atol=1e-6)


def test_one_who_remembers_has_no_value_for_a_position():
    decisions = asked()
    with pytest.raises(ValueError, match="remembers"):
        NeuralPolicy("n", lively("transformer_tiny")).values(
            decisions.observations, decisions.legal_mask
        )
