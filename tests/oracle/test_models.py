"""The networks, over any observation space."""

import numpy as np
import pytest
import torch

from psro.game.spec import ArraySpec, ObservationSpec
from psro.oracle.config import ModelConfig
from psro.oracle.models import ActorCritic
from psro.oracle.models.inputs import LIMIT
from tests.oracle.toy import SPEC, situations, small_model

KINDS = ("mlp", "transformer_tiny")
FLAT = ObservationSpec("flat", (ArraySpec("one", (1,), "float32", "numbers"),), 3)
WORDS = ObservationSpec(
    "words",
    (
        ArraySpec("words", (7,), "int32", "ids", 50),
        ArraySpec("numbers", (2, 3), "float32", "numbers"),
        ArraySpec("flag", (3,), "float32", "action_numbers"),
    ),
    3,
)


def toy_inputs(network, num=40):
    observations, legal, _ = situations(num, np.random.default_rng(0))
    return network.prepare(
        {n: torch.from_numpy(a) for n, a in observations.items()}, torch.from_numpy(legal)
    )


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("spec", [FLAT, WORDS, SPEC], ids=lambda spec: spec.name)
def test_any_observation_space_will_do(kind, spec):
    network = ActorCritic(spec, small_model(kind), 0)
    rows = {name: torch.from_numpy(a) for name, a in spec.empty(5).items()}
    legal = torch.ones(5, spec.num_actions, dtype=torch.bool)
    legal[:, 0] = False
    inputs = network.prepare(rows, legal)
    logits = network.logits(inputs, torch.tensor([2, 3]))
    assert logits.shape == network.values(inputs, torch.tensor([2, 3])).shape
    assert (logits.softmax(1)[:, 0] == 0).all()
    assert torch.allclose(logits.softmax(1)[:, 1:], torch.tensor(1 / (spec.num_actions - 1)))


@pytest.mark.parametrize("kind", KINDS)
def test_the_default_size_is_as_stated(kind):
    spec = ObservationSpec(
        "battle",
        (
            ArraySpec("state", (136,), "float16", "numbers"),
            ArraySpec("ids", (11,), "int16", "ids", 320),
            ArraySpec("actions", (9, 69), "float16", "action_numbers"),
        ),
        9,
    )
    size = sum(p.numel() for p in ActorCritic(spec, ModelConfig(kind=kind), 0).parameters())
    assert 200_000 < size < 2_500_000


def test_weights_are_keyed_by_the_seed_and_leave_torch_s_own_alone():
    before = torch.get_rng_state()
    one, same, other = (ActorCritic(SPEC, small_model(), seed).state_dict() for seed in (1, 1, 2))
    assert torch.equal(torch.get_rng_state(), before)
    assert all(torch.equal(one[name], same[name]) for name in one)
    assert not all(torch.equal(one[name], other[name]) for name in one)


def test_actor_and_critic_share_no_parameter():
    network = ActorCritic(SPEC, small_model(), 0)
    assert not {id(p) for p in network.actor.parameters()} & {
        id(p) for p in network.critic.parameters()
    }


def test_what_is_illegal_does_not_reach_the_others():
    network = ActorCritic(SPEC, small_model(), 0)
    torch.nn.init.normal_(network.actor.score.weight)
    observations, legal, _ = situations(40, np.random.default_rng(0))
    rows = {n: torch.from_numpy(a) for n, a in observations.items()}
    mask = torch.from_numpy(legal)
    before = network.logits(network.prepare(rows, mask))
    rows["actions"] = rows["actions"].masked_fill(~mask.unsqueeze(-1), 3.0)
    assert torch.equal(network.logits(network.prepare(rows, mask)), before)


def test_the_transformer_does_not_see_the_future_or_other_episodes():
    network = ActorCritic(SPEC, small_model("transformer_tiny", memory_length=50), 0).eval()
    torch.nn.init.normal_(network.actor.score.weight)
    lengths = torch.tensor([15, 25])
    inputs = toy_inputs(network)
    before = network.logits(inputs, lengths)
    inputs.numbers[20] += 1
    changed = (network.logits(inputs, lengths) != before).any(1)
    assert not changed[:20].any()
    assert changed[20:].all()


class TestNormaliser:
    def fitted(self, numbers):
        spec = ObservationSpec("n", (ArraySpec("x", (numbers.shape[1],), "float16", "numbers"),), 2)
        network = ActorCritic(spec, small_model(), 0)
        rows = {"x": torch.from_numpy(numbers.astype(np.float16))}
        legal = torch.ones(len(numbers), 2, dtype=torch.bool)
        network.normalise.fit(rows, legal)
        return network, rows, legal

    def test_ordinary_features_get_mean_0_and_deviation_1(self):
        rng = np.random.default_rng(0)
        network, rows, legal = self.fitted(rng.normal([3, -100], [0.01, 30], size=(20_000, 2)))
        found = network.prepare(rows, legal).numbers
        assert found.mean(0).abs().max() < 0.01
        # float16 keeps 3 ± 0.01 to about a thousandth.
        assert (found.std(0) - 1).abs().max() < 0.05

    def test_a_rare_flag_stays_small_and_nothing_exceeds_the_limit(self):
        flag = np.zeros((5000, 1))
        flag[7] = 1
        network, rows, legal = self.fitted(flag)
        assert float(network.prepare(rows, legal).numbers.max()) == pytest.approx(5, abs=0.01)
        rows["x"][3] = 1000
        assert float(network.prepare(rows, legal).numbers.max()) == LIMIT

    def test_a_constant_passes_as_a_difference_and_large_halves_do_not_overflow(self):
        network, rows, legal = self.fitted(np.full((100, 1), 60_000.0))
        assert network.prepare(rows, legal).numbers.abs().max() == 0
        rows["x"][0] -= 32
        assert torch.isfinite(network.prepare(rows, legal).numbers).all()
