"""executor=slurm on a real SLURM: array tasks that are cancelled, killed, refused, and outlive their driver."""

import contextlib
import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from psro.machine.errors import Preempted, UserError
from psro.machine.executors import SerialExecutor
from psro.machine.executors.slurm.config import SlurmConfig
from psro.machine.executors.slurm.executor import SlurmExecutor
from psro.machine.executors.slurm.spool import Spool
from psro.machine.signals import StopFlag
from tests.machine.slurm_executors import (
    StopWhen,
    kill_a_driver,
    make_context,
    naps,
    other,
    run,
    wait_for,
)
from tests.machine.test_executors import Recorder, draws
from tests.slurm.cluster import Cluster
from tests.slurm.jobs import ROOT, Clone, Job, Run

Make = Callable[..., SlurmExecutor]

EXPERIMENT = (
    "+experiment=rps",
    "game.exact=false",
    "psro.num_iterations=1",
    "psro.measure_battles=120000",
    "psro.battles_per_unit=6000",
)
"""Rock-paper-scissors played, not computed: a few seconds, in units of 6,000 battles."""
SPREAD = (
    "executor=slurm",
    "executor.slurm.num_workers=2",
    "executor.slurm.poll_s=1",
    "executor.slurm.mem_gb=1",
    "executor.slurm.linger_s=120",
)


SMALL = ("--partition=low", "--cpus-per-task=2", "--mem=4G")


@pytest.fixture
def make(slurm: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Make]:
    for name, value in slurm.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(ROOT)
    made: list[SlurmExecutor] = []

    def make(**settings: Any) -> SlurmExecutor:
        given = {"directory": str(tmp_path)}
        config = SlurmConfig(
            **{"kinds": ["draw", "sleep"], "num_workers": 2, "linger_s": 0.0, "poll_s": 0.3,
               "mem_gb": 0.5} | settings
        )  # fmt: skip
        inner = SerialExecutor(tmp_path, make_context, given)
        made.append(SlurmExecutor(tmp_path, make_context, given, config, inner, "v1", settle_s=0.0))
        return made[-1]

    yield make
    for executor in made:
        executor.close()
    slurm.run("scancel", f"--user={os.getuid()}")


def spool(directory: Path) -> Spool:
    return Spool(directory / "slurm" / "v1")


def queue(slurm: Cluster) -> list[str]:
    """The states of all tasks."""
    return slurm.run("squeue", "--noheader", "--array", "--format=%T").split()


def kill(job: str) -> None:
    """SIGKILL to all processes of a job or task, which SLURM itself never sends without a warning."""
    array, _, index = job.partition("_")
    mine = {f"SLURM_JOB_ID={job}"}
    if index:
        mine = {f"SLURM_ARRAY_JOB_ID={array}", f"SLURM_ARRAY_TASK_ID={index}"}
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(FileNotFoundError, ProcessLookupError, PermissionError):
            if mine <= set((process / "environ").read_text(errors="replace").split("\0")):
                os.kill(int(process.name), signal.SIGKILL)


def test_array_tasks_give_the_bytes_of_the_serial_executor(
    make: Make, slurm: Cluster, tmp_path: Path
) -> None:
    serial = SerialExecutor(tmp_path / "a", make_context, {"directory": str(tmp_path / "a")})
    alone = {d.unit.key: d.artifacts for d in serial.run(draws(6), StopFlag(), Recorder())}
    executor = make(linger_s=60.0)
    assert {d.unit.key: d.artifacts for d in run(executor, draws(6))} == alone
    workers = {path.name for path in (tmp_path / "slurm/v1/workers").iterdir()}
    array = min(workers).partition("_")[0]
    assert workers <= {f"{array}_0", f"{array}_1"}, "tasks of one array, one of which may come late"
    executor.close()
    wait_for(lambda: not queue(slurm))
    assert not (tmp_path / "slurm").exists()


def test_a_cancelled_task_gives_its_unit_back_and_a_killed_ones_is_missed(
    make: Make, slurm: Cluster, tmp_path: Path
) -> None:
    executor, recorder = make(), Recorder()
    done = executor.run(naps(4, 3.0), stop := StopWhen(lambda: False), recorder)
    seen: dict[str, str] = {}

    def disturb() -> bool:
        taken = spool(tmp_path).look().taken
        if len(taken) == 2 and not seen:
            seen.update(taken)
            cancelled, killed = taken.values()
            slurm.run("scancel", cancelled)
            kill(killed)
        return False

    stop.condition = disturb
    assert len(list(done)) == 4
    assert {path.name for path in tmp_path.glob("nap_*")} == {f"nap_{i}" for i in range(4)}
    ((_, number, reason),) = recorder.deaths
    assert number == 1, "the cancelled one is nobody's death"
    assert list(seen.values())[1] in reason


def test_a_cluster_that_refuses_the_workers_is_quoted(make: Make) -> None:
    with pytest.raises(UserError, match=r"takes no workers.*nowhere"):
        run(make(partition="nowhere"), draws(2))


def test_a_stop_empties_the_queue_but_for_what_is_being_done_which_is_adopted(
    make: Make, slurm: Cluster, tmp_path: Path
) -> None:
    # The node has 16 processors: two tasks run, the others wait.
    first = make(num_workers=8, cpus=8)
    units = naps(8, 1.5)
    with pytest.raises(Preempted):
        run(first, units, StopWhen(lambda: len(spool(tmp_path).look().taken) == 2))
    first.close()
    assert "PENDING" not in queue(slurm)
    wait_for(lambda: len(spool(tmp_path).done()) == 2)
    wait_for(lambda: not queue(slurm))
    recorder = Recorder()
    assert len(run(make(num_workers=2), units, None, recorder)) == 8
    assert recorder.deaths == []


def test_another_executor_empties_the_queue_that_a_killed_driver_left(
    make: Make, slurm: Cluster, tmp_path: Path
) -> None:
    # Two tasks run, the others wait.
    taken = tmp_path / "slurm/v1/taken"
    units = naps(8, 60)
    kill_a_driver(make(num_workers=8, cpus=8), units, lambda: len(list(taken.glob("*@*"))) == 2)
    assert sorted(set(queue(slurm))) == ["PENDING", "RUNNING"]
    executor = other(tmp_path)
    assert len(list(executor.run(draws(1), StopFlag(), Recorder()))) == 1
    wait_for(lambda: not queue(slurm))
    executor.close()
    assert list(tmp_path.glob("nap_*")) == []
    assert not (tmp_path / "slurm").exists()


def test_workers_outlive_a_killed_driver_and_serve_the_next(clone: Clone) -> None:
    whole = clone.psro(*EXPERIMENT, "executor=serial", "name=whole", options=SMALL)
    first, trial = clone.psro(*EXPERIMENT, *SPREAD, options=SMALL), clone.run("rps")
    wait_for_workers(first, trial)
    kill(first.id)
    first.wait_for_end()
    left = set(workers_at_work(trial))
    assert left & set(clone.cluster.run("squeue", "--noheader", "--array", "--format=%i").split())
    assert trial.stops() == [], "it had no time to say goodbye"
    second = clone.psro(*EXPERIMENT, *SPREAD, options=SMALL)
    assert second.wait_for_end()["JobState"] == "COMPLETED", second.report()
    assert "worker(s) submitted" not in second.text(), "those of the first were enough"
    assert whole.wait_for_end()["JobState"] == "COMPLETED", whole.report()
    assert trial.results() == clone.run("whole").results()


def test_a_preempted_driver_is_requeued_and_ends_with_the_same_bytes(clone: Clone) -> None:
    whole = clone.psro(*EXPERIMENT, "executor=serial", "name=whole", options=SMALL)
    whole.wait_for_end()
    job, trial = clone.psro(*EXPERIMENT, *SPREAD, options=SMALL), clone.run("rps")
    wait_for_workers(job, trial)
    clone.sbatch("--partition=high", "--exclusive", "--output=/dev/null", "--wrap=true")
    shown = job.wait_for_end()
    assert (shown["JobState"], shown["Restarts"]) == ("COMPLETED", "1"), job.report()
    assert trial.results() == clone.run("whole").results()
    assert not (trial.directory / "slurm").exists()


def wait_for_workers(job: Job, trial: Run) -> None:
    job.wait_for(
        lambda: trial.phase() == "MEASURE" and len(workers_at_work(trial)) == 2, "has two workers"
    )


def workers_at_work(trial: Run) -> list[str]:
    taken = trial.directory.glob("slurm/*/taken/*")
    return [entry.name.partition("@")[2] for entry in taken]
