"""How long a training takes, and how many decisions a policy makes per second, on synthetic data.

    python benchmarks/oracle.py [--model mlp] [--decisions 125000] [--threads 2] [--epochs 6]

The data have the shape of the structured Gen 1 view: 136 state numbers, 11 ids, 9 actions with 69 features.
"""

import argparse
import tempfile
import time
from importlib.metadata import version
from pathlib import Path

import numpy as np

from psro.game.battles import PlayResult
from psro.game.policies import Decisions
from psro.game.protocols import ShardSource, TrainTask
from psro.game.shards import encode_shard
from psro.game.spec import ArraySpec, ObservationSpec
from psro.game.trajectories import Episode, Trajectories
from psro.machine.durable import atomic_write
from psro.oracle.config import ModelConfig, OracleConfig, TrainingConfig
from psro.oracle.models import ActorCritic
from psro.oracle.offline import OfflineOracle
from psro.oracle.policy import load_neural_policy
from psro.oracle.trainer import exact_torch
from psro.oracle.weights import read_record

NUM_ACTIONS = 9
SPEC = ObservationSpec(
    "structured",
    (
        ArraySpec("state", (136,), "float16", "numbers"),
        ArraySpec("ids", (11,), "int16", "ids", 320),
        ArraySpec("actions", (NUM_ACTIONS, 69), "float16", "action_numbers"),
    ),
    NUM_ACTIONS,
)


def observations(num: int, rng: np.random.Generator) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Random observations and legal masks of `num` decisions; one feature in three is not zero."""
    legal = rng.random((num, NUM_ACTIONS)) < 0.8
    legal[:, 0] = True
    actions = rng.random((num, NUM_ACTIONS, 69), np.float32)
    actions[actions > 0.33] = 0
    return {
        "state": rng.random((num, 136), np.float32).astype(np.float16),
        "ids": rng.integers(320, size=(num, 11)).astype(np.int16),
        "actions": actions.astype(np.float16),
    }, legal


def write_shard(path: Path, num_decisions: int) -> Path:
    """A shard of episodes of 25 decisions."""
    rng = np.random.default_rng(0)
    arrays, legal = observations(num_decisions, rng)
    offsets = np.append(np.arange(0, num_decisions, 25), num_decisions).astype(np.int64)
    trajectories = Trajectories(
        SPEC,
        "synthetic",
        arrays,
        legal,
        (rng.random(legal.shape) * legal).argmax(1).astype(np.int8),
        rng.normal(size=num_decisions).astype(np.float32),
        offsets,
        tuple(Episode(e, 0, "a", "b", 1.0) for e in range(len(offsets) - 1)),
    )
    atomic_write(path, encode_shard(PlayResult((), (), trajectories), {}))
    return path


def main() -> None:
    """Prints the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", default="mlp")
    parser.add_argument("--decisions", type=int, default=125_000)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--epochs", type=int, default=6)
    arguments = parser.parse_args()
    model = ModelConfig(kind=arguments.model)
    num_parameters = sum(p.numel() for p in ActorCritic(SPEC, model, 0).parameters())
    print(f"{arguments.model}: {num_parameters:,} parameters (actor and critic)")
    training = TrainingConfig(joint_epochs=arguments.epochs - 2, candidates=[arguments.epochs])
    config = OracleConfig(response=training, threads=arguments.threads, device="cpu")
    with tempfile.TemporaryDirectory() as directory:
        root = Path(directory)
        shard = write_shard(root / "shard", arguments.decisions)
        task = TrainTask(
            "benchmark",
            0,
            None,
            None,
            (ShardSource("collected", (shard,), 1.0),),
            {},
            {},
            root / "scratch",
            root / "output",
        )
        marks: list[tuple[float, int]] = []
        began, began_cpu = time.perf_counter(), time.process_time()
        (candidate,) = OfflineOracle(config, model, SPEC).train(
            task, lambda done, *_: marks.append((time.perf_counter(), done)), lambda: False
        )
        ended, cpu = time.perf_counter(), time.process_time() - began_cpu
        steps = (marks[-1][1] - marks[0][1]) / (marks[-1][0] - marks[0][0])
        print(
            f"train: {ended - began:.1f} s for {arguments.epochs} epochs of {arguments.decisions:,} "
            f"decisions, {arguments.threads} threads ({steps:.0f} steps/s, {cpu:.1f} s of CPU; "
            f"{marks[0][0] - began:.1f} s until step {marks[0][1]})"
        )
        record = read_record(candidate.directory)
        for threads in (1, arguments.threads):
            for batch in (16, 64):
                rate = decisions_per_second(candidate.directory, record, batch, threads)
                print(f"act: {rate:,.0f} decisions/s at batch {batch}, {threads} threads")
    print(f"torch {version('torch')}")


def decisions_per_second(directory: Path, record: object, batch: int, threads: int) -> float:
    """Of a policy that samples, over 200 batches."""
    policy = load_neural_policy(directory, record, temperature=1.0)  # type: ignore[arg-type]
    rng = np.random.default_rng(1)
    arrays, legal = observations(batch, rng)
    seeds = rng.integers(2**63, size=batch).astype(np.uint64)
    with exact_torch(threads):
        began = time.perf_counter()
        for number in range(200):
            policy.act(Decisions(arrays, legal, seeds, np.arange(batch) + batch * (number // 25)))
            if number % 25 == 24:
                policy.forget((np.arange(batch) + batch * (number // 25)).tolist())
        return 200 * batch / (time.perf_counter() - began)


if __name__ == "__main__":
    main()
