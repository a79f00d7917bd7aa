"""The interaction matrix of a run's population, from many battles a pair: nearly what is true of it.

python benchmarks/population_matrix.py runs/phase1/seed_0 --battles 4000 --out matrix.json

Written after every pair, so it can be stopped and goes on where it was. Battle i has the same teams and dice in every pair.
"""

import argparse
from itertools import combinations
from pathlib import Path

import orjson
import yaml

from psro import wiring
from psro.config import parse_config
from psro.game.battles import Job
from psro.machine.durable import atomic_write
from psro.machine.seeds import seed_from
from psro.metagame.payoffs import PayoffTable
from psro.metagame.population import Population
from psro.phases.matches import tally_outcomes
from psro.phases.workbench import PlayMode


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("run", type=Path, help="a run directory")
    parser.add_argument("--battles", type=int, default=4000, help="a pair")
    parser.add_argument("--iteration", type=int, help="whose population; default: the newest")
    parser.add_argument("--out", type=Path, required=True)
    given = parser.parse_args()
    run = given.run.resolve()
    path = (
        newest_population(run)
        if given.iteration is None
        else (run / f"iteration_{given.iteration}/population.json")
    )
    population = Population.from_json(orjson.loads(path.read_bytes()))
    table = PayoffTable(population)
    if given.out.exists():
        table = PayoffTable.from_json(orjson.loads(given.out.read_bytes()))
    config = parse_config(yaml.safe_load((run / "config.yaml").read_text()), wiring.SCHEMAS)
    bench = wiring.make_workbench(config, run)
    try:
        for first, second in combinations(population.names, 2):
            if (first, second) in table.cells:
                continue
            policies = {
                name: bench.policy(f"population/{name}", PlayMode()) for name in (first, second)
            }
            jobs = [
                Job(
                    seed_from("population_matrix", index),
                    (first, second) if index % 2 == 0 else (second, first),
                    bench.game.pools[0],
                )
                for index in range(given.battles)
            ]
            played = bench.arena.play(
                jobs, policies, bench.oracle.view, lambda *_: None, lambda: False
            )
            counts = tally_outcomes(first, jobs, played.outcomes)[second]
            table = table.with_counts(first, second, counts)
            atomic_write(given.out, orjson.dumps(table.to_json(), option=orjson.OPT_INDENT_2))
            print(
                f"{first} against {second}: {counts.win_rate:.3f}, {len(played.failures)} broke",
                flush=True,
            )
    finally:
        bench.close()


def newest_population(run: Path) -> Path:
    """The population.json of the run's last solved iteration."""
    found = sorted(
        run.glob("iteration_*/population.json"), key=lambda path: int(path.parent.name[10:])
    )
    if not found:
        raise SystemExit(f"population_matrix: {run} has no iteration_*/population.json")
    return found[-1]


if __name__ == "__main__":
    main()
