"""From a decision to one number per action: what actor and critic are made of."""

from math import prod

import torch
from torch import Tensor, nn
from torch.nn.functional import linear

from psro.game.spec import ArrayKind, ObservationSpec
from psro.oracle.config import ModelConfig
from psro.oracle.models.inputs import Inputs, arrays_of, width_of


class Context(nn.Module):
    """Turns encoded decisions [B, in_width] into what actions are judged in [B, context_width]."""

    remembers = False
    """Whether the context of a decision depends on the decisions before it."""

    def forward(self, encoded: Tensor, lengths: Tensor | None) -> Tensor:
        """Training: rows are episodes laid end to end, `lengths` [N] long (None where none remembers)."""
        raise NotImplementedError

    def step(self, encoded: Tensor, memories: list[Tensor | None]) -> tuple[Tensor, list[Tensor]]:
        """Acting: one more decision of each of B episodes, with what is remembered of each.

        Returns: contexts [B, context_width], and each episode's new memory.
        """
        raise NotImplementedError


class ActionScorer(nn.Module):
    """State numbers and ids → state; each action → the same encoder; their context; a score per action.

    The score of action i is w·relu(W_a·action_i ⊙ gate(context) + W_c·context). The product lets an action be matched
    against the context directly (does this move's type fit that foe?); on tests/oracle/toy.py, one seed, cloning left its
    plateau at 300 steps instead of 450 with the sum alone. Permuting actions permutes scores, but for a learned vector per slot that is
    added to the encoded action.
    """

    def __init__(self, spec: ObservationSpec, config: ModelConfig, context: Context):
        """`context` maps state_width + action_width to context_width."""
        super().__init__()
        self.ids = Embeddings(spec, "ids", config.id_width)
        self.action_ids = Embeddings(spec, "action_ids", config.id_width)
        self.state = _layer(width_of(spec, "numbers") + self.ids.width, config.state_width)
        self.action = _linear(
            width_of(spec, "action_numbers") + self.action_ids.width, config.action_width
        )
        self.slots = nn.Parameter(torch.zeros(spec.num_actions, config.action_width))
        nn.init.normal_(self.slots, std=0.1)
        self.action_norm = nn.LayerNorm(config.action_width)
        self.context = context
        self.join_context = nn.Linear(config.context_width, config.head_width)
        self.join_action = nn.Linear(config.action_width, config.head_width, bias=False)
        self.gate = nn.Linear(config.context_width, config.head_width)
        nn.init.ones_(self.gate.bias)
        self.score = nn.Linear(config.head_width, 1)
        # All actions start equal: a uniform policy and a critic of zero, which bootstraps nothing.
        nn.init.zeros_(self.score.weight)
        nn.init.zeros_(self.score.bias)

    def forward(
        self, inputs: Inputs, lengths: Tensor | None, chosen: Tensor | None = None
    ) -> Tensor:
        """Scores [B, A], meaningless where not legal; with `chosen` [B] of that action alone, [B, 1]."""
        encoded, actions = self._encode(inputs)
        if chosen is not None:
            actions = actions[torch.arange(len(chosen), device=chosen.device), chosen].unsqueeze(1)
        return self._scores(self.context(encoded, lengths), actions)

    def step(self, inputs: Inputs, memories: list[Tensor | None]) -> tuple[Tensor, list[Tensor]]:
        """Scores [B, A] of the next decision of B episodes, and their new memories."""
        encoded, actions = self._encode(inputs)
        context, memories_after = self.context.step(encoded, memories)
        return self._scores(context, actions), memories_after

    def _encode(self, inputs: Inputs) -> tuple[Tensor, Tensor]:
        layer, norm, relu = self.state
        state = relu(norm(_first(layer, inputs.numbers, self.ids(inputs.ids))))
        joined = _first(self.action, inputs.action_numbers, self.action_ids(inputs.action_ids))
        num, num_actions = inputs.legal_mask.shape
        slots = self.slots[inputs.places % num_actions]
        legal = torch.relu(self.action_norm(joined + slots))
        flat = legal.new_zeros(num * num_actions, legal.shape[1])
        # Not −1 for the width: there may be no decision (none of a batch that the actor is asked about).
        actions = flat.index_copy(0, inputs.places, legal).view(num, num_actions, legal.shape[1])
        mean = actions.sum(1) / inputs.legal_mask.sum(1, keepdim=True)
        return torch.cat([state, mean], dim=-1), actions

    def _scores(self, context: Tensor, actions: Tensor) -> Tensor:
        gate, shift = self.gate(context).unsqueeze(1), self.join_context(context).unsqueeze(1)
        joined = self.join_action(actions) * gate + shift
        scores: Tensor = self.score(torch.relu(joined)).squeeze(-1)
        return scores


class Embeddings(nn.Module):
    """One table per id array; ids [..., n] → [..., n · id_width]."""

    def __init__(self, spec: ObservationSpec, kind: ArrayKind, id_width: int):
        super().__init__()
        arrays = arrays_of(spec, kind)
        leading = 1 if kind == "action_ids" else 0
        self.columns = [prod(array.shape[leading:]) for array in arrays]
        self.tables = nn.ModuleDict(
            {array.name: nn.Embedding(array.vocabulary, id_width) for array in arrays}
        )
        for table in self.tables.values():
            nn.init.normal_(table.weight)  # type: ignore[arg-type]  # an Embedding's
        self.width = sum(self.columns) * id_width

    def forward(self, ids: Tensor) -> Tensor:
        parts = [
            table(part).flatten(-2)
            for table, part in zip(
                self.tables.values(),
                ids.split(self.columns, dim=-1) if self.columns else (),
                strict=True,
            )
        ]
        return torch.cat(parts, dim=-1) if parts else ids.new_zeros(ids.shape, dtype=torch.float32)


def _first(layer: nn.Module, numbers: Tensor, embedded: Tensor) -> Tensor:
    """`layer` of both, side by side. Not joined: nobody wants the gradient of the numbers, which would cost more than the rest."""
    if not isinstance(layer, nn.Linear):
        return layer(torch.cat([numbers, embedded], dim=-1))
    of_numbers, of_ids = layer.weight.split([numbers.shape[-1], embedded.shape[-1]], dim=1)
    return linear(numbers, of_numbers, layer.bias) + linear(embedded, of_ids)


def _linear(in_width: int, out_width: int) -> nn.Module:
    """A linear layer; where nothing goes in (a view without such arrays), zeros come out."""
    return nn.Linear(in_width, out_width) if in_width else _Zeros(out_width)


class _Zeros(nn.Module):
    def __init__(self, out_width: int):
        super().__init__()
        self.out_width = out_width

    def forward(self, empty: Tensor) -> Tensor:
        return empty.new_zeros(*empty.shape[:-1], self.out_width)


def _layer(in_width: int, out_width: int) -> nn.Sequential:
    return nn.Sequential(_linear(in_width, out_width), nn.LayerNorm(out_width), nn.ReLU())
