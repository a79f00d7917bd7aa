"""The oracle that trains metamon's agents."""

import gc
import hashlib
import logging
from collections.abc import Callable, Mapping
from dataclasses import asdict

import numpy as np
import torch
from numpy.typing import NDArray

from psro.game.protocols import Candidate, ReportProgress, ShouldStop, TrainTask
from psro.machine.errors import UserError
from psro.oracle.amago.config import AmagoConfig, AmagoTrainingConfig
from psro.oracle.amago.module import AmagoTraining
from psro.oracle.checkpoints import Checkpoints
from psro.oracle.curve import Curve
from psro.oracle.data import Dataset, Recording
from psro.oracle.device import choose_device
from psro.oracle.metamon.weights import (
    KIND,
    TOKENIZER,
    WEIGHTS,
    encode_words,
    read_agent,
    record_of,
)
from psro.oracle.models.metamon import MetamonAgent
from psro.oracle.models.metamon.fitting import PLAYED_BY, fill
from psro.oracle.schedule import Schedule
from psro.oracle.tasks import description, identity, poll_of, provenance, read_data
from psro.oracle.trainer import StepKeeper, exact_torch, fit
from psro.oracle.weights import read_policy_record, write_policy

log = logging.getLogger(__name__)

Words = Mapping[str, int]
"""A tokenizer: word → index from 0."""


class AmagoOracle:
    """game's Oracle: trains a metamon agent on the task's shards by AMAGO's objective."""

    needs_data = True
    view = "metamon"

    def __init__(
        self,
        config: AmagoConfig,
        recording: Recording,
        words: Words,
        table: Callable[[Words], NDArray[np.int64]],
        played_view: str,
        reward: str,
    ):
        """`words`: of an agent trained from scratch. `table`: the view's word ids → those of given words, the unknown at 0.

        `played_view`: what policies are handed (psro.oracle.metamon.policy.Reader.view). `reward`: the game's, which policies
        are shown the last value of.
        """
        self.config, self.recording = config, recording
        self.words, self.table = words, table
        self.played_view, self.reward = played_view, reward

    def lookahead(self, stage: str) -> None:
        """Nothing is looked ahead at."""

    def train(
        self, task: TrainTask, report_progress: ReportProgress, should_stop: ShouldStop
    ) -> list[Candidate]:
        """One candidate per configured epoch, in order, under task.output; training_curve.json beside them.

        Raises: Preempted, with what steps there were saved; UserError for data, weights or settings that do not go
        together.
        """
        settings = self.config.stage(task.stage)
        device = choose_device(self.config.device)
        with exact_torch(self.config.threads):
            dataset, statement = read_data(task, self.recording, poll_of(should_stop))
            self._check_rewards(task, dataset, settings)
            log.info(
                "%s (%s) trains on %d decisions of %d battles", task.name, task.stage,
                dataset.num_steps, dataset.num_episodes,
            )  # fmt: skip
            agent, words = self._initial_agent(task)
            tokens = torch.from_numpy(self.table(words))
            schedule = Schedule(dataset, True, settings.batch_size, settings.epochs, task.seed)
            curve = Curve(self.config.curve_every_steps)
            module = AmagoTraining(agent, schedule, settings, tokens, task.seed, curve)
            checkpoints = Checkpoints(task.scratch, self._identity(task, settings, words))
            keeper = StepKeeper(
                checkpoints, self.config.checkpoint_every_steps, report_progress, should_stop
            )
            fit(module, keeper, device)
        candidates = self._publish(task, settings, words, schedule, curve, statement, checkpoints)
        # Trainer and module refer to each other, and the data set with them.
        del module, keeper, schedule, dataset
        gc.collect()
        return candidates

    def _initial_agent(self, task: TrainTask) -> tuple[MetamonAgent, Words]:
        """A fresh agent, or the start's, which must be of this shape; and its words."""
        if task.start is None:
            return MetamonAgent(self.config.model, len(self.words) + 1, task.seed), self.words
        record = read_policy_record(task.start)
        if record.kind != KIND:
            raise UserError(
                f"{task.start} holds a {record.kind} policy; oracle=amago goes on from metamon ones alone"
            )
        if record.arguments["reward"] != self.reward:
            raise UserError(
                f"{task.start} was trained with the reward {record.arguments['reward']}, which it is shown; set "
                f"game.reward.name to that (it is {self.reward})"
            )
        held, words = read_agent(task.start, record)
        agent = MetamonAgent(self.config.model, len(words) + 1, task.seed)
        fill(agent, held.state_dict(), str(task.start))
        differing = {
            name: getattr(held.config, name)
            for name in PLAYED_BY
            if getattr(held.config, name) != getattr(self.config.model, name)
        }
        if differing:
            told = ", ".join(f"oracle.model.{name}={value}" for name, value in differing.items())
            raise UserError(
                f"{task.start} has weights of this shape, but was made with other settings: give {told}"
            )
        return agent, words

    def _check_rewards(
        self, task: TrainTask, dataset: Dataset, settings: AmagoTrainingConfig
    ) -> None:
        """Two-hot bins end somewhere: what lies beyond is learned as their end. Raises UserError for single rewards beyond."""
        model = self.config.model
        if model.critics != "two_hot" or not settings.trains_critics:
            return
        largest = float(dataset.rewards.abs().max()) * settings.reward_multiplier
        if largest > model.largest_return:
            raise UserError(
                f"a reward of {dataset.reward} times oracle.{task.stage}.reward_multiplier is {largest:g}, beyond the "
                f"critics' bins (oracle.model.largest_return {model.largest_return:g}): lower the multiplier, or choose "
                "another reward"
            )

    def _identity(self, task: TrainTask, settings: AmagoTrainingConfig, words: Words) -> str:
        more = {
            "model": asdict(self.config.model),
            "words": hashlib.sha256(encode_words(words)).hexdigest(),
            "threads": self.config.threads,
            "curve_every_steps": self.config.curve_every_steps,
        }
        return identity(task, settings, more)

    def _publish(
        self,
        task: TrainTask,
        settings: AmagoTrainingConfig,
        words: Words,
        schedule: Schedule,
        curve: Curve,
        statement: dict[str, float],
        checkpoints: Checkpoints,
    ) -> list[Candidate]:
        curve.write(task.output, description(task, settings, statement, schedule.num_steps))
        candidates = []
        for epoch in settings.candidates:
            directory = task.output / f"epoch_{epoch}"
            files = {WEIGHTS: checkpoints.kept(epoch), TOKENIZER: encode_words(words)}
            num_steps = int(schedule.starts[epoch])
            record = record_of(
                task.name,
                self.config.model,
                self.played_view,
                self.reward,
                files,
                provenance(task, epoch, num_steps, statement),
                1.0,
            )
            write_policy(directory, record, files)
            candidates.append(Candidate(directory.name, directory, curve.at(num_steps)))
        return candidates
