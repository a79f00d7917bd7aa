"""The injected death of a worker takes the driver with it, so that a whole run dies in one of its steps."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.machine.toy_algorithm import results, run_serially

TOY = Path(__file__).with_name("toy_algorithm.py")


def run_toy(directory: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, TOY, directory, "--executor", "processes", "--num-units", "4"],
        stderr=subprocess.PIPE, text=True, env=os.environ | variables,
    )  # fmt: skip


@pytest.mark.parametrize("point", ["write.half", "write.renamed"])
def test_a_worker_dies_in_its_write_with_the_driver_and_the_run_goes_on(tmp_path, point):
    run_serially(tmp_path / "reference", num_units=4)
    directory = tmp_path / "run"
    killed = run_toy(directory, PSRO_KILL_WORKER_AT=f"{point}:2")
    assert killed.returncode == -9
    told = f"psro: killed by PSRO_KILL_WORKER_AT: {point} of {directory}/iteration_"
    assert told in killed.stderr
    left = sum(1 for _ in directory.rglob(".*.tmp"))
    assert left >= (1 if point == "write.half" else 0)
    assert run_toy(directory).returncode == 0
    assert results(directory) == results(tmp_path / "reference")


def test_a_worker_that_lost_its_driver_kills_no_stranger(tmp_path):
    """Its parent is then init, or whoever takes orphans in."""
    script = (
        "from pathlib import Path\n"
        "from psro.machine import faults\n"
        "faults.arm_worker(1)\n"
        "faults.point('write.half', Path('a file'))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        env=os.environ | {"PSRO_KILL_WORKER_AT": "*:1"},
        stderr=subprocess.PIPE,
        text=True,
    )
    assert done.returncode == -9
    assert done.stderr == "psro: killed by PSRO_KILL_WORKER_AT: write.half of a file\n"


def test_the_drivers_setting_is_not_the_workers(tmp_path):
    run_serially(tmp_path / "reference", num_units=4)
    # The driver writes its manifests, its commits and config.yaml, but no unit's file.
    killed = run_toy(tmp_path / "run", PSRO_KILL_AT="write.renamed:3")
    assert killed.returncode == -9
    assert "psro: killed by PSRO_KILL_AT: write.renamed of" in killed.stderr
    assert "draw_" not in killed.stderr
    assert run_toy(tmp_path / "run").returncode == 0
    assert results(tmp_path / "run") == results(tmp_path / "reference")
