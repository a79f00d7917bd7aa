"""The SLURM executor with submitit's local queue: real worker processes, a real spool, no cluster.

What needs a cluster is in tests/slurm/test_slurm_executor_cluster.py.
"""

import errno
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from psro.machine.durable import sweep_temporaries
from psro.machine.errors import Preempted, UnitError, UserError
from psro.machine.executors import SerialExecutor, UnitDone
from psro.machine.executors.slurm.config import SlurmConfig
from psro.machine.executors.slurm.executor import SlurmExecutor
from psro.machine.executors.slurm.leftovers import EndsLeftovers
from psro.machine.executors.slurm.spool import Spool
from psro.machine.lock import RunLock
from psro.machine.signals import StopFlag
from psro.machine.units import Progress, Unit
from tests.machine.test_executors import Recorder, draws, is_running
from tests.machine.toy_algorithm import ToyContext, results, run_serially

KINDS = [
    "draw",
    "sleep",
    "die",
    "raise_bug",
    "raise_user_error",
    "log",
    "pid",
    "stale",
    "hang",
    "slow",
]
Make = Callable[..., SlurmExecutor]


class Context(ToyContext):
    """The toy's, with more ways to go wrong once."""

    def is_first_time(self, unit: Unit) -> bool:
        marker = Path(self.directory, f"{unit.result}.tried")
        is_first = not marker.exists()
        marker.touch()
        return is_first

    def stale(self, unit: Unit, progress: Any, stop: Any) -> bytes:
        if self.is_first_time(unit):
            raise OSError(errno.ESTALE, "Stale file handle")
        return b"read"

    def hang(self, unit: Unit, progress: Any, stop: Any) -> bytes:
        progress(0, 1, "steps")
        if self.is_first_time(unit):
            time.sleep(600)
        return b"woken"

    def slow(self, unit: Unit, progress: Any, stop: Any) -> bytes:
        """Its result takes seconds to write."""
        fsync = os.fsync

        def slowly(descriptor: int) -> None:
            time.sleep(2.0)
            os.fsync = fsync

        os.fsync = slowly
        return b"written"


def make_context(payload: Any) -> Context:
    """The workers' factory: they import it from here."""
    if payload.get("fail_to_start"):
        raise UserError("no GPU here: set device=cpu")
    if payload.get("bug_at_start"):
        raise ZeroDivisionError("the bug")
    return Context(payload)


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Make]:
    made: list[SlurmExecutor] = []

    def make(
        directory: Path = tmp_path,
        payload: dict[str, Any] | None = None,
        stamp: str = "v1",
        hang_s: float | None = None,
        **settings: Any,
    ) -> SlurmExecutor:
        given = {"directory": str(directory), **(payload or {})}
        config = SlurmConfig(
            **{"cluster": "local", "kinds": KINDS, "min_units": 1, "num_workers": 2,
               "linger_s": 0.0, "poll_s": 0.3} | settings
        )  # fmt: skip
        inner = SerialExecutor(directory, make_context, given)
        executor = SlurmExecutor(
            directory, make_context, given, config, inner, stamp, hang_s=hang_s, settle_s=0.0
        )
        made.append(executor)
        return executor

    yield make
    for executor in made:
        executor.close()


class StopWhen(StopFlag):
    """A stop that is asked for as soon as something is so."""

    def __init__(self, condition: Callable[[], Any]) -> None:
        super().__init__()
        self.condition = condition

    def is_set(self) -> bool:
        if not super().is_set() and self.condition():
            self.set("SIGTERM")
        return super().is_set()


def run(
    executor: SlurmExecutor,
    units: Sequence[Unit],
    stop: StopFlag | None = None,
    listener: Recorder | None = None,
) -> list[UnitDone]:
    return list(executor.run(units, stop or StopFlag(), listener or Recorder()))


def spool(directory: Path, stamp: str = "v1") -> Spool:
    return Spool(directory / "slurm" / stamp)


def naps(count: int, seconds: float = 60, polls: bool = True) -> list[Unit]:
    payload = {"seconds": seconds, "polls": polls}
    return [Unit(f"nap/{i}", "sleep", payload, f"nap_{i}") for i in range(count)]


def wait_for(condition: Callable[[], Any]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.05)


def test_the_bytes_are_those_of_the_serial_executor_and_nothing_else_is_left(
    make: Make, tmp_path: Path
) -> None:
    serial = SerialExecutor(tmp_path / "a", make_context, {"directory": str(tmp_path / "a")})
    alone = {d.unit.key: d.artifacts for d in serial.run(draws(5), StopFlag(), Recorder())}
    executor = make(tmp_path / "b")
    recorder = Recorder()
    spread = {d.unit.key: d.artifacts for d in run(executor, draws(5), listener=recorder)}
    executor.close()
    assert spread == alone
    assert results(tmp_path / "b") == results(tmp_path / "a")
    assert dict(recorder.progress)["draw/0"] == Progress(3, 3, "steps")
    assert recorder.deaths == []


def test_only_the_configured_kinds_are_spread_and_only_in_numbers(
    make: Make, tmp_path: Path
) -> None:
    executor = make(kinds=["pid"], min_units=2)
    here = str(os.getpid())
    run(executor, [Unit("lone", "pid", {}, "lone")])
    assert (tmp_path / "lone").read_text() == here
    units = [Unit(f"spread/{i}", "pid", {}, f"spread_{i}") for i in range(2)]
    done = run(executor, [*units, *draws(1)])
    assert [d.unit.key for d in done][-1] == "draw/0"
    assert here not in {(tmp_path / f"spread_{i}").read_text() for i in range(2)}
    assert (tmp_path / "out/0.json").exists()


def test_a_worker_stays_for_the_next_phase_and_goes_at_the_end(make: Make, tmp_path: Path) -> None:
    executor = make(linger_s=60.0, num_workers=1)
    run(executor, [Unit("a", "pid", {}, "a")])
    run(executor, [Unit("b", "pid", {}, "b")])
    pid = int((tmp_path / "a").read_text())
    assert (tmp_path / "b").read_text() == str(pid)
    executor.close()
    wait_for(lambda: not is_running(pid))
    assert not (tmp_path / "slurm").exists()


def test_the_unit_of_a_worker_that_died_is_run_again(make: Make, tmp_path: Path) -> None:
    recorder = Recorder()
    executor = make()
    done = run(
        executor, [Unit("fragile", "die", {"num_deaths": 2}, "fragile"), *draws(3)], None, recorder
    )
    assert len(done) == 4
    assert (tmp_path / "fragile").read_bytes() == b"survived"
    assert [(key, number) for key, number, _ in recorder.deaths] == [("fragile", 1), ("fragile", 2)]
    executor.close()
    assert list(spool(tmp_path).logs.glob("*.out")), "the dead workers' logs are kept"


def test_a_unit_that_kills_three_workers_stops_the_run(make: Make) -> None:
    recorder = Recorder()
    with pytest.raises(UnitError, match=r"3 workers died running unit 'fragile'.*To run it alone"):
        run(make(), [Unit("fragile", "die", {"num_deaths": 9}, "fragile")], None, recorder)
    assert [key for key, _ in recorder.failed] == ["fragile"]


def test_an_error_of_a_machine_is_tried_again_and_counted(make: Make, tmp_path: Path) -> None:
    recorder = Recorder()
    run(make(), [Unit("torn", "stale", {}, "torn")], None, recorder)
    assert (tmp_path / "torn").read_bytes() == b"read"
    ((key, number, reason),) = recorder.deaths
    assert (key, number) == ("torn", 1)
    assert "Stale file handle" in reason


def test_a_unit_that_hangs_is_run_again_and_its_stacks_are_in_the_log(
    make: Make, tmp_path: Path
) -> None:
    recorder = Recorder()
    executor = make(hang_s=2.0)
    run(executor, [Unit("deaf", "hang", {}, "deaf")], None, recorder)
    assert (tmp_path / "deaf").read_bytes() == b"woken"
    assert [key for key, *_ in recorder.deaths] == ["deaf"]
    logs = [path.read_text() for path in spool(tmp_path).logs.glob("*.out")]
    assert any("Timeout" in text and "in hang" in text for text in logs)


def test_a_bug_shows_its_traceback_after_what_others_finished(make: Make) -> None:
    finished = make(num_workers=2).run(
        [*naps(1, 0.2, polls=False), Unit("broken", "raise_bug", {}, "broken")],
        StopWhen(lambda: False),
        recorder := Recorder(),
    )
    with pytest.raises(UnitError, match=r"(?s)'broken'.*run it alone.*ZeroDivisionError: the bug"):
        list(finished)
    assert [key for key, _ in recorder.failed] == ["broken"]


def test_a_users_error_in_a_unit_stays_one_line(make: Make) -> None:
    with pytest.raises(UserError, match=r"^team set 'xyz' is not there: look under teams/$"):
        run(make(), [Unit("broken", "raise_user_error", {}, "broken")])


@pytest.mark.parametrize(
    ("payload", "error", "message"),
    [
        ({"fail_to_start": True}, UserError, "^no GPU here: set device=cpu$"),
        ({"bug_at_start": True}, UnitError, r"(?s)could not be initialised on .*ZeroDivisionError"),
    ],
)
def test_workers_none_of_which_can_start_end_the_run(
    make: Make, payload: dict[str, Any], error: type[Exception], message: str
) -> None:
    recorder = Recorder()
    with pytest.raises(error, match=message):
        run(make(payload=payload), draws(1), None, recorder)
    assert recorder.failed == [], "it is not the unit's fault"


def test_what_a_worker_logs_reaches_the_driver(
    make: Make, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level("INFO"):
        run(make(), [Unit("chatty", "log", {}, "chatty")])
    assert "hello from 'chatty'" in caplog.text


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


def kill_a_driver(executor: SlurmExecutor, units: Sequence[Unit], when: Callable[[], Any]) -> None:
    """Have `units` run by a driver that is killed `when`; its workers live."""
    driver = os.fork()
    if driver == 0:
        try:
            run(executor, units)
        finally:
            os._exit(1)
    try:
        wait_for(when)
    finally:
        os.kill(driver, signal.SIGKILL)
        os.waitpid(driver, 0)


def other(directory: Path) -> EndsLeftovers:
    """Another executor than slurm, as wiring.make_executor gives it."""
    serial = SerialExecutor(directory, make_context, {"directory": str(directory)})
    return EndsLeftovers(serial, directory)


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


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"cluster": "pbs"}, "executor.slurm.cluster is 'pbs'; choose one of"),
        ({"time_min": 1}, "executor.slurm.time_min is 1; it must be at least 5"),
        ({"num_workers": 0}, "executor.slurm.num_workers is 0"),
        ({"mem_gb": 0.0}, "executor.slurm.mem_gb is 0.0"),
    ],
)
def test_settings_that_cannot_be_are_refused_by_name(
    settings: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        SlurmConfig(**settings)


def test_a_worker_on_another_kind_of_machine_is_said_aloud_once(
    make: Make, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Not the worker's: it has read its own by then.
    monkeypatch.setattr("psro.machine.environment.here", lambda packages: {"processor": "abacus"})
    assert len(run(make(), draws(3))) == 3
    (said,) = [text for text in caplog.messages if "another kind of machine" in text]
    assert "here abacus" in said


def test_a_machine_that_is_of_no_cluster_is_told_from_one_whose_queue_is_slow(
    make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # SLURM's programs are there, its controller is not.
    for program in ("squeue", "scancel"):
        (tmp_path / program).write_text(
            "#!/bin/sh\necho 'Unable to contact controller' >&2; exit 1"
        )
        (tmp_path / program).chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    with pytest.raises(UserError, match=r"does not answer.*squeue: Unable to contact controller"):
        run(make(cluster="slurm"), draws(1))
