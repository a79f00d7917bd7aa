"""One judge for the tests of a session, and a second one without the house's shortcuts."""

from collections.abc import Iterator

import pytest

from psro.pokemon.engine.judge.process import JudgeProcess
from psro.pokemon.simulator.node import find_node


@pytest.fixture(scope="session")
def judge() -> Iterator[JudgeProcess]:
    process = JudgeProcess(find_node())
    yield process
    process.close()


@pytest.fixture(scope="session")
def plain_judge() -> Iterator[JudgeProcess]:
    process = JudgeProcess(find_node(), plain=True)
    yield process
    process.close()
