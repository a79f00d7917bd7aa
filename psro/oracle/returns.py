"""What Q(s, a) is regressed on: λ-returns, one-step targets, Monte-Carlo returns."""

import torch
from torch import Tensor


def lambda_returns(
    rewards: Tensor, values: Tensor, offsets: Tensor, discount: float, lambda_: float
) -> Tensor:
    """The λ-return after every decision, of all episodes at once.

    G_t = r_t + γ·((1 − λ)·V(s_{t+1}) + λ·G_{t+1}), and G_T = r_T at an episode's last decision (Sutton & Barto
    2018, eq. 12.18 written backwards). λ = 0 is the one-step target, λ = 1 the Monte-Carlo return. A step whose action
    is not known has a return too: its reward was observed.

    Args:
        rewards: [T], episodes end to end.
        values: [T], V(s_t) = Σ_a π(a|s_t)·Q(s_t, a).
        offsets: [E + 1]; episode e owns rows offsets[e] : offsets[e + 1].
    Returns: [T], in the unit of `rewards`. The recursion runs in float64.
    """
    # Episodes sorted by length, longest first: those still running at distance d from the end are a prefix.
    lengths = offsets.diff()
    order = lengths.argsort(descending=True, stable=True)
    ends = offsets[1:][order]
    sorted_lengths = lengths[order]
    exact_rewards, exact_values = rewards.double(), values.double()
    returns = torch.empty_like(exact_rewards)
    later = torch.zeros(len(ends), dtype=torch.float64, device=rewards.device)
    num_running = torch.bincount(lengths).flip(0).cumsum(0).flip(0)  # [d]: episodes of length ≥ d
    for distance in range(1, int(sorted_lengths[0]) + 1 if len(ends) else 1):
        running = int(num_running[distance])
        rows = ends[:running] - distance
        ahead = later[:running]
        if distance > 1:
            ahead = (1 - lambda_) * exact_values[rows + 1] + lambda_ * ahead
        later[:running] = exact_rewards[rows] + discount * ahead
        returns[rows] = later[:running]
    return returns.to(rewards.dtype)


def effective_lambda(kind: str, lambda_: float) -> float:
    """The λ that target kind `lambda`, `td0` or `monte_carlo` stands for."""
    return {"lambda": lambda_, "td0": 0.0, "monte_carlo": 1.0}[kind]
