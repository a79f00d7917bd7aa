"""The σ-reparametrised linear layer (Zhai et al. 2023)."""

import torch
from torch import Tensor, nn
from torch.nn.functional import linear, normalize


class SigmaLinear(nn.Linear):
    """x ↦ (γ / σ) · W x + b, with σ = uᵀ W v the spectral norm as far as power iteration knows it.

    Each forward pass while training is one step of it; afterwards u and v stay as they are.
    """

    u: Tensor
    v: Tensor

    def __init__(self, in_width: int, out_width: int, bias: bool = True):
        super().__init__(in_width, out_width, bias=bias)
        self.register_buffer("u", normalize(torch.randn(out_width), dim=0))
        self.register_buffer("v", normalize(torch.randn(in_width), dim=0))
        self.gamma = nn.Parameter(torch.ones(1))

    def forward(self, inputs: Tensor) -> Tensor:
        """[..., in_width] → [..., out_width]."""
        if self.training:
            with torch.no_grad():
                self.u.copy_(normalize(self.weight @ self.v, dim=0))
                self.v.copy_(normalize(self.weight.T @ self.u, dim=0))
        # Clones: the next pass of the same training step overwrites the buffers that this one's gradient needs.
        sigma = self.u.clone() @ (self.weight @ self.v.clone())
        return linear(inputs, self.gamma / sigma * self.weight, self.bias)
