"""A real SLURM cluster for the tests that need one."""

from collections.abc import Iterator
from getpass import getuser
from pathlib import Path

import pytest

from tests.slurm import cluster
from tests.slurm.jobs import Clone


@pytest.fixture(scope="session")
def slurm() -> Iterator[cluster.Cluster]:
    """A running cluster: subprocesses with `env=slurm.environment` submit to it."""
    if (reason := cluster.why_not()) is not None:
        pytest.skip(reason)
    running = cluster.up()
    yield running
    running.stop()


@pytest.fixture
def clone(slurm: cluster.Cluster, tmp_path: Path) -> Iterator[Clone]:
    """A clone to submit in; its jobs end with the test."""
    yield Clone.make(tmp_path, slurm)
    slurm.run("scancel", f"--user={getuser()}")
