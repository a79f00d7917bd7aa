"""How policies of a run fare against the game's own policies, or another run's, with 95 % intervals.

python benchmarks/strength.py runs/phase1/seed_0 --battles 400 --policies base_clone base_offline --against random
python benchmarks/strength.py runs/phase1/seed_0 --policies nash_5 --against runs/other/seed_0/population/nash_5

Battle i of a pool has the same teams and dice in every row.
"""

import argparse
from pathlib import Path

import yaml

from psro import wiring
from psro.config import parse_config
from psro.game.battles import Job, histogram
from psro.game.policies import Policy
from psro.machine.seeds import seed_from
from psro.metagame.intervals import win_rate_interval
from psro.metagame.payoffs import OutcomeCounts
from psro.phases.workbench import PlayMode, Workbench


def main() -> None:
    """Prints a row per policy, opponent and pool."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", type=Path)
    parser.add_argument("--policies", nargs="+", required=True)
    parser.add_argument("--against", nargs="+", default=["random"],
                        help="policies of the game by name, or policy directories")  # fmt: skip
    parser.add_argument("--pools", nargs="+", default=["training"])
    parser.add_argument("--battles", type=int, default=400)
    given = parser.parse_args()
    run = given.run.resolve()
    config = parse_config(yaml.safe_load((run / "config.yaml").read_text()), wiring.SCHEMAS)
    bench = wiring.make_workbench(config, run)
    print("| policy | against | pool | win rate [95 %] | wins / ties / losses |")
    print("|---|---|---|---|---|")
    try:
        for name in given.policies:
            for kind in given.against:
                for pool in given.pools:
                    policies = {
                        name: bench.policy(f"population/{name}", PlayMode()),
                        "opponent": opponent(bench, kind),
                    }
                    jobs = [
                        Job(seed_from("strength", pool, i), (name, "opponent"), pool)
                        for i in range(given.battles)
                    ]
                    played = bench.arena.play(
                        jobs, policies, bench.oracle.view, lambda *_: None, lambda: False
                    )
                    counts = OutcomeCounts(*histogram(played.outcomes))
                    rate = win_rate_interval(counts)
                    print(
                        f"| {name} | {kind} | {pool} | {rate.estimate:.1%} [{rate.low:.1%}, "
                        f"{rate.high:.1%}] | {counts.wins} / {counts.ties} / {counts.losses} |"
                    )
    finally:
        bench.close()


def opponent(bench: Workbench, name: str) -> Policy:
    """The policy in the directory `name`, else the game's own of that name."""
    if (Path(name) / "policy.json").is_file():
        return bench.load_policy(Path(name).resolve(), PlayMode())
    return bench.game.make_policy("opponent", name, {})


if __name__ == "__main__":
    main()
