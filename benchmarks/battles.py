"""Battles per second with real policies, and the CPU time that each battle takes, on as many workers as asked; on both arenas.

    python benchmarks/battles.py [POLICY_DIRECTORY [POLICY_DIRECTORY]] [--repeats 3] [--arenas engine simulator] [--only SCENARIO ...]
    python benchmarks/battles.py runs/phase1/seed_0/population/base_selfplay runs/phase1/seed_0/population/br_1

The heuristic is poke_env_heuristic. The neural policies are the directories given (one sits on both sides as two policies, as
two members of a population would), loaded as a run loads them; without any, networks with phase 1's model (or --model's) and
fresh weights, whose battles are longer than trained ones'. What is not recorded is played as in a tournament, greedily; what is recorded
as in collecting, sampled, and its shard is encoded. Everything else is phase 1's config: teams, observations, unit sizes, the arenas' lanes.

Every repeat plays the same battles, arenas and scenarios in turn, so that a machine whose speed drifts drifts for all of them;
medians are shown, and the lowest and highest rate. CPU is user and system time of a worker's Python and its Node together: on a
machine that is busy with other things look at it, not at battles/s. With C idle cores and C workers, battles/s is about
C · 1000 / CPU. The engine's time is split: `engine` (steps, legal choices, what each side knows), `views` (observations from records),
`policies` (networks and rules), `writing` (laying out and compressing trajectories), and the rest, which is the arena's own.
"""

import argparse
import hashlib
import itertools
import multiprocessing
import os
import queue
import tempfile
import time
import types
from collections import Counter
from collections.abc import Callable, Sequence
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
from psro.pokemon.arenas.engine import EngineArena
from psro.pokemon.simulator.node_process import cpu_seconds

HEURISTIC = "poke_env_heuristic"


@dataclass(frozen=True)
class Scenario:
    """Which sides are neural, and which are recorded."""

    neural: tuple[bool, bool]
    record: tuple[bool, bool]


SCENARIOS = {
    "heuristics": Scenario((False, False), (False, False)),
    "heuristics_recorded": Scenario((False, False), (True, True)),
    "one_side": Scenario((True, False), (False, False)),
    "one_side_recorded": Scenario((True, False), (True, False)),
    "both_sides": Scenario((True, True), (False, False)),
    "both_sides_recorded": Scenario((True, True), (True, True)),
}
NUM_BATTLES = {"engine": 2000, "simulator": 200}
"""Per worker, scenario and repeat."""
PARTS = ("engine", "views", "policies", "writing")


def phase1_config(teams: str, arena: str, model: str) -> Config:
    """What `+experiment=phase1` composes to."""
    with initialize_config_dir(str(CONF), version_base="1.3"):
        composed = compose(
            "config",
            [
                "+experiment=phase1",
                f"teams@game.teams={teams}",
                f"arena={arena}",
                f"model@oracle.model={model}",
            ],
        )
    return parse_config(composed, wiring.SCHEMAS)


class Stopwatch:
    """CPU seconds by part, of functions that do not call each other."""

    def __init__(self) -> None:
        self.seconds: Counter[str] = Counter()

    def timed(self, part: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """The function, its time counted for `part`."""

        def counted(*arguments: Any, **named: Any) -> Any:
            began = time.process_time()
            try:
                return function(*arguments, **named)
            finally:
                self.seconds[part] += time.process_time() - began

        return counted

    def watch_engine(self) -> None:
        """Counts what the engine's arena calls, from now on."""
        from psro.pokemon.arenas import engine, recorder

        for name in ("write_records", "survey", "answer"):
            setattr(engine, name, self.timed("engine", getattr(engine, name)))
        stepping = types.SimpleNamespace(step=self.timed("engine", engine.watched.step))
        engine.watched = stepping  # type: ignore[assignment]  # what it calls of it
        engine.write_view = self.timed("views", engine.write_view)
        layout = self.timed("writing", recorder.Recorder.trajectories)
        recorder.Recorder.trajectories = layout  # type: ignore[method-assign]


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
    record = PolicyRecord(directory.name, KIND, spec.name, arguments, files)
    write_policy(directory, record, {WEIGHTS: weights})


def run_worker(
    worker: int, given: argparse.Namespace, payloads: dict[str, Any], start: Barrier, out: Any
) -> None:
    """One worker, set up as a run's: warmed up, then every arena and scenario in turn, `repeats` times."""
    benches = {arena: wiring.make_worker(payload).bench for arena, payload in payloads.items()}
    watch = Stopwatch()
    watch.watch_engine()
    for arena, bench in benches.items():
        for name in given.only:
            warm_up = NUM_BATTLES[arena] // 4
            play(bench, name, given.policies, f"warm-up {worker}", warm_up, watch)
    for _ in range(given.repeats):
        for (arena, bench), name in itertools.product(benches.items(), given.only):
            num_battles = NUM_BATTLES[arena]
            start.wait()
            watch.seconds.clear()
            wall, python, node = time.monotonic(), time.process_time(), node_seconds(bench)
            results = play(bench, name, given.policies, f"timed {worker}", num_battles, watch)
            figures = {
                "wall": time.monotonic() - wall,
                "python": 1000 * (time.process_time() - python) / num_battles,
                "node": 1000 * (node_seconds(bench) - node) / num_battles,
            }
            figures |= {part: 1000 * watch.seconds[part] / num_battles for part in PARTS}
            outcomes = [outcome for result in results for outcome in result.outcomes]
            out.put(
                {
                    **figures,
                    "scenario": (arena, name),
                    "turns": sum(outcome.num_turns for outcome in outcomes) / len(outcomes),
                    "decisions": sum(sum(o.num_decisions) for o in outcomes) / len(outcomes),
                    "failures": sum(len(result.failures) for result in results),
                }
            )
    for bench in benches.values():
        bench.close()


def node_seconds(bench: Workbench) -> float:
    """CPU time so far of the Node process of a worker's arena; the engine's is its audit's judge."""
    if isinstance(bench.arena, EngineArena):
        return bench.arena.auditor.node_seconds
    process = getattr(bench.arena, "_process", None)
    return 0.0 if process is None else cpu_seconds(process.pid)


def play(
    bench: Workbench,
    name: str,
    directories: list[Path],
    part: str,
    num_battles: int,
    watch: Stopwatch,
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
        policies[side].act = watch.timed("policies", policies[side].act)  # type: ignore[method-assign]
    view = bench.game.recorded_view(bench.oracle.view)
    size = (collect if recorded else bench.settings.tournament).battles_per_unit
    seeds = [seed_from("benchmark", part, index) for index in range(num_battles)]
    results = []
    for begin in range(0, num_battles, size):
        jobs = [
            Job(seed, ("first", "second"), record=scenario.record)
            for seed in seeds[begin : begin + size]
        ]
        result = bench.arena.play(jobs, policies, view, lambda *_: None, lambda: False)
        if recorded:
            watch.timed("writing", encode_shard)(result, {})
        results.append(result)
    return results


def measure(
    given: argparse.Namespace, configs: dict[str, Config]
) -> dict[tuple[str, str], list[dict[str, float]]]:
    """(Arena, scenario) → per repeat the workers' figures together."""
    context = multiprocessing.get_context("spawn")
    start, out = context.Barrier(given.workers), context.Queue()
    payloads = {
        arena: {"config": to_plain(config), "directory": os.getcwd()}
        for arena, config in configs.items()
    }
    workers = [
        context.Process(target=run_worker, args=(w, given, payloads, start, out), daemon=True)
        for w in range(given.workers)
    ]
    for worker in workers:
        worker.start()
    played = list(itertools.product(configs, given.only))
    figures: dict[tuple[str, str], list[dict[str, float]]] = {name: [] for name in played}
    for _ in range(given.repeats):
        for name in played:
            rows = [receive(out, workers) for _ in workers]
            assert all(row.pop("scenario") == name for row in rows)
            mean = {key: sum(row[key] for row in rows) / len(rows) for key in rows[0]}
            rate = given.workers * NUM_BATTLES[name[0]] / max(row["wall"] for row in rows)
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


def show(figures: dict[tuple[str, str], list[dict[str, float]]]) -> None:
    """A row per arena and scenario."""
    print(
        "| arena | what is played | battles/s [lowest, highest] | × simulator | CPU ms a battle (Python + Node) | turns | "
        "decisions | CPU µs a decision | "
        + ", ".join(PARTS)
        + ", rest | failures |\n"
        + "|---" * 10
        + "|"
    )
    for (arena, name), rows in figures.items():
        mid = {key: median(row[key] for row in rows) for key in rows[0]}
        rates = [row["rate"] for row in rows]
        ratio = split = "–"
        base = figures.get(("simulator", name))
        if arena == "engine":
            parts = [mid[part] for part in PARTS]
            shares = [part / mid["cpu"] for part in (*parts, mid["cpu"] - sum(parts))]
            split = ", ".join(f"{share:.0%}" for share in shares)
        if arena == "engine" and base is not None:
            # Repeat by repeat: the machine may be slower in one than in the next.
            pairs = zip(base, rows, strict=True)
            ratio = f"{median(other['cpu'] / row['cpu'] for other, row in pairs):.0f}"
        print(
            f"| {arena} | {name} | {mid['rate']:.0f} [{min(rates):.0f}, {max(rates):.0f}] | {ratio} | "
            f"{mid['cpu']:.2f} ({mid['python']:.2f} + {mid['node']:.2f}) | {mid['turns']:.1f} | {mid['decisions']:.1f} | "
            f"{1000 * mid['cpu'] / mid['decisions']:.0f} | {split} | {mid['failures']:.0f} |"
        )


def main() -> None:
    """Prints a row per scenario."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("policies", nargs="*", type=Path, help="directories of neural policies")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--teams", default="competitive", choices=("competitive", "variety"))
    parser.add_argument("--model", default="mlp", choices=("mlp", "transformer_tiny"))
    parser.add_argument("--arenas", nargs="+", choices=list(NUM_BATTLES), default=["engine"])
    parser.add_argument("--only", nargs="+", choices=list(SCENARIOS), default=list(SCENARIOS))
    given = parser.parse_args()
    if len(given.policies) > 2:
        parser.error("at most two policy directories, one a side")
    configs = {a: phase1_config(given.teams, a, given.model) for a in given.arenas}
    with tempfile.TemporaryDirectory() as fresh:
        if not given.policies:
            given.policies = [Path(fresh, "fresh")]
            write_fresh_policy(configs[given.arenas[0]], given.policies[0])
        try:
            for directory in given.policies:
                read_record(directory)
        except UserError as error:
            parser.error(str(error))
        given.policies = [path.resolve() for path in (*given.policies, given.policies[-1])][:2]
        print(
            f"policies {' and '.join(map(str, given.policies))}; {given.workers} workers, {NUM_BATTLES} battles each, "
            f"{given.repeats} repeats, teams {given.teams}; load of the machine {os.getloadavg()[0]:.1f} "
            f"of {os.cpu_count()} cores before the start\n"
        )
        show(measure(given, configs))


if __name__ == "__main__":
    main()
