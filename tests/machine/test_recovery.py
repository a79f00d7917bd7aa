"""A manifest and a journal that do not fit any more: from the copy, or from an earlier boundary."""

import gzip
import json
import os
import re
import shutil
from enum import Enum

import pytest

from psro.machine.engine import Algorithm, Machine, RunSpec
from psro.machine.errors import UserError
from psro.machine.executors import SerialExecutor
from psro.machine.journal import JOURNAL_FILE
from psro.machine.manifest import COPY_FILE, MANIFEST_FILE, Manifest
from psro.machine.position import Position
from psro.machine.signals import StopFlag
from tests.machine.toy_algorithm import make_context, results, run_serially


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


FIRST_BOUNDARY = 3
"""Lines of the journal: config.yaml and the two units of DRAW."""


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
    for kept in range(FIRST_BOUNDARY, num_lines):
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


def test_it_goes_back_over_an_extension(finished, tmp_path):
    expected = results(finished / "extended")
    num_lines = (finished / "extended" / JOURNAL_FILE).read_bytes().count(b"\n")
    for kept in range(num_lines):
        directory = tmp_path / str(kept)
        shutil.copytree(finished / "extended", directory)
        cut_journal(directory, kept)
        if kept < FIRST_BOUNDARY:
            with pytest.raises(UserError, match="restore both"):
                again(directory)
            assert (directory / JOURNAL_FILE).read_bytes().count(b"\n") == kept
        else:
            again(directory)
            assert results(directory) == expected


@pytest.mark.parametrize("damaged_line", range(1, 13))
def test_the_remedy_for_damage_in_the_middle_works(run, tmp_path, damaged_line):
    expected = results(run)
    path = run / JOURNAL_FILE
    lines = path.read_bytes().splitlines(keepends=True)
    at = damaged_line - 1
    lines[at] = lines[at].replace(b'"size":', b'"size":1')
    path.write_bytes(b"".join(lines))
    with pytest.raises(
        UserError, match=rf"journal\.jsonl is damaged in line {damaged_line},"
    ) as refused:
        again(run)
    assert path.read_bytes() == b"".join(lines)
    cut = re.search(rf"`truncate -s (\d+) {path}`", str(refused.value))
    assert (cut is None) == (at < FIRST_BOUNDARY)
    if cut is None:
        assert "restore it from a backup or start a new run" in str(refused.value)
        return
    os.truncate(path, int(cut[1]))
    again(run)
    assert results(run) == expected


class Leg(Enum):
    WALK = 1
    REST = 2
    TELL = 3
    DONE = 4


def hike(directory, num_days):
    """A rest and a tale end every hike, not every day; the tale tells of all rests."""

    def walk(run):
        t = run.position.iteration
        run.commit(f"day_{t}", b"walked")
        return Position(Leg.WALK, t + 1) if t + 1 < num_days else Position(Leg.REST, t)

    def rest(run):
        run.commit(f"rest_{run.position.iteration}", b"slept")
        return Position(Leg.TELL, run.position.iteration)

    def tell(run):
        rests = [t for t in range(num_days) if run.committed(f"rest_{t}")]
        run.commit("tale", f"{num_days}: {rests}".encode(), replace=True)
        return Position(Leg.DONE, run.position.iteration)

    def reopen(position):
        left_its_way = position.phase is not Leg.WALK and position.iteration + 1 < num_days
        return Position(Leg.WALK, position.iteration + 1) if left_its_way else None

    handlers = {Leg.WALK: walk, Leg.REST: rest, Leg.TELL: tell}
    algorithm = Algorithm("hike", Position(Leg.WALK), Leg.DONE, handlers, reopen)
    spec = RunSpec(
        directory,
        {"num_days": num_days},
        "1.0",
        {"python": "3.11"},
        frozenset({"num_days"}),
        {"config.yaml": b"%d" % num_days},
    )
    executor = SerialExecutor(directory, make_context, {"directory": str(directory)})
    Machine(algorithm, spec, executor, StopFlag()).run()


def hike_as_told(directory, num_days):
    """The same command, and what its refusals say is to be run before it."""
    asked = []
    for _ in range(2):
        try:
            hike(directory, num_days)
            return asked
        except UserError as refused:
            asked = [int(n) for n in re.findall(r"num_days=(\d+)", str(refused))]
            if not asked:
                raise
            for n in asked:
                hike(directory, n)
    raise AssertionError("what it said did not help")


@pytest.mark.parametrize("to_come", [4, 6])
@pytest.mark.parametrize("lengths", [(2,), (2, 4), (1, 2, 4)], ids=str)
def test_an_end_that_a_longer_run_does_not_make_is_made_again_first(tmp_path, lengths, to_come):
    for n in lengths:
        hike(tmp_path / "run", n)
    shutil.copytree(tmp_path / "run", tmp_path / "reference")
    hike(tmp_path / "reference", to_come)
    expected = results(tmp_path / "reference")
    asked = set()
    for kept in range(2, (tmp_path / "run" / JOURNAL_FILE).read_bytes().count(b"\n")):
        directory = tmp_path / str(kept)
        shutil.copytree(tmp_path / "run", directory)
        cut_journal(directory, kept)
        before = (directory / JOURNAL_FILE).read_bytes(), (directory / MANIFEST_FILE).read_bytes()
        try:
            hike(directory, to_come)
        except UserError:
            after = (
                (directory / JOURNAL_FILE).read_bytes(),
                (directory / MANIFEST_FILE).read_bytes(),
            )
            assert after == before
        asked.update(hike_as_told(directory, to_come))
        assert results(directory) == expected
    assert asked == {n for n in lengths if n < to_come}


@pytest.mark.parametrize(
    "rewrite",
    [
        gzip.compress,
        lambda data: data.decode().encode("utf-16"),
        lambda data: b"[" + b",".join(data.splitlines()) + b"]",
        lambda data: b'{"a": NaN}\n',
        lambda data: b"[" * 100_000,
        None,
    ],
    ids=["gzip", "utf16", "one_array", "nan", "nested", "gone"],
)
def test_a_refusal_leaves_the_journal_as_it_is(run, rewrite):
    path = run / JOURNAL_FILE
    if rewrite is None:
        path.unlink()
    else:
        path.write_bytes(rewrite(path.read_bytes()))

    def everything():
        return {
            p.name: p.read_bytes() for p in run.iterdir() if p.is_file() and p.name != "run.lock"
        }

    before = everything()
    with pytest.raises(UserError, match=r"journal\.jsonl has 0 lines where"):
        again(run)
    assert everything() == before
    for name in (MANIFEST_FILE, COPY_FILE):
        (run / name).unlink()
    if rewrite is not None:
        with pytest.raises(UserError, match=r"has a journal\.jsonl but no manifest\.json"):
            again(run)
        assert path.read_bytes() == before[JOURNAL_FILE]


@pytest.mark.parametrize("command", [{}, {"num_steps": 9}])
def test_a_torn_end_is_cut_off_only_by_a_start_that_goes_on(run, command):
    path = run / JOURNAL_FILE
    torn = path.read_bytes()[:-9]
    path.write_bytes(torn)
    if command:
        with pytest.raises(UserError, match="another config"):
            run_serially(run, num_iterations=3, **command)
        assert path.read_bytes() == torn
    else:
        expected = results(run)
        again(run)
        assert results(run) == expected
        assert path.read_bytes().endswith(b"\n")


@pytest.mark.parametrize(
    "content",
    [b"[" * 100_000, b'{"a":' * 100_000, b'{"checksum": 1, "schema_version": 2, "a": NaN}'],
)
def test_a_manifest_that_no_program_writes_is_one_line(run, content):
    for name in (MANIFEST_FILE, COPY_FILE):
        (run / name).write_bytes(content)
    with pytest.raises(UserError, match=r"/manifest\.json is torn.*restore it"):
        again(run)
