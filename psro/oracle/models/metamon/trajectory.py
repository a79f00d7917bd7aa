"""The trajectory encoder: causal attention over the decisions of one side of one battle."""

import torch
from torch import Tensor, nn
from torch.nn.functional import leaky_relu, scaled_dot_product_attention

from psro.oracle.models.metamon.config import MetamonConfig
from psro.oracle.models.metamon.linear import SigmaLinear
from psro.oracle.models.metamon.positions import sinusoids


class Cache:
    """Keys and values of the battles being played, each in a slot of its own; rings of `max_length` decisions.

    A battle's decision t lies at place t mod max_length, so what is overwritten is what is no longer looked back to.
    """

    def __init__(self, config: MetamonConfig, num_slots: int, device: torch.device):
        shape = (config.num_layers, num_slots, config.max_length, config.width)
        self.keys = torch.zeros(shape, device=device)
        self.values = torch.zeros(shape, device=device)

    @property
    def num_slots(self) -> int:
        """How many battles have room."""
        return self.keys.shape[1]

    @property
    def max_length(self) -> int:
        """How many decisions of each are kept."""
        return self.keys.shape[2]

    def grown(self, num_slots: int) -> "Cache":
        """A cache of more slots that begins with this one's."""
        grown = object.__new__(Cache)
        layers, before, length, width = self.keys.shape
        for name in ("keys", "values"):
            old: Tensor = getattr(self, name)
            new = old.new_zeros(layers, num_slots, length, width)
            new[:, :before] = old
            setattr(grown, name, new)
        return grown


class TrajectoryEncoder(nn.Module):
    """[N, L, turn vector] → [N, L, width]; each decision sees itself and those before it."""

    def __init__(self, config: MetamonConfig):
        super().__init__()
        self.tformer = _Transformer(config)

    def forward(self, turns: Tensor, times: Tensor) -> Tensor:
        """Whole battles, or parts of them: `times` int64 [N, L] counts a battle's decisions from 0. Padding goes last."""
        hidden = self.tformer.enter(turns, times)
        for layer in self.tformer.layers:
            hidden = layer(hidden)
        out: Tensor = self.tformer.norm(hidden)
        return out

    def step(self, turns: Tensor, times: Tensor, slots: Tensor, cache: Cache) -> Tensor:
        """The next decision of B battles: turns [B, turn vector], times and slots int64 [B]. Writes to the cache.

        Equal to `forward` over the last `max_length` decisions while a battle is no longer than that. Afterwards keys
        and values that were computed with more behind them are kept, as metamon does.
        """
        length = min(int(times.max()) + 1, cache.max_length)
        seen = torch.arange(length, device=times.device) <= times.unsqueeze(1)
        place = times % cache.max_length
        hidden = self.tformer.enter(turns, times).unsqueeze(1)
        for index, layer in enumerate(self.tformer.layers):
            hidden = layer.step(
                hidden, cache.keys[index], cache.values[index], slots, place, seen[:, None, None]
            )
        out: Tensor = self.tformer.norm(hidden).squeeze(1)
        return out


class _Transformer(nn.Module):
    def __init__(self, config: MetamonConfig):
        super().__init__()
        self.inp = nn.Linear(config.scratch_tokens * config.turn_width, config.width)
        self.dropout = nn.Dropout(config.dropout)
        self.layers = nn.ModuleList([_Block(config) for _ in range(config.num_layers)])
        self.norm = _Norm(config.width)

    def enter(self, turns: Tensor, times: Tensor) -> Tensor:
        embedded = self.inp(turns)
        out: Tensor = self.dropout(
            embedded + sinusoids(times, embedded.shape[-1]).to(embedded.dtype)
        )
        return out


class _Norm(nn.Module):
    def __init__(self, width: int):
        super().__init__()
        self.norm = nn.LayerNorm(width)

    def forward(self, inputs: Tensor) -> Tensor:
        out: Tensor = self.norm(inputs)
        return out


class _Block(nn.Module):
    """Pre-norm attention and feed-forward, with NormFormer's further norms (Shleifer et al. 2021)."""

    def __init__(self, config: MetamonConfig):
        super().__init__()
        self.attention_layer = _Attention(config)
        self.ff1 = SigmaLinear(config.width, config.feed_forward_width)
        self.ff2 = SigmaLinear(config.feed_forward_width, config.width)
        self.norm1 = _Norm(config.width)
        self.norm2 = _Norm(config.width)
        self.norm3 = _Norm(config.width)
        self.norm4 = _Norm(config.feed_forward_width)
        self.dropout = nn.Dropout(config.dropout)

    def forward(self, hidden: Tensor) -> Tensor:
        return self._widen(hidden + self.norm2(self.attention_layer(self.norm1(hidden))))

    def step(
        self,
        hidden: Tensor,
        keys: Tensor,
        values: Tensor,
        slots: Tensor,
        place: Tensor,
        seen: Tensor,
    ) -> Tensor:
        attended = self.attention_layer.step(self.norm1(hidden), keys, values, slots, place, seen)
        return self._widen(hidden + self.norm2(attended))

    def _widen(self, hidden: Tensor) -> Tensor:
        inner = self.norm4(leaky_relu(self.ff1(self.norm3(hidden))))
        out: Tensor = hidden + self.dropout(self.ff2(inner))
        return out


class _Attention(nn.Module):
    def __init__(self, config: MetamonConfig):
        super().__init__()
        self.num_heads = config.num_heads
        self.qkv_projection = SigmaLinear(config.width, 3 * config.width, bias=False)
        self.out_projection = SigmaLinear(config.width, config.width)
        self.head_scaler = nn.Parameter(torch.ones(1, 1, config.num_heads, 1))

    def forward(self, hidden: Tensor) -> Tensor:
        query, key, value = self._project(hidden)
        attended = scaled_dot_product_attention(
            query.transpose(1, 2), key.transpose(1, 2), value.transpose(1, 2), is_causal=True
        )
        return self._out(attended)

    def step(
        self,
        hidden: Tensor,
        keys: Tensor,
        values: Tensor,
        slots: Tensor,
        place: Tensor,
        seen: Tensor,
    ) -> Tensor:
        """`keys`, `values`: this layer's [slots, max_length, width], written at (slots, place); `seen`: bool [B, 1, 1, length]."""
        query, key, value = self._project(hidden)
        keys[slots, place] = key.flatten(1)
        values[slots, place] = value.flatten(1)
        length = seen.shape[-1]
        attended = scaled_dot_product_attention(
            query.transpose(1, 2),
            self._heads(keys[slots, :length]),
            self._heads(values[slots, :length]),
            attn_mask=seen,
        )
        return self._out(attended)

    def _project(self, hidden: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Each [N, L, heads, d]. In a projected row the heads lie innermost: (query, key or value; d; head)."""
        rows: Tensor = self.qkv_projection(hidden)
        parts = rows.unflatten(-1, (3, -1, self.num_heads)).transpose(-1, -2)
        query, key, value = parts.unbind(2)
        return query, key, value

    def _heads(self, rows: Tensor) -> Tensor:
        return rows.unflatten(-1, (self.num_heads, -1)).transpose(1, 2)

    def _out(self, attended: Tensor) -> Tensor:
        scaled = self.head_scaler * attended.transpose(1, 2)
        out: Tensor = self.out_projection(scaled.flatten(2))
        return out
