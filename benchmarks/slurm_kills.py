"""executor=slurm on the test cluster, its workers and its driver killed at random, until the bytes are compared.

    python -m benchmarks.slurm_kills --kills 20 --seed 0
    python -m benchmarks.slurm_kills --kills 20 --experiment rps game.exact=false psro.measure_battles=60000

One undisturbed run by executor=processes. Then run after run on two array tasks, in which every few seconds a worker with a unit is
killed (SIGKILL, without a warning) or cancelled (scancel), or the driver's job is killed and submitted again; drawn by seed. The
results of each finished run are compared with the first's. Exit code 0: all are equal; 1: some are not, and are named.
"""

import argparse
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from time import monotonic, sleep

from psro.machine.seeds import rng_from
from tests.slurm import cluster
from tests.slurm.jobs import Clone, Job, Run
from tests.slurm.test_slurm_executor_cluster import SMALL, SPREAD, kill, workers_at_work

KINDS = ("worker killed", "worker cancelled", "driver killed")
WEIGHTS = (0.45, 0.2, 0.35)
SHORTEST_PAUSE_S = 1.0


class Trial:
    """One run with its driver's jobs, and how often what was killed."""

    def __init__(self, clone: Clone, experiment: Sequence[str], name: str) -> None:
        self.clone = clone
        self.arguments = (*experiment, *SPREAD, f"name={name}")
        self.run = clone.run(name)
        self.num_starts = 0
        self.job = self.start()

    def start(self) -> Job:
        """Submit the driver."""
        self.num_starts += 1
        return self.clone.psro(*self.arguments, options=SMALL)

    def is_done(self) -> bool:
        """True at the run's end; a driver that ended before that is started again."""
        state = self.job.show()["JobState"]
        if state in ("PENDING", "RUNNING", "COMPLETING"):
            return False
        if state == "COMPLETED":
            return True
        self.job = self.start()
        return False

    def disturb(self, kind: str) -> str | None:
        """Kill; returns the phase it hit, None if there was nothing to hit."""
        phase = self.run.phase()
        if kind == "driver killed":
            if self.job.show()["JobState"] != "RUNNING" or not phase:
                return None
            kill(self.job.id)
            self.job.wait_for_end()
            self.job = self.start()
            return phase
        workers = workers_at_work(self.run)
        if not workers:
            return None
        if kind == "worker killed":
            kill(workers[0])
        else:
            self.clone.cluster.run("scancel", workers[0])
        return phase


def differences(one: Run, other: Run) -> list[str]:
    """Paths of results that are not the same in both."""
    a, b = one.results(), other.results()
    return sorted(path for path in a.keys() | b.keys() if a.get(path) != b.get(path))


def main() -> int:
    """The exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument(
        "--pause", type=float, default=20.0, help="the most seconds between two; a start takes some"
    )
    parser.add_argument("--experiment", default="smoke")
    parser.add_argument("overrides", nargs="*")
    given = parser.parse_args()
    experiment = (f"+experiment={given.experiment}", *given.overrides)
    rng = rng_from("slurm kills", given.seed)
    hits: Counter[tuple[str, str]] = Counter()
    num_runs, num_deaths, wrong = 0, 0, []
    began = monotonic()
    running = cluster.up()
    try:
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
            clone = Clone.make(Path(folder), running)
            quiet = (*experiment, "executor=processes", "name=quiet")
            subprocess.run(
                [sys.executable, "-m", "psro.main", *quiet],
                cwd=folder, check=True, stdout=subprocess.DEVNULL,
            )  # fmt: skip
            while hits.total() < given.kills:
                trial = Trial(clone, experiment, f"trial_{num_runs}")
                while not trial.is_done():
                    sleep(rng.uniform(SHORTEST_PAUSE_S, given.pause))
                    kind = str(rng.choice(KINDS, p=WEIGHTS))
                    if hits.total() < given.kills and (phase := trial.disturb(kind)):
                        hits[kind, phase] += 1
                num_runs += 1
                incidents = trial.run.directory / "incidents.jsonl"
                num_deaths += len(incidents.read_text().splitlines()) if incidents.exists() else 0
                if found := differences(trial.run, clone.run("quiet")):
                    wrong.append(f"{trial.run.directory.parent.name}: {', '.join(found)}")
                print(
                    f"{hits.total()} kills, {num_runs} runs, {len(wrong)} of them wrong", flush=True
                )
    finally:
        running.stop()
    print(f"\n{' '.join(experiment)}: {monotonic() - began:.0f} s, seed {given.seed}")
    for kind in KINDS:
        phases = {phase: count for (k, phase), count in sorted(hits.items()) if k == kind}
        print(f"{kind}: {sum(phases.values())} ({phases})")
    print(
        f"units missed by a driver and run again: {num_deaths}; runs that ended otherwise: {wrong}"
    )
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
