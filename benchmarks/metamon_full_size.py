"""python -m benchmarks.metamon_full_size DIR [--size synthetic_multitaskagent] [--steps N] [--battles N] [--lanes L …]: an agent of metamon's at its full size.

Random weights. Plays N battles against gym_leader by L lanes (cached keys and values, one forward pass for all lanes), then trains by AMAGO's objective with
the preset psro_oracle on battles of heuristics. Prints battles and decisions a second, seconds a step, and the most memory held; all on this
machine's CPU, where there is no GPU.
"""

import argparse
import resource
import time
from collections.abc import Mapping
from pathlib import Path

import torch
import yaml

from psro.game.battles import Job
from psro.game.protocols import ShardSource, TrainTask
from psro.game.shards import encode_shard
from psro.machine.seeds import seed_from
from psro.oracle.amago.config import AmagoConfig, AmagoTrainingConfig
from psro.oracle.amago.oracle import AmagoOracle
from psro.oracle.data import Recording
from psro.oracle.metamon.policy import MetamonPolicy
from psro.oracle.metamon.sizes import SIZES
from psro.oracle.models.metamon.agent import MetamonAgent
from psro.pokemon.config import ArenaConfig, Gen1OUConfig, RewardConfig
from psro.pokemon.game import Gen1OU
from psro.pokemon.observations.metamon_reader import MetamonReader, read_words, table_of
from psro.pokemon.observations.records.spec import RECORD_VIEW
from psro.pokemon.rewards import make_reward

PRESET = Path(__file__).parents[1] / "conf/training/psro_oracle.yaml"
REWARD = "metamon_shaped"
DECISIONS_A_BATTLE = 20
"""Of one side, between heuristics."""


def held() -> float:
    """The most memory that this process has held, GB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


def game_of(lanes: int) -> Gen1OU:
    """Gen 1 OU with metamon's reward, nothing audited."""
    arena = ArenaConfig(lanes=lanes, audit_fraction=0.0)
    return Gen1OU(Gen1OUConfig(reward=RewardConfig(REWARD), arena=arena))


def play(agent: MetamonAgent, num_battles: int, lanes: int) -> None:
    """Prints battles and decisions of the agent a second."""
    game = game_of(lanes)
    reader = MetamonReader(read_words(None), make_reward(REWARD))
    policies = {
        "agent": MetamonPolicy("agent", agent, reader),
        "gym_leader": game.make_policy("gym_leader", "gym_leader", {}),
    }
    jobs = [
        Job(seed_from("full size", n), ("agent", "gym_leader"), "training", (True, False))
        for n in range(num_battles)
    ]
    arena = game.make_arena()
    start, cpu = time.perf_counter(), time.process_time()
    played = arena.play(jobs, policies, RECORD_VIEW, lambda *_: None, lambda: False)
    seconds, cpu = time.perf_counter() - start, time.process_time() - cpu
    arena.close()
    assert played.trajectories is not None
    decisions = played.trajectories.num_steps
    print(
        f"played: {num_battles} battles, {lanes} lanes, {seconds:.1f} s: {num_battles / seconds:.3f} battles/s, "
        f"{decisions / seconds:.1f} decisions/s ({decisions}); {cpu:.1f} s of CPU: {cpu / decisions:.2f} a decision; "
        f"at most {held():.1f} GB",
        flush=True,
    )


def train(directory: Path, size: str, num_steps: int, batch: int, threads: int) -> None:
    """Prints seconds a step. The first step is told apart: memory is taken there."""
    game = game_of(48)
    policies = {"gym_leader": game.make_policy("gym_leader", "gym_leader", {})}
    num_battles = max(1, num_steps * batch // (2 * DECISIONS_A_BATTLE))
    both = ("gym_leader", "gym_leader")
    jobs = [Job(seed_from("data", n), both, "training", (True, True)) for n in range(num_battles)]
    arena = game.make_arena()
    played = arena.play(jobs, policies, RECORD_VIEW, lambda *_: None, lambda: False)
    arena.close()
    shard = directory / "data.shard"
    shard.write_bytes(encode_shard(played, {}))
    preset = yaml.safe_load(PRESET.read_text())
    preset |= {"batch_size": batch, "epochs": 1, "candidates": [1]}
    config = AmagoConfig(
        model=SIZES[size],
        response=AmagoTrainingConfig(**preset),
        threads=threads,
        checkpoint_every_steps=0,
        curve_every_steps=1,
    )
    recording = Recording(
        game.observation_spec(game.recorded_view(config.view)),
        lambda seen: game.expand(seen, config.view),
        game.observation_spec(config.view),
    )
    oracle = AmagoOracle(config, recording, read_words(None), table_of, MetamonReader.view, REWARD)
    times, cpus = [time.perf_counter()], [time.process_time()]

    def tell(done: int, total: int, metrics: Mapping[str, float]) -> None:
        times.append(time.perf_counter())
        cpus.append(time.process_time())
        print(
            f"  step {done} of {total}: {times[-1] - times[-2]:.1f} s, {cpus[-1] - cpus[-2]:.1f} s of CPU, {held():.1f} GB",
            flush=True,
        )

    task = TrainTask(
        name="full",
        stage="response",
        seed=1,
        sources=(ShardSource("data", (shard,), 1.0),),
        start=None,
        anchor=None,
        opponents={},
        opponent_weights={},
        output=directory / "output",
        scratch=directory / "scratch",
    )
    oracle.train(task, tell, lambda: False)


def main() -> None:
    """Plays, then trains."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("directory", type=Path)
    parser.add_argument("--size", default="synthetic_multitaskagent", choices=SIZES)
    parser.add_argument("--steps", type=int, default=6)
    parser.add_argument("--batch", type=int, default=600, help="decisions")
    parser.add_argument("--battles", type=int, default=8)
    parser.add_argument("--lanes", type=int, nargs="+", default=[1, 8])
    parser.add_argument("--threads", type=int, default=2)
    given = parser.parse_args()
    given.directory.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(given.threads)
    agent = MetamonAgent(SIZES[given.size], len(read_words(None)) + 1, seed=0)
    trained = sum(p.numel() for p in agent.trained()) / 1e6
    whole = sum(p.numel() for p in agent.state_dict().values()) / 1e6
    print(
        f"{given.size}: {trained:.1f} M trained parameters, {whole:.1f} M in its file", flush=True
    )
    for lanes in given.lanes:
        play(agent, given.battles, lanes)
    del agent
    train(given.directory, given.size, given.steps, given.batch, given.threads)


if __name__ == "__main__":
    main()
