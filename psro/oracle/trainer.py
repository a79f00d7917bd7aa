"""Lightning, set up so that a training that was killed goes on with the same bits.

The whole training is one pass of Lightning's over a loader of every step; the epochs are sections of the schedule.
So every checkpoint lies inside a pass, after a batch, which is the one place from which Lightning's loops and a loader
with `state_dict` go on exactly; at the ends of passes they do not (hooks are skipped or run twice).
"""

import logging
import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import lightning.pytorch as pl
import torch
from lightning.fabric.plugins.environments import LightningEnvironment

from psro.game.protocols import ReportProgress, ShouldStop
from psro.machine.errors import Preempted
from psro.oracle.amago.module import AmagoTraining
from psro.oracle.checkpoints import Checkpoints
from psro.oracle.module import OfflineTraining
from psro.oracle.schedule import Batch, OfflineData
from psro.oracle.weights import encode_weights

Training = OfflineTraining | AmagoTraining


class StepKeeper(pl.Callback):
    """After every step: candidates, progress, checkpoints, and the stop flag."""

    def __init__(
        self,
        checkpoints: Checkpoints,
        checkpoint_every_steps: int,
        report_progress: ReportProgress,
        should_stop: ShouldStop,
    ):
        """`checkpoint_every_steps`: 0 is never, but where the stop flag is set."""
        self.checkpoints = checkpoints
        self.checkpoint_every_steps = checkpoint_every_steps
        self.report_progress = report_progress
        self.should_stop = should_stop

    def on_train_batch_end(  # type: ignore[override]  # always this module, always these batches
        self,
        trainer: pl.Trainer,
        pl_module: Training,
        outputs: Any,
        batch: Batch,
        batch_idx: int,
    ) -> None:
        """Raises Preempted, with everything saved, where the stop flag is set."""
        schedule, curve = pl_module.schedule, pl_module.curve
        num_done, total = batch.step + 1, schedule.num_steps
        if num_done in schedule.starts:
            curve.close(batch.step, batch.epoch)
            if batch.epoch + 1 in pl_module.settings.candidates:
                self.checkpoints.keep(batch.epoch + 1, encode_weights(pl_module.player))
        if num_done % curve.every == 0 or num_done == total:
            self.report_progress(num_done, total, curve.latest())
        if num_done == total:
            return
        if self.should_stop():
            trainer.save_checkpoint(self.checkpoints.path, weights_only=False)
            raise Preempted(f"training stopped after step {num_done} of {total}, saved")
        if self.checkpoint_every_steps and num_done % self.checkpoint_every_steps == 0:
            trainer.save_checkpoint(self.checkpoints.path, weights_only=False)


def fit(module: Training, keeper: StepKeeper, device: torch.device) -> None:
    """Trains to the end of the schedule, from the keeper's checkpoint where there is one.

    Raises: Preempted with everything saved; UserError for a training that breaks down.
    """
    checkpoints = keeper.checkpoints
    trainer = pl.Trainer(
        accelerator="cpu" if device.type == "cpu" else "gpu",
        devices=1,
        max_epochs=1,
        # Never SLURMEnvironment: its requeue saves inside the signal handler, and it would take the rank of the
        # surrounding srun for one of this training, which is always a single process.
        plugins=[LightningEnvironment(), checkpoints],
        callbacks=[keeper],
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        num_sanity_val_steps=0,
        use_distributed_sampler=False,
        default_root_dir=checkpoints.scratch,
    )
    # Lightning would put its own SIGTERM handler over ours for the time of the training. Signals belong to the machine,
    # whose flag `should_stop` reads.
    trainer._signal_connector.register_signal_handlers = lambda: None  # type: ignore[method-assign]
    trainer.fit(
        module,
        datamodule=OfflineData(module.schedule),
        ckpt_path=checkpoints.where_to_go_on(),
    )


@contextmanager
def exact_torch(threads: int) -> Iterator[None]:
    """Within: `threads` threads, deterministic algorithms, a quiet Lightning, and a random state of its own.

    Everything is as it was afterwards.
    """
    threads_before = torch.get_num_threads()
    deterministic_before = torch.are_deterministic_algorithms_enabled()
    fill_before = torch.utils.deterministic.fill_uninitialized_memory  # type: ignore[attr-defined]
    workspace_before = os.environ.get("CUBLAS_WORKSPACE_CONFIG")
    loggers = [logging.getLogger(f"lightning.{part}") for part in ("pytorch", "fabric")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.WARNING)
    # cuBLAS is deterministic only with this, and reads it once.
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    torch.set_num_threads(threads)
    torch.use_deterministic_algorithms(True)
    # Filling what torch.empty gives out costs time and would only hide a bug.
    torch.utils.deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined]
    try:
        with torch.random.fork_rng(), warnings.catch_warnings():
            # Lightning 2.6's own use of a torch function that torch 2.13 has renamed.
            warnings.filterwarnings("ignore", message=r".*isinstance\(treespec, LeafSpec\)")
            # Every training is one process, on a cluster too.
            warnings.filterwarnings("ignore", message="The `srun` command is available")
            yield
    finally:
        torch.set_num_threads(threads_before)
        torch.use_deterministic_algorithms(deterministic_before)
        torch.utils.deterministic.fill_uninitialized_memory = fill_before  # type: ignore[attr-defined]
        if workspace_before is None:
            os.environ.pop("CUBLAS_WORKSPACE_CONFIG", None)
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
