"""python -m benchmarks.parsed_replays DIR [--battles N]: how fast parsed replays are written and read, on files of our own battles.

Plays N battles between heuristics, writes both sides to DIR/parsed/gen1ou, imports them in this process and prints CPU seconds (the machine may
be busy), what a file takes, and the most memory held.
"""

import argparse
import resource
import time
from pathlib import Path

from psro.game.battles import Job
from psro.import_replays import import_replays
from psro.machine.signals import StopFlag
from psro.pokemon.config import Gen1OUConfig
from psro.pokemon.game import Gen1OU
from psro.pokemon.observations.records.spec import RECORD_VIEW
from psro.pokemon.parsed_replays.exporting import write_parsed_replays

AT_A_TIME = 500
POLICIES = ("gym_leader", "poke_env_heuristic", "grunt")


def write(directory: Path, num_battles: int) -> None:
    """Both sides of so many battles."""
    game = Gen1OU(Gen1OUConfig())
    policies = {name: game.make_policy(name, name, {}) for name in POLICIES}
    arena = game.make_arena()
    num_files, seconds = 0, 0.0
    for first in range(0, num_battles, AT_A_TIME):
        seeds = range(first, min(num_battles, first + AT_A_TIME))
        pairs = [(POLICIES[seed % 3], POLICIES[seed // 3 % 3]) for seed in seeds]
        jobs = [Job(s, pair, record=(True, True)) for s, pair in zip(seeds, pairs, strict=True)]
        played = arena.play(jobs, policies, RECORD_VIEW, lambda *_: None, lambda: False)
        assert played.trajectories is not None
        start = time.process_time()
        num_files += len(list(write_parsed_replays(directory, played.trajectories, "11-23-2026")))
        seconds += time.process_time() - start
    arena.close()
    print(f"written: {num_files:,} files, {1000 * seconds / num_files:.1f} ms of CPU each")


def main() -> None:
    """Writes what is missing, reads all of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("directory", type=Path)
    parser.add_argument("--battles", type=int, default=2500)
    given = parser.parse_args()
    source = given.directory / "parsed"
    if not source.exists():
        write(source, given.battles)
    start = time.process_time()
    with StopFlag() as stop:
        data = import_replays(source, given.directory / "imported", "hp_margin", {}, 1, stop)
    seconds = time.process_time() - start
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"read: {data.num_battles:,} files, {1000 * seconds / data.num_battles:.2f} ms of CPU each, "
        f"{data.num_battles / seconds:.0f} a CPU second; at most {most:.0f} MB"
    )


if __name__ == "__main__":
    main()
