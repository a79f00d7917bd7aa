"""Model `transformer_tiny`: causal attention over the decisions of one side of one battle."""

import torch
from torch import Tensor, nn
from torch.nn.functional import gelu, scaled_dot_product_attention

from psro.oracle.config import ModelConfig
from psro.oracle.models.scorer import Context


class TransformerContext(Context):
    """Pre-norm blocks whose heads look back `memory_length` decisions.

    Distance enters as a linear penalty per head (ALiBi, Press et al. 2022), so nothing depends on the absolute
    number of a decision and a battle may be of any length. Acting keeps each block's last keys and values, which
    gives the very numbers that training computes over the whole episode.
    """

    remembers = True

    def __init__(self, in_width: int, config: ModelConfig):
        super().__init__()
        self.enter = nn.Linear(in_width, config.context_width)
        self.blocks = nn.ModuleList([_Block(config) for _ in range(config.num_layers)])
        self.leave = nn.LayerNorm(config.context_width)
        self.memory_length = config.memory_length
        slopes = 2.0 ** (-8.0 * torch.arange(1, config.num_heads + 1) / config.num_heads)
        self.register_buffer("slopes", slopes, persistent=False)

    slopes: Tensor

    def forward(self, encoded: Tensor, lengths: Tensor | None) -> Tensor:
        """Rows are episodes end to end, [B, in_width]; `lengths` [N] sums to B. Raises without lengths."""
        if lengths is None:
            raise ValueError("a model that remembers needs the lengths of the episodes")
        longest = int(lengths.max())
        places = torch.arange(longest, device=encoded.device)
        inside = places < lengths.unsqueeze(1)
        padded = encoded.new_zeros(len(lengths), longest, self.enter.out_features)
        padded[inside] = self.enter(encoded)
        bias = self._bias(places.unsqueeze(1) - places)
        for block in self.blocks:
            padded, _ = block(padded, None, bias)
        context: Tensor = self.leave(padded[inside])
        return context

    def step(self, encoded: Tensor, memories: list[Tensor | None]) -> tuple[Tensor, list[Tensor]]:
        """A memory is [num_layers, 2 (keys, values), length, context_width], oldest first."""
        lengths = [0 if memory is None else memory.shape[2] for memory in memories]
        longest = max(lengths)
        past = encoded.new_zeros(
            len(memories), len(self.blocks), 2, longest, self.enter.out_features
        )
        # Aligned at the end, so that a distance is the same for every row; padding lies before the beginning.
        distances = torch.arange(longest, -1, -1, device=encoded.device).repeat(len(memories), 1)
        for row, (memory, length) in enumerate(zip(memories, lengths, strict=True)):
            if memory is not None:
                past[row, :, :, longest - length :] = memory
            distances[row, : longest - length] = -1
        bias = self._bias(distances).permute(1, 0, 2).unsqueeze(2)
        hidden = self.enter(encoded).unsqueeze(1)
        new = []
        for index, block in enumerate(self.blocks):
            hidden, made = block(hidden, past[:, index], bias)
            new.append(made)
        kept = torch.cat([past, torch.stack(new, dim=1)], dim=3)
        after = [
            kept[row, :, :, max(longest - length, longest + 1 - (self.memory_length - 1)) :].clone()
            for row, length in enumerate(lengths)
        ]
        return self.leave(hidden.squeeze(1)), after

    def _bias(self, distances: Tensor) -> Tensor:
        """[heads, *distances.shape]; −inf where the distance is negative or beyond the memory."""
        seen = (distances >= 0) & (distances < self.memory_length)
        slopes = self.slopes.view(-1, *[1] * distances.dim())
        return (-slopes * distances).masked_fill(~seen, float("-inf"))


class _Block(nn.Module):
    def __init__(self, config: ModelConfig):
        super().__init__()
        width = config.context_width
        self.num_heads = config.num_heads
        self.norm = nn.LayerNorm(width)
        self.query_key_value = nn.Linear(width, 3 * width)
        self.project = nn.Linear(width, width)
        self.mlp_norm = nn.LayerNorm(width)
        self.widen = nn.Linear(width, 2 * width)
        self.narrow = nn.Linear(2 * width, width)
        self.dropout = nn.Dropout(config.dropout)

    def forward(self, hidden: Tensor, past: Tensor | None, bias: Tensor) -> tuple[Tensor, Tensor]:
        """`hidden` [N, L, width], `past` [N, 2, P, width]; returns hidden and new keys and values [N, 2, L, width]."""
        query, key, value = self.query_key_value(self.norm(hidden)).chunk(3, dim=-1)
        made = torch.stack([key, value], dim=1)
        if past is not None:
            key = torch.cat([past[:, 0], key], dim=1)
            value = torch.cat([past[:, 1], value], dim=1)
        attended = scaled_dot_product_attention(
            self._heads(query), self._heads(key), self._heads(value), attn_mask=bias
        )
        attended = attended.transpose(1, 2).flatten(2)
        hidden = hidden + self.dropout(self.project(attended))
        hidden = hidden + self.dropout(self.narrow(gelu(self.widen(self.mlp_norm(hidden)))))
        return hidden, made

    def _heads(self, rows: Tensor) -> Tensor:
        return rows.unflatten(-1, (self.num_heads, -1)).transpose(1, 2)
