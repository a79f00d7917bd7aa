"""What a network says of a whole data set is what it says of each decision, folded or by its modules, episode by episode or in one go."""

from concurrent.futures import ThreadPoolExecutor

import pytest
import torch

from psro.game.protocols import ShardSource
from psro.oracle import passes
from psro.oracle.data import as_seen, load
from psro.oracle.passes import log_policy_over, state_values
from tests.oracle.acting.test_folded import TOLERANCE, trained
from tests.oracle.toy import SPEC, play, write_shard

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def dataset(tmp_path_factory):
    shard = write_shard(tmp_path_factory.mktemp("passes") / "shard", play(60, seed=2))
    return load((ShardSource("collected", (shard,), 1.0),), as_seen(SPEC))


def said(network, dataset):
    """log π and Q of all decisions by the modules."""
    inputs = network.prepare(dataset.observations, dataset.legal_mask)
    lengths = dataset.offsets.diff()
    with torch.no_grad():
        log_policy = network.logits(inputs, lengths).log_softmax(1)
        return log_policy, network.values(inputs, lengths)


@pytest.mark.parametrize("folds", [True, False])
@pytest.mark.parametrize("kind", ["mlp", "transformer_tiny"])
def test_a_pass_says_what_the_modules_say(kind, folds, dataset, monkeypatch):
    monkeypatch.setattr("psro.oracle.data.CHUNK", 50)
    network = trained(SPEC, kind)
    asked = []
    if folds and kind == "mlp":
        monkeypatch.setattr(passes, "_modules", None)
    elif not folds:
        monkeypatch.setattr(passes, "can_fold", lambda network: False)
    log_policy, values = said(network, dataset)
    found = log_policy_over(network, dataset, CPU, lambda: asked.append(1))
    legal = dataset.legal_mask
    torch.testing.assert_close(found[legal], log_policy[legal], **TOLERANCE)
    assert (found.exp()[~legal] == 0).all()
    assert len(asked) > 1, "in several runs of episodes"
    expected = (log_policy.exp() * values).sum(1)
    torch.testing.assert_close(state_values(network, dataset, None, CPU), expected, **TOLERANCE)
    uniform = torch.where(legal, 0.0, -1e9).log_softmax(1)
    expected = (uniform.exp() * values).sum(1)
    torch.testing.assert_close(state_values(network, dataset, uniform, CPU), expected, **TOLERANCE)


@pytest.mark.parametrize("kind", ["mlp", "transformer_tiny"])
def test_half_of_it_on_the_side_is_the_same(kind, dataset, monkeypatch):
    monkeypatch.setattr("psro.oracle.data.CHUNK", 20)
    assert len(list(dataset.chunks())) % 2, "the last run of episodes has no other beside it"
    network, num_aside = trained(SPEC, kind), []

    class Side(ThreadPoolExecutor):
        def submit(self, function, *arguments):
            num_aside[-1] += 1
            return super().submit(function, *arguments)

    with Side(1) as side:
        for over in (log_policy_over, lambda *a: state_values(a[0], a[1], None, *a[2:])):
            num_aside.append(0)
            alone = over(network, dataset, CPU, lambda: None, None)
            assert torch.equal(over(network, dataset, CPU, lambda: None, side), alone)
    assert num_aside == [len(list(dataset.chunks())) // 2] * 2


def test_a_pass_leaves_the_network_as_it_was(dataset):
    network = trained(SPEC).train()
    before = [parameter.clone() for parameter in network.parameters()]
    log_policy_over(network, dataset, CPU)
    assert network.training
    assert all(map(torch.equal, before, network.parameters()))
