"""Whole battles as padded sequences: L + 1 states and the L transitions between them."""

from dataclasses import dataclass, replace

import torch
from torch import Tensor

KEPT_WHOLE = 0.2
"""The share of battles whose words are never hidden (metamon's `unknown_token_mask`)."""


@dataclass(frozen=True)
class Windows:
    """N parts of battles, the longest of L decisions that are trained on. Padding is zeros."""

    words: Tensor
    """int64 [N, L + 1, 87]"""
    numbers: Tensor
    """[N, L + 1, 48]"""
    previous: Tensor
    """[N, L + 1, 1 + A], reward and one-hot action before each state"""
    times: Tensor
    """int64 [N, L + 1], of the battle's decisions from 0"""
    actions: Tensor
    """int64 [N, L], −1 where not known"""
    rewards: Tensor
    """[N, L], not multiplied"""
    done: Tensor
    """[N, L], 1 where the battle ends by the transition: then the next state is padding and counts for nothing"""
    real: Tensor
    """bool [N, L]"""
    legal_mask: Tensor
    """bool [N, L + 1, A]; all False where there is nothing to decide"""

    @property
    def counted(self) -> Tensor:
        """bool [N, L + 1]: the states around transitions; the others are padding."""
        pad = torch.nn.functional.pad
        return pad(self.real, (0, 1)) | pad(self.real, (1, 0))


def one_hot(actions: Tensor, num_actions: int) -> Tensor:
    """[..., A] floats. An unknown action (−1) is the last one, as metamon's data set shows it to its networks."""
    return torch.nn.functional.one_hot(actions % num_actions, num_actions).float()


def cut(
    words: Tensor,
    numbers: Tensor,
    actions: Tensor,
    rewards: Tensor,
    legal_mask: Tensor,
    lengths: Tensor,
    max_length: int,
) -> Windows:
    """One window of each battle; rows [T, …] are battles end to end, `lengths` [N] long. `legal_mask`: bool [T, A], the network's A.

    A battle of at most max_length − 1 decisions is taken whole, with a blank state for its end. Of a longer one a random
    part (torch's generator) of max_length states is taken, the last of which only says what the one before it led to.
    """
    ends = lengths.cumsum(0)
    # A battle's states are its decisions and its end.
    num_states = torch.clamp(lengths + 1, max=max_length)
    room = lengths + 1 - num_states
    drawn = (torch.rand(len(lengths), device=lengths.device) * (room + 1)).long()
    first = torch.minimum(drawn, room)
    places = torch.arange(int(num_states.max()), device=words.device)
    times = first.unsqueeze(1) + places
    inside = (places < num_states.unsqueeze(1)) & (times < lengths.unsqueeze(1))
    rows = ((ends - lengths).unsqueeze(1) + times).clamp(max=len(actions) - 1)
    real = (places < num_states.unsqueeze(1) - 1)[:, :-1]
    num_actions = legal_mask.shape[1]
    previous = torch.zeros(*rows.shape, 1 + num_actions, device=numbers.device)
    before = (rows - 1).clamp(min=0)
    earlier = torch.cat(
        [rewards[before].unsqueeze(-1), one_hot(actions[before], num_actions)], dim=-1
    )
    shown = (places < num_states.unsqueeze(1)) & (times > 0)
    previous[shown] = earlier[shown]
    blank = inside.unsqueeze(-1)
    return Windows(
        words=words[rows] * blank,
        numbers=numbers[rows] * blank,
        previous=previous,
        times=times,
        actions=actions[rows[:, :-1]].masked_fill(~real, -1),
        rewards=rewards[rows[:, :-1]] * real,
        done=((times[:, :-1] == lengths.unsqueeze(1) - 1) & real).float(),
        real=real,
        legal_mask=legal_mask[rows] & blank,
    )


def with_words_hidden(windows: Windows, largest_share: float) -> Windows:
    """The same, some words shown as the unknown one; each battle's share is drawn from [0, largest_share), or is 0.

    Rule: metamon's `unknown_token_mask` (metamon/rl/metamon_to_amago.py), by torch's generator.
    """
    words = windows.words
    shares = largest_share * torch.rand(len(words), device=words.device)
    shares = shares * (torch.rand(len(words), device=words.device) >= KEPT_WHOLE)
    hidden = torch.rand(words.shape, device=words.device) < shares[:, None, None]
    return replace(windows, words=words.masked_fill(hidden, 0))
