"""Finding Node and the simulator, and what is said when they are not there."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from psro.machine.errors import UserError
from psro.pokemon.simulator import node
from psro.pokemon.simulator.node import find_node


@pytest.fixture(autouse=True)
def _looked_for_anew(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.delenv("PSRO_NODE", raising=False)
    monkeypatch.delenv("PSRO_SIMULATOR", raising=False)
    find_node.cache_clear()
    yield
    find_node.cache_clear()


def _script(path: Path, version: str) -> Path:
    path.write_text(f"#!/bin/sh\necho {version}\n")
    path.chmod(0o755)
    return path


def test_the_one_of_this_machine_is_found() -> None:
    found = find_node()
    assert found.executable.exists()
    assert found.version.split(".")[0] == "0"


def test_a_named_node_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    named = _script(tmp_path / "mynode", "v18.0.0")
    monkeypatch.setenv("PSRO_NODE", str(named))
    assert find_node().executable == named


def test_a_named_node_that_is_none_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PSRO_NODE", "/nowhere/node")
    with pytest.raises(UserError, match="PSRO_NODE=/nowhere/node"):
        find_node()


def test_an_old_node_on_the_path_gives_way_to_the_wheel(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _script(tmp_path / "node", "v12.22.9")
    wheel = _script(tmp_path / "wheel-node", "v22.1.0")
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(node, "_wheel_executable", lambda: str(wheel))
    assert find_node().executable == wheel


def test_no_node_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(node, "_wheel_executable", lambda: None)
    with pytest.raises(UserError, match="make setup"):
        find_node()
    _script(tmp_path / "node", "v12.22.9")
    with pytest.raises(UserError, match=r"version 12.*make setup"):
        find_node()


def test_no_simulator_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PSRO_SIMULATOR", str(tmp_path))
    with pytest.raises(UserError, match=f"{tmp_path}.*make setup"):
        find_node()
