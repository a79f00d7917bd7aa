"""The turn encoder: one decision → one vector."""

import torch
from torch import Tensor, nn
from torch.nn.functional import leaky_relu

from psro.oracle.metamon.config import NUM_NUMBERS, MetamonConfig
from psro.oracle.models.metamon.positions import sinusoids


def symlog(values: Tensor) -> Tensor:
    """sign(x) · log(|x| + 1)."""
    return values.sign() * torch.log(values.abs() + 1)


class TurnEncoder(nn.Module):
    """Words, numbers, and what the last action was and earned → [B, scratch_tokens · turn_width]."""

    def __init__(self, config: MetamonConfig, num_tokens: int):
        """`num_tokens`: rows of the word table, the unknown word's (0) included."""
        super().__init__()
        self.extra_emb = nn.Linear(1 + config.num_actions, config.extra_width)
        self.turn_embedding = _TurnEmbedding(config, num_tokens)

    def forward(self, words: Tensor, numbers: Tensor, previous: Tensor) -> Tensor:
        """words: int64 [B, 87], 0 the unknown; numbers: [B, 48]; previous: [B, 1 + A], reward and one-hot action, or zeros."""
        extra = leaky_relu(self.extra_emb(symlog(previous)))
        embedded: Tensor = self.turn_embedding(words, torch.cat([numbers, extra], dim=-1))
        return embedded


class _TurnEmbedding(nn.Module):
    def __init__(self, config: MetamonConfig, num_tokens: int):
        super().__init__()
        self.token_embedding = _Words(config, num_tokens)
        self.tformer_embedding = _Attention(config)
        self.multimodal_fuse = _Tokens(config)

    def forward(self, words: Tensor, numbers: Tensor) -> Tensor:
        tokens = self.multimodal_fuse(self.token_embedding.text_emb(words), numbers)
        out: Tensor = self.tformer_embedding(tokens)
        return out


class _Words(nn.Module):
    def __init__(self, config: MetamonConfig, num_tokens: int):
        super().__init__()
        self.text_emb = nn.Embedding(num_tokens, config.turn_width)


class _Tokens(nn.Module):
    """Embedded words [B, 87, d] and numbers [B, n] → one sequence [B, 87 + numerical_tokens, d]."""

    def __init__(self, config: MetamonConfig):
        super().__init__()
        width = config.turn_width
        self.text_emb = nn.Linear(width, width)
        self.num_emb = nn.Linear(NUM_NUMBERS + config.extra_width, config.numerical_tokens * width)
        self.dropout = nn.Dropout(config.dropout)
        self.numerical_tokens = config.numerical_tokens

    def forward(self, words: Tensor, numbers: Tensor) -> Tensor:
        text = leaky_relu(self.dropout(self.text_emb(words)))
        numerical = leaky_relu(self.dropout(self.num_emb(numbers)))
        return torch.cat([text, numerical.unflatten(-1, (self.numerical_tokens, -1))], dim=-2)


class _Attention(nn.Module):
    """Pre-norm blocks over the tokens and some blank ones behind them, whose outputs are kept."""

    def __init__(self, config: MetamonConfig):
        super().__init__()
        self.scratch_tokens = config.scratch_tokens
        block = nn.TransformerEncoderLayer(
            d_model=config.turn_width,
            nhead=config.turn_heads,
            dim_feedforward=4 * config.turn_width,
            activation=leaky_relu,
            dropout=config.dropout,
            batch_first=True,
            norm_first=True,
        )
        self.emb_transformer = nn.TransformerEncoder(
            block, config.turn_layers, nn.LayerNorm(config.turn_width), enable_nested_tensor=False
        )

    def forward(self, tokens: Tensor) -> Tensor:
        blank = tokens.new_zeros(len(tokens), self.scratch_tokens, tokens.shape[-1])
        sequence = torch.cat([tokens, blank], dim=1)
        places = torch.arange(sequence.shape[1], device=tokens.device)
        positions = sinusoids(places, tokens.shape[-1]).to(tokens.dtype)
        out: Tensor = self.emb_transformer(sequence + positions)
        return out[:, -self.scratch_tokens :].flatten(1)
