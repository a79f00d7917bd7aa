"""launchers/restarting.py: when a run is started again, and when it is not."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from psro.oracle.checkpoints import CHECKPOINT
from psro.phases import layout

LAUNCHERS = Path(__file__).parents[2] / "launchers"

# Does the n-th of the actions it was given in its n-th life.
RUN = """
import os, signal, sys, time
directory, *actions = sys.argv[1:]
started = os.path.join(directory, "started")
life = len(open(started).read()) if os.path.exists(started) else 0
action = actions[min(life, len(actions) - 1)]
signal.signal(signal.SIGTERM, lambda *_: sys.exit(75))
signal.signal(signal.SIGUSR1, lambda *_: sys.exit(75))
open(started, "a").write(".")
if action.startswith("commit"):
    open(os.path.join(directory, "journal.jsonl"), "a").write("unit\\n")
    action = action.removeprefix("commit ")
if action.startswith("train"):
    os.makedirs(os.path.join(directory, "scratch"), exist_ok=True)
    open(os.path.join(directory, "scratch", "training.ckpt"), "w").close()
    action = action.removeprefix("train ")
if action == "wait":
    time.sleep(30)
if action == "killed":
    os.kill(os.getpid(), signal.SIGKILL)
sys.exit(int(action))
"""
LAUNCHER = """
import sys
from pathlib import Path
from restarting import Launcher
directory, *actions = sys.argv[1:]
command = [sys.executable, directory + "/run.py", directory, *actions]
sys.exit(Launcher(command, Path(directory)).run())
"""


def launch(directory: Path, *actions: str) -> "subprocess.Popen[str]":
    (directory / "run.py").write_text(RUN)
    return subprocess.Popen(
        [sys.executable, "-c", LAUNCHER, str(directory), *actions],
        env={**os.environ, "PYTHONPATH": str(LAUNCHERS)},
        stderr=subprocess.PIPE,
        text=True,
    )


def finish(launcher: "subprocess.Popen[str]") -> tuple[int, str]:
    _, errors = launcher.communicate(timeout=60)
    return launcher.returncode, errors


def num_starts(directory: Path) -> int:
    started = directory / "started"
    return len(started.read_text()) if started.exists() else 0


def wait_for_start(directory: Path, number: int) -> None:
    deadline = time.monotonic() + 30
    while num_starts(directory) < number:
        assert time.monotonic() < deadline, f"start {number} never came"
        time.sleep(0.02)


@pytest.mark.parametrize(
    ("actions", "code", "starts"),
    [
        (["0"], 0, 1),
        (["1"], 1, 1),
        (["2"], 2, 1),
        (["commit 75", "commit 75", "0"], 0, 3),
        (["commit killed", "0"], 0, 2),
        (["75", "75", "commit 75", "75", "0"], 0, 5),
        (["train 75", "train killed", "train 75", "train 75", "0"], 0, 5),
        (["train 75", "75"], 3, 4),
        (["75"], 3, 3),
        (["killed"], 3, 3),
    ],
)
def test_what_becomes_of_a_run(tmp_path: Path, actions: list[str], code: int, starts: int) -> None:
    assert finish(launch(tmp_path, *actions))[0] == code
    assert num_starts(tmp_path) == starts


def test_a_training_s_checkpoint_is_what_is_looked_for(tmp_path: Path) -> None:
    told = "from restarting import CHECKPOINT; print(CHECKPOINT, end='')"
    path = {**os.environ, "PYTHONPATH": str(LAUNCHERS)}
    found = subprocess.run([sys.executable, "-c", told], env=path, capture_output=True, text=True)
    assert Path(layout.scratch("iteration_1", "round_0")).name == "scratch"
    assert found.stdout == f"scratch/{CHECKPOINT}"


def test_giving_up_names_the_run_directory(tmp_path: Path) -> None:
    _, errors = finish(launch(tmp_path, "75"))
    assert f"3 starts in a row committed nothing to {tmp_path}" in errors


def test_sigterm_reaches_the_run_and_ends_the_launcher(tmp_path: Path) -> None:
    launcher = launch(tmp_path, "wait")
    wait_for_start(tmp_path, 1)
    launcher.send_signal(signal.SIGTERM)
    assert finish(launcher)[0] == 75
    assert num_starts(tmp_path) == 1


def test_sigusr1_saves_and_starts_again(tmp_path: Path) -> None:
    launcher = launch(tmp_path, "commit wait", "0")
    wait_for_start(tmp_path, 1)
    launcher.send_signal(signal.SIGUSR1)
    assert finish(launcher)[0] == 0
    assert num_starts(tmp_path) == 2


def test_a_real_run_is_started_and_done(tmp_path: Path) -> None:
    overrides = ["+experiment=rps", f"runs_directory={tmp_path}"]
    done = subprocess.run(
        [sys.executable, LAUNCHERS / "restarting.py", *overrides], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "rps" / "seed_0" / "manifest.json").exists()


def test_a_bad_override_starts_nothing(tmp_path: Path) -> None:
    overrides = ["+experiment=rps", f"runs_directory={tmp_path}", "psro.num_iteration=3"]
    done = subprocess.run(
        [sys.executable, LAUNCHERS / "restarting.py", *overrides], capture_output=True, text=True
    )
    assert done.returncode == 2
    assert "psro.num_iteration" in done.stderr
    assert "Traceback" not in done.stderr
    assert not list(tmp_path.iterdir())
