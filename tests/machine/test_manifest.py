"""The manifest: verified on loading; config changes are listed and refused, or extend the run."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from psro.machine.canonical import digest
from psro.machine.errors import UserError
from psro.machine.journal import JournalMark
from psro.machine.manifest import (
    COPY_FILE,
    MANIFEST_FILE,
    RUNNING,
    Manifest,
    NewerSchema,
    Transition,
    no_run,
    raised_keys,
)
from psro.machine.schema import SCHEMA_VERSION

MANIFEST = Manifest(
    run_id="abc",
    algorithm="psro",
    environments=({"code": "1.2", "numpy": "2.0"},),
    config={"psro.num_iterations": 5, "oracle.lr": 3e-5, "teams": ["a", "b"]},
    position={"phase": "SOLVE", "iteration": 2, "round": 0},
    status=RUNNING,
    journal=JournalMark(3, "ab" * 16),
    history=(
        Transition("2026-01-01T00:00:00+00:00", "node7", 1, "12", 1, {}, "fresh start"),
        Transition(
            "2026-01-02T00:00:00+00:00", "node8", 2, "12", 2, {}, "x", 0, "ab", JournalMark(2, "cd")
        ),
    ),
)


def test_it_is_read_back_as_saved(tmp_path):
    assert Manifest.load(tmp_path) is None
    MANIFEST.save(tmp_path)
    assert Manifest.load(tmp_path) == MANIFEST
    assert (tmp_path / COPY_FILE).read_bytes() == (tmp_path / MANIFEST_FILE).read_bytes()


def test_it_names_what_people_look_for(tmp_path):
    MANIFEST.save(tmp_path)
    body = json.loads((tmp_path / MANIFEST_FILE).read_bytes())
    assert body["config_hash"] == MANIFEST.config_hash
    assert body["history"][0]["job_id"] == "12"
    assert body["code_version"] == "1.2"
    assert body["schema_version"] == SCHEMA_VERSION


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


def rewritten(directory, **changes):
    """Save MANIFEST with other fields and the checksum that goes with them."""
    MANIFEST.save(directory)
    path = directory / MANIFEST_FILE
    body = json.loads(path.read_bytes())
    del body["checksum"]
    body |= changes
    path.write_text(json.dumps({**body, "checksum": digest(body)}))


def test_a_newer_schema_names_the_code_version(tmp_path):
    newer = SCHEMA_VERSION + 1
    rewritten(tmp_path, schema_version=newer)
    said = rf"schema version {newer}, this program reads up to {SCHEMA_VERSION}.*1\.2"
    with pytest.raises(NewerSchema, match=said):
        Manifest.load(tmp_path)


@pytest.mark.parametrize("version", [0, -1, None, "2", [2], 1.5])
def test_a_version_that_never_was_is_an_error(tmp_path, version):
    rewritten(tmp_path, schema_version=version)
    with pytest.raises(UserError, match=r"manifest\.json (is torn|has schema version)"):
        Manifest.load(tmp_path)


def test_a_directory_in_its_place_is_an_error(tmp_path):
    (tmp_path / MANIFEST_FILE).mkdir()
    with pytest.raises(UserError, match=r"manifest\.json cannot be read \(Is a directory\)"):
        Manifest.load(tmp_path)


def test_environments_are_kept_once_each():
    there = {"code": "1.2", "numpy": "2.1"}
    moved = MANIFEST.moved_to(there)
    assert moved.environments == (*MANIFEST.environments, there)
    assert (moved.environment, moved.versions) == (1, {"numpy": "2.1"})
    back = moved.moved_to(dict(MANIFEST.environments[0]))
    assert (back.environment, len(back.environments)) == (0, 2)


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


def test_a_refusal_says_what_a_new_run_is_told_apart_by():
    with pytest.raises(UserError, match=r"start a new run under another --label$"):
        raised_keys({"n": 5}, {"n": 4}, set(), "another --label")


def test_a_damaged_copy_is_not_to_be_restored_from_itself(tmp_path):
    (tmp_path / COPY_FILE).write_bytes(b"{")
    with pytest.raises(UserError, match="restore it from a backup"):
        Manifest.load(tmp_path, COPY_FILE)


def test_a_folder_above_a_run_is_answered_with_that_run(tmp_path):
    run = tmp_path / "seed_0"
    run.mkdir()
    assert "it has no manifest.json: give one such as runs/phase1/seed_0" in str(no_run(tmp_path))
    (run / MANIFEST_FILE).touch()
    assert str(no_run(tmp_path)).endswith(f"did you mean {run}?")
