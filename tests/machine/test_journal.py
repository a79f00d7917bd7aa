"""The journal: what a kill leaves is repaired, any other damage is an error that says what to do."""

import errno
import gzip
import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from psro.machine.artifacts import Artifact
from psro.machine.errors import UserError
from psro.machine.journal import JOURNAL_FILE, Journal, JournalMark, JournalRecord
from psro.machine.units import Unit

POSITION = {"phase": "SOLVE", "iteration": 1, "round": 0}


def record(i):
    unit = Unit(f"u{i}", "draw", {"num": i, "nested": {"é": [1, 2.5, None]}}, f"out/{i}.json")
    side = Artifact.of_bytes(f"out/{i}.bin", b"side")
    return JournalRecord((side, Artifact.of_bytes(unit.result, b"%d" % i)), POSITION, unit)


def write(directory, num_records):
    journal = Journal(directory)
    for i in range(num_records):
        journal.append([record(i)])
    journal.close()
    return journal.mark


def test_it_is_read_back_as_written(tmp_path):
    mark = write(tmp_path, 3)
    journal = Journal(tmp_path)
    assert journal.mark == mark
    assert journal.record_of_unit("u1") == record(1)
    assert journal.record_of("out/1.bin") == record(1)
    assert journal.artifact("out/2.json") == Artifact.of_bytes("out/2.json", b"2")
    assert journal.artifact("out/9.json") is None
    assert journal.record_of_unit("u9") is None


def test_batches_and_single_appends_give_the_same_bytes(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    write(tmp_path / "a", 3)
    Journal(tmp_path / "b").append([record(i) for i in range(3)])
    files = [(tmp_path / name / JOURNAL_FILE).read_bytes() for name in "ab"]
    assert files[0] == files[1]


def test_the_last_commit_of_a_path_counts(tmp_path):
    journal = Journal(tmp_path)
    for data in (b"old", b"new"):
        artifact = Artifact.of_bytes("summary.json", data)
        journal.append([JournalRecord((artifact,), POSITION, None)])
    journal.close()
    assert Journal(tmp_path).artifact("summary.json") == Artifact.of_bytes("summary.json", b"new")


@given(cut=st.integers(1, 200), tail=st.binary(max_size=20).filter(lambda b: b"\n" not in b))
@settings(max_examples=60, deadline=None)
def test_a_torn_end_is_cut_off_and_written_again(tmp_path_factory, cut, tail):
    directory = tmp_path_factory.mktemp("journal")
    write(directory, 3)
    path = directory / JOURNAL_FILE
    whole = path.read_bytes()
    torn = whole[:-cut] + tail
    path.write_bytes(torn)
    num_whole = torn.count(b"\n")
    journal = Journal(directory)
    assert journal.mark.num_records == num_whole
    journal.append([record(i) for i in range(num_whole, 3)])
    journal.close()
    assert path.read_bytes() == whole


def test_a_torn_end_is_said(tmp_path, caplog):
    write(tmp_path, 2)
    path = tmp_path / JOURNAL_FILE
    path.write_bytes(path.read_bytes()[:-7])
    Journal(tmp_path).mend()
    assert "torn last line" in caplog.text
    assert [file.name for file in tmp_path.iterdir()] == [JOURNAL_FILE]


def test_reading_changes_nothing(tmp_path):
    Journal(tmp_path)
    assert [*tmp_path.iterdir()] == []
    write(tmp_path, 2)
    path = tmp_path / JOURNAL_FILE
    for torn in (path.read_bytes()[:-7], gzip.compress(path.read_bytes()), b"\0" * 99 + b"\n"):
        path.write_bytes(torn)
        Journal(tmp_path).close()
        assert path.read_bytes() == torn


def as_utf16(data):
    return data.decode().encode("utf-16")


def as_one_array(data):
    return b"[" + b",".join(data.splitlines()) + b"]"


def with_its_last_line_edited(data):
    return data[:-9] + b"!" + data[-8:]


@pytest.mark.parametrize(
    ("rewrite", "num_left"),
    [(gzip.compress, 0), (as_utf16, 0), (as_one_array, 0), (with_its_last_line_edited, 1)],
)
def test_more_than_a_torn_line_is_cut_off_but_kept(tmp_path, rewrite, num_left, caplog):
    write(tmp_path, 2)
    path = tmp_path / JOURNAL_FILE
    good = path.read_bytes()
    path.write_bytes(rewrite(good))
    for _ in range(2):  # a kill between keeping and cutting keeps it once
        journal = Journal(tmp_path)
        assert journal.damaged_line is None
        assert journal.mark.num_records == num_left
        journal.mend()
        assert path.read_bytes() == b"".join(good.splitlines(keepends=True)[:num_left])
        kept = tmp_path / "journal.jsonl.cut-1"
        assert path.read_bytes() + kept.read_bytes() == rewrite(good)
        assert str(kept) in caplog.text
        path.write_bytes(rewrite(good))
    assert len([*tmp_path.iterdir()]) == 2
    path.write_bytes(b"something else")
    Journal(tmp_path).mend()
    assert (tmp_path / "journal.jsonl.cut-2").read_bytes() == b"something else"


@pytest.mark.parametrize(
    "line", [b'{"a": NaN}', b'{"a": 1e999}', b"[" * 100_000, b'{"a":' * 100_000, b"\xff", b"7"]
)
def test_a_line_that_is_none_is_none(tmp_path, line):
    (tmp_path / JOURNAL_FILE).write_bytes(line + b"\n")
    assert Journal(tmp_path).mark.num_records == 0


def test_who_is_not_the_one_writer_any_more_writes_nothing(tmp_path):
    write(tmp_path, 1)
    before = (tmp_path / JOURNAL_FILE).read_bytes()
    for content in (before, before + b"torn"):
        (tmp_path / JOURNAL_FILE).write_bytes(content)

        def guard():
            raise UserError("another is at work")

        journal = Journal(tmp_path, guard)
        for write_something in (journal.mend, lambda of=journal: of.append([record(1)])):
            with pytest.raises(UserError, match="another is at work"):
                write_something()
            assert (tmp_path / JOURNAL_FILE).read_bytes() == content


@pytest.mark.parametrize("damage", ["flip", "remove", "twice", "swap", "zeros"])
def test_damage_before_the_end_is_told_from_a_torn_end(tmp_path, damage):
    write(tmp_path, 4)
    path = tmp_path / JOURNAL_FILE
    lines = path.read_bytes().splitlines(keepends=True)
    if damage == "flip":
        lines[1] = lines[1].replace(b'"num":1', b'"num":7')
    elif damage == "remove":
        del lines[1]
    elif damage == "twice":
        lines.insert(1, lines[0])
    elif damage == "zeros":
        lines[1] = b"\0" * len(lines[1])
    else:
        lines[1], lines[2] = lines[2], lines[1]
    path.write_bytes(b"".join(lines))
    journal = Journal(tmp_path)
    assert journal.damaged_line == 2
    assert path.read_bytes() == b"".join(lines)
    os.truncate(path, journal.good_size)
    journal = Journal(tmp_path)
    assert (journal.damaged_line, journal.mark.num_records) == (None, 1)


def test_a_mark_of_a_boundary_must_be_met(tmp_path):
    mark = write(tmp_path, 2)
    journal = Journal(tmp_path)
    journal.require(JournalMark())
    journal.require(mark)
    journal.append([record(2)])
    journal.require(mark)
    with pytest.raises(UserError, match=r"has 3 lines where manifest\.json knows of 7"):
        journal.require(JournalMark(7, mark.check))
    with pytest.raises(UserError, match="differs"):
        journal.require(JournalMark(2, "f" * 32))


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EROFS])
@pytest.mark.parametrize("step", ["write", "fsync"])
def test_what_the_system_refuses_leaves_the_journal_as_it_was(tmp_path, monkeypatch, step, number):
    write(tmp_path, 1)
    journal = Journal(tmp_path)
    before, real_write = journal.path.read_bytes(), os.write
    calls = iter([10])

    def once_short(descriptor, data):
        for n in calls:
            return real_write(descriptor, data[:n])
        raise OSError(number, os.strerror(number))

    def no_sync(descriptor):
        raise OSError(number, os.strerror(number))

    with monkeypatch.context() as patch:
        patch.setattr(os, step, once_short if step == "write" else no_sync)
        with pytest.raises(UserError, match=rf"{journal.path}: .* run the same command again"):
            journal.append([record(1)])
    assert journal.path.read_bytes() == before
    journal.append([record(1)])
    journal.close()
    assert Journal(tmp_path).mark.num_records == 2


def test_a_directory_in_its_place_is_named(tmp_path):
    (tmp_path / JOURNAL_FILE).mkdir()
    with pytest.raises(UserError, match=r"journal\.jsonl: Is a directory.*move it away"):
        Journal(tmp_path)


def test_it_knows_what_the_driver_has_committed_since_a_mark(tmp_path):
    mark = write(tmp_path, 2)
    journal = Journal(tmp_path)
    assert journal.holds(mark)
    by_driver = JournalRecord((Artifact.of_bytes("sum.json", b"3"),), POSITION, None)
    journal.append([by_driver, record(2)])
    assert journal.holds(mark)
    assert not journal.holds(JournalMark(2, "f" * 32))
    assert not journal.holds(JournalMark(9, mark.check))
    assert journal.paths_of_driver_since(mark) == {"sum.json"}
    assert journal.paths_of_driver_since(journal.mark) == frozenset()


def test_artifacts_come_in_the_order_of_their_last_commits(tmp_path):
    journal = Journal(tmp_path)
    for path, data in (("a", b"1"), ("b", b"1"), ("a", b"2")):
        journal.append([JournalRecord((Artifact.of_bytes(path, data),), POSITION, None)])
    assert journal.artifacts() == [Artifact.of_bytes("b", b"1"), Artifact.of_bytes("a", b"2")]


def test_what_was_released_is_known_until_it_is_committed_again(tmp_path):
    write(tmp_path, 2)
    journal = Journal(tmp_path)
    release = JournalRecord((), POSITION, None, {"out/0.bin": {"size": 4}, "out/1.bin": {}})
    journal.append([release])
    journal.close()
    journal = Journal(tmp_path)
    assert [journal.is_released(f"out/{i}.bin") for i in range(2)] == [True, True]
    assert not journal.is_released("out/0.json")
    assert journal.record_of("out/0.bin") == record(0), "it is still told what makes it"
    journal.append([record(0)])
    assert [journal.is_released(f"out/{i}.bin") for i in range(2)] == [False, True]
    assert JournalRecord.from_json(release.to_json()) == release


def test_an_append_is_on_disk_when_it_returns(tmp_path, monkeypatch):
    journal = Journal(tmp_path)
    sizes = []
    journal.mend()
    monkeypatch.setattr(os, "fsync", lambda descriptor: sizes.append(os.fstat(descriptor).st_size))
    journal.append([record(0)])
    assert sizes[-1] == journal.path.stat().st_size > 0
