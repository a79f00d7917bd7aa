"""AMAGO's loss of a batch.

For each discount γ of Γ: y = m·r + γ(1 − d)·R[Q̄(s′, π̄)], R the least (where online_weight > 0) or the mean of a few drawn target
critics; A = mean over critics of Q(s, a) − Q(s, π); actor: −f(A)·log π(a|s), and online −min over critics of Q(s, π).
Scalar critics: squared error of PopArt-normalised values, Q(s, π) exact. Two-hot critics: cross-entropy with two-hot
labels, Q(s, π) by drawn actions. All is averaged over Γ, critics, and decisions whose action is known.
"""

import torch
from torch import Tensor
from torch.nn.functional import gumbel_softmax

from psro.oracle.amago.config import AmagoTrainingConfig
from psro.oracle.amago.windows import Windows, one_hot
from psro.oracle.models.metamon.agent import MetamonAgent
from psro.oracle.models.metamon.heads import TwoHotCritics, clipped

GUMBEL_TEMPERATURE = 0.5
_LEAST_WEIGHT = 1e-7
"""Of the exponential filter."""


def loss_of(
    agent: MetamonAgent, windows: Windows, settings: AmagoTrainingConfig
) -> tuple[Tensor, dict[str, Tensor]]:
    """What is minimised, and its parts; moves PopArt's statistics. Random draws are torch's generator's."""
    states = agent.states(
        windows.words, windows.numbers, windows.previous, windows.times, windows.counted
    )
    known = (windows.real & (windows.actions >= 0)).to(states.dtype)
    policy = agent.actor.policy(states, _mask(agent, windows))  # [N, L + 1, G, A]
    log_chosen = _chosen(policy[:, :-1].log(), windows.actions)
    parts: dict[str, Tensor] = {}
    critic_loss = torch.zeros((), device=states.device)
    weights, own = torch.ones_like(log_chosen), None
    if settings.trains_critics:
        two_hot = isinstance(agent.critics, TwoHotCritics)
        step = _two_hot if two_hot else _scalar
        critic_loss, advantage, own, metrics = step(agent, states, policy, windows, settings, known)
        parts |= metrics
        if settings.filter != "none":
            weights = filter_weights(advantage, settings)
        parts["critic_loss"] = critic_loss.detach()
        parts["mean_weight"] = _mean(weights.mean(-1), known)
    actor = -settings.offline_weight * weights * log_chosen
    if settings.online_weight > 0:
        assert own is not None
        actor = actor - settings.online_weight * own
    actor_loss = _mean(actor.mean(-1), known)
    parts["policy_loss"] = actor_loss.detach()
    played = policy[:, :-1, -1].detach()
    parts["entropy"] = _mean(-(played * played.log()).sum(-1), known)
    return actor_loss + settings.critic_weight * critic_loss, parts


def filter_weights(advantage: Tensor, settings: AmagoTrainingConfig) -> Tensor:
    """f(A), of the advantage's shape. Constants: no gradient goes through them."""
    if settings.filter == "binary":
        return (advantage > 0).to(advantage.dtype)
    exponent = torch.clamp(settings.beta * advantage.detach(), max=80.0)
    return exponent.exp().clamp(_LEAST_WEIGHT, settings.weight_clip)


def _scalar(
    agent: MetamonAgent,
    states: Tensor,
    policy: Tensor,
    windows: Windows,
    settings: AmagoTrainingConfig,
    known: Tensor,
) -> tuple[Tensor, Tensor, Tensor, dict[str, Tensor]]:
    """(critics' loss, advantages [N, L, G], online values [N, L, G], metrics)."""
    popart = agent.popart
    shown = clipped(one_hot(windows.actions.clamp(min=0), policy.shape[-1]))[:, :, None, None]
    chosen = (agent.critics(states[:, :-1]) * shown).sum(-1)  # [N, L, C, G]
    of_policy = (agent.maximized_critics(states.detach()) * policy.unsqueeze(2)).sum(-1)[:, :-1]
    with torch.no_grad():
        slow = agent.target_actor.policy(states, _mask(agent, windows))
        raw = (agent.target_critics(states) * slow.unsqueeze(2)).sum(-1)
        targets = _targets(
            popart.values(raw.unsqueeze(-1)).squeeze(-1)[:, 1:], windows, agent, settings
        )
        popart.update(targets[windows.real], torch.ones_like(targets[windows.real][:, 0]))
        wanted = popart.normalised(targets.unsqueeze(-1)).squeeze(-1).unsqueeze(2)
    error = (popart(chosen.unsqueeze(-1)).squeeze(-1) - wanted) ** 2
    critic_loss = _mean(error.mean((2, 3)), known)
    advantage = (chosen.mean(2) - of_policy.mean(2)).detach()
    own = popart(of_policy.min(2).values.unsqueeze(-1)).squeeze(-1)
    values = popart.values(chosen.detach().unsqueeze(-1)).squeeze(-1).mean(2)
    return critic_loss, advantage, own, _metrics(values, targets, known)


def _two_hot(
    agent: MetamonAgent,
    states: Tensor,
    policy: Tensor,
    windows: Windows,
    settings: AmagoTrainingConfig,
    known: Tensor,
) -> tuple[Tensor, Tensor, Tensor, dict[str, Tensor]]:
    """As `_scalar`."""
    critics: TwoHotCritics = agent.critics  # type: ignore[assignment]
    slow: TwoHotCritics = agent.target_critics  # type: ignore[assignment]
    num_discounts = policy.shape[2]
    with torch.no_grad():
        ahead_policy = agent.target_actor.policy(states, _mask(agent, windows))
        drawn = _draw(ahead_policy, settings.num_target_actions)[:, 1:]
        ahead = slow.values(slow(states[:, 1:], drawn)).mean(-1)  # [N, L, C, G]
        targets = _targets(ahead, windows, agent, settings)
        agent.popart.update(targets[windows.real], torch.ones_like(targets[windows.real][:, 0]))
        labels = slow.labels(targets).unsqueeze(2)
    shown = clipped(one_hot(windows.actions.clamp(min=0), policy.shape[-1]))
    shown = shown[:, :, None, None].expand(-1, -1, num_discounts, -1, -1)
    logits = critics(states[:, :-1], shown)  # [N, L, C, G, 1, bins]
    error = -(labels * logits.squeeze(-2).log_softmax(-1)).sum(-1)
    critic_loss = _mean(error.mean((2, 3)), known)
    values = critics.values(logits.detach()).squeeze(-1).mean(2)
    advantage = torch.zeros_like(values)
    if settings.filter != "none":
        with torch.no_grad():
            own_actions = _draw(policy, settings.num_actor_actions)
            advantage = values - critics.values(critics(states, own_actions)).mean((2, -1))[:, :-1]
    own = torch.zeros_like(values)
    if settings.online_weight > 0:
        fast: TwoHotCritics = agent.maximized_critics  # type: ignore[assignment]
        soft = [
            gumbel_softmax(policy.log(), tau=GUMBEL_TEMPERATURE, hard=True)
            for _ in range(settings.num_actor_actions)
        ]
        found = fast.values(fast(states.detach(), torch.stack(soft, dim=-2))).mean(-1)
        least = found.min(2).values[:, :-1].unsqueeze(-1)
        own = agent.popart.normalised(least).squeeze(-1)
    return critic_loss, advantage, own, _metrics(values, targets, known)


def _targets(
    ahead: Tensor, windows: Windows, agent: MetamonAgent, settings: AmagoTrainingConfig
) -> Tensor:
    """y [N, L, G], from the values [N, L, C, G] that the target critics give the next states."""
    num, length, num_critics, num_discounts = ahead.shape
    drawn = torch.randint(
        0,
        num_critics,
        (num, length, settings.num_target_critics, num_discounts, 1),
        device=ahead.device,
    ).squeeze(-1)
    few = ahead.gather(2, drawn)
    reduced = few.min(2).values if settings.online_weight > 0 else few.mean(2)
    discounts = torch.tensor(agent.config.discounts, device=ahead.device)
    rewards = settings.reward_multiplier * windows.rewards.unsqueeze(-1)
    return rewards + discounts * (1 - windows.done.unsqueeze(-1)) * reduced


def _mask(agent: MetamonAgent, windows: Windows) -> Tensor | None:
    """What an actor that knows of legality is told."""
    return windows.legal_mask if agent.config.masks_illegal else None


def _draw(policy: Tensor, num: int) -> Tensor:
    """`num` one-hot actions of each row: [..., G, A] → [..., G, num, A]."""
    rows = policy.detach().flatten(0, -2)
    drawn = torch.multinomial(rows, num, replacement=True)
    hot = torch.nn.functional.one_hot(drawn, policy.shape[-1]).to(policy.dtype)
    return hot.unflatten(0, policy.shape[:-1])


def _chosen(values: Tensor, actions: Tensor) -> Tensor:
    """[N, L, G, A] at the actions [N, L] (unknown ones as 0): [N, L, G]."""
    index = actions.clamp(min=0)[:, :, None, None].expand(-1, -1, values.shape[2], 1)
    return values.gather(-1, index).squeeze(-1)


def _mean(values: Tensor, mask: Tensor) -> Tensor:
    """Mean of [N, L] where `mask` is 1; 0 where it is nowhere."""
    return (values * mask).sum() / mask.sum().clamp(min=1)


def _metrics(values: Tensor, targets: Tensor, known: Tensor) -> dict[str, Tensor]:
    """Of the last discount, in multiplied reward."""
    value, target = values[..., -1], targets[..., -1]
    mean = _mean(target, known)
    spread = _mean((target - mean) ** 2, known)
    unexplained = _mean((target - value - _mean(target - value, known)) ** 2, known)
    return {
        "q_mean": _mean(value, known),
        "target_mean": mean,
        "explained_variance": 1 - unexplained / spread.clamp(min=1e-8),
    }
