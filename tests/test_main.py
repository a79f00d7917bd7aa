"""The program as a user starts it: exit codes, one-line errors, resume."""

import os
import pty
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from psro.machine.manifest import Manifest

ROOT = Path(__file__).resolve().parents[1]


SLOW = ("game.exact=false", "psro.measure_battles=20000")
"""Makes rock-paper-scissors last for some seconds."""


def command(*overrides: str) -> list[str]:
    return [sys.executable, "-m", "psro.main", *overrides]


def psro(*overrides: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(*overrides),
        cwd=ROOT,
        env=os.environ | variables,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (
            ["+experiment=phas1"],
            "did you mean phase1? There are: kuhn, kuhn_learned, leduc, phase0, phase1, ",
        ),
        (["+experiment=rps", "psro.num_iteratons=3"], "did you mean psro.num_iterations?"),
        (["+experiment=rps", "+psro.num_iteratons=3"], "did you mean psro.num_iterations?"),
        (["+experiment=rps", "population.base.x=3"], "an override cannot be applied"),
        (["+experiment=rps", "seed=x"], "seed"),
        (["+experiment=rps", "name=../elsewhere"], "a folder below runs_directory"),
        (["+experiment=rps", "executor.drain_s=1e12"], "0 to 86,400"),
        (["+experiment=smoke", "teams@game.teams=directory"], "give game.teams.name=<value>"),
        ([], "choose an experiment (+experiment=phase1"),
    ],
)
def test_a_bad_override_is_one_line_and_exit_code_2(
    tmp_path: Path, overrides: list[str], message: str
) -> None:
    ended = psro(*overrides, f"runs_directory={tmp_path}")
    assert ended.returncode == 2
    assert message in ended.stderr
    assert ended.stderr.count("\n") == 1, ended.stderr
    assert not list(tmp_path.iterdir()), "nothing is written for a config that is refused"


def test_a_run_ends_with_exit_code_0_and_its_report(tmp_path: Path) -> None:
    ended = psro("+experiment=rps", f"runs_directory={tmp_path}")
    assert ended.returncode == 0, ended.stderr
    run = tmp_path / "rps/seed_0"
    assert (run / "psro_summary.json").is_file()
    assert (run / "report/summary.md").is_file()
    assert list((run / "tensorboard").glob("events.out.tfevents.*"))
    again = psro("+experiment=rps", f"runs_directory={tmp_path}")
    assert again.returncode == 0
    assert "done already" in again.stdout + again.stderr


def test_a_changed_semantic_field_on_resume_is_refused(tmp_path: Path) -> None:
    assert psro("+experiment=rps", f"runs_directory={tmp_path}").returncode == 0
    ended = psro("+experiment=rps", f"runs_directory={tmp_path}", "psro.measure_battles=7")
    assert ended.returncode == 2
    assert "psro.measure_battles" in ended.stderr
    assert ended.stderr.count("\n") == 1, ended.stderr


def test_a_second_process_on_the_same_run_is_refused(tmp_path: Path) -> None:
    arguments = ("+experiment=rps", f"runs_directory={tmp_path}", *SLOW)
    first = subprocess.Popen(command(*arguments), cwd=ROOT, stdout=subprocess.DEVNULL)
    try:
        wait_for(tmp_path / "rps/seed_0/iteration_1")
        second = psro(*arguments)
        assert second.returncode == 2
        assert str(first.pid) in second.stderr
    finally:
        first.kill()
        first.wait()


def test_a_signal_ends_the_run_with_exit_code_75_and_the_next_start_goes_on(tmp_path: Path) -> None:
    arguments = ("+experiment=rps", f"runs_directory={tmp_path}", *SLOW)
    first = subprocess.Popen(command(*arguments), cwd=ROOT, stdout=subprocess.DEVNULL)
    wait_for(tmp_path / "rps/seed_0/iteration_1")
    first.send_signal(signal.SIGTERM)
    assert first.wait(timeout=30) == 75
    ended = psro(*arguments)
    assert ended.returncode == 0
    assert "RESUMED" in ended.stdout + ended.stderr


def wait_for(path: Path, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not path.exists():
        assert time.monotonic() < deadline, f"{path} did not appear"
        time.sleep(0.02)


def test_a_pipe_whose_reader_leaves_does_not_stop_the_run(tmp_path: Path) -> None:
    started = subprocess.Popen(
        command("+experiment=rps", f"runs_directory={tmp_path}"),
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert started.stdout is not None
    assert started.stdout.readline()
    started.stdout.close()
    assert started.stderr is not None
    said = started.stderr.read()
    assert started.wait() == 0, said
    assert said.count("\n") == 1
    assert "standard output: NOT WRITTEN (" in said
    assert f"python -m psro.status {tmp_path / 'rps/seed_0'}" in said
    assert Manifest.load(tmp_path / "rps/seed_0").status == "done"  # type: ignore[union-attr]


def test_a_terminal_that_is_closed_saves_and_stops_the_run(tmp_path: Path) -> None:
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(ROOT)
        os.execv(sys.executable, command("+experiment=rps", *SLOW, f"runs_directory={tmp_path}"))
    while not (tmp_path / "rps/seed_0/iteration_1").exists():
        os.read(
            terminal, 4096
        )  # blocks while the program has nothing to say; fails once it has ended
    os.close(terminal)
    _, status = os.waitpid(pid, 0)
    assert os.waitstatus_to_exitcode(status) == 75
    manifest = Manifest.load(tmp_path / "rps/seed_0")
    assert manifest is not None
    assert manifest.history[-1].note == "stopped by SIGHUP"


@pytest.mark.parametrize("closed", [">&-", "2>&-", "<&- >&- 2>&-"])
def test_a_run_started_with_closed_streams_is_as_any_other(tmp_path: Path, closed: str) -> None:
    line = shlex.join(command("+experiment=rps", f"runs_directory={tmp_path}")) + " " + closed
    assert subprocess.run(["sh", "-c", line], cwd=ROOT, check=False).returncode == 0
    run = tmp_path / "rps/seed_0"
    assert Manifest.load(run).status == "done"  # type: ignore[union-attr]
    assert (run / "run.lock").read_bytes() == b""
