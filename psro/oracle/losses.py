"""The critic's and the actor's losses, as pure functions of logits, values and actions.

All are means over the decisions whose action is known; the others (action −1) count for nothing.
"""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import smooth_l1_loss

from psro.oracle.config import TrainingConfig

EPSILON = 1e-6
"""Smallest standard deviation that an advantage is divided by."""


def known_mean(per_decision: Tensor, actions: Tensor) -> Tensor:
    """Mean of [B] over decisions with a known action; 0 where there is none."""
    known = (actions >= 0).to(per_decision.dtype)
    return (per_decision * known).sum() / known.sum().clamp(min=1)


def of_chosen(per_action: Tensor, actions: Tensor) -> Tensor:
    """Of [B, A] what belongs to the chosen actions, [B]; anything where the action is not known."""
    return per_action.gather(1, actions.clamp(min=0).unsqueeze(1)).squeeze(1)


def critic_loss(chosen: Tensor, actions: Tensor, targets: Tensor) -> Tensor:
    """Huber loss (δ = 1) of Q(s, a) of the chosen actions [B] against `targets` [B]."""
    return known_mean(smooth_l1_loss(chosen, targets, reduction="none"), actions)


def advantages(values: Tensor, log_policy: Tensor) -> Tensor:
    """A(s, ·) = Q(s, ·) − Σ_a π(a|s)·Q(s, a), [B, A]; meaningless at illegal actions."""
    return values - (log_policy.exp() * values).sum(1, keepdim=True)


def deviation(chosen_advantages: Tensor, actions: Tensor) -> Tensor:
    """Standard deviation of A(s, a) over the decisions with a known action."""
    mean = known_mean(chosen_advantages, actions)
    return known_mean((chosen_advantages - mean) ** 2, actions).sqrt()


def action_weights(chosen: Tensor, spread: Tensor, settings: TrainingConfig) -> Tensor:
    """What −log π(a|s) is multiplied with, from A(s, a) [B] and its standard deviation.

    exponential: exp(A / (β·std A)), at most `weight_clip` (advantage-weighted regression, Peng et al. 2019, with the
    temperature in units of std A) · binary: 1[A > 0] (CRR, Wang et al. 2020) · cloning: 1.
    """
    if settings.weighting in ("exponential", "lookahead"):
        exponent = chosen / (settings.beta * spread.clamp(min=EPSILON))
        # Clipped before exp, which would overflow.
        return exponent.clamp(max=torch.log(torch.tensor(settings.weight_clip)).item()).exp()
    if settings.weighting == "binary":
        return (chosen > 0).to(chosen.dtype)
    return torch.ones_like(chosen)


@dataclass(frozen=True)
class LookedAhead:
    """What was found playing every action of B decisions one turn ahead (psro.game.lookahead)."""

    advantages: Tensor
    """Â(s, ·) [B, A] in its standard deviations; 0 for illegal actions, and in rows that were not looked ahead at"""
    rows: Tensor
    """bool [B]: which were"""
    start_log_policy: Tensor
    """[B, A], of the actor that training starts from"""


def lookahead_loss(log_policy: Tensor, ahead: LookedAhead, coefficient: float) -> Tensor:
    """−Σ_a π(a|s)·Â(s, a) + coefficient·KL(π ‖ π_start), [B]: a step of mirror descent policy optimisation (Tomar et al. 2020, eq. 4).

    All actions count by their probability, so noise in Â averages out over the decisions instead of being exponentiated.
    """
    gain = (log_policy.exp() * ahead.advantages).sum(1)
    return coefficient * kl(log_policy, ahead.start_log_policy) - gain


def actor_loss(
    logits: Tensor,
    values: Tensor | None,
    actions: Tensor,
    anchor_log_policy: Tensor | None,
    settings: TrainingConfig,
    ahead: LookedAhead | None = None,
) -> tuple[Tensor, dict[str, Tensor]]:
    """What the actor minimises, and its parts.

    −w(A)·log π(a|s), or for `full_action` −Σ_a π(a|s)·A(s, a) / std A (all-action policy gradient, Allen et al.
    2017), for `lookahead` `lookahead_loss` where somebody looked, + anchor_coefficient·KL(π ‖ anchor) − entropy_bonus·H(π).

    Args:
        logits: [B, A], very negative where illegal.
        values: the critic's [B, A], taken as constants; None where nothing is weighted by them: for cloning, and where every decision was looked ahead at.
        anchor_log_policy: [B, A]; None: no anchor.
        ahead: for `lookahead`; None: no decision of the data set was looked ahead at.
    """
    log_policy = logits.log_softmax(1)
    entropy = known_mean(-(log_policy.exp() * log_policy).sum(1), actions)
    parts = {"entropy": entropy.detach()}
    per_decision = -of_chosen(log_policy, actions)
    if values is not None:
        advantage = advantages(values.detach(), log_policy.detach())
        chosen = of_chosen(advantage, actions)
        parts["advantage_std"] = spread = deviation(chosen, actions)
        if settings.weighting == "full_action":
            per_decision = -(log_policy.exp() * advantage).sum(1) / spread.clamp(min=EPSILON)
        else:
            weights = action_weights(chosen, spread, settings)
            per_decision = weights * per_decision
            if ahead is None:
                parts["mean_weight"] = known_mean(weights, actions)
    if ahead is not None:
        looking = lookahead_loss(log_policy, ahead, settings.proximal_coefficient)
        per_decision = torch.where(ahead.rows, looking, per_decision)
        parts["lookahead_gain"] = _gain(log_policy.detach(), ahead)
    loss = known_mean(per_decision, actions)
    parts["policy_loss"] = loss.detach()
    if settings.entropy_bonus:
        loss = loss - settings.entropy_bonus * entropy
    if anchor_log_policy is not None and settings.anchor_coefficient:
        divergence = known_mean(kl(log_policy, anchor_log_policy), actions)
        parts["kl_to_anchor"] = divergence.detach()
        loss = loss + settings.anchor_coefficient * divergence
    return loss, parts


def _gain(log_policy: Tensor, ahead: LookedAhead) -> Tensor:
    """Mean of Σ_a (π − π_start)(a|s)·Â(s, a) over the rows that were looked ahead at."""
    moved = log_policy.exp() - ahead.start_log_policy.exp()
    return (moved * ahead.advantages).sum() / ahead.rows.sum().clamp(min=1)


def kl(log_policy: Tensor, log_reference: Tensor) -> Tensor:
    """KL(π ‖ reference) in nats, [B], of log-probabilities [B, A]."""
    return (log_policy.exp() * (log_policy - log_reference)).sum(1)
