"""A metamon agent as a policy."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from psro.game.policies import BasePolicy, Decisions, choose_from
from psro.oracle.models.metamon.agent import MetamonAgent
from psro.oracle.models.metamon.trajectory import Cache

_FIRST_SLOTS = 16


class Reader(Protocol):
    """What a game makes of its observations for a metamon agent."""

    view: str
    """The view whose observations it reads."""

    def read(
        self, observations: Mapping[str, NDArray[Any]]
    ) -> tuple[NDArray[np.int64], NDArray[np.float32], NDArray[np.float64]]:
        """Words [B, 87] as ids of the agent's tokenizer (0 unknown), numbers [B, 48], and what rewards are computed from [B, K]."""
        ...

    def reward(
        self, before: NDArray[np.float64], after: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """What was earned between two decisions, [B], from the third of `read` at each."""
        ...


class _Episode:
    """What is remembered of a battle: its slot of the cache, how many decisions it had, the last one's action and snapshot."""

    __slots__ = ("action", "num_decisions", "slot", "snapshot")

    def __init__(self, slot: int):
        self.slot, self.num_decisions = slot, 0
        self.action = -1
        self.snapshot: NDArray[np.float64] | None = None


class MetamonPolicy(BasePolicy):
    """Plays the actor of the largest discount, whose illegal actions get no probability.

    metamon hands an illegal choice on to its environment, which replaces it; here it is never made. Each battle has a slot of
    the cache, so that a decision costs one step of the network however long the battle is.
    """

    def __init__(
        self,
        name: str,
        agent: MetamonAgent,
        reader: Reader,
        temperature: float = 1.0,
        epsilon: float = 0.0,
        device: torch.device | None = None,
    ):
        """`temperature`: 0 is greedy (the first of equals), 1 as metamon plays. Raises ValueError for values out of range."""
        if not temperature >= 0:
            raise ValueError(f"policy {name}: temperature is {temperature}, but must be at least 0")
        if not 0 <= epsilon <= 1:
            raise ValueError(f"policy {name}: epsilon is {epsilon}, but must be in [0, 1]")
        self.name, self.view, self.reader = name, reader.view, reader
        self.temperature, self.epsilon = temperature, epsilon
        self.device = device or torch.device("cpu")
        self.agent = agent.to(self.device).eval()
        self._episodes: dict[int, _Episode] = {}
        self._free: list[int] = []
        self._cache: Cache | None = None

    def act(self, decisions: Decisions) -> NDArray[np.int64]:
        """The chosen actions [B]. Raises ValueError where the observations are not of its view, or its weights are no good."""
        if not len(decisions):
            return np.zeros(0, np.int64)
        chances = self._decide(decisions)
        if self.temperature == 0 and self.epsilon == 0:
            actions = chances.argmax(axis=1).astype(np.int64)
        else:
            actions = choose_from(chances, decisions.seeds)
        for episode, action in zip(decisions.episodes.tolist(), actions.tolist(), strict=True):
            self._episodes[episode].action = action
        return actions

    def forget(self, episodes: Sequence[int]) -> None:
        """Their slots are free again."""
        for episode in episodes:
            known = self._episodes.pop(int(episode), None)
            if known is not None:
                self._free.append(known.slot)

    def _decide(self, decisions: Decisions) -> NDArray[np.float64]:
        """What `act` draws from, [B, A]; rows sum to one."""
        if not isinstance(decisions.observations, Mapping):
            raise ValueError(
                f"policy {self.name} reads the arrays of {self.view}, not state objects"
            )
        words, numbers, snapshots = self.reader.read(decisions.observations)
        battles = [self._episode(episode) for episode in decisions.episodes.tolist()]
        previous = self._previous(battles, snapshots)
        with torch.inference_mode():
            states = self.agent.next_states(
                self._tensor(words),
                self._tensor(numbers),
                self._tensor(previous),
                self._tensor(np.array([battle.num_decisions for battle in battles])),
                self._tensor(np.array([battle.slot for battle in battles])),
                self._room(),
            )
            policy = self._policy(states, decisions.legal_mask)
        for battle, snapshot in zip(battles, snapshots, strict=True):
            battle.num_decisions += 1
            battle.snapshot = snapshot
        return self._chances(policy, decisions.legal_mask)

    def _policy(self, states: Tensor, legal_mask: NDArray[np.bool_]) -> NDArray[np.float64]:
        """The last discount's π(·|s) over the game's actions, [B, A]; a network of 13 has the game's nine in front."""
        shown = None
        num_actions, num_unused = legal_mask.shape[1], self.agent.config.num_actions
        if self.agent.config.masks_illegal:
            unused = ((0, 0), (0, num_unused - num_actions))
            shown = self._tensor(np.pad(legal_mask, unused))
        policy = self.agent.actor.policy(states, shown)[:, -1, :num_actions]
        return policy.cpu().numpy().astype(np.float64)

    def _chances(
        self, policy: NDArray[np.float64], legal_mask: NDArray[np.bool_]
    ) -> NDArray[np.float64]:
        if not np.isfinite(policy).all():
            raise ValueError(
                f"policy {self.name}: its probabilities are not finite; its weights are no good"
            )
        policy = policy * legal_mask
        if self.temperature == 0:
            chances = np.zeros_like(policy)
            chances[np.arange(len(policy)), policy.argmax(axis=1)] = 1
        else:
            # Divided by the largest first, which no temperature then brings to zero.
            chances = (policy / policy.max(axis=1, keepdims=True)) ** (1 / self.temperature)
            chances /= chances.sum(axis=1, keepdims=True)
        uniform = legal_mask / legal_mask.sum(axis=1, keepdims=True)
        mixed: NDArray[np.float64] = (1 - self.epsilon) * chances + self.epsilon * uniform
        return mixed

    def _previous(
        self, battles: Sequence[_Episode], snapshots: NDArray[np.float64]
    ) -> NDArray[np.float32]:
        """Reward since each battle's last decision and its action, one-hot: [B, 1 + A]; zeros at a first decision."""
        previous = np.zeros((len(battles), 1 + self.agent.config.num_actions), np.float32)
        later = [row for row, battle in enumerate(battles) if battle.snapshot is not None]
        if later:
            before = np.stack([battles[row].snapshot for row in later])  # type: ignore[misc]  # none is None
            previous[later, 0] = self.reader.reward(before, snapshots[later])
            previous[later, [1 + battles[row].action for row in later]] = 1
        return previous

    def _episode(self, episode: int) -> _Episode:
        """What is remembered of it; a new one gets the free slot that was freed last."""
        known = self._episodes.get(episode)
        if known is None:
            slot = self._free.pop() if self._free else len(self._episodes)
            known = self._episodes[episode] = _Episode(slot)
        return known

    def _room(self) -> Cache:
        """The cache, with a slot for each battle that runs."""
        needed = len(self._episodes) + len(self._free)
        if self._cache is None:
            num_slots = max(needed, _FIRST_SLOTS)
            self._cache = Cache(self.agent.config, num_slots, self.device)
        elif self._cache.num_slots < needed:
            self._cache = self._cache.grown(max(needed, 2 * self._cache.num_slots))
        return self._cache

    def _tensor(self, array: NDArray[Any]) -> Tensor:
        return torch.as_tensor(array, device=self.device)
