"""The smoke experiment on a real SLURM, preempted again and again, ends with the bytes of a quiet run."""

import subprocess
import sys
from collections.abc import Iterator, Set
from datetime import datetime
from typing import Any

import pytest

from tests.slurm.jobs import DEADLINE_S, ROOT, Clone, Job, Run

PREEMPTED_IN = ("TOURNAMENT", "COLLECT", "TRAIN", "CERTIFY")
"""The phases that a preemption is wanted in, each after some of its work and before its end."""

# Each of these phases then takes seconds (battles on the engine would not), which SLURM needs to start the job that preempts ours.
EXPERIMENT = (
    "+experiment=smoke",
    "arena=simulator",
    "psro.rounds=1",
    "psro.collect.num_battles=96",
    "oracle.response.joint_epochs=2",
    "oracle.response.candidates=[3]",
    "tournament.battles_per_matchup=40",
)


@pytest.fixture
def quiet(clone: Clone) -> Iterator["subprocess.Popen[str]"]:
    """The same run without SLURM and undisturbed; at work while the job is."""
    process = subprocess.Popen(
        [sys.executable, "-m", "psro.main", *EXPERIMENT, f"runs_directory={clone.root}/quiet"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    yield process
    process.kill()


def is_under_way(run: Run) -> bool:
    """True when the phase it is in has done some of its work."""
    position = run.manifest()["position"]
    if position["phase"] == "TRAIN":
        group = f"iteration_{position['iteration']}/oracle/round_{position['round']}"
        return (run.directory / group / "scratch" / "training.ckpt").exists()
    return run.units(position) > 0


def stop_within(phases: Set[str], clone: Clone, job: Job, run: Run) -> dict[str, Any] | None:
    """Have a job of high priority take the node as soon as the run is within one of these phases.

    Returns when our job runs again: the history's entry of the stop. None if the run ended before.
    """
    num_stops = len(run.stops())
    job.wait_for(
        lambda: run.phase() == "DONE" or (run.phase() in phases and is_under_way(run)),
        f"is in one of {phases}",
    )
    if run.phase() == "DONE":
        return None
    clone.sbatch("--partition=high", "--exclusive", "--output=/dev/null", "--wrap=true")
    job.wait_for(lambda: run.phase() == "DONE" or len(run.stops()) > num_stops, "is stopped")
    if len(run.stops()) == num_stops:
        return None
    stop = run.stops()[-1]
    job.wait_for(lambda: len(run.starts()) > num_stops + 1, "starts again")
    return stop


def seconds_to_the_end(job: Job) -> list[float]:
    """From SLURM's decision to the end of the job's last process, for each preemption."""

    def times(log: str, event: str) -> list[datetime]:
        lines = (job.cluster.directory / log).read_text().splitlines()
        return [datetime.fromisoformat(line[1:24]) for line in lines if event in line]

    preempted = times("slurmctld.log", f"preempted JobId={job.id} ")
    ended = times("slurmd.log", f"[{job.id}.batch] done with job")
    # The last start ended by itself.
    pairs = zip(preempted, ended[: len(preempted)], strict=True)
    return [(end - start).total_seconds() for start, end in pairs]


def test_preempted_in_every_phase_the_job_goes_on_and_ends_with_the_same_bytes(
    clone: Clone, quiet: "subprocess.Popen[str]"
) -> None:
    # One worker, where the quiet run has as many as the machine has cores: it is started five times.
    options = ("--partition=low", "--cpus-per-task=1")
    job, run = clone.psro(*EXPERIMENT, options=options), clone.run("smoke")
    wanted = set(PREEMPTED_IN)
    stopped_at = []
    while wanted and (stop := stop_within(wanted, clone, job, run)):
        stopped_at.append((stop["position"], run.units(stop["position"])))
        # SLURM needs a moment to preempt: if the phase was over by then, it is wanted still.
        wanted -= {stop["position"]["phase"]}

    shown = job.wait_for_end()
    report = job.report()
    assert shown["JobState"] == "COMPLETED", report
    assert not wanted, f"never stopped within {wanted}\n{report}"
    for position, num_units in stopped_at:
        if position["phase"] in PREEMPTED_IN:
            assert num_units < run.units(position), f"{position} was over when it was stopped"

    count = len(stopped_at)
    assert shown["Restarts"] == str(count), report
    assert [entry["note"] for entry in run.stops()] == ["stopped by SIGTERM"] * count
    starts = [(entry["job_id"], entry["restart_count"]) for entry in run.starts()]
    assert starts == [(job.id, start) for start in range(count + 1)]
    for line in ("DUE TO PREEMPTION", "stopped by TERM with everything saved", "RESUMED"):
        assert job.text().count(line) == count, f"{line!r}, in one file with all starts\n{report}"

    output, _ = quiet.communicate(timeout=DEADLINE_S)
    assert quiet.returncode == 0, output
    assert run.results() == Run(clone.root / "quiet" / "smoke" / "seed_0").results()

    for (position, _), seconds in zip(stopped_at, seconds_to_the_end(job), strict=True):
        print(f"preempted in {position['phase']}: {seconds:.1f} s from SIGTERM to the job's end")
