"""A metamon agent: encoders, actor and critics, and their slower copies."""

import torch
from torch import Tensor, nn

from psro.machine.seeds import seed_from
from psro.oracle.metamon.config import MetamonConfig
from psro.oracle.models.metamon.heads import Actor, PopArt, ScalarCritics, TwoHotCritics
from psro.oracle.models.metamon.trajectory import Cache, TrajectoryEncoder
from psro.oracle.models.metamon.turn import TurnEncoder


class MetamonAgent(nn.Module):
    """What a metamon checkpoint holds, key by key.

    `target_actor` and `target_critics` follow the others slowly and make the critics' targets; `maximized_critics` is a
    copy of the critics for the loss that raises the actor's own value, which must not move them.
    """

    def __init__(self, config: MetamonConfig, num_tokens: int, seed: int):
        """Fresh weights, keyed by `seed`. `num_tokens`: words of the tokenizer, and the unknown one."""
        super().__init__()
        self.config, self.num_tokens = config, num_tokens
        critics = TwoHotCritics if config.critics == "two_hot" else ScalarCritics
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed_from(seed, "weights"))
            self.tstep_encoder = TurnEncoder(config, num_tokens)
            self.traj_encoder = TrajectoryEncoder(config)
            self.popart = PopArt(len(config.discounts))
            self.critics = critics(config)
            self.target_critics = critics(config)
            self.maximized_critics = critics(config)
            self.actor = Actor(config)
            self.target_actor = Actor(config)
        self.follow(1.0)

    def trained(self) -> list[nn.Parameter]:
        """What the optimizer moves: encoders, critics, actor."""
        parts = (self.tstep_encoder, self.traj_encoder, self.critics, self.actor)
        return [parameter for part in parts for parameter in part.parameters()]

    @torch.no_grad()
    def follow(self, rate: float) -> None:
        """Moves the targets by `rate` of the way to the others, and the critics' copy all the way."""
        pairs = (
            (self.target_critics, self.critics, rate),
            (self.target_actor, self.actor, rate),
            (self.maximized_critics, self.critics, 1.0),
        )
        for slow, fast, share in pairs:
            for kept, now in zip(slow.parameters(), fast.parameters(), strict=True):
                kept.requires_grad_(False)
                if share == 1.0:
                    kept.copy_(now)
                else:
                    kept.mul_(1 - share).add_(now, alpha=share)

    def states(
        self,
        words: Tensor,
        numbers: Tensor,
        previous: Tensor,
        times: Tensor,
        counted: Tensor | None = None,
    ) -> Tensor:
        """Of whole battles: words [N, L, 87], numbers [N, L, 48], previous [N, L, 1 + A], times [N, L] → [N, L, width].

        counted: bool [N, L]; the turn encoder, which takes most of the time and memory, leaves out the padding behind, whose states are then of no
        use.
        """
        seen = (words.flatten(0, 1), numbers.flatten(0, 1), previous.flatten(0, 1))
        if counted is None:
            turns = self.tstep_encoder(*seen)
        else:
            rows = counted.flatten().nonzero().squeeze(1)
            encoded = self.tstep_encoder(*(each[rows] for each in seen))
            blank = encoded.new_zeros(times.numel(), encoded.shape[1])
            turns = blank.index_put((rows,), encoded)
        states: Tensor = self.traj_encoder(turns.unflatten(0, times.shape), times)
        return states

    def next_states(
        self,
        words: Tensor,
        numbers: Tensor,
        previous: Tensor,
        times: Tensor,
        slots: Tensor,
        cache: Cache,
    ) -> Tensor:
        """Of the next decision of B battles, each with a slot of the cache: as `states`, without the axis L → [B, width]."""
        turns = self.tstep_encoder(words, numbers, previous)
        return self.traj_encoder.step(turns, times, slots, cache)

    def values(self, states: Tensor) -> Tensor:
        """Q(s, every action) of every critic and discount, [..., C, G, A], in multiplied reward."""
        return self.values_of(self.critics, states)

    def values_of(self, critics: nn.Module, states: Tensor) -> Tensor:
        """The same, of `critics`: this agent's, its targets or its copies."""
        if isinstance(critics, TwoHotCritics):
            return critics.values(critics(states))
        return self.popart.values(critics(states))
