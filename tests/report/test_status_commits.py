import orjson
import pytest

from psro.machine.artifacts import Artifact
from psro.machine.errors import UserError
from psro.machine.journal import JOURNAL_FILE, Journal, JournalRecord
from psro.machine.units import Unit
from psro.report.status.commits import read_commits

HERE = {"phase": "COLLECT", "iteration": 1, "round": 0}
BEFORE = {"phase": "SOLVE", "iteration": 0, "round": 0}


def unit(index):
    return Unit(f"collect/{index}", "collect", {}, f"{index}.shard")


def record(at, of):
    return JournalRecord((Artifact("x.json", 1, "0" * 64),), at, of)


@pytest.fixture
def journal(tmp_path):
    journal = Journal(tmp_path)
    journal.append([record(BEFORE, unit(0)), record(BEFORE, None)])
    yield journal
    journal.close()


def test_what_is_committed_is_counted_and_what_is_committed_here_is_named(tmp_path, journal):
    mark = journal.mark
    journal.append([record(HERE, unit(1)), record(HERE, None), record(HERE, unit(2))])
    commits = read_commits(tmp_path, mark, HERE)
    assert commits.num == 5
    assert commits.units_here == ("collect/1", "collect/2")
    assert commits.last == (tmp_path / JOURNAL_FILE).stat().st_mtime


def test_what_was_released_is_no_unit(tmp_path, journal):
    journal.append([JournalRecord((), HERE, None, {"x.json": {"num_decisions": 3}})])
    commits = read_commits(tmp_path, journal.mark, HERE)
    assert (commits.num, commits.units_here) == (3, ())


@pytest.mark.parametrize("torn", [b'{"artifacts": [', b"\x00\x00\x00", b'{"half": 1}\n', b"\n"])
def test_a_torn_end_is_left_to_the_run_and_left_as_it_is(tmp_path, journal, torn):
    with open(tmp_path / JOURNAL_FILE, "ab") as file:
        file.write(torn)
    before = (tmp_path / JOURNAL_FILE).read_bytes()
    assert read_commits(tmp_path, journal.mark, HERE).num == 2
    assert (tmp_path / JOURNAL_FILE).read_bytes() == before


def test_damage_before_the_end_is_named_with_its_line(tmp_path, journal):
    path = tmp_path / JOURNAL_FILE
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"garbage\n" + lines[1])
    with pytest.raises(UserError, match=r"line 1.*which says what can be done"):
        read_commits(tmp_path, journal.mark, HERE)


def test_a_journal_that_lost_lines_or_has_others_is_damaged(tmp_path, journal):
    path = tmp_path / JOURNAL_FILE
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(lines[0])
    with pytest.raises(UserError, match="run the same command again"):
        read_commits(tmp_path, journal.mark, HERE)
    other = orjson.loads(lines[1]) | {"check": "0" * 32}
    path.write_bytes(lines[0] + orjson.dumps(other) + b"\n")
    with pytest.raises(UserError, match="has others"):
        read_commits(tmp_path, journal.mark, HERE)


def test_no_journal_is_no_commit(tmp_path, journal):
    mark = type(journal.mark)()
    (tmp_path / JOURNAL_FILE).unlink()
    commits = read_commits(tmp_path, mark, HERE)
    assert (commits.num, commits.last) == (0, None)
