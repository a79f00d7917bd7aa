"""The two networks of a policy, and the closed registry of their kinds."""

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from psro.game.spec import ObservationSpec
from psro.machine.seeds import seed_from
from psro.oracle.config import ModelConfig
from psro.oracle.models.inputs import InputNormaliser, Inputs
from psro.oracle.models.mlp import MlpContext
from psro.oracle.models.scorer import ActionScorer, Context
from psro.oracle.models.transformer import TransformerContext

CONTEXTS: dict[str, type[MlpContext] | type[TransformerContext]] = {
    "mlp": MlpContext,
    "transformer_tiny": TransformerContext,
}
ILLEGAL = -1e9
"""Logit of an illegal action: its probability is exactly 0, and 0 · log 0 stays 0 in gradients."""


class ActorCritic(nn.Module):
    """An actor and a critic that share nothing but the input's normalisation.

    Separate networks, so that the critic can be trained alone without moving the policy.
    """

    def __init__(self, spec: ObservationSpec, config: ModelConfig, seed: int):
        """Fresh weights, keyed by `seed`."""
        super().__init__()
        self.spec, self.config = spec, config
        self.normalise = InputNormaliser(spec)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed_from(seed, "weights"))
            self.actor = ActionScorer(spec, config, _context(config))
            self.critic = ActionScorer(spec, config, _context(config))

    @property
    def remembers(self) -> bool:
        """Whether a decision's scores depend on the decisions before it."""
        return self.actor.context.remembers

    def prepare(self, observations: Mapping[str, Tensor], legal_mask: Tensor) -> Inputs:
        """Normalised inputs of B decisions, for `logits` and `values`."""
        inputs: Inputs = self.normalise(observations, legal_mask)
        return inputs

    def logits(
        self, inputs: Inputs, lengths: Tensor | None = None, rows: Tensor | None = None
    ) -> Tensor:
        """The actor's [B, A]; ILLEGAL where not legal. `lengths` [N]: episodes end to end. `rows` [B]: of those decisions alone."""
        if rows is not None and not self.remembers:
            inputs, rows = inputs.of(rows), None
        logits = self.actor(inputs, lengths).masked_fill(~inputs.legal_mask, ILLEGAL)
        return logits if rows is None else logits[rows]

    def next_logits(
        self, inputs: Inputs, memories: list[Tensor | None]
    ) -> tuple[Tensor, list[Tensor]]:
        """The actor's [B, A] at the next decision of B episodes, and what to remember of each from now on."""
        logits, after = self.actor.step(inputs, memories)
        return logits.masked_fill(~inputs.legal_mask, ILLEGAL), after

    def values(self, inputs: Inputs, lengths: Tensor | None = None) -> Tensor:
        """The critic's Q(s, every action) [B, A], in scaled reward; meaningless where not legal."""
        values: Tensor = self.critic(inputs, lengths)
        return values

    def chosen_values(
        self, inputs: Inputs, actions: Tensor, lengths: Tensor | None = None
    ) -> Tensor:
        """The critic's Q(s, a) of one legal action each, [B]."""
        values: Tensor = self.critic(inputs, lengths, actions)
        return values.squeeze(1)


def _context(config: ModelConfig) -> Context:
    return CONTEXTS[config.kind](config.state_width + config.action_width, config)
