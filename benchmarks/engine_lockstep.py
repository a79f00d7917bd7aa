"""Plays battles on Showdown and on the engine with the same seeds, teams and choices, and compares every dump of both.

    python benchmarks/engine_lockstep.py [--battles 2000] [--workers 2] [--seed 0] [--against engine] [--kinds trapping,sleep]
    python benchmarks/engine_lockstep.py --against showdown       the simulator without shortcuts, replaying itself
    python benchmarks/engine_lockstep.py --against nothing        the judge alone: how fast it is, what its battles cover

Battle n of a seed is always the same one; --first begins elsewhere. Prints battles, turns, decisions, what came up and what never
did, exclusions (Showdown's own breakdowns) and differences; writes a fixture of each of the first differences under --fixtures
and exits with 1 when there is one. psro/pokemon/engine/judge/README.md says what is compared.
"""

import argparse
import multiprocessing
import sys
import time
from collections import Counter
from pathlib import Path

from psro.pokemon.engine.judge.lockstep import JudgeReplayer, Replayer, Verdict, prove
from psro.pokemon.engine.judge.matchups import KINDS, matchup
from psro.pokemon.engine.judge.process import JudgeProcess
from psro.pokemon.engine.judge.record import write_record
from psro.pokemon.simulator.node import find_node

MAX_SHOWN = 5
"""Differences shown in full and written as fixtures: more would have the same reasons."""
STRETCH = 50
"""Battles a worker takes at a time."""
SAY_EVERY = 20
"""Stretches between two lines of progress on stderr."""


class Worker:
    """What a worker process keeps between stretches: a judge, and what it is compared with."""

    def __init__(self, against: str):
        self.judge = JudgeProcess(find_node())
        self.replayer: Replayer | None = None
        if against == "showdown":
            self.replayer = JudgeReplayer(JudgeProcess(find_node(), plain=True))
        elif against == "engine":
            from psro.pokemon.engine.dump import EngineReplayer

            self.replayer = EngineReplayer()

    def run(self, seed: int, kinds: tuple[str, ...], begin: int, end: int) -> Verdict:
        """Battles begin … end - 1."""
        matchups = (matchup(seed, number, kinds) for number in range(begin, end))
        return prove(self.judge, self.replayer, matchups)


_workers: dict[str, Worker] = {}


def run_stretch(task: tuple[str, int, tuple[str, ...], int, int]) -> Verdict:
    """A stretch in this process's worker, which its first one starts."""
    against, *stretch = task
    if against not in _workers:
        _workers[against] = Worker(against)
    return _workers[against].run(*stretch)


def show(verdict: Verdict, seconds: float, fixtures: Path) -> None:
    """Prints the verdict and writes fixtures of the first differences."""
    simulator = find_node().simulator
    coverage = verdict.coverage
    print(coverage.text(simulator))
    print(f"{coverage.battles / seconds:.1f} battles/s, {coverage.turns / seconds:.0f} turns/s")
    print(f"exclusions: {sum(verdict.exclusions.values())}")
    for error, count in verdict.exclusions.most_common():
        print(f"  {count} x {error}")
    for record in verdict.excluded[:MAX_SHOWN]:
        print(
            f"  e.g. {record.name} ({record.about}): {write_record(fixtures / 'excluded', record)}"
        )
    print(f"differences: {len(verdict.differences)}")
    if not verdict.differences:
        return
    judge = JudgeProcess(find_node())
    for difference in verdict.differences[:MAX_SHOWN]:
        judged = judge.replay(difference.record, log=True)
        print(difference.text(judged.lines))
        print(f"  fixture: {write_record(fixtures, difference.record)}")
    judge.close()
    places = Counter(difference.first for difference in verdict.differences)
    for place, count in places.most_common(20):
        print(f"  {count} battles differ first in {place}")


def main() -> int:
    """Returns the exit code: 1 if anything differs."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--battles", type=int, default=2000)
    parser.add_argument("--first", type=int, default=0, help="number of the first battle")
    parser.add_argument("--seed", type=int, default=0, help="of the proof")
    parser.add_argument("--workers", type=int, default=1, help="each with its own Node")
    parser.add_argument("--against", choices=("engine", "showdown", "nothing"), default="engine")
    parser.add_argument("--kinds", default=",".join(KINDS), help=f"of {', '.join(KINDS)}")
    parser.add_argument("--fixtures", type=Path, default=Path("lockstep_differences"))
    given = parser.parse_args()
    kinds = tuple(given.kinds.split(","))
    if not set(kinds) <= set(KINDS):
        parser.error(f"--kinds {given.kinds}: choose from {', '.join(KINDS)}")
    end = given.first + given.battles
    tasks = [
        (given.against, given.seed, kinds, begin, min(begin + STRETCH, end))
        for begin in range(given.first, end, STRETCH)
    ]
    verdict = Verdict()
    started = time.monotonic()
    with multiprocessing.get_context("spawn").Pool(given.workers) as pool:
        for number, stretch in enumerate(pool.imap(run_stretch, tasks), 1):
            verdict.merge(stretch)
            if number % SAY_EVERY == 0:
                done = verdict.coverage.battles
                rate = done / (time.monotonic() - started)
                print(
                    f"{done} battles, {len(verdict.differences)} differences, {rate:.1f} battles/s",
                    file=sys.stderr,
                )
    show(verdict, time.monotonic() - started, given.fixtures)
    return 1 if verdict.differences else 0


if __name__ == "__main__":
    sys.exit(main())
