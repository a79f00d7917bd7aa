"""Battles per second with real policies, and the CPU time that each battle takes, on as many workers as asked.

    python benchmarks/battles.py [POLICY_DIRECTORY [POLICY_DIRECTORY]] [--repeats 3] [--battles 400] [--only SCENARIO ...]
    python benchmarks/battles.py runs/phase1/seed_0/population/base_selfplay runs/phase1/seed_0/population/br_1

The heuristic is poke_env_heuristic. The neural policies are the directories given (one sits on both sides as two policies, as
two members of a population would), loaded as a run loads them; without any, networks with phase 1's model and fresh weights,
whose battles are longer than trained ones'. What is not recorded is played as in a tournament, greedily; what is recorded as in
collecting, sampled, and its shard is encoded. Everything else is phase 1's config: lanes, teams, observations, unit sizes.

Every repeat plays the same battles, the scenarios in turn, so that a machine whose speed drifts drifts for all of them;
medians are shown, and the lowest and highest rate. CPU is user and system time of a worker's Python and its Node together: on a
machine that is busy with other things look at it, not at battles/s. With C idle cores and C workers, battles/s is about
C · 1000 / CPU.
"""

import argparse
import hashlib
import multiprocessing
import os
import queue
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from multiprocessing.process import BaseProcess
from multiprocessing.synchronize import Barrier
from pathlib import Path
from statistics import median
from typing import Any

from hydra import compose, initialize_config_dir

from psro import wiring
from psro.config import Config, parse_config, to_plain
from psro.game.battles import Job, PlayResult
from psro.game.policies import Policy, PolicyRecord
from psro.game.shards import encode_shard
from psro.machine.errors import UserError
from psro.machine.seeds import seed_from
from psro.main import CONF
from psro.oracle.models import ActorCritic
from psro.oracle.weights import KIND, WEIGHTS, encode_weights, read_record, write_policy
from psro.phases.workbench import PlayMode, Workbench
from psro.pokemon.simulator.process import cpu_seconds

HEURISTIC = "poke_env_heuristic"


@dataclass(frozen=True)
class Scenario:
    """Which sides are neural, which are recorded, and issue 2's target in battles/s on two idle cores."""

    neural: tuple[bool, bool]
    record: tuple[bool, bool]
    target: int


SCENARIOS = {
    "heuristics": Scenario((False, False), (False, False), 80),
    "heuristics_recorded": Scenario((False, False), (True, True), 80),
    "one_side": Scenario((True, False), (False, False), 65),
    "one_side_recorded": Scenario((True, False), (True, False), 65),
    "both_sides": Scenario((True, True), (False, False), 55),
    "both_sides_recorded": Scenario((True, True), (True, True), 55),
}


def phase1_config(teams: str) -> Config:
    """What `+experiment=phase1` composes to."""
    with initialize_config_dir(str(CONF), version_base="1.3"):
        composed = compose("config", ["+experiment=phase1", f"teams@game.teams={teams}"])
    return parse_config(composed, wiring.SCHEMAS)


def write_fresh_policy(config: Config, directory: Path) -> None:
    """Phase 1's network with fresh weights, as a training would publish it."""
    spec = wiring.make_game(config).observation_spec(config.oracle.view)
    weights = encode_weights(ActorCritic(spec, config.oracle.model, seed=0))
    arguments = {
        "model": asdict(config.oracle.model),
        "spec": spec.to_json(),
        "temperature": 0.0,
        "epsilon": 0.0,
    }
    files = {WEIGHTS: hashlib.sha256(weights).hexdigest()}
    write_policy(
        directory, PolicyRecord(directory.name, KIND, spec.name, arguments, files), weights
    )


def run_worker(
    worker: int, given: argparse.Namespace, config_payload: Any, start: Barrier, out: Any
) -> None:
    """One worker, set up as a run's: warmed up, then every scenario in turn, `repeats` times."""
    bench = wiring.make_worker(config_payload).bench
    for name in given.only:
        play(bench, name, given.policies, f"warm-up {worker}", given.warm_up)
    for _ in range(given.repeats):
        for name in given.only:
            start.wait()
            wall, python, node = time.monotonic(), time.process_time(), node_seconds(bench)
            results = play(bench, name, given.policies, f"timed {worker}", given.battles)
            figures = {
                "wall": time.monotonic() - wall,
                "python": 1000 * (time.process_time() - python) / given.battles,
                "node": 1000 * (node_seconds(bench) - node) / given.battles,
            }
            outcomes = [outcome for result in results for outcome in result.outcomes]
            out.put(
                {
                    **figures,
                    "scenario": name,
                    "turns": sum(outcome.num_turns for outcome in outcomes) / len(outcomes),
                    "decisions": sum(sum(o.num_decisions) for o in outcomes) / len(outcomes),
                    "failures": sum(len(result.failures) for result in results),
                }
            )
    bench.close()


def node_seconds(bench: Workbench) -> float:
    """CPU time so far of the Node process of a worker's arena."""
    process = bench.arena._process  # type: ignore[attr-defined]  # the simulator's arena
    return 0.0 if process is None else cpu_seconds(process.pid)


def play(
    bench: Workbench, name: str, directories: list[Path], part: str, num_battles: int
) -> list[PlayResult]:
    """The battles of a scenario in units of the size that a run's have; recorded ones are encoded too."""
    scenario = SCENARIOS[name]
    recorded = any(scenario.record)
    collect = bench.settings.psro.collect
    mode = PlayMode(bench.settings.tournament.temperature)
    if recorded:
        mode = PlayMode(collect.temperature, collect.epsilon)
    policies: dict[str, Policy] = {}
    for side, directory in zip(("first", "second"), directories, strict=True):
        if scenario.neural[side == "second"]:
            policies[side] = wiring.load_policy(bench.game, directory, mode)
        else:
            policies[side] = bench.game.make_policy(side, HEURISTIC, {})
    size = (collect if recorded else bench.settings.tournament).battles_per_unit
    seeds = [seed_from("benchmark", part, index) for index in range(num_battles)]
    results = []
    for begin in range(0, num_battles, size):
        jobs = [
            Job(seed, ("first", "second"), record=scenario.record)
            for seed in seeds[begin : begin + size]
        ]
        result = bench.arena.play(jobs, policies, bench.oracle.view, lambda *_: None, lambda: False)
        if recorded:
            encode_shard(result, {})
        results.append(result)
    return results


def measure(given: argparse.Namespace, config: Config) -> dict[str, list[dict[str, float]]]:
    """Scenario → per repeat the workers' figures together."""
    context = multiprocessing.get_context("spawn")
    start, out = context.Barrier(given.workers), context.Queue()
    payload = {"config": to_plain(config), "directory": os.getcwd()}
    workers = [
        context.Process(target=run_worker, args=(w, given, payload, start, out), daemon=True)
        for w in range(given.workers)
    ]
    for worker in workers:
        worker.start()
    figures: dict[str, list[dict[str, float]]] = {name: [] for name in given.only}
    for _ in range(given.repeats):
        for name in given.only:
            rows = [receive(out, workers) for _ in workers]
            assert all(row.pop("scenario") == name for row in rows)
            mean = {key: sum(row[key] for row in rows) / len(rows) for key in rows[0]}
            rate = given.workers * given.battles / max(row["wall"] for row in rows)
            figures[name].append(mean | {"rate": rate, "cpu": mean["python"] + mean["node"]})
    for worker in workers:
        worker.join()
    return figures


def receive(out: Any, workers: Sequence[BaseProcess]) -> dict[str, Any]:
    """The next row of figures. Raises RuntimeError when a worker ended early; it has said why."""
    while True:
        try:
            row: dict[str, Any] = out.get(timeout=5)
            return row
        except queue.Empty:
            if any(worker.exitcode for worker in workers):
                raise RuntimeError("a worker failed, see its traceback above") from None


def show(figures: dict[str, list[dict[str, float]]]) -> None:
    """A row per scenario."""
    print(
        "| what is played | battles/s [lowest, highest] | target | CPU ms a battle (Python + Node) | × heuristics | "
        "turns | decisions | CPU µs a decision | failures |\n" + "|---" * 9 + "|"
    )
    base = figures.get("heuristics")
    for name, rows in figures.items():
        mid = {key: median(row[key] for row in rows) for key in rows[0]}
        rates = [row["rate"] for row in rows]
        ratio = "–"
        if base is not None:  # repeat by repeat: the machine may be slower in one than in the next
            pairs = zip(rows, base, strict=True)
            ratio = f"{median(row['cpu'] / other['cpu'] for row, other in pairs):.2f}"
        print(
            f"| {name} | {mid['rate']:.1f} [{min(rates):.1f}, {max(rates):.1f}] | "
            f"{SCENARIOS[name].target} | {mid['cpu']:.1f} ({mid['python']:.1f} + {mid['node']:.1f}) | "
            f"{ratio} | {mid['turns']:.1f} | {mid['decisions']:.1f} | "
            f"{1000 * mid['cpu'] / mid['decisions']:.0f} | {mid['failures']:.0f} |"
        )


def main() -> None:
    """Prints a row per scenario."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("policies", nargs="*", type=Path, help="directories of neural policies")
    parser.add_argument("--battles", type=int, default=400, help="per worker, scenario and repeat")
    parser.add_argument("--warm-up", type=int, default=100, help="battles before the clock starts")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--teams", default="competitive", choices=("competitive", "variety"))
    parser.add_argument("--only", nargs="+", choices=list(SCENARIOS), default=list(SCENARIOS))
    given = parser.parse_args()
    if len(given.policies) > 2:
        parser.error("at most two policy directories, one a side")
    config = phase1_config(given.teams)
    with tempfile.TemporaryDirectory() as fresh:
        if not given.policies:
            given.policies = [Path(fresh, "fresh")]
            write_fresh_policy(config, given.policies[0])
        try:
            for directory in given.policies:
                read_record(directory)
        except UserError as error:
            parser.error(str(error))
        given.policies = [path.resolve() for path in (*given.policies, given.policies[-1])][:2]
        print(
            f"policies {' and '.join(map(str, given.policies))}; {given.workers} workers, {given.battles} battles each, "
            f"{given.repeats} repeats, teams {given.teams}; load of the machine {os.getloadavg()[0]:.1f} "
            f"of {os.cpu_count()} cores before the start\n"
        )
        show(measure(given, config))


if __name__ == "__main__":
    main()
