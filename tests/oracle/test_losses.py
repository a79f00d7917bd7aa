"""The losses: by hand, by finite differences, and on masked decisions."""

import math

import pytest
import torch

from psro.oracle.config import WEIGHTINGS, TrainingConfig
from psro.oracle.losses import (
    LookedAhead,
    action_weights,
    actor_loss,
    advantages,
    critic_loss,
    kl,
    lookahead_loss,
    of_chosen,
)

ACTIONS = torch.tensor([0, 2, -1, 1, 2])


def numbers(seed=0):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(5, 3, dtype=torch.float64, generator=generator)


@pytest.mark.parametrize("weighting", WEIGHTINGS)
def test_gradients_are_the_finite_differences(weighting):
    # The advantage and its weights are constants of the gradient but functions of the policy, so only where they do
    # not depend on it (cloning) is the loss its own primitive; elsewhere the weighted log-likelihood is.
    settings = TrainingConfig(weighting=weighting, entropy_bonus=0.1, anchor_coefficient=0.3)
    anchor = numbers(5).log_softmax(1)
    fixed = numbers(1)
    logits = numbers(2).requires_grad_()
    loss, _ = actor_loss(logits, fixed, ACTIONS, anchor, settings)
    (found,) = torch.autograd.grad(loss, logits)
    frozen = logits.detach().log_softmax(1)

    def primitive(x):
        known = ACTIONS >= 0
        log_policy = x.log_softmax(1)
        advantage = advantages(fixed, frozen)
        chosen = advantage.gather(1, ACTIONS.clamp(min=0)[:, None])[:, 0]
        spread = chosen[known].std(unbiased=False)
        if weighting == "full_action":
            rows = -(log_policy.exp() * advantage).sum(1) / spread
        else:
            log_chosen = log_policy.gather(1, ACTIONS.clamp(min=0)[:, None])[:, 0]
            rows = -action_weights(chosen, spread, settings) * log_chosen
        rows = rows + 0.1 * (log_policy.exp() * log_policy).sum(1)
        rows = rows + 0.3 * kl(log_policy, anchor)
        return rows[known].mean()

    step = 1e-6
    for row in range(5):
        for column in range(3):
            shift = torch.zeros_like(logits)
            shift[row, column] = step
            with torch.no_grad():
                slope = (primitive(logits + shift) - primitive(logits - shift)) / (2 * step)
            assert float(found[row, column]) == pytest.approx(float(slope), abs=1e-7)


def test_advantage_is_zero_on_average_under_the_policy():
    log_policy = numbers(3).log_softmax(1)
    means = (log_policy.exp() * advantages(numbers(4), log_policy)).sum(1)
    torch.testing.assert_close(means, torch.zeros(5, dtype=torch.float64))


def test_weights():
    chosen, spread = torch.tensor([-1.0, 0.0, 0.5, 100.0]), torch.tensor(2.0)
    exponential = action_weights(chosen, spread, TrainingConfig(beta=0.5, weight_clip=7))
    assert exponential.tolist() == pytest.approx([math.exp(-1), 1, math.exp(0.5), 7])
    assert action_weights(chosen, spread, TrainingConfig(weighting="binary")).tolist() == [
        0,
        0,
        1,
        1,
    ]
    no_spread = action_weights(torch.zeros(2), torch.tensor(0.0), TrainingConfig())
    assert no_spread.tolist() == [1, 1]


@pytest.mark.parametrize("weighting", WEIGHTINGS)
def test_masked_decisions_count_for_nothing(weighting):
    settings = TrainingConfig(weighting=weighting, entropy_bonus=0.1)
    known = ACTIONS >= 0
    whole, _ = actor_loss(numbers(1), numbers(2), ACTIONS, None, settings)
    without, _ = actor_loss(numbers(1)[known], numbers(2)[known], ACTIONS[known], None, settings)
    assert float(whole) == pytest.approx(float(without))
    targets = numbers(3)[:, 0]
    chosen = numbers(1)[:, 0]
    assert float(critic_loss(chosen, ACTIONS, targets)) == pytest.approx(
        float(critic_loss(chosen[known], ACTIONS[known], targets[known]))
    )


def test_a_batch_without_known_actions_has_no_loss():
    none = torch.full((5,), -1)
    loss, _ = actor_loss(numbers(1), numbers(2), none, None, TrainingConfig())
    assert float(loss) == 0
    assert float(critic_loss(numbers(1)[:, 1], none, numbers(2)[:, 0])) == 0


def test_of_the_chosen_actions():
    values = numbers(1).requires_grad_()
    chosen = of_chosen(values, ACTIONS)
    assert chosen[ACTIONS >= 0].tolist() == [
        values[row, ACTIONS[row]].item() for row in (0, 1, 3, 4)
    ]
    critic_loss(chosen, ACTIONS, torch.zeros(5, dtype=torch.float64)).backward()
    touched = {(int(r), int(c)) for r, c in values.grad.nonzero()}
    assert touched == {(0, 0), (1, 2), (3, 1), (4, 2)}


def test_kl_to_itself_is_nothing_and_to_others_something():
    one, other = numbers(1).log_softmax(1), numbers(2).log_softmax(1)
    assert kl(one, one).abs().max() == 0
    assert (kl(one, other) > 0).all()


def test_illegal_actions_leave_gradients_finite():
    logits = torch.tensor([[0.3, -1e9, 0.1]], requires_grad=True)
    settings = TrainingConfig(entropy_bonus=0.1, anchor_coefficient=1.0)
    anchor = torch.tensor([[0.0, -1e9, 1.0]]).log_softmax(1)
    loss, _ = actor_loss(logits, torch.ones(1, 3), torch.tensor([0]), anchor, settings)
    loss.backward()
    assert torch.isfinite(logits.grad).all()
    assert logits.grad[0, 1] == 0


@pytest.mark.parametrize("coefficient", [0.3, 1.0, 4.0])
def test_the_lookahead_loss_is_least_at_the_mirror_descent_step(coefficient):
    """π ∝ π_start·exp(Â / coefficient), the closed form; there its gradient is zero, and every other policy's loss is larger."""
    start, found = numbers(1).log_softmax(1), numbers(2)
    everywhere = torch.ones(5, dtype=torch.bool)
    ahead = LookedAhead(found, everywhere, start)
    best = (start + found / coefficient).requires_grad_()
    loss = lookahead_loss(best.log_softmax(1), ahead, coefficient)
    (gradient,) = torch.autograd.grad(loss.sum(), best)
    assert gradient.abs().max() < 1e-12
    for seed in range(20):
        other = lookahead_loss(numbers(10 + seed).log_softmax(1), ahead, coefficient)
        assert (other >= loss.detach()).all()


def test_decisions_of_battles_where_nobody_looked_ahead_count_by_their_advantages():
    settings = TrainingConfig(weighting="lookahead", proximal_coefficient=0.5)
    values, start = numbers(2), numbers(3).log_softmax(1)
    looked = torch.tensor([True, False, False, True, False])
    found = torch.where(looked[:, None], numbers(4), 0)
    ahead = LookedAhead(found, looked, start)
    logits = numbers(1)
    loss, parts = actor_loss(logits, values, ACTIONS, None, settings, ahead)
    log_policy = logits.log_softmax(1)
    rows = lookahead_loss(log_policy, ahead, 0.5)
    advantage = of_chosen(advantages(values, log_policy), ACTIONS)
    weights = action_weights(advantage, parts["advantage_std"], settings)
    rows = torch.where(looked, rows, -weights * of_chosen(log_policy, ACTIONS))
    assert loss.item() == pytest.approx(rows[ACTIONS >= 0].mean().item())


def test_where_all_was_looked_ahead_at_no_critic_is_needed():
    settings = TrainingConfig(weighting="lookahead", entropy_bonus=0.1)
    ahead = LookedAhead(numbers(4), torch.ones(5, dtype=torch.bool), numbers(3).log_softmax(1))
    without, parts = actor_loss(numbers(1), None, ACTIONS, None, settings, ahead)
    whole, _ = actor_loss(numbers(1), numbers(2), ACTIONS, None, settings, ahead)
    assert without.item() == whole.item()
    assert set(parts) == {"entropy", "policy_loss", "lookahead_gain"}


def test_where_nothing_was_looked_ahead_at_lookahead_is_exponential():
    settings = TrainingConfig(weighting="lookahead")
    logits, values = numbers(1), numbers(2)
    plain, _ = actor_loss(logits, values, ACTIONS, None, TrainingConfig(), None)
    without, _ = actor_loss(logits, values, ACTIONS, None, settings, None)
    assert without.item() == plain.item()
