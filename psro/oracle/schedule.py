"""Which decisions are in which batch: a pure function of the seed and the epoch."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import lightning.pytorch as pl
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from psro.machine.errors import UserError
from psro.machine.seeds import rng_from
from psro.oracle.data import Dataset

Index = NDArray[np.int64]


@dataclass(frozen=True)
class Batch:
    """The decisions of one optimizer step."""

    step: int
    """From 0, over the whole training."""
    epoch: int
    """From 0."""
    rows: Tensor
    """int64 [B], into the data set"""
    lengths: Tensor | None
    """int64 [N]: the rows are episodes end to end; None: single decisions"""
    observations: dict[str, Tensor]
    """name → [B, ...]"""
    legal_mask: Tensor
    """bool [B, A]"""
    actions: Tensor
    """int64 [B]"""

    def to(self, device: torch.device) -> "Batch":
        """The same on `device`; itself where it is there already."""
        if device.type == "cpu":
            return self
        lengths = None if self.lengths is None else self.lengths.to(device)
        return Batch(
            self.step,
            self.epoch,
            self.rows.to(device),
            lengths,
            {name: array.to(device) for name, array in self.observations.items()},
            self.legal_mask.to(device),
            self.actions.to(device),
        )


class Schedule:
    """Every batch of a training, by optimizer step.

    An epoch is one pass over the first source (what was collected), to which the others add what makes their share
    weight_s / Σ weights of all its decisions, each in permutations of its own, so that none of a source's data comes
    k + 1 times before all came k times.
    """

    def __init__(
        self, dataset: Dataset, whole_episodes: bool, batch_size: int, num_epochs: int, seed: int
    ):
        """`whole_episodes`: batches are made of episodes, of about `batch_size` decisions together.

        Raises: UserError where the data do not even make one batch for an epoch.
        """
        self.dataset = dataset
        self.whole_episodes = whole_episodes
        make = self._episode_batches if whole_episodes else self._decision_batches
        self.epochs = [make(rng_from(seed, "epoch", e), batch_size) for e in range(num_epochs)]
        self.starts = np.cumsum([0] + [len(batches) for batches in self.epochs])
        if not all(self.epochs):
            raise UserError(f"{dataset.num_steps} decisions are too few to train on")

    @property
    def num_steps(self) -> int:
        """Optimizer steps in all."""
        return int(self.starts[-1])

    def epoch_of(self, step: int) -> int:
        """The epoch (from 0) that `step` lies in."""
        return int(np.searchsorted(self.starts, step, side="right")) - 1

    def is_first(self, step: int) -> bool:
        """Whether `step` begins an epoch."""
        return step in self.starts

    def batch(self, step: int) -> Batch:
        """The batch of `step`."""
        epoch = self.epoch_of(step)
        chosen = self.epochs[epoch][step - int(self.starts[epoch])]
        lengths = None
        rows = torch.from_numpy(chosen)
        if self.whole_episodes:
            offsets = self.dataset.offsets
            lengths = offsets[rows + 1] - offsets[rows]
            rows = torch.cat(
                [torch.arange(int(offsets[e]), int(offsets[e + 1])) for e in chosen.tolist()]
            )
        observations, legal_mask = self.dataset.rows(rows)
        actions = self.dataset.actions[rows]
        return Batch(step, epoch, rows, lengths, observations, legal_mask, actions)

    def _decision_batches(self, rng: np.random.Generator, batch_size: int) -> list[Index]:
        parts = []
        for first, end, quota in self._quotas():
            whole, rest = divmod(quota, end - first)
            orders = [rng.permutation(end - first) for _ in range(whole + 1)]
            parts.append(first + np.concatenate([*orders[:whole], orders[whole][:rest]]))
        rows = rng.permutation(np.concatenate(parts))
        # The short batch at the end is left out, unless it is the only one.
        size = min(batch_size, len(rows))
        return [rows[start : start + size] for start in range(0, len(rows) - size + 1, size)]

    def _episode_batches(self, rng: np.random.Generator, batch_size: int) -> list[Index]:
        lengths = self.dataset.offsets.diff().numpy()
        parts = []
        for source, (_, _, quota) in zip(self.dataset.sources, self._quotas(), strict=True):
            taken = 0
            while taken < quota:
                order = source.first_episode + rng.permutation(source.num_episodes)
                reached = taken + np.cumsum(lengths[order])
                parts.append(order[: int(np.searchsorted(reached, quota)) + 1])
                taken = int(reached[-1])
        episodes = rng.permutation(np.concatenate(parts))
        batch_of = (np.cumsum(lengths[episodes]) - lengths[episodes]) // batch_size
        cuts = np.flatnonzero(np.diff(batch_of)) + 1
        if len(cuts) and lengths[episodes[cuts[-1] :]].sum() < batch_size / 2:
            cuts = cuts[:-1]  # a batch of a few decisions would be a very noisy step
        return np.split(episodes, cuts)

    def _quotas(self) -> list[tuple[int, int, int]]:
        """(first row, row behind the last, decisions per epoch) of every source."""
        dataset = self.dataset
        total = sum(source.weight for source in dataset.sources)
        ends = np.cumsum([source.weight / total for source in dataset.sources])
        first = dataset.sources[0]
        pass_over_first = int(dataset.offsets[first.first_episode + first.num_episodes])
        marks = np.rint(np.concatenate([[0.0], ends]) * pass_over_first / ends[0]).astype(int)
        return [
            (
                int(dataset.offsets[source.first_episode]),
                int(dataset.offsets[source.first_episode + source.num_episodes]),
                int(after - before),
            )
            for source, before, after in zip(dataset.sources, marks[:-1], marks[1:], strict=True)
        ]


class BatchLoader:
    """The schedule as Lightning's dataloader; what it saves is the step that comes next."""

    def __init__(self, schedule: Schedule):
        self.schedule = schedule
        self.next_step = 0

    def __len__(self) -> int:
        return self.schedule.num_steps

    def __iter__(self) -> Iterator[Batch]:
        while self.next_step < self.schedule.num_steps:
            step = self.next_step
            self.next_step += 1
            yield self.schedule.batch(step)

    def state_dict(self) -> dict[str, Any]:
        """The step after the last batch that was handed out."""
        return {"next_step": self.next_step}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Goes on at the saved step: nothing is drawn again to get there."""
        self.next_step = state["next_step"]


class OfflineData(pl.LightningDataModule):
    """Lightning's view of a schedule."""

    def __init__(self, schedule: Schedule):
        super().__init__()
        self.schedule = schedule

    def train_dataloader(self) -> BatchLoader:
        """The whole training as one pass: see trainer.py."""
        return BatchLoader(self.schedule)

    def transfer_batch_to_device(
        self, batch: Batch, device: torch.device, dataloader_idx: int
    ) -> Batch:
        """Lightning's own would copy the dataclass leaf by leaf."""
        return batch.to(device)
