"""One training: from shards to candidates. Importing it imports Lightning."""

import gc
import hashlib
import logging
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict

import torch

from psro.game.policies import PolicyRecord
from psro.game.protocols import Candidate, ReportProgress, ShouldStop, TrainTask
from psro.game.spec import ObservationSpec
from psro.machine.errors import UserError
from psro.oracle.checkpoints import Checkpoints
from psro.oracle.config import ModelConfig, OracleConfig, TrainingConfig
from psro.oracle.curve import Curve
from psro.oracle.data import Dataset, Recording
from psro.oracle.device import choose_device
from psro.oracle.models import ActorCritic
from psro.oracle.module import OfflineTraining, References
from psro.oracle.passes import log_policy_over
from psro.oracle.schedule import Schedule
from psro.oracle.tasks import description, identity, poll_of, provenance, read_data
from psro.oracle.trainer import StepKeeper, exact_torch, fit
from psro.oracle.weights import (
    KIND,
    WEIGHTS,
    read_network,
    read_record,
    start_from,
    write_policy,
)

log = logging.getLogger(__name__)


class Training:
    """Trains an actor and a critic on a task's shards."""

    def __init__(
        self,
        config: OracleConfig,
        model: ModelConfig,
        spec: ObservationSpec,
        recording: Recording,
    ):
        """`spec`: the observation space that policies read; `recording`: what is in shards."""
        self.config, self.model, self.spec = config, model, spec
        self.recording = recording

    def run(
        self, task: TrainTask, report_progress: ReportProgress, should_stop: ShouldStop
    ) -> list[Candidate]:
        """What OfflineOracle.train says."""
        settings = self.config.stage(task.stage)
        device = choose_device(self.config.device)
        with exact_torch(self.config.threads):
            poll = poll_of(should_stop)
            dataset, statement = read_data(task, self.recording, poll)
            log.info("%s (%s) trains on %s", task.name, task.stage, _in_words(dataset, statement))
            network = self._initial_network(task, dataset)
            schedule = Schedule(
                dataset, network.remembers, settings.batch_size, settings.num_epochs, task.seed
            )
            curve = Curve(self.config.curve_every_steps)
            checkpoints = Checkpoints(task.scratch, self._identity(task, settings))
            keeper = StepKeeper(
                checkpoints, self.config.checkpoint_every_steps, report_progress, should_stop
            )
            with self._side(device) as side:
                references = _references(task, network.to(device), dataset, settings, poll, side)
                module = OfflineTraining(
                    network, schedule, settings, references, task.seed, curve, poll, side
                )
                fit(module, keeper, device)
        candidates = self._publish(task, settings, schedule, curve, statement, checkpoints)
        # Trainer and module refer to each other, and the data set with them: some hundred megabytes.
        del module, keeper, schedule, references, dataset
        gc.collect()
        return candidates

    @contextmanager
    def _side(self, device: torch.device) -> Iterator[Executor | None]:
        """A thread for the critic beside the actor's, each with half of torch's threads; None where there is one, on a GPU, or with dropout.

        Networks as small as these keep two threads busy better than two threads keep busy with one.
        """
        if self.config.threads == 1 or device.type != "cpu" or self.model.dropout:
            yield None
            return
        each = self.config.threads // 2
        torch.set_num_threads(each)
        with ThreadPoolExecutor(1, "critic", torch.set_num_threads, (each,)) as pool:
            yield pool
        torch.set_num_threads(self.config.threads)

    def _initial_network(self, task: TrainTask, dataset: Dataset) -> ActorCritic:
        network = ActorCritic(self.spec, self.model, task.seed)
        if task.start is None:
            network.normalise.fit(dataset.observations, dataset.legal_mask)
        else:
            start_from(task.start, network)
        return network

    def _identity(self, task: TrainTask, settings: TrainingConfig) -> str:
        more = {
            "model": asdict(self.model),
            "threads": self.config.threads,
            "curve_every_steps": self.config.curve_every_steps,
            "spec": self.spec.to_json(),
            "anchor": read_record(task.anchor).files
            if task.anchor is not None and settings.anchor_coefficient
            else None,
        }
        return identity(task, settings, more)

    def _publish(
        self,
        task: TrainTask,
        settings: TrainingConfig,
        schedule: Schedule,
        curve: Curve,
        statement: dict[str, float],
        checkpoints: Checkpoints,
    ) -> list[Candidate]:
        curve.write(task.output, description(task, settings, statement, schedule.num_steps))
        candidates = []
        for epoch in settings.candidates:
            label = f"epoch_{epoch}"
            weights, num_steps = checkpoints.kept(epoch), int(schedule.starts[epoch])
            record = PolicyRecord(
                name=task.name,
                kind=KIND,
                view=self.spec.name,
                arguments={
                    "model": asdict(self.model),
                    "spec": self.spec.to_json(),
                    "temperature": 0.0,
                    "epsilon": 0.0,
                },
                files={WEIGHTS: hashlib.sha256(weights).hexdigest()},
                provenance=provenance(task, epoch, num_steps, statement)
                | {"averaged": settings.ema_decay > 0},
            )
            write_policy(task.output / label, record, {WEIGHTS: weights})
            candidates.append(Candidate(label, task.output / label, curve.at(num_steps)))
        return candidates


def _references(
    task: TrainTask,
    network: ActorCritic,
    dataset: Dataset,
    settings: TrainingConfig,
    poll: Callable[[], None],
    side: Executor | None,
) -> References:
    device = next(network.parameters()).device
    start = log_policy_over(network, dataset, device, poll, side)
    if not settings.anchor_coefficient:
        return References(start, None)
    if task.anchor is None:
        raise UserError(
            f"stage {task.stage} has anchor_coefficient {settings.anchor_coefficient}, but "
            f"{task.name} has no policy to anchor to; set it to 0 or name a base policy"
        )
    anchor = read_network(task.anchor, read_record(task.anchor))
    if anchor.spec != dataset.spec:
        raise UserError(
            f"the anchor {task.anchor} reads {anchor.spec.name}, not {dataset.spec.name}"
        )
    return References(start, log_policy_over(anchor.to(device), dataset, device, poll, side))


def _in_words(dataset: Dataset, statement: dict[str, float]) -> str:
    groups = ", ".join(f"{s.num_episodes} {s.name} (weight {s.weight:g})" for s in dataset.sources)
    return (
        f"{statement['num_decisions']:,} decisions of {statement['num_episodes']:,} episodes "
        f"({groups}); reward {dataset.reward}, mean return {statement['mean_return']:.3f}, "
        f"score {statement['mean_score']:.3f}, {statement['share_masked']:.1%} of actions not known"
    )
