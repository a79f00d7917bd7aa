"""A small sequential game as recorded data: which action is good can be read off the features.

Each decision shows four actions with a feature vector each and a kind (an id); an action is worth
0.6·f_0 + 1.2·[its kind is the state's wanted kind]; playing the best of the legal ones earns +1, any other −1. The state's
wanted kind is an id too. What is earned in the end is the score. The behaviour is uniform over legal actions.
"""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from psro.game.battles import PlayResult
from psro.game.policies import Decisions
from psro.game.protocols import ShardSource, TrainTask
from psro.game.shards import encode_shard
from psro.game.spec import ArraySpec, ObservationSpec
from psro.game.trajectories import Episode, Trajectories
from psro.machine.durable import atomic_write
from psro.oracle.checkpoints import CHECKPOINT
from psro.oracle.config import ModelConfig, OracleConfig, TrainingConfig

REPOSITORY = Path(__file__).parents[2]
NUM_ACTIONS = 4
NUM_KINDS = 3
SPEC = ObservationSpec(
    "toy",
    (
        ArraySpec("state", (6,), "float16", "numbers"),
        ArraySpec("wanted", (1,), "int16", "ids", NUM_KINDS),
        ArraySpec("actions", (NUM_ACTIONS, 5), "float16", "action_numbers"),
        ArraySpec("kinds", (NUM_ACTIONS, 1), "int16", "action_ids", NUM_KINDS),
    ),
    NUM_ACTIONS,
)


def situations(
    num: int, rng: np.random.Generator
) -> tuple[dict[str, NDArray], NDArray[np.bool_], NDArray[np.int64]]:
    """Observations, legal mask and the best legal action of `num` decisions."""
    observations = {
        "state": rng.normal(size=(num, 6)).astype(np.float16),
        "wanted": rng.integers(NUM_KINDS, size=(num, 1)).astype(np.int16),
        "actions": rng.normal(size=(num, NUM_ACTIONS, 5)).astype(np.float16),
        "kinds": rng.integers(NUM_KINDS, size=(num, NUM_ACTIONS, 1)).astype(np.int16),
    }
    legal = rng.random((num, NUM_ACTIONS)) < 0.8
    legal[np.arange(num), rng.integers(NUM_ACTIONS, size=num)] = True
    wanted = observations["kinds"][..., 0] == observations["wanted"]
    worth = 0.6 * observations["actions"][..., 0].astype(float) + 1.2 * wanted
    best = np.where(legal, worth, -np.inf).argmax(axis=1)
    return observations, legal, best


def play(
    num_episodes: int, seed: int, choose: str = "uniform", share_masked: float = 0.0
) -> Trajectories:
    """Episodes of 1 to 9 decisions by the behaviour `uniform`, or `best` (three times in four)."""
    rng = np.random.default_rng(seed)
    lengths = rng.integers(1, 10, size=num_episodes)
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    num = int(offsets[-1])
    observations, legal, best = situations(num, rng)
    actions = (rng.random((num, NUM_ACTIONS)) * legal).argmax(axis=1)
    if choose == "best":
        actions = np.where(rng.random(num) < 0.75, best, actions)
    rewards = np.where(actions == best, 1.0, -1.0).astype(np.float32)
    totals = np.add.reduceat(rewards, offsets[:-1])
    episodes = tuple(
        Episode(seed * 1_000_000 + e, 0, "behaviour", "nature", float((np.sign(t) + 1) / 2))
        for e, t in enumerate(totals)
    )
    recorded = np.where(rng.random(num) < share_masked, -1, actions).astype(np.int8)
    return Trajectories(SPEC, "toy", observations, legal, recorded, rewards, offsets, episodes)


def write_shard(path: Path, trajectories: Trajectories) -> Path:
    """The trajectories as a shard file at `path`."""
    atomic_write(path, encode_shard(PlayResult((), (), trajectories), {}))
    return path


def task_in(
    directory: Path,
    sources: tuple[ShardSource, ...],
    start: Path | None = None,
    anchor: Path | None = None,
    stage: str = "response",
    seed: int = 7,
) -> TrainTask:
    """A training task with scratch and output under `directory`."""
    return TrainTask(
        name="learner",
        seed=seed,
        start=start,
        anchor=anchor,
        sources=sources,
        opponents={},
        opponent_weights={},
        scratch=directory / "scratch",
        output=directory / "output",
        stage=stage,
    )


def small_model(kind: str = "mlp", **changes: object) -> ModelConfig:
    """A model of a few thousand parameters."""
    settings: dict = {
        "kind": kind,
        "id_width": 4,
        "state_width": 32,
        "action_width": 32,
        "context_width": 32,
        "head_width": 32,
        "memory_length": 6,
    }
    return ModelConfig(**(settings | changes))


def small_config(checkpoint_every_steps: int = 0, **changes: object) -> OracleConfig:
    """One thread, batches of 128, and a stage `response` with `changes`."""
    settings: dict = {
        "critic_epochs": 1,
        "joint_epochs": 2,
        "candidates": [2, 3],
        "batch_size": 128,
        "warmup_steps": 5,
        "learning_rate_actor": 2e-3,
        "learning_rate_critic": 3e-3,
    }
    return OracleConfig(
        response=TrainingConfig(**(settings | changes)),
        cloning=TrainingConfig(
            **(
                settings
                | {
                    "weighting": "cloning",
                    "train_critic": False,
                    "critic_epochs": 0,
                    "joint_epochs": 6,
                    "candidates": [6],
                    "batch_size": 64,
                    "learning_rate_actor": 5e-3,
                }
            )
        ),
        threads=1,
        checkpoint_every_steps=checkpoint_every_steps,
        curve_every_steps=5,
        device="cpu",
    )


def decisions_from(
    observations: dict[str, NDArray], legal: NDArray[np.bool_], seed: int = 0
) -> Decisions:
    """One decision of each of as many episodes."""
    num = len(legal)
    rng = np.random.default_rng(seed)
    return Decisions(
        observations, legal, rng.integers(2**63, size=num).astype(np.uint64), np.arange(num)
    )


def silent(done: int, total: int, metrics: object) -> None:
    """Reports no progress."""


def never() -> bool:
    """Never stops."""
    return False


def train_until_killed(
    module: str, directory: Path, data: Path, checkpoint_every_steps: int, step_s: float
) -> None:
    """`module`'s `make` and `sources`, trained in a process that is killed by SIGKILL once it has saved a checkpoint.

    step_s: how much longer each step takes, so that it is killed before its end.
    """
    script = (
        f"import sys, time; from pathlib import Path; from {module} import *\n"
        f"make(checkpoint_every_steps={checkpoint_every_steps}).train(\n"
        "    task_in(Path(sys.argv[1]), sources(Path(sys.argv[2]))),\n"
        f"    lambda done, total, metrics: time.sleep({step_s}), never)\n"
    )
    checkpoint = directory / "scratch" / CHECKPOINT
    child = subprocess.Popen(
        [sys.executable, "-c", script, str(directory), str(data)], cwd=REPOSITORY
    )
    deadline = time.monotonic() + 120
    while not checkpoint.exists():
        assert child.poll() is None, "the training ended before it could be killed"
        assert time.monotonic() < deadline
        time.sleep(0.01)
    os.kill(child.pid, signal.SIGKILL)
    assert child.wait() == -signal.SIGKILL
    assert not (directory / "output").exists(), "killed before its end"
