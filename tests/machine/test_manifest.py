"""The manifest: verified on loading; config changes are listed and refused, or extend the run."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from psro.machine.canonical import digest
from psro.machine.errors import UserError
from psro.machine.journal import JournalMark
from psro.machine.manifest import MANIFEST_FILE, RUNNING, Manifest, Transition, raised_keys

MANIFEST = Manifest(
    run_id="abc",
    algorithm="psro",
    code_version="1.2",
    versions={"numpy": "2.0"},
    config={"psro.num_iterations": 5, "oracle.lr": 3e-5, "teams": ["a", "b"]},
    position={"phase": "SOLVE", "iteration": 2, "round": 0},
    status=RUNNING,
    journal=JournalMark(3, "ab" * 16),
    history=(Transition("2026-01-01T00:00:00+00:00", "node7", 1, "12", 1, {}, "fresh start"),),
)


def test_it_is_read_back_as_saved(tmp_path):
    assert Manifest.load(tmp_path) is None
    MANIFEST.save(tmp_path)
    assert Manifest.load(tmp_path) == MANIFEST


def test_it_names_what_people_look_for(tmp_path):
    MANIFEST.save(tmp_path)
    body = json.loads((tmp_path / MANIFEST_FILE).read_bytes())
    assert body["config_hash"] == MANIFEST.config_hash
    assert body["history"][0]["job_id"] == "12"
    assert body["schema_version"] == 1


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b"{}", b"3", b"\xff\xfe"])
def test_a_torn_one_is_an_error(tmp_path, data):
    (tmp_path / MANIFEST_FILE).write_bytes(data)
    with pytest.raises(UserError, match=r"manifest\.json is torn.*backup"):
        Manifest.load(tmp_path)


@given(cut=st.integers(2, 400))
def test_half_a_manifest_never_loads(tmp_path_factory, cut):
    directory = tmp_path_factory.mktemp("manifest")
    MANIFEST.save(directory)
    path = directory / MANIFEST_FILE
    path.write_bytes(path.read_bytes()[:-cut])
    with pytest.raises(UserError):
        Manifest.load(directory)


def test_an_edited_one_is_an_error(tmp_path):
    MANIFEST.save(tmp_path)
    path = tmp_path / MANIFEST_FILE
    path.write_text(path.read_text().replace('"iteration": 2', '"iteration": 4'))
    with pytest.raises(UserError, match="checksum"):
        Manifest.load(tmp_path)


def test_a_newer_schema_names_the_code_version(tmp_path):
    MANIFEST.save(tmp_path)
    path = tmp_path / MANIFEST_FILE
    body = json.loads(path.read_bytes())
    del body["checksum"]
    body["schema_version"] = 2
    path.write_text(json.dumps({**body, "checksum": digest(body)}))
    with pytest.raises(UserError, match=r"schema version 2, this program reads 1.*1\.2"):
        Manifest.load(tmp_path)


OLD = {"n": 5, "lr": 0.1, "teams": ["a"], "gone": 1}


def test_equal_configs_raise_nothing():
    assert raised_keys(OLD, {**OLD, "teams": ("a",)}, {"n"}) == {}


def test_raising_an_extendable_key_is_allowed():
    assert raised_keys(OLD, {**OLD, "n": 8}, {"n"}) == {"n": (5, 8)}


@pytest.mark.parametrize(
    ("new", "said"),
    [
        ({**OLD, "lr": 0.2}, r"lr: 0\.1 -> 0\.2"),
        ({**OLD, "n": 4}, r"n: 5 -> 4 \(can only be raised\)"),
        ({**OLD, "n": None}, r"n: 5 -> None"),
        ({**OLD, "n": True}, r"n: 5 -> True"),
        ({**OLD, "teams": ["a", "b"]}, r"teams: \['a'\] -> \['a', 'b'\]"),
        ({**OLD, "more": 2}, r"more: \(not there\) -> 2"),
        ({"n": 5, "lr": 0.1, "teams": ["a"]}, r"gone: 1 -> \(not there\)"),
        ({**OLD, "n": 9, "lr": 3}, r"lr: 0\.1 -> 3"),
    ],
)
def test_every_other_difference_is_listed(new, said):
    with pytest.raises(UserError, match=said):
        raised_keys(OLD, new, {"n"})
