"""The SLURM executor with submitit's local queue: real worker processes, a real spool, no cluster.

Who takes over from whom: test_slurm_takeover.py. What needs a cluster is in tests/slurm/test_slurm_executor_cluster.py.
"""

import os
from pathlib import Path
from typing import Any

import pytest

from psro.machine.errors import UnitError, UserError
from psro.machine.executors import SerialExecutor
from psro.machine.executors.slurm.config import SlurmConfig
from psro.machine.signals import StopFlag
from psro.machine.units import Progress, Unit
from tests.machine.slurm_executors import Make, StopWhen, make_context, naps, run, spool, wait_for
from tests.machine.test_executors import Recorder, draws, is_running
from tests.machine.toy_algorithm import results


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
