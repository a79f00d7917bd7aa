"""A trained network as a policy."""

from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from psro.game.policies import BasePolicy, Decisions, PolicyRecord, choose_from
from psro.oracle.acting import FoldedScorer, Raw, can_fold
from psro.oracle.device import choose_device
from psro.oracle.models import ActorCritic
from psro.oracle.models.inputs import Inputs
from psro.oracle.weights import read_network


class NeuralPolicy(BasePolicy):
    """Plays the actor: greedily, or sampled at a temperature; ε of the time uniformly over the legal actions.

    On a CPU it plays the network's folded weights (psro.oracle.acting), taken as they are at the first decision.
    """

    def __init__(
        self,
        name: str,
        network: ActorCritic,
        temperature: float = 0.0,
        epsilon: float = 0.0,
        device: torch.device | None = None,
    ):
        """`temperature` 0 is greedy (the first of equals). Raises ValueError for values out of range."""
        if not temperature >= 0:
            raise ValueError(f"policy {name}: temperature is {temperature}, but must be at least 0")
        if not 0 <= epsilon <= 1:
            raise ValueError(f"policy {name}: epsilon is {epsilon}, but must be in [0, 1]")
        self.name, self.view = name, network.spec.name
        self.temperature, self.epsilon = temperature, epsilon
        self.device = device or torch.device("cpu")
        self.network = network.to(self.device).eval()
        self._memories: dict[int, Tensor] = {}
        self.is_folded = self.device.type == "cpu" and can_fold(network)
        """Whether it plays folded weights, or the modules that were trained."""

    def act(self, decisions: Decisions) -> NDArray[np.int64]:
        """The chosen actions [B]. Raises ValueError where the observations are not of its view."""
        if not len(decisions):
            return np.zeros(0, np.int64)
        logits = self._logits(decisions)
        if not np.isfinite(logits).all():
            raise ValueError(
                f"policy {self.name}: its logits are not finite; its weights are no good"
            )
        if self.temperature == 0 and self.epsilon == 0:
            return logits.argmax(axis=1).astype(np.int64)
        return choose_from(self._probabilities(logits, decisions.legal_mask), decisions.seeds)

    def probabilities(self, decisions: Decisions) -> NDArray[np.float64]:
        """What `act` draws from, [B, A]; each row sums to one. For a policy with memory this is a decision too."""
        return self._probabilities(self._logits(decisions), decisions.legal_mask)

    def values(
        self, observations: Mapping[str, NDArray[Any]], legal_mask: NDArray[np.bool_]
    ) -> NDArray[np.float64]:
        """V(s) = Σ_a π(a|s)·Q(s, a), [B], of actor and critic, in the unit that the critic was trained in.

        Raises ValueError for a network whose values depend on the decisions before.
        """
        if self.network.remembers:
            raise ValueError(f"policy {self.name} remembers: a position alone has no value to it")
        with torch.inference_mode():
            if self.is_folded:
                raw = Raw.of(self.network.normalise, observations, legal_mask)
                logits, worth = self._actor.scores(raw), self._critic.scores(raw)
            else:
                inputs = self._inputs(observations, legal_mask)
                logits = _doubles(self.network.logits(inputs))
                worth = _doubles(self.network.values(inputs))
        chances = np.exp(logits - logits.max(axis=1, keepdims=True))
        mean: NDArray[np.float64] = (chances * worth).sum(axis=1) / chances.sum(axis=1)
        return mean

    def forget(self, episodes: Sequence[int]) -> None:
        """Frees what was remembered of these episodes."""
        for episode in episodes:
            self._memories.pop(int(episode), None)

    def _probabilities(
        self, logits: NDArray[np.float64], legal_mask: NDArray[np.bool_]
    ) -> NDArray[np.float64]:
        if self.temperature == 0:
            chances = np.zeros_like(logits)
            chances[np.arange(len(logits)), logits.argmax(axis=1)] = 1
        else:
            shifted = (logits - logits.max(axis=1, keepdims=True)) / self.temperature
            chances = np.exp(shifted) * legal_mask
            chances /= chances.sum(axis=1, keepdims=True)
        uniform = legal_mask / legal_mask.sum(axis=1, keepdims=True)
        mixed: NDArray[np.float64] = (1 - self.epsilon) * chances + self.epsilon * uniform
        return mixed

    def _logits(self, decisions: Decisions) -> NDArray[np.float64]:
        observations = decisions.observations
        if not isinstance(observations, Mapping):
            raise ValueError(
                f"policy {self.name} reads the arrays of {self.view}, not state objects"
            )
        self.network.spec.check(dict(observations), len(decisions))
        legal_mask = decisions.legal_mask
        with torch.inference_mode():
            if not self.network.remembers:
                if self.is_folded:
                    raw = Raw.of(self.network.normalise, observations, legal_mask)
                    return self._actor.scores(raw)
                return _doubles(self.network.logits(self._inputs(observations, legal_mask)))
            episodes = decisions.episodes.tolist()
            memories = [self._memories.get(episode) for episode in episodes]
            if self.is_folded:
                raw = Raw.of(self.network.normalise, observations, legal_mask)
                logits, after = self._actor.step(raw, memories)
            else:
                inputs = self._inputs(observations, legal_mask)
                scored, after = self.network.next_logits(inputs, memories)
                logits = _doubles(scored)
            self._memories.update(zip(episodes, after, strict=True))
        return logits

    @cached_property
    def _actor(self) -> FoldedScorer:
        return FoldedScorer(self.network.normalise, self.network.actor)

    @cached_property
    def _critic(self) -> FoldedScorer:
        return FoldedScorer(self.network.normalise, self.network.critic)

    def _inputs(
        self, observations: Mapping[str, NDArray[Any]], legal_mask: NDArray[np.bool_]
    ) -> Inputs:
        return self.network.prepare(
            {name: torch.as_tensor(a, device=self.device) for name, a in observations.items()},
            torch.as_tensor(legal_mask, device=self.device),
        )


def _doubles(tensor: Tensor) -> NDArray[np.float64]:
    return tensor.cpu().numpy().astype(np.float64)


def load_neural_policy(
    directory: Path,
    record: PolicyRecord,
    temperature: float | None = None,
    epsilon: float | None = None,
    device: str = "cpu",
) -> NeuralPolicy:
    """The policy that `record` (of `directory`'s policy.json) describes, its checksum verified.

    `temperature`, `epsilon`: None takes the record's. `device`: cpu, cuda or auto.
    Raises: UserError where weights are missing or damaged, or there is no such device.
    """
    arguments = record.arguments
    return NeuralPolicy(
        record.name,
        read_network(directory, record),
        arguments["temperature"] if temperature is None else temperature,
        arguments["epsilon"] if epsilon is None else epsilon,
        choose_device(device),
    )
