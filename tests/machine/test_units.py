"""Units and artifacts: clean values that survive JSON."""

import pickle

import pytest

from psro.machine.artifacts import Artifact, check_relative
from psro.machine.units import Unit


def test_a_payload_is_held_as_json_gives_it_back():
    unit = Unit("k", "kind", {"teams": ("a", "b"), "n": 1}, "out/k.json")
    assert unit.payload == {"teams": ["a", "b"], "n": 1}
    for again in (Unit.from_json(unit.to_json()), pickle.loads(pickle.dumps(unit))):
        assert again == unit
        assert again.same_work_as(unit)
    assert not Unit("k", "kind", {"teams": ["a"], "n": 1}, "out/k.json").same_work_as(unit)


@pytest.mark.parametrize("payload", [{"x": float("nan")}, {"x": {1, 2}}, {"x": b"bytes"}])
def test_a_payload_that_json_cannot_hold_is_refused(payload):
    with pytest.raises((ValueError, TypeError)):
        Unit("k", "kind", payload, "out")


@pytest.mark.parametrize("path", ["", "/abs", "../up", "a/../b", "a//b", "./a", "a/", "a\\b", "."])
def test_paths_must_be_clean_and_relative(path):
    with pytest.raises(ValueError, match="relative"):
        Unit("k", "kind", {}, path)


def test_nameless_units_are_refused():
    with pytest.raises(ValueError, match="key"):
        Unit("", "kind", {}, "out")


def test_an_artifact_says_what_is_wrong_with_its_file(tmp_path):
    artifact = Artifact.of_bytes("a/b", b"data")
    assert artifact.problem(tmp_path) == "is missing"
    (tmp_path / "a").mkdir()
    file = tmp_path / "a" / "b"
    file.write_bytes(b"dat")
    assert "3 bytes where 4" in artifact.problem(tmp_path)
    file.write_bytes(b"dada")
    assert "sha256" in artifact.problem(tmp_path)
    file.write_bytes(b"data")
    assert artifact.problem(tmp_path) is None
    assert Artifact.of_file(tmp_path, check_relative("a/b")) == artifact
