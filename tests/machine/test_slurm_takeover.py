"""What a driver of the SLURM executor leaves behind when it is stopped or killed, and who goes on with it or ends it."""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from psro.machine.durable import sweep_temporaries
from psro.machine.errors import Preempted
from psro.machine.executors.slurm.executor import SlurmExecutor
from psro.machine.executors.slurm.spool import Spool
from psro.machine.lock import RunLock
from psro.machine.signals import StopFlag
from psro.machine.units import Unit
from tests.machine.slurm_executors import (
    Make,
    StopWhen,
    kill_a_driver,
    naps,
    other,
    run,
    spool,
    wait_for,
)
from tests.machine.test_executors import Recorder, draws, is_running
from tests.machine.toy_algorithm import run_serially


def test_a_stop_is_quick_and_the_next_driver_does_what_was_not_done(
    make: Make, tmp_path: Path
) -> None:
    first = make()
    units = [*naps(2, 60), *draws(2)]
    with pytest.raises(Preempted, match="SIGTERM"):
        run(first, units, StopWhen(lambda: len(os.listdir(tmp_path / "slurm/v1/taken")) == 2))
    first.close()
    assert not spool(tmp_path).look().open, "nobody is to begin what nobody has begun"
    done = run(make(), draws(2))
    assert len(done) == 2


def stop_in_the_middle(executor: SlurmExecutor, directory: Path, nap: Sequence[Unit]) -> None:
    """Stop the driver while a worker is at the unit, and wait until that has finished it."""
    with pytest.raises(Preempted):
        run(executor, nap, StopWhen(lambda: spool(directory).look().taken))
    wait_for(lambda: spool(directory).done())


def test_what_was_being_done_at_a_stop_is_adopted_by_the_next_driver(
    make: Make, tmp_path: Path
) -> None:
    nap = naps(1, 1.0, polls=False)
    stop_in_the_middle(make(), tmp_path, nap)
    num_workers = len(list((tmp_path / "slurm/v1/workers").iterdir()))
    recorder = Recorder()
    assert len(run(make(), nap, None, recorder)) == 1
    assert len(list((tmp_path / "slurm/v1/workers").iterdir())) == num_workers, "nobody was hired"
    assert recorder.deaths == []


def test_what_was_left_behind_is_believed_only_as_far_as_its_bytes_go(
    make: Make, tmp_path: Path
) -> None:
    nap = naps(1, 1.0, polls=False)
    stop_in_the_middle(make(), tmp_path, nap)
    (tmp_path / "nap_0").write_bytes(b"torn")
    recorder = Recorder()
    assert len(run(make(), nap, None, recorder)) == 1
    assert (tmp_path / "nap_0").read_bytes() == b"slept"
    ((key, _, reason),) = recorder.deaths
    assert (key, "has 4 bytes" in reason) == ("nap/0", True)


def test_other_code_adopts_nothing(make: Make, tmp_path: Path) -> None:
    nap = naps(1, 0.5, polls=False)
    stop_in_the_middle(make(), tmp_path, nap)
    run(make(stamp="v2"), nap)
    assert not spool(tmp_path).exists()
    assert len(list((tmp_path / "slurm/v2/workers").iterdir())) == 1, "it was done anew"


@pytest.mark.parametrize("polls", [True, False])
@pytest.mark.parametrize("successor", ["another executor", "other code"])
def test_who_is_no_successor_ends_the_workers_of_a_killed_driver_before_its_first_unit(
    make: Make, tmp_path: Path, polls: bool, successor: str
) -> None:
    nap = naps(1, 60 if polls else 4, polls)
    taken = spool(tmp_path).directory / "taken"
    kill_a_driver(make(linger_s=60.0), nap, lambda: list(taken.glob("*@*")))
    workers = [int(path.name) for path in (tmp_path / "slurm/v1/workers").iterdir()]
    executor: Any = other(tmp_path)
    if successor == "other code":
        # Units that this one does itself: it needs no spool of its own.
        executor = make(stamp="v2", kinds=["pid"])
    units = executor.run(draws(3), StopFlag(), Recorder())
    next(units)
    assert not (tmp_path / "slurm").exists()
    wait_for(lambda: not any(is_running(worker) for worker in workers))
    assert len(list(units)) == 2
    executor.close()
    assert not (tmp_path / "nap_0").exists(), "it was no longer the worker's to write"
    assert not (tmp_path / "slurm").exists()


@pytest.mark.parametrize("name", ["serial", "processes"])
def test_a_run_ends_without_what_another_driver_left(name: str, tmp_path: Path) -> None:
    left = Spool(tmp_path / "rps" / "seed_0" / "slurm" / "other")
    left.make()
    command = [sys.executable, "-m", "psro.main", "+experiment=rps", f"runs_directory={tmp_path}"]
    command += [f"executor={name}", "psro.num_iterations=0", "certificate.enabled=false"]
    subprocess.run(command, check=True, capture_output=True)
    assert not left.directory.parent.exists()


def test_who_is_refused_the_run_leaves_the_workers_of_its_driver_alone(
    make: Make, tmp_path: Path
) -> None:
    spool(tmp_path).make()
    with RunLock(tmp_path):
        make().close()
        make(stamp="v2").close()
        other(tmp_path).close()
    assert spool(tmp_path).exists()


def test_a_run_without_units_left_is_tidied_once_it_is_over(make: Make, tmp_path: Path) -> None:
    for executor in (make, other):
        spool(tmp_path).make()
        executor(tmp_path).close()
        assert spool(tmp_path).exists(), "somebody is to go on with this run"
    run_serially(tmp_path)
    for executor in (make, other):
        spool(tmp_path).make()
        executor(tmp_path).close()
        assert not (tmp_path / "slurm").exists()


def test_the_sweep_at_a_start_spares_what_a_killed_drivers_worker_is_writing(
    make: Make, tmp_path: Path
) -> None:
    def half_written() -> list[Path]:
        return list(tmp_path.glob(".slow.*.tmp"))

    slow = [Unit("slow", "slow", {}, "slow")]
    kill_a_driver(make(), slow, half_written)
    name = half_written()[0].name.split(".")
    name[-3] = str(2**22 + 1)  # no system has so many processes
    dead = tmp_path / ".".join(name)
    dead.touch()
    assert sweep_temporaries(tmp_path) == 1
    wait_for(lambda: spool(tmp_path).done())
    report = spool(tmp_path).read(*spool(tmp_path).done())
    assert report is not None
    assert (report.outcome, (tmp_path / "slow").read_bytes()) == ("done", b"written")
    executor = make()
    assert len(run(executor, slow)) == 1
    writing = dead.with_name(dead.name.replace(str(2**22 + 1), str(os.getppid())))
    writing.touch()
    assert sweep_temporaries(tmp_path) == 0
    executor.close()
    assert list(tmp_path.glob(".*.tmp")) == []
