"""Ways to ask Showdown's own code for what the engine's tables and generator should be."""

import subprocess
from collections.abc import Callable

import pytest

from psro.pokemon.simulator.node import find_node


@pytest.fixture(scope="session")
def node() -> Callable[[str], str]:
    """Runs JavaScript in which `ROOT` is the simulator's package; returns what it prints."""
    installation = find_node()

    def run(script: str) -> str:
        command = [str(installation.executable), "-e", f"const ROOT = process.argv[1]; {script}"]
        done = subprocess.run(
            [*command, str(installation.simulator)], capture_output=True, text=True, check=True
        )
        return done.stdout

    return run
