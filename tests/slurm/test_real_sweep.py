"""--multirun +sweep=slurm on a real SLURM: out of time, preempted, and the same bytes in the end."""

import subprocess
import sys

from tests.slurm.jobs import DEADLINE_S, Clone

EXPERIMENT = (
    "+experiment=rps",
    "game.exact=false",
    "psro.num_iterations=1",
    "psro.measure_battles=120000",
    "psro.battles_per_unit=6000",
    "executor=serial",
)
SWEEP = (
    "--multirun",
    "+sweep=slurm",
    "seed=0,1",
    "hydra.launcher.cpus_per_task=2",
    "hydra.launcher.mem_gb=2",
)


def test_the_runs_of_a_sweep_are_queued_again_and_end_with_the_same_bytes(clone: Clone) -> None:
    sweep = subprocess.Popen(
        [sys.executable, "-m", "psro.main", *SWEEP, *EXPERIMENT],
        cwd=clone.root,
        env=clone.cluster.environment,
        stderr=subprocess.PIPE,
        text=True,
    )
    runs = [clone.run("rps", seed) for seed in (0, 1)]
    some_job = clone.sbatch("--partition=low", "--output=/dev/null", "--wrap=true")
    some_job.wait_for(
        lambda: all(run.phase() == "MEASURE" for run in runs), "has both runs measuring"
    )
    tasks = clone.cluster.run("squeue", "--noheader", "--array", "--name=psro", "--format=%i")
    out_of_time = next(task for task in tasks.split() if task.endswith("_0"))
    clone.cluster.run("scancel", "--signal=USR2", out_of_time)
    some_job.wait_for(lambda: len(runs[0].stops()) == 1, "is out of time")
    clone.sbatch("--partition=high", "--exclusive", "--output=/dev/null", "--wrap=true")
    some_job.wait_for(lambda: len(runs[1].stops()) == 1, "is preempted")
    _, said = sweep.communicate(timeout=DEADLINE_S)
    assert sweep.returncode == 0, said
    assert runs[0].stops()[0]["note"] == "stopped by SIGUSR2"
    assert runs[1].stops()[0]["note"] == "stopped by SIGTERM"
    quiet = subprocess.run(
        [sys.executable, "-m", "psro.main", *EXPERIMENT, "name=quiet"], cwd=clone.root, check=False
    )
    assert quiet.returncode == 0
    assert runs[0].results() == clone.run("quiet").results()
