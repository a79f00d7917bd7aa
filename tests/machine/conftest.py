"""What the machine's tests share."""

import os

import pytest

from tests.machine.slurm_executors import make  # noqa: F401  the fixture


@pytest.fixture(autouse=True, scope="module")
def no_fsync():
    """A killed process loses nothing that it wrote, so only power loss could tell; saves minutes.

    Subprocesses fsync as ever, and test_durable.py checks that the calls are there.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", lambda descriptor: None)
        yield
