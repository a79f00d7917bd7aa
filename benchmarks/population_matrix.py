"""More battles between members of a run's population than its tournaments played: nearly what is true of them.

python benchmarks/population_matrix.py runs/phase1/seed_0 --members br_3 br_4 br_5 --battles 4000 --out matrix.json

Added to the counts of the run's last interaction matrix. Written after every pair, so it can be stopped and goes on where
it was. Battle i has the same teams and dice in every pair.
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
from psro.phases.matches import tally_outcomes
from psro.phases.workbench import PlayMode


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("run", type=Path)
    parser.add_argument("--members", nargs="+", help="who plays; default: all")
    parser.add_argument("--battles", type=int, default=4000, help="a pair")
    parser.add_argument("--out", type=Path, required=True)
    given = parser.parse_args()
    run = given.run.resolve()
    before = PayoffTable.from_json(orjson.loads(newest_matrix(run).read_bytes()))
    table = before
    if given.out.exists():
        table = PayoffTable.from_json(orjson.loads(given.out.read_bytes()))
    config = parse_config(yaml.safe_load((run / "config.yaml").read_text()), wiring.SCHEMAS)
    bench = wiring.make_workbench(config, run)
    try:
        for first, second in combinations(given.members or table.population.names, 2):
            if table.cell(first, second) != before.cell(first, second):
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
            broken = len(played.failures)
            print(f"{first} against {second}: {counts.win_rate:.3f}, {broken} broke", flush=True)
    finally:
        bench.close()


def newest_matrix(run: Path) -> Path:
    """Of the run's last solved iteration."""
    found = sorted(
        run.glob("iteration_*/interaction_matrix.json"),
        key=lambda path: int(path.parent.name.removeprefix("iteration_")),
    )
    if not found:
        raise SystemExit(f"population_matrix: {run} has no iteration_*/interaction_matrix.json")
    return found[-1]


if __name__ == "__main__":
    main()
