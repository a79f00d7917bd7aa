"""Plays battles on the engine and on the simulator with poke-env, and compares every sighting record of both, field by field.

    python benchmarks/engine_sight.py [--battles 200] [--seed 0] [--kinds real,random] [--choosers proof]

The same seeds, teams and choices (uniform over the legal ones, or those of the lock-step proof's choosers); the engine's records come
from its own knowledge (engine/sight), the simulator's from BattleState by observations/records/from_state.py. Teams in which a species
stands twice are left out: poke-env knows Pokémon by their names. Prints decisions compared and differences by field; exits with 1 when there is one.
"""

import argparse
import sys
import time

from psro.pokemon.engine.judge.matchups import KINDS
from psro.pokemon.engine.judge.sightings import CHOOSERS, UNIFORM, compare_battles


def main() -> int:
    """Returns the exit code: 1 if anything differs."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--battles", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--kinds", default="real", help=f"of {', '.join(KINDS)}")
    parser.add_argument("--choosers", choices=CHOOSERS, default=UNIFORM)
    parser.add_argument("--shown", type=int, default=2, help="examples of each field that differs")
    given = parser.parse_args()
    started = time.monotonic()
    kinds = tuple(given.kinds.split(","))
    found = compare_battles(given.seed, given.battles, kinds, given.shown, given.choosers)
    print(
        f"{found.battles} battles ({found.left_out} left out, {found.broken} not followed by poke-env),"
        f" {found.decisions} decisions compared, {time.monotonic() - started:.0f} s"
    )
    print(f"decisions in which poke-env is wrong: {found.explained.total()}")
    for reason, count in found.explained.most_common():
        print(f"  {count:6d} {reason}")
    print(f"decisions that differ: {found.differing}")
    for name, count in found.fields.most_common():
        print(f"  {count:6d} {name}")
        for example in found.examples[name]:
            print(f"         {example}")
    for reason, count in found.reasons.most_common(5):
        print(f"  {count} x {reason}")
    return 1 if found.differing else 0


if __name__ == "__main__":
    sys.exit(main())
