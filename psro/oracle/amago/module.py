"""One optimizer step of AMAGO's objective, as a Lightning module."""

from collections.abc import Callable
from typing import Any

import lightning.pytorch as pl
import torch
from lightning.pytorch.utilities.types import OptimizerLRScheduler
from torch import Tensor
from torch.nn.utils import clip_grad_norm_

from psro.machine.errors import UserError
from psro.machine.seeds import seed_from
from psro.oracle.amago.config import AmagoTrainingConfig
from psro.oracle.amago.objective import loss_of
from psro.oracle.amago.windows import cut, with_words_hidden
from psro.oracle.curve import Curve
from psro.oracle.models.metamon.agent import MetamonAgent
from psro.oracle.schedule import Batch, Schedule


class AmagoTraining(pl.LightningModule):
    """Trains a MetamonAgent. Every step is a function of the weights, the optimizer's state and (seed, step)."""

    rewards: Tensor
    tokens: Tensor

    def __init__(
        self,
        agent: MetamonAgent,
        schedule: Schedule,
        settings: AmagoTrainingConfig,
        tokens: Tensor,
        seed: int,
        curve: Curve,
    ):
        """`tokens` [1 + words of the view]: the view's word ids → the agent's."""
        super().__init__()
        self.agent, self.schedule, self.settings = agent, schedule, settings
        self.seed, self.curve = seed, curve
        # Data, not state: a checkpoint has no use for them.
        self.register_buffer("rewards", schedule.dataset.rewards, persistent=False)
        self.register_buffer("tokens", tokens, persistent=False)

    @property
    def player(self) -> MetamonAgent:
        """What is saved and played."""
        return self.agent

    def on_train_batch_start(self, batch: Batch, batch_idx: int) -> None:
        """All of a step's randomness is keyed by the step: windows, drawn actions and critics, dropout."""
        torch.manual_seed(seed_from(self.seed, "step", batch.step))

    def training_step(self, batch: Batch, batch_idx: int) -> Tensor:
        """The loss of one batch. Raises UserError where it is not finite."""
        assert batch.lengths is not None, "the schedule is of whole battles"
        config = self.agent.config
        unused = config.num_actions - batch.legal_mask.shape[1]
        windows = cut(
            self.tokens[batch.observations["words"].long()],
            batch.observations["numbers"].float(),
            batch.actions,
            self.rewards[batch.rows],
            torch.nn.functional.pad(batch.legal_mask, (0, unused)),
            batch.lengths,
            config.max_length,
        )
        if config.masked_words > 0:
            windows = with_words_hidden(windows, config.masked_words)
        loss, metrics = loss_of(self.agent, windows, self.settings)
        self._demand_finite(loss, "loss", batch.step)
        self.curve.add(batch.step, batch.epoch, {k: float(v) for k, v in metrics.items()})
        return loss

    def configure_gradient_clipping(
        self, optimizer: torch.optim.Optimizer, *unused: Any, **unused_too: Any
    ) -> None:
        """Clips the whole gradient; then, as in AMAGO, the targets follow before the step is made."""
        norm = clip_grad_norm_(self.agent.trained(), self.settings.gradient_clip)
        self._demand_finite(norm, "gradient", self.global_step)
        self.agent.follow(self.settings.target_rate)

    def configure_optimizers(self) -> OptimizerLRScheduler:
        """AdamW with a linear warm-up."""
        settings = self.settings
        optimizer = torch.optim.AdamW(
            self.agent.trained(), lr=settings.learning_rate, weight_decay=settings.weight_decay
        )
        schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, _warmup(settings.warmup_steps))
        return {
            "optimizer": optimizer,
            "lr_scheduler": {"scheduler": schedule, "interval": "step"},
        }

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """The curve so far."""
        checkpoint["curve"] = self.curve.state()

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """The curve so far."""
        self.curve.restore(checkpoint["curve"])

    def _demand_finite(self, value: Tensor, what: str, step: int) -> None:
        if not bool(torch.isfinite(value)):
            raise UserError(
                f"training broke down: the {what} of step {step} is not finite. Lower learning_rate, gradient_clip or "
                "reward_multiplier"
            )


def _warmup(num_steps: int) -> Callable[[int], float]:
    """AMAGO's: the first step has a rate of zero."""
    return lambda step: min(1.0, step / max(num_steps, 1))
