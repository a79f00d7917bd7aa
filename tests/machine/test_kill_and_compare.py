"""A run killed anywhere and resumed ends with the bytes of a run that nobody killed."""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from psro.machine import faults
from psro.machine.exit_codes import PREEMPTED
from psro.machine.manifest import DONE, Manifest
from tests.machine.toy_algorithm import results, run_serially

TOY = Path(__file__).with_name("toy_algorithm.py")


def run_in_fork(directory, kill_at=None, **kwargs):
    """Run the toy in a forked child (no import to wait for); returns how it ended."""
    child = os.fork()
    if child == 0:
        status = 1
        try:
            faults._trap = faults._Trap(kill_at)
            run_serially(directory, **kwargs)
            status = 0
        finally:
            os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def assert_done_and_equal(directory, reference):
    found = results(directory)
    assert found.keys() == reference.keys()
    assert found == reference
    manifest = Manifest.load(directory)
    assert manifest.status == DONE
    assert manifest.position["phase"] == "DONE"


def test_killed_at_every_step_of_every_write(tmp_path):
    run_serially(tmp_path / "reference")
    reference = results(tmp_path / "reference")
    for n in range(1, 1000):
        directory = tmp_path / str(n)
        if run_in_fork(directory, f"*:{n}") == 0:
            break
        assert run_in_fork(directory) == 0
        assert_done_and_equal(directory, reference)
    assert n > 100, "the faults were not injected"


def test_killed_at_every_step_of_an_extension(tmp_path):
    run_serially(tmp_path / "reference", num_units=1, num_iterations=2)
    reference = results(tmp_path / "reference")
    run_serially(tmp_path / "short", num_units=1, num_iterations=1)
    for n in range(1, 1000):
        directory = tmp_path / str(n)
        shutil.copytree(tmp_path / "short", directory)
        if run_in_fork(directory, f"*:{n}", num_units=1, num_iterations=2) == 0:
            break
        assert run_in_fork(directory, num_units=1, num_iterations=2) == 0
        assert_done_and_equal(directory, reference)
    assert n > 30, "the faults were not injected"


def test_killed_again_and_again(tmp_path):
    run_serially(tmp_path / "reference", num_iterations=3)
    draw = random.Random(0)
    num_kills = 0
    while run_in_fork(tmp_path / "run", f"*:{draw.randint(1, 40)}", num_iterations=3) != 0:
        num_kills += 1
        assert num_kills < 200
    assert num_kills >= 5
    assert_done_and_equal(tmp_path / "run", results(tmp_path / "reference"))


def start_toy(directory, *arguments, **kwargs):
    return subprocess.Popen(
        [sys.executable, TOY, directory, "--executor", "processes", "--num-units", "4",
         "--num-steps", "5", "--pause-s", "0.02", *arguments],
        stderr=subprocess.PIPE, text=True, **kwargs,
    )  # fmt: skip


def children_of(pid):
    return [
        int(path.parent.name)
        for path in Path("/proc").glob("[0-9]*/stat")
        if (text := read_stat(path)) and int(text.rpartition(")")[2].split()[1]) == pid
    ]


def read_stat(path):
    try:
        return path.read_text()
    except (FileNotFoundError, ProcessLookupError):
        return ""


@pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc")
def test_killed_at_random_instants_with_worker_processes(tmp_path):
    run_serially(tmp_path / "reference", num_units=4, num_steps=5)
    directory = tmp_path / "run"
    draw = random.Random(1)
    for _ in range(4):
        process = start_toy(directory)
        time.sleep(draw.uniform(0.3, 1.2))
        children = children_of(process.pid)
        process.kill()
        process.communicate()
        deadline = time.monotonic() + 5
        while any("spawn_main" in command_line(child) for child in children):
            assert time.monotonic() < deadline, "a worker outlived its driver"
            time.sleep(0.01)
    process = start_toy(directory)
    assert process.wait(60) == 0, process.stderr.read()
    process.communicate()
    assert_done_and_equal(directory, results(tmp_path / "reference"))


@pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc")
def test_what_a_unit_forked_does_not_outlive_a_killed_driver(tmp_path):
    process = start_toy(tmp_path, "--forks", "--num-steps", "2000")
    deadline = time.monotonic() + 60
    while len(forked := [c for w in children_of(process.pid) for c in children_of(w)]) < 2:
        assert time.monotonic() < deadline, "no unit has forked"
        time.sleep(0.01)
    process.kill()
    process.wait()
    process.stderr.close()
    deadline = time.monotonic() + 5
    while any("spawn_main" in command_line(child) for child in forked):
        assert time.monotonic() < deadline, "a worker's child outlived the driver"
        time.sleep(0.01)


def command_line(pid):
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().decode()
    except (FileNotFoundError, ProcessLookupError):
        return ""


@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM, signal.SIGUSR1])
def test_a_signal_preempts_and_the_same_command_goes_on(tmp_path, signum):
    process = start_toy(tmp_path / "run", "--num-steps", "400")
    wait_for(tmp_path / "run" / "manifest.json")
    time.sleep(0.6)
    process.send_signal(signum)
    _, stderr = process.communicate(timeout=20)
    assert process.returncode == PREEMPTED
    assert signum.name in stderr
    assert "Traceback" not in stderr
    manifest = json.loads((tmp_path / "run" / "manifest.json").read_bytes())
    assert manifest["status"] == "preempted"
    again = start_toy(tmp_path / "run", "--num-steps", "400", "--pause-s", "0")
    _, stderr = again.communicate(timeout=60)
    assert again.returncode == 0, stderr


@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGUSR1])
@pytest.mark.parametrize("delay_s", [0.0, 0.1])
def test_a_signal_to_the_whole_group_while_workers_start_is_as_quiet(tmp_path, signum, delay_s):
    """What a terminal's Ctrl-C does, or a batch system that signals every process of a job."""
    process = start_toy(tmp_path / "run", "--num-steps", "2000", start_new_session=True)
    wait_for(tmp_path / "run" / "manifest.json")
    time.sleep(delay_s)
    os.killpg(process.pid, signum)
    _, stderr = process.communicate(timeout=20)
    assert (process.returncode, stderr) == (PREEMPTED, f"Preempted: {signum.name}\n")


def wait_for(path):
    deadline = time.monotonic() + 20
    while not path.exists():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_second_process_on_the_same_run_is_refused(tmp_path):
    first = start_toy(tmp_path / "run", "--num-steps", "2000")
    wait_for(tmp_path / "run" / "manifest.json")
    second = start_toy(tmp_path / "run", "--num-steps", "2000")
    _, stderr = second.communicate(timeout=20)
    assert second.returncode == 2
    assert f"process {first.pid} " in stderr
    assert stderr.count("\n") == 1
    first.kill()
    first.communicate()
