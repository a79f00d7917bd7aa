"""Plays battles on the simulator and compares, at every decision, what each heuristic's kernel and its rule in Python choose.

    python benchmarks/heuristics.py [--battles 400] [--seed 0] [--kinds real,random]

Battles are those of the engine's proof (packaged OU teams and drafted ones, random and themed ones); teams in which a species stands
twice are left out. Prints decisions compared, differences by kind, and CPU time a decision: of the rules in lock-step of 64 lanes,
of the kernels in batches of 1,024, the median of five passes over all decisions. Exits with 1 when anything differs.
"""

import argparse
import sys
import time
from statistics import median

from psro.game.policies import Decisions
from psro.pokemon.engine.judge.matchups import KINDS
from psro.pokemon.heuristics.reference.judge import VARIANTS, compare_battles
from psro.pokemon.heuristics.registry import make_heuristic
from psro.pokemon.observations.records.spec import RECORD_VIEW

BATCH = 1024
PASSES = 5


def batches_of(decisions: Decisions) -> list[Decisions]:
    """In batches of BATCH."""
    assert not isinstance(decisions.observations, list | tuple)
    records = decisions.observations[RECORD_VIEW]
    return [
        Decisions(
            {RECORD_VIEW: records[start : start + BATCH]},
            decisions.legal_mask[start : start + BATCH],
            decisions.seeds[start : start + BATCH],
            decisions.episodes[start : start + BATCH],
        )
        for start in range(0, len(decisions), BATCH)
    ]


def main() -> int:
    """Returns the exit code: 1 if anything differs."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--battles", type=int, default=400)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--kinds", default="real,random", help=f"of {', '.join(KINDS)}")
    given = parser.parse_args()
    started = time.monotonic()
    found = compare_battles(given.seed, given.battles, tuple(given.kinds.split(",")))
    print(
        f"{found.battles} battles ({found.left_out} left out, {found.reasons.total()} not followed by poke-env), "
        f"{found.decisions} decisions of each kind compared, {time.monotonic() - started:.0f} s"
    )
    for reason, count in found.reasons.most_common(5):
        print(f"  {count} x {reason}")
    batches = batches_of(found.asked())
    print(f"{'':32} differences   Python µs   kernel µs   ratio")
    for name, variant in VARIANTS.items():
        policy = make_heuristic(name, *variant)
        passes = []
        for _ in range(PASSES):
            before = time.process_time()
            for batch in batches:
                policy.act(batch)
            passes.append(1e6 * (time.process_time() - before) / found.decisions)
        python, kernel = 1e6 * found.seconds[name] / found.decisions, median(passes)
        print(
            f"{name:32} {found.differing[name]:11d} {python:11.1f} {kernel:11.2f} {python / kernel:7.0f}"
        )
    for example in found.examples:
        print(f"  {example} (Python→kernel)")
    return 1 if found.differing else 0


if __name__ == "__main__":
    sys.exit(main())
