"""Sinusoidal positions (Vaswani et al. 2017, section 3.5)."""

import math

import torch
from torch import Tensor


def sinusoids(places: Tensor, width: int) -> Tensor:
    """[*places.shape, width]: sines at even columns, cosines at odd ones; `places` are whole numbers, `width` is even."""
    rates = torch.exp(
        torch.arange(0, width, 2, device=places.device, dtype=torch.float32)
        * -(math.log(10000.0) / width)
    )
    angles = places.float().unsqueeze(-1) * rates
    return torch.stack([torch.sin(angles), torch.cos(angles)], dim=-1).flatten(-2)
