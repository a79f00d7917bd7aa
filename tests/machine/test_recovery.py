"""A manifest and a journal that do not fit any more: from the copy, or from an earlier boundary."""

import json
import os
import re
import shutil

import pytest

from psro.machine.errors import UserError
from psro.machine.journal import JOURNAL_FILE
from psro.machine.manifest import COPY_FILE, MANIFEST_FILE, Manifest
from tests.machine.toy_algorithm import results, run_serially


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A run of three iterations, and one that was extended from two to three."""
    directory = tmp_path_factory.mktemp("finished")
    run_serially(directory / "at_once", num_iterations=3)
    run_serially(directory / "extended", num_iterations=2)
    run_serially(directory / "extended", num_iterations=3)
    run_serially(directory / "other", num_iterations=3, num_units=3)
    return directory


@pytest.fixture(params=["at_once", "extended"])
def run(request, finished, tmp_path):
    shutil.copytree(finished / request.param, tmp_path / "run")
    return tmp_path / "run"


def again(directory):
    run_serially(directory, num_iterations=3)
    return Manifest.load(directory).history[-1].note


def cut_journal(directory, num_lines):
    lines = (directory / JOURNAL_FILE).read_bytes().splitlines(keepends=True)
    (directory / JOURNAL_FILE).write_bytes(b"".join(lines[:num_lines]))


DAMAGE = {
    "gone": lambda path: path.unlink(),
    "torn": lambda path: path.write_bytes(path.read_bytes()[:-9]),
    "edited": lambda path: path.write_bytes(path.read_bytes().replace(b"DONE", b"DRAW")),
    "empty": lambda path: path.write_bytes(b""),
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
def test_a_damaged_manifest_has_a_copy(run, finished, damage, caplog):
    expected = results(run)
    damage(run / MANIFEST_FILE)
    note = again(run)
    assert results(run) == expected
    assert MANIFEST_FILE in caplog.text or damage is DAMAGE["gone"]
    assert "gone on from its copy" in note
    assert (run / MANIFEST_FILE).read_bytes() == (run / COPY_FILE).read_bytes()


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
def test_a_damaged_copy_is_of_no_interest(run, damage):
    expected = results(run)
    damage(run / COPY_FILE)
    again(run)
    assert results(run) == expected


def test_another_run_s_manifest_gives_way_to_the_copy(run, finished, caplog):
    expected = results(run)
    shutil.copy(finished / "other" / MANIFEST_FILE, run)
    again(run)
    assert results(run) == expected
    assert "not of one run" in caplog.text


def test_with_both_damaged_it_is_an_error(run):
    for name in (MANIFEST_FILE, COPY_FILE):
        DAMAGE["torn"](run / name)
    with pytest.raises(UserError, match=r"/manifest\.json is torn.*restore it"):
        again(run)


def test_a_newer_program_s_manifest_is_not_gone_back_from(run):
    path = run / MANIFEST_FILE
    path.write_text(json.dumps({**json.loads(path.read_bytes()), "schema_version": 99}))
    with pytest.raises(UserError, match="schema version 99"):
        again(run)


def test_another_run_s_journal_is_an_error(run, finished):
    shutil.copy(finished / "other" / JOURNAL_FILE, run)
    before = (run / MANIFEST_FILE).read_bytes()
    with pytest.raises(UserError, match=r"journal\.jsonl .*not of one run"):
        again(run)
    assert (run / MANIFEST_FILE).read_bytes() == before


def test_a_journal_that_lost_its_end_is_made_again(finished, tmp_path, caplog):
    expected = results(finished / "at_once")
    num_lines = (finished / "at_once" / JOURNAL_FILE).read_bytes().count(b"\n")
    first_boundary = 3  # config.yaml and the two units of DRAW
    for kept in range(first_boundary, num_lines):
        directory = tmp_path / str(kept)
        shutil.copytree(finished / "at_once", directory)
        cut_journal(directory, kept)
        caplog.clear()
        again(directory)
        assert results(directory) == expected
        assert (
            f"journal.jsonl has {kept} lines where manifest.json knows of {num_lines}"
            in caplog.text
        )
        assert any("knows of" in entry.note for entry in Manifest.load(directory).history)


def test_it_goes_back_no_further_than_to_the_last_extension(finished, tmp_path):
    expected = results(finished / "extended")
    history = Manifest.load(finished / "extended").history
    extension = next(e for e in history if "extended" in e.note).journal.num_records
    num_lines = (finished / "extended" / JOURNAL_FILE).read_bytes().count(b"\n")
    for kept in range(1, num_lines):
        directory = tmp_path / str(kept)
        shutil.copytree(finished / "extended", directory)
        cut_journal(directory, kept)
        if kept < extension:
            with pytest.raises(UserError, match="restore both"):
                again(directory)
        else:
            again(directory)
            assert results(directory) == expected


def test_the_remedy_for_damage_in_the_middle_works(finished, tmp_path):
    shutil.copytree(finished / "at_once", tmp_path / "run")
    path = tmp_path / "run" / JOURNAL_FILE
    lines = path.read_bytes().splitlines(keepends=True)
    lines[6] = lines[6].replace(b'"size":', b'"size":1')
    path.write_bytes(b"".join(lines))
    with pytest.raises(UserError) as refused:
        again(tmp_path / "run")
    size = re.search(rf"line 7, .*`truncate -s (\d+) {path}`", str(refused.value))[1]
    os.truncate(path, int(size))
    again(tmp_path / "run")
    assert results(tmp_path / "run") == results(finished / "at_once")
