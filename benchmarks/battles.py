"""Battles per second, and the CPU time that each takes, on as many worker processes as asked.

    python benchmarks/battles.py [--battles 1000] [--workers 2] [--warm-up 200] [--only SCENARIO]

heuristics      poke_env_heuristic against itself, nothing recorded: what a tournament costs
learner         an array policy against poke_env_heuristic, the learner's side recorded: what collecting costs
self_play       an array policy against itself, both sides recorded

The array policy reads the structured view and does the arithmetic of a network of the usual size in numpy; it plays by
estimated damage and exchange, so that its battles are as long as a trained policy's. "CPU" is user and system time of a worker's
Python and Node together: on a machine that is busy with other things, compare it, not the wall-clock figure (with C
idle cores and C workers, battles per second is C · 1000 / CPU).
"""

import argparse
import multiprocessing
import time
from multiprocessing.synchronize import Barrier
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from psro.game.battles import Job
from psro.game.policies import BasePolicy, Decisions, Policy, choose_from
from psro.machine.seeds import seed_from
from psro.pokemon.arena import SimulatorArena
from psro.pokemon.config import Gen1OUConfig
from psro.pokemon.game import Gen1OU
from psro.pokemon.observations.layout import ACTION_FEATURES
from psro.pokemon.simulator.process import _cpu_seconds

SCENARIOS = {
    "heuristics": ("heuristic", "heuristic", (False, False)),
    "learner": ("network", "heuristic", (True, False)),
    "self_play": ("network", "network", (True, True)),
}
TARGETS = {"heuristics": 80, "learner": 65, "self_play": 55}
"""Battles per second on two cores."""


class NetworkLike(BasePolicy):
    """Costs what a network costs; plays by damage, knock-outs and exchanges."""

    view = "structured"

    def __init__(self, name: str):
        self.name = name
        rng = np.random.default_rng(0)
        self.layers = [
            rng.normal(0, 0.01, shape).astype(np.float32)
            for shape in ((len(ACTION_FEATURES), 256), (256, 256), (256, 1))
        ]
        weights = {
            "move_damage": 4.0,
            "move_ko_chance": 4.0,
            "move_useless": -8.0,
            "switch_exchange": 2.0,
            "is_switch": -2.5,
        }
        self.taste = np.array([weights.get(f, 0.0) for f in ACTION_FEATURES], np.float32)

    def act(self, decisions: Decisions) -> NDArray[np.int64]:
        assert isinstance(decisions.observations, dict)
        features = decisions.observations["action_numbers"].astype(np.float32)
        hidden = features
        for layer in self.layers:
            hidden = np.maximum(hidden @ layer, 0)
        logits = 2 * (features @ self.taste) + hidden[..., 0]
        logits = np.where(decisions.legal_mask, logits, -np.inf)
        return choose_from(np.exp(logits - logits.max(axis=1, keepdims=True)), decisions.seeds)


def play(
    worker: int, scenario: str, teams: str, num_battles: int, warm_up: int, start: Barrier, out: Any
) -> None:
    """One worker: an arena, warmed up, then timed."""
    config = Gen1OUConfig()
    config.teams.name = teams
    game = Gen1OU(config)
    first, second, record = SCENARIOS[scenario]

    def make(kind: str, name: str) -> Policy:
        return (
            NetworkLike(name)
            if kind == "network"
            else game.make_policy(name, "poke_env_heuristic", {})
        )

    policies = {"first": make(first, "first"), "second": make(second, "second")}
    arena = game.make_arena()
    assert isinstance(arena, SimulatorArena)

    def jobs(part: str, count: int) -> list[Job]:
        seeds = (seed_from("benchmark", part, worker, index) for index in range(count))
        return [Job(seed, ("first", "second"), record=record) for seed in seeds]

    def run(part: str, count: int) -> Any:
        return arena.play(jobs(part, count), policies, "structured", lambda *_: None, lambda: False)

    run("warm-up", warm_up)
    assert arena._process is not None
    start.wait()
    wall = time.monotonic()
    python, node = time.process_time(), _cpu_seconds(arena._process.pid)
    result = run("timed", num_battles)
    python, node = time.process_time() - python, _cpu_seconds(arena._process.pid) - node
    out.put(
        {
            "wall": time.monotonic() - wall,
            "python": 1000 * python / num_battles,
            "node": 1000 * node / num_battles,
            "turns": np.mean([outcome.num_turns for outcome in result.outcomes]),
            "decisions": np.mean([sum(outcome.num_decisions) for outcome in result.outcomes]),
            "failures": len(result.failures),
        }
    )
    arena.close()


def measure(scenario: str, arguments: argparse.Namespace) -> dict[str, float]:
    """The workers' figures together."""
    context = multiprocessing.get_context("spawn")
    start, out = context.Barrier(arguments.workers), context.Queue()
    workers = [
        context.Process(
            target=play,
            args=(w, scenario, arguments.teams, arguments.battles, arguments.warm_up, start, out),
        )
        for w in range(arguments.workers)
    ]
    for worker in workers:
        worker.start()
    rows = [out.get() for _ in workers]
    for worker in workers:
        worker.join()
    mean = {key: float(np.mean([row[key] for row in rows])) for key in rows[0]}
    speed = arguments.workers * arguments.battles / max(row["wall"] for row in rows)
    return mean | {"battles_per_second": speed, "cpu": mean["python"] + mean["node"]}


def main() -> None:
    """Prints a row per scenario."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--battles", type=int, default=1000, help="per worker")
    parser.add_argument("--warm-up", type=int, default=200, help="battles before the clock starts")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--teams", default="competitive")
    parser.add_argument("--only", choices=sorted(SCENARIOS))
    arguments = parser.parse_args()
    print(f"{Path(__file__).name}: {arguments}")
    print("scenario     battles/s  target  CPU ms (Python + Node)    turns  decisions  failures")
    for scenario in [arguments.only] if arguments.only else SCENARIOS:
        row = measure(scenario, arguments)
        print(
            f"{scenario:<12} {row['battles_per_second']:9.1f}  {TARGETS[scenario]:6d}  "
            f"{row['cpu']:6.1f} ({row['python']:5.1f} + {row['node']:5.1f})    "
            f"{row['turns']:9.1f}  {row['decisions']:9.1f}  {row['failures']:8.0f}",
            flush=True,
        )


if __name__ == "__main__":
    main()
