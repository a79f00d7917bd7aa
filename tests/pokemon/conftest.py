"""One simulator process for the tests of a session."""

from collections.abc import Iterator

import pytest

from psro.pokemon.simulator.node import find_node
from psro.pokemon.simulator.process import SimulatorProcess


@pytest.fixture(scope="session")
def simulator() -> Iterator[SimulatorProcess]:
    """Its lanes are free before and after a test."""
    process = SimulatorProcess(find_node())
    yield process
    process.close()
