"""A damaged journal, and other files of the driver: what is refused can be put right, by what the refusal says."""

import gzip
import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from psro.machine.errors import UserError
from psro.machine.identity import Identity
from psro.report.status import reading
from tests.damaged_runs import (
    Built,
    results,
    snapshot,
)
from tests.damages import build_once, judge


def rewritten(data: bytes) -> Iterator[bytes]:
    """What programs and people make of a journal."""
    yield gzip.compress(data)
    yield data.decode().encode("utf-16")
    yield b"[" + b",".join(data.splitlines()) + b"]"
    yield b'{"a": NaN}\n'
    yield b"[" * 100_000


def test_a_journal_that_is_refused_can_still_be_put_right(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    built = build_once("rps_finished", tmp_path_factory)
    run = built.copy_to(tmp_path / "copy")
    journal = run / "journal.jsonl"
    whole = journal.read_bytes()
    for other in rewritten(whole):
        journal.write_bytes(other)
        before = snapshot(run, but=("run.lock",))
        with pytest.raises(UserError, match=r"journal\.jsonl has 0 lines where"):
            built.again(tmp_path / "copy")
        assert snapshot(run, but=("run.lock",)) == before
    journal.write_bytes(whole)
    assert judge(built, tmp_path / "copy", [], False, []) == ""


EXTENDED = ("certificate.enabled=true", "psro.num_iterations=3")


@pytest.fixture(scope="module")
def extended(tmp_path_factory: pytest.TempPathFactory) -> tuple[Built, Path]:
    """The finished run, and one that was extended from it."""
    built = build_once("rps_finished", tmp_path_factory)
    root = tmp_path_factory.mktemp("extended") / "copy"
    run = built.copy_to(root)
    built.again(root, *EXTENDED)
    return built, run


def as_told(built: Built, root: Path, *more: str) -> list[str]:
    """The same command, doing each time what its refusal says; returns what it said."""
    said: list[str] = []
    for _ in range(3):
        try:
            built.again(root, *more)
            return said
        except UserError as refused:
            said.append(str(refused))
            if cut := re.search(r"`truncate -s (\d+) (\S+)`", str(refused)):
                os.truncate(cut[2], int(cut[1]))
            elif numbers := re.findall(r"psro\.num_iterations=\d+", str(refused)):
                for number in numbers:
                    built.again(root, number)
            else:
                return said
    raise AssertionError(said)


@pytest.mark.parametrize("line", [1, 6, 31, -20])
def test_what_it_says_about_a_flipped_bit_leads_somewhere(
    extended: tuple[Built, Path], line: int, tmp_path: Path
) -> None:
    built, run = extended
    copy = tmp_path / "copy" / run.relative_to(run.parents[1])
    shutil.copytree(run, copy)
    lines = (copy / "journal.jsonl").read_bytes().splitlines(keepends=True)
    at = line - 1 if line > 0 else len(lines) + line
    lines[at] = lines[at].replace(b'"size":', b'"syze":')
    (copy / "journal.jsonl").write_bytes(b"".join(lines))
    said = as_told(built, tmp_path / "copy", *EXTENDED)
    assert f"journal.jsonl is damaged in line {at + 1}, " in said[0]
    if line == 1:
        assert "truncate" not in said[0]
        assert "restore it from a backup or start a new run" in said[0]
        return
    assert results(copy) == results(run)


def test_a_run_that_lost_its_end_is_extended_to_the_same_bytes(
    extended: tuple[Built, Path], tmp_path: Path
) -> None:
    built, run = extended
    copy = built.copy_to(tmp_path / "copy")
    lines = (copy / "journal.jsonl").read_bytes().splitlines(keepends=True)
    (copy / "journal.jsonl").write_bytes(b"".join(lines[:-3]))
    said = as_told(built, tmp_path / "copy", *EXTENDED)
    assert [re.findall(r"psro\.num_iterations=\d", line) for line in said] == [
        ["psro.num_iterations=2"]
    ]
    assert results(copy) == results(run)


@pytest.mark.parametrize("content", [b"[" * 5000, b"{a: " * 5000], ids=["[", "{"])
@pytest.mark.parametrize("name", ["run.lock", "manifest.json", "config.yaml"])
def test_what_nests_too_deep_is_one_line_of_status(
    name: str,
    content: bytes,
    tmp_path: Path,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(reading, "NUM_TRIES", 1)  # PyYAML takes seconds to give up
    built = build_once("rps_finished", tmp_path_factory)
    run = built.copy_to(tmp_path / "copy")
    (run / name).write_bytes(content)
    if name == "run.lock" or (
        name == "incidents.jsonl" and content[0] == ord("{")
    ):  # no JSON: torn
        reading.read_status(run, Identity.of_this_process())
        return
    with pytest.raises(UserError, match=re.escape(str(run / name))) as refused:
        reading.read_status(run, Identity.of_this_process())
    assert "\n" not in str(refused.value)
