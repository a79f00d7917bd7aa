"""The test cluster's own command line: up, a job, and nothing left after down."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.slurm import cluster

CLUSTER = Path(cluster.__file__)


def call(action: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    inherited = {name: value for name, value in os.environ.items() if name != "SLURM_CONF"}
    return subprocess.run(
        [sys.executable, CLUSTER, action],
        env=inherited | environment,
        capture_output=True,
        text=True,
        timeout=300,
    )


def processes_of(directory: Path) -> list[str]:
    found = subprocess.run(["pgrep", "-af", str(directory)], capture_output=True, text=True)
    return found.stdout.splitlines()


def test_up_gives_a_cluster_and_down_takes_it_away_with_its_jobs(tmp_path: Path) -> None:
    if (reason := cluster.why_not()) is not None:
        pytest.skip(reason)
    configuration = call("up").stdout.strip().removeprefix("export SLURM_CONF=")
    running = cluster.Cluster(Path(configuration).parent)
    followed = tmp_path / "job"
    running.run("sbatch", "--output=/dev/null", "--wrap", f"touch {followed}; tail -f {followed}")
    while not processes_of(followed):
        assert "FAILED" not in running.run("scontrol", "show", "job"), running.logs()
        time.sleep(0.1)
    assert "node1" in call("status", SLURM_CONF=configuration).stdout
    assert processes_of(running.directory)

    assert call("down", SLURM_CONF=configuration).returncode == 0
    assert not running.directory.exists()
    assert not processes_of(running.directory)
    assert not processes_of(followed)


def test_where_slurm_is_missing_it_says_what_to_install(tmp_path: Path) -> None:
    done = call("up", PATH=str(tmp_path))
    assert done.returncode == 1
    assert "no sbatch on this machine" in done.stderr
    assert "apt-get install slurm-wlm munge" in done.stderr


@pytest.mark.parametrize(
    ("environment", "message"),
    [({}, "SLURM_CONF is not set"), ({"SLURM_CONF": "/etc/slurm/slurm.conf"}, "no cluster that")],
)
def test_down_ends_only_what_up_started(environment: dict[str, str], message: str) -> None:
    done = call("down", **environment)
    assert done.returncode == 1
    assert message in done.stderr
