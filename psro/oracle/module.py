"""One optimizer step of offline RL, as a Lightning module."""

from collections.abc import Callable, Sequence
from concurrent.futures import Executor, Future
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

import lightning.pytorch as pl
import torch
from lightning.pytorch.utilities.types import OptimizerLRScheduler
from torch import Tensor
from torch.nn.utils import clip_grad_norm_

from psro.machine.errors import UserError
from psro.machine.seeds import seed_from
from psro.oracle.config import TrainingConfig
from psro.oracle.curve import Curve
from psro.oracle.data import Dataset
from psro.oracle.losses import (
    EPSILON,
    LookedAhead,
    actor_loss,
    critic_loss,
    kl,
    known_mean,
    of_chosen,
)
from psro.oracle.models import ActorCritic
from psro.oracle.models.inputs import Inputs
from psro.oracle.passes import state_values
from psro.oracle.returns import effective_lambda, lambda_returns
from psro.oracle.schedule import Batch, Schedule


@dataclass(frozen=True)
class References:
    """Log-policies over the whole data set that do not change while training, [T, A]."""

    start: Tensor
    """Of the actor that training starts from."""
    anchor: Tensor | None
    """Of the policy that the KL anchor pulls towards."""


@dataclass(frozen=True)
class _Step:
    """Between the forward pass of a step and its gradient."""

    batch: Batch
    loss: Tensor
    metrics: dict[str, Tensor]
    aside: "Future[tuple[Tensor, Sequence[Tensor], dict[str, Tensor]]] | None"
    """The critic's loss, gradient and metrics, where they are computed on the side"""


class OfflineTraining(pl.LightningModule):
    """Trains an ActorCritic. Every step is a function of the weights, the optimizer's state and (seed, step)."""

    targets: Tensor

    def __init__(
        self,
        network: ActorCritic,
        schedule: Schedule,
        settings: TrainingConfig,
        references: References,
        seed: int,
        curve: Curve,
        poll: Callable[[], object] = lambda: None,
        side: Executor | None = None,
    ):
        """`poll` is called now and then during the passes over all data, which take a while; `side`: a thread on which the
        critic's part of a step is computed beside the actor's, for networks without dropout (whose draws would have no order)."""
        super().__init__()
        self.poll, self.side = poll, side
        self._step: _Step | None = None
        self.network = network
        self.averaged = deepcopy(network).requires_grad_(False) if settings.ema_decay else None
        # Lists: to walk through the modules at every step takes as long as the step's arithmetic on them.
        self._parts = [list(part.parameters()) for part in (network.actor, network.critic)]
        self._averages: list[tuple[Tensor, Tensor]] = []
        if self.averaged is not None:
            pairs = zip(self.averaged.parameters(), network.parameters(), strict=True)
            self._averages = list(pairs)
        self.schedule, self.dataset = schedule, schedule.dataset
        self.settings, self.references = settings, references
        self.seed, self.curve = seed, curve
        self.advantages = _lookahead_advantages(self.dataset, references.start, settings)
        self.asked = None if self.advantages is None else _asked(self.dataset, self.advantages)
        self.weighted = _is_weighted(settings, self.advantages, self.asked)
        # A buffer, so that a checkpoint inside an epoch holds what its beginning computed.
        self.register_buffer("targets", torch.zeros(self.dataset.num_steps))

    @property
    def player(self) -> ActorCritic:
        """The network that bootstraps targets, is saved, and is played: the averaged one where there is one."""
        return self.network if self.averaged is None else self.averaged

    def on_train_batch_start(self, batch: Batch, batch_idx: int) -> None:
        """Targets anew at the first batch of an epoch; dropout's randomness keyed by the step."""
        if self.settings.train_critic and self.schedule.is_first(batch.step):
            self.targets.copy_(self._fresh_targets(batch.epoch))
        # Nothing else draws, and seeding costs as much as a tenth of a step.
        if self.network.config.dropout:
            torch.manual_seed(seed_from(self.seed, "step", batch.step))

    def training_step(self, batch: Batch, batch_idx: int) -> Tensor:
        """The loss of one batch, or its actor's part where the critic's is computed on the side."""
        inputs = self.network.prepare(batch.observations, batch.legal_mask)
        is_joint = batch.epoch >= self.settings.critic_epochs
        losses: list[Tensor] = []
        metrics: dict[str, Tensor] = {}
        values = aside = None
        if self.settings.train_critic:
            known, lengths = batch.actions, batch.lengths
            if is_joint and self.weighted:
                values = self.network.values(inputs, lengths)

            def of_critic() -> tuple[Tensor, dict[str, Tensor]]:
                if values is not None:
                    chosen = of_chosen(values, known)
                else:
                    chosen = self.network.chosen_values(inputs, known.clamp(min=0), lengths)
                return _critic_loss(chosen, known, self.targets[batch.rows])

            if is_joint and self.side is not None:
                aside = self.side.submit(_with_gradient, of_critic, self._parts[1])
            else:
                loss, metrics = of_critic()
                losses.append(loss)
        if is_joint:
            loss, parts = self._actor_loss(batch, inputs, values)
            losses.append(loss)
            metrics = metrics | parts
        self._step = _Step(batch, torch.stack(losses).sum(), metrics, aside)
        return self._step.loss

    def on_after_backward(self) -> None:
        """Puts in what was computed on the side. Raises UserError where the loss is not finite."""
        assert self._step is not None
        batch, loss, metrics = self._step.batch, self._step.loss, self._step.metrics
        if self._step.aside is not None:
            of_critic, gradients, more = self._step.aside.result()
            for parameter, gradient in zip(self._parts[1], gradients, strict=True):
                parameter.grad = gradient
            loss, metrics = loss + of_critic, more | metrics
        self._step = None
        self._demand_finite(loss, "loss", batch.step)
        self.curve.add(batch.step, batch.epoch, {k: float(v) for k, v in metrics.items()})

    def configure_gradient_clipping(
        self, optimizer: torch.optim.Optimizer, *unused: Any, **unused_too: Any
    ) -> None:
        """Clips the actor's and the critic's gradient each by itself: neither scales the other's step."""
        for parameters in self._parts:
            norm = clip_grad_norm_(parameters, self.settings.gradient_clip)
            self._demand_finite(norm, "gradient", self.global_step)

    def optimizer_step(self, *arguments: Any, **named: Any) -> None:
        """The step, then the average: both before any checkpoint is written."""
        super().optimizer_step(*arguments, **named)
        if self.averaged is not None:
            share = 1 - self.settings.ema_decay
            with torch.no_grad():
                for average, current in self._averages:
                    average.lerp_(current, share)

    def configure_optimizers(self) -> OptimizerLRScheduler:
        """AdamW, weight decay on matrices alone; each learning rate warms up from where its training begins."""
        settings = self.settings
        joint_start = int(self.schedule.starts[settings.critic_epochs])
        trained = [(self.network.actor, settings.learning_rate_actor, joint_start)]
        if settings.train_critic:
            trained.append((self.network.critic, settings.learning_rate_critic, 0))
        groups: list[dict[str, Any]] = []
        factors: list[Callable[[int], float]] = []
        for part, rate, start in trained:
            matrices = [p for p in part.parameters() if p.dim() >= 2]
            vectors = [p for p in part.parameters() if p.dim() < 2]
            for parameters, decay in ((matrices, settings.weight_decay), (vectors, 0.0)):
                groups.append({"params": parameters, "lr": rate, "weight_decay": decay})
                factors.append(_warmup(start, settings.warmup_steps))
        optimizer = torch.optim.AdamW(groups, fused=True)
        schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, factors)
        return {
            "optimizer": optimizer,
            "lr_scheduler": {"scheduler": schedule, "interval": "step"},
        }

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """The curve so far; weights, averages and targets are in the state dict already."""
        checkpoint["curve"] = self.curve.state()

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """The curve so far."""
        self.curve.restore(checkpoint["curve"])

    def _fresh_targets(self, epoch: int) -> Tensor:
        settings, dataset = self.settings, self.dataset
        values = torch.zeros(dataset.num_steps)
        if settings.targets != "monte_carlo":
            # Until the actor has moved, its policy is the start's: no need to compute it again.
            log_policy = self.references.start if epoch <= settings.critic_epochs else None
            values = state_values(
                self.player, dataset, log_policy, self.device, self.poll, self.side
            )
        return lambda_returns(
            dataset.rewards * settings.reward_scale,
            values,
            dataset.offsets,
            settings.discount,
            effective_lambda(settings.targets, settings.lambda_),
        )

    def _actor_loss(
        self, batch: Batch, inputs: Inputs, values: Tensor | None
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """Of the decisions of the batch that the actor is asked about."""
        rows, known, asked = batch.rows.cpu(), batch.actions, None
        if self.asked is not None:
            of_batch = self.asked[rows]
            rows, asked = rows[of_batch], of_batch.to(self.device)
            known, values = known[asked], None if values is None else values[asked]
        logits = self.network.logits(inputs, batch.lengths, asked)
        start = self.references.start[rows].to(self.device)
        anchor, ahead = self.references.anchor, None
        if anchor is not None:
            anchor = anchor[rows].to(self.device)
        if self.advantages is not None:
            advantages = self.advantages[rows].to(self.device)
            ahead = LookedAhead(advantages.nan_to_num(0), ~advantages.isnan().all(1), start)
        loss, parts = actor_loss(logits, values, known, anchor, self.settings, ahead)
        parts["kl_to_start"] = known_mean(kl(logits.detach().log_softmax(1), start), known)
        return loss, parts

    def _demand_finite(self, value: Tensor, what: str, step: int) -> None:
        if not bool(torch.isfinite(value)):
            raise UserError(
                f"training broke down: the {what} of step {step} is not finite. Lower "
                "learning_rate_critic and learning_rate_actor, gradient_clip or reward_scale"
            )


def _lookahead_advantages(
    dataset: Dataset, log_policy: Tensor, settings: TrainingConfig
) -> Tensor | None:
    """Â(s, ·) = Q̂(s, ·) − Σ_a π(a|s)·Q̂(s, a) over its standard deviation under π, [T, A]; NaN where Q̂ is. None where nobody looked."""
    if settings.weighting != "lookahead" or dataset.action_values is None:
        return None
    values = dataset.action_values.float()
    looked = ~values.isnan().all(1)
    if not bool(looked.any()):
        return None
    chances = log_policy.exp()
    advantages = values - (chances * values.nan_to_num(0)).sum(1, keepdim=True)
    squares = (chances * advantages.nan_to_num(0) ** 2).sum(1)
    return advantages / squares[looked].mean().sqrt().clamp(min=EPSILON)


def _asked(dataset: Dataset, advantages: Tensor) -> Tensor:
    """bool [T]: decisions that were looked ahead at, and all those of sources where none was.

    Nothing is asked of the actor at the others: what is known of them is so much noisier that it would undo what their
    neighbours teach (docs/results.md).
    """
    asked = ~advantages.isnan().all(1)
    for source in dataset.sources:
        ends = dataset.offsets[[source.first_episode, source.first_episode + source.num_episodes]]
        rows = slice(*ends.tolist())
        if not asked[rows].any():
            asked[rows] = True
    return asked


def _is_weighted(settings: TrainingConfig, advantages: Tensor | None, asked: Tensor | None) -> bool:
    """Whether the critic's values of all actions weigh anything in the actor's loss."""
    if advantages is None or asked is None:
        return settings.weighting != "cloning"
    return bool(advantages[asked].isnan().all(1).any())


def _with_gradient(
    of_part: Callable[[], tuple[Tensor, dict[str, Tensor]]], parameters: Sequence[Tensor]
) -> tuple[Tensor, Sequence[Tensor], dict[str, Tensor]]:
    loss, metrics = of_part()
    return loss.detach(), torch.autograd.grad(loss, parameters), metrics


def _critic_loss(
    chosen: Tensor, actions: Tensor, targets: Tensor
) -> tuple[Tensor, dict[str, Tensor]]:
    loss = critic_loss(chosen, actions, targets)
    metrics = _critic_metrics(chosen.detach(), actions, targets)
    return loss, metrics | {"critic_loss": loss.detach()}


def _critic_metrics(chosen: Tensor, actions: Tensor, targets: Tensor) -> dict[str, Tensor]:
    mean, error = known_mean(targets, actions), targets - chosen
    spread = known_mean((targets - mean) ** 2, actions)
    unexplained = known_mean((error - known_mean(error, actions)) ** 2, actions)
    return {
        "q_mean": known_mean(chosen, actions),
        "target_mean": mean,
        "explained_variance": 1 - unexplained / spread.clamp(min=1e-8),
    }


def _warmup(start: int, num_steps: int) -> Callable[[int], float]:
    return lambda step: min(1.0, (step - start + 1) / max(num_steps, 1)) if step >= start else 0.0
