"""Actor and critics: feed-forward networks over the trajectory encoder's states, for every discount of Γ at once."""

import torch
from torch import Tensor, nn
from torch.nn.functional import leaky_relu

from psro.oracle.metamon.config import MetamonConfig
from psro.oracle.models.metamon.turn import symlog

LEAST_PROBABILITY, LARGEST_PROBABILITY = 0.001, 0.99
"""An action's probability is brought into this range before all are made to sum to one again (AMAGO's `Discrete`)."""
LARGEST_INPUT = 0.999
"""What a two-hot critic is shown of an action lies between minus this and this."""


def clipped(probabilities: Tensor) -> Tensor:
    """Each within the range, then divided by their sum over the last axis."""
    inside = probabilities.clamp(LEAST_PROBABILITY, LARGEST_PROBABILITY)
    return inside / inside.sum(-1, keepdim=True)


class Actor(nn.Module):
    """State [..., width] → logits [..., G, A]."""

    def __init__(self, config: MetamonConfig):
        super().__init__()
        self.base = _Perceptron(config, len(config.discounts) * config.num_actions)
        self.num_discounts = len(config.discounts)

    def forward(self, states: Tensor) -> Tensor:
        """Of every discount's actor, before the probabilities are clipped."""
        out: Tensor = self.base(states)
        return out.unflatten(-1, (self.num_discounts, -1))

    def policy(self, states: Tensor, legal_mask: Tensor | None = None) -> Tensor:
        """π(·|s) [..., G, A], clipped. Given bool [..., A], illegal actions have only what clipping gives them.

        Where nothing is legal (a battle's end) nothing is masked, as in metamon's MetamonMaskedActor.
        """
        logits = self(states)
        if legal_mask is not None:
            kept = legal_mask | ~legal_mask.any(-1, keepdim=True)
            logits = logits.masked_fill(~kept.unsqueeze(-2), -torch.inf)
        return clipped(logits.softmax(-1))


class _Perceptron(nn.Module):
    def __init__(self, config: MetamonConfig, out_width: int):
        super().__init__()
        width = config.head_width
        self.in_layer = nn.Linear(config.width, width)
        self.layers = nn.ModuleList(
            [nn.Linear(width, width) for _ in range(config.head_layers - 1)]
        )
        self.out_layer = nn.Linear(width, out_width)

    def forward(self, states: Tensor) -> Tensor:
        hidden = leaky_relu(self.in_layer(states))
        for layer in self.layers:
            hidden = leaky_relu(layer(hidden))
        out: Tensor = self.out_layer(hidden)
        return out


class ScalarCritics(nn.Module):
    """State → Q of every action, [..., C, G, A], in PopArt's raw units."""

    def __init__(self, config: MetamonConfig):
        super().__init__()
        num_discounts = len(config.discounts)
        self.net = _Ensemble(config, config.width, num_discounts * config.num_actions)
        self.num_discounts = num_discounts

    def forward(self, states: Tensor) -> Tensor:
        """`states`: [..., width]."""
        flat = states.flatten(0, -2)
        hidden = self.net.enter(flat.unsqueeze(0))
        out = self.net.leave(hidden).transpose(0, 1)
        return out.unflatten(0, states.shape[:-1]).unflatten(-1, (self.num_discounts, -1))


class TwoHotCritics(nn.Module):
    """State, discount and action → logits over bins of returns [..., C, G, A, bins].

    A critic sees the state, symlog(1 / (1 − γ)) and the action's chances, in this order.
    """

    bins: Tensor
    horizons: Tensor

    def __init__(self, config: MetamonConfig):
        super().__init__()
        self.net = _Ensemble(config, config.width + 1 + config.num_actions, config.num_bins)
        self.width, self.num_actions = config.width, config.num_actions
        bins = torch.linspace(-config.largest_return, config.largest_return, config.num_bins)
        self.register_buffer("bins", bins, persistent=False)
        gaps = (1.0 - torch.tensor(config.discounts)).clamp(1e-6, 1.0)
        self.register_buffer("horizons", symlog(1.0 / gaps), persistent=False)

    def forward(self, states: Tensor, actions: Tensor | None = None) -> Tensor:
        """Logits [..., C, G, K, bins] of K actions; without `actions`, of each of the A.

        states: [..., width]; actions: [..., G, K, A], one-hot or softened.
        """
        flat = states.flatten(0, -2)
        if actions is None:
            eye = torch.eye(self.num_actions, dtype=states.dtype, device=states.device)
            shown = eye.expand(len(flat), len(self.horizons), -1, -1)
        else:
            shown = actions.flatten(0, -4)
        shown = shown.clamp(-LARGEST_INPUT, LARGEST_INPUT)
        layer = self.net.inp_layer
        # The first layer is linear in its three inputs: the state's part is the same for all discounts and actions.
        of_state = torch.einsum("nd,cdh->cnh", flat, layer.weight[:, : self.width])
        of_horizon = self.horizons[:, None] * layer.weight[:, None, self.width]
        of_action = torch.einsum("ngka,cah->cngkh", shown, layer.weight[:, self.width + 1 :])
        bias = layer.bias.view(layer.weight.shape[0], 1, 1, 1, -1)
        before = of_action + of_state[:, :, None, None] + of_horizon[:, None, :, None] + bias
        out = self.net.leave(leaky_relu(before).flatten(1, 3))
        out = out.unflatten(1, before.shape[1:4]).transpose(0, 1)
        return out.unflatten(0, states.shape[:-1])

    def values(self, logits: Tensor) -> Tensor:
        """The mean of the bins, [..., C, G, K], in multiplied reward."""
        return (logits.softmax(-1) * self.bins).sum(-1)

    def labels(self, returns: Tensor) -> Tensor:
        """Two-hot labels [..., bins] of returns [...]: on the two bins around, in proportion to how near they are.

        A return beyond the outermost bins becomes the outermost one: it is taken for less than it is.
        """
        last = len(self.bins) - 1
        place = (returns.clamp(self.bins[0], self.bins[-1]) - self.bins[0]) / (
            self.bins[1] - self.bins[0]
        )
        below = place.floor().clamp(0, last - 1).long()
        share = (place - below).unsqueeze(-1)
        labels = returns.new_zeros(*returns.shape, last + 1)
        labels.scatter_(-1, below.unsqueeze(-1), 1 - share)
        return labels.scatter_add_(-1, below.unsqueeze(-1) + 1, share)


class _Ensemble(nn.Module):
    """C networks side by side."""

    def __init__(self, config: MetamonConfig, in_width: int, out_width: int):
        super().__init__()
        width, num = config.head_width, config.num_critics
        self.inp_layer = _Linears(num, in_width, width)
        self.core_layers = nn.ModuleList(
            [_Linears(num, width, width) for _ in range(config.head_layers - 1)]
        )
        self.output_layer = _Linears(num, width, out_width)

    def enter(self, inputs: Tensor) -> Tensor:
        """[1 or C, n, in_width] → [C, n, head_width]."""
        return leaky_relu(self.inp_layer(inputs))

    def leave(self, hidden: Tensor) -> Tensor:
        """[C, n, head_width] → [C, n, out_width]."""
        for layer in self.core_layers:
            hidden = leaky_relu(layer(hidden))
        out: Tensor = self.output_layer(hidden)
        return out


class _Linears(nn.Module):
    """C linear layers; weight [C, in, out], bias [1, 1, C, out] as einops' EinMix keeps them."""

    def __init__(self, num: int, in_width: int, out_width: int):
        super().__init__()
        bound = in_width**-0.5
        self.weight = nn.Parameter(torch.empty(num, in_width, out_width).uniform_(-bound, bound))
        self.bias = nn.Parameter(torch.empty(1, 1, num, out_width).uniform_(-bound, bound))

    def forward(self, inputs: Tensor) -> Tensor:
        return inputs @ self.weight + self.bias.squeeze(0).transpose(0, 1)


class PopArt(nn.Module):
    """Running mean and scale of returns per discount, and an output layer that undoes their changes.

    Van Hasselt et al. 2016; as in AMAGO's `PopArtLayer`. All buffers are [G, 1].
    """

    mu: Tensor
    nu: Tensor
    w: Tensor
    b: Tensor
    _t: Tensor

    def __init__(self, num_discounts: int):
        super().__init__()
        self.register_buffer("mu", torch.zeros(num_discounts, 1))
        self.register_buffer("nu", torch.full((num_discounts, 1), 100.0))
        self.register_buffer("w", torch.ones(num_discounts, 1))
        self.register_buffer("b", torch.zeros(num_discounts, 1))
        self.register_buffer("_t", torch.ones(num_discounts, 1))

    @property
    def sigma(self) -> Tensor:
        """Standard deviations [G, 1]."""
        return (self.nu - self.mu**2).clamp(1e-4, 1e8).sqrt().clamp(1e-4, 1e6)

    def forward(self, raw: Tensor) -> Tensor:
        """What critics give out [..., G, A] → normalised values."""
        return self.w * raw + self.b

    def values(self, raw: Tensor) -> Tensor:
        """What critics give out [..., G, A] → values in multiplied reward."""
        return self.sigma * self(raw) + self.mu

    def normalised(self, returns: Tensor) -> Tensor:
        """Returns [..., G, 1] in units of what is running."""
        return (returns - self.mu) / self.sigma

    @torch.no_grad()
    def update(self, returns: Tensor, mask: Tensor, rate: float = 5e-4) -> None:
        """Takes returns [n, G] in where `mask` [n] is 1; nothing where it is 0 everywhere."""
        total = mask.sum()
        if not total > 0:
            return
        self._t += 1
        sigma, mu = self.sigma.clone(), self.mu.clone()
        step = rate / (1.0 - (1.0 - rate) ** self._t)
        counted = returns * mask.unsqueeze(-1)
        mean = (counted.sum(0) / total).unsqueeze(-1)
        square = ((counted**2).sum(0) / total).unsqueeze(-1)
        self.mu.copy_((1 - step) * self.mu + step * mean)
        self.nu.copy_((1 - step) * self.nu + step * square)
        self.w.mul_(sigma / self.sigma)
        self.b.copy_((sigma * self.b + mu - self.mu) / self.sigma)
