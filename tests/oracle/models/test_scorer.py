"""What a scorer says of some decisions or actions is what it says of them among all."""

import numpy as np
import pytest
import torch

from tests.oracle.acting.test_folded import drawn, trained
from tests.oracle.test_models import FLAT, KINDS, WORDS
from tests.oracle.toy import SPEC


@pytest.mark.parametrize("share", [0.0, 0.4, 1.0])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("spec", [FLAT, WORDS, SPEC], ids=lambda spec: spec.name)
def test_what_is_said_of_some_is_what_is_said_of_them_among_all(spec, kind, share):
    """Of some decisions, none of them too, and of the chosen actions, in values and in gradients."""
    observations, legal = drawn(spec)
    network = trained(spec, kind)
    inputs = network.prepare(
        {name: torch.from_numpy(array) for name, array in observations.items()},
        torch.from_numpy(legal),
    )
    lengths = torch.tensor([20, len(legal) - 20])
    rows = torch.from_numpy(np.random.default_rng(0).random(len(legal)) < share)
    actions = torch.from_numpy(legal.argmax(1))
    close = {"rtol": 1e-4, "atol": 1e-4}
    for found, wanted, part in (
        (
            network.logits(inputs, lengths, rows),
            network.logits(inputs, lengths)[rows],
            network.actor,
        ),
        (
            network.chosen_values(inputs, actions, lengths),
            network.values(inputs, lengths).gather(1, actions[:, None])[:, 0],
            network.critic,
        ),
    ):
        torch.testing.assert_close(found, wanted, **close)
        gradients = [
            torch.autograd.grad(said.clamp(min=-100).square().sum(), list(part.parameters()))
            for said in (found, wanted)
        ]
        torch.testing.assert_close(*gradients, **close)
