"""Every file of a run directory, damaged in every way, and the same command again.

It puts the file right, says so by name and ends with the bytes of a run that was never damaged; or it stops with one line
that names the file and says what to do, and changes nothing. Never anything else.

The suite takes one file of each kind. PSRO_DAMAGE=all takes every file, of real battles too: docs/reliability.md.
"""

import gzip
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from psro.machine.errors import UserError
from psro.machine.identity import Identity
from psro.machine.schema import SCHEMA_VERSION
from psro.report.status import reading
from tests.damaged_runs import (
    BOOKKEEPING,
    KINDS,
    VIEWS,
    Built,
    build,
    results,
    snapshot,
    warnings_heard,
)
from tests.test_fixtures import FIXTURES, RUN

EVERYTHING = os.environ.get("PSRO_DAMAGE") == "all"
QUICK = ("rps_stopped", "rps_finished", "learned_stopped")
WHERE = tuple(KINDS) if EVERYTHING else QUICK
NOBODY = 65534
ROOT = Path(__file__).resolve().parents[1]

Damage = Callable[[Path, Built], bool]
"""Does it to a file; False where it cannot be done to that one."""


def truncated(path: Path, built: Built) -> bool:
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])
    return bool(data)


def flipped(path: Path, built: Built) -> bool:
    data = bytearray(path.read_bytes())
    if data:
        data[len(data) // 2] ^= 1
        path.write_bytes(data)
    return bool(data)


def emptied(path: Path, built: Built) -> bool:
    had_any = path.stat().st_size > 0
    path.write_bytes(b"")
    return had_any


def deleted(path: Path, built: Built) -> bool:
    path.unlink()
    return True


def foreign(path: Path, built: Built) -> bool:
    """The same file of the same command with another seed; where that is equal, a namesake of this run."""
    run = run_of(path)
    others = [built.foreign / path.relative_to(run), *sorted(run.rglob(path.name))]
    for other in others:
        if other.is_file() and other.read_bytes() != path.read_bytes():
            shutil.copyfile(other, path)
            return True
    return False


def a_directory(path: Path, built: Built) -> bool:
    path.unlink()
    path.mkdir()
    (path / "something").touch()
    return True


DAMAGES: dict[str, Damage] = {
    damage.__name__: damage
    for damage in (truncated, flipped, emptied, deleted, foreign, a_directory)
}


def run_of(path: Path) -> Path:
    return next(parent for parent in path.parents if parent.name == "seed_0")


def may_be_refused(path: str, damage: str) -> bool:
    """All the rest must be put right."""
    return damage == "a_directory" or path == "journal.jsonl"


def is_said(path: str, damage: str) -> bool:
    """Whether there is something to say: nobody misses a lock, a copy, or a checkpoint that was not yet written."""
    unmissed = path in ("run.lock", ".manifest.copy.json") or path.endswith("scratch/training.ckpt")
    return not (unmissed and damage == "deleted") and path not in (
        "run.lock",
        ".manifest.copy.json",
    )


@pytest.fixture(scope="session")
def built(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Built:
    return _build(request.param, tmp_path_factory)


_known: dict[str, Built] = {}


def _build(name: str, factory: pytest.TempPathFactory) -> Built:
    if name not in _known:
        _known[name] = build(KINDS[name], factory.mktemp(name))
    return _known[name]


everywhere = pytest.mark.parametrize("built", WHERE, indirect=True)
where_nothing_trains = pytest.mark.parametrize(
    "built", [name for name in WHERE if EVERYTHING or name.startswith("rps")], indirect=True
)


OF_TRAINING = re.compile(
    r"iteration_1/.*(scratch/.*|train\.json|\.shard)|population/.*\.safetensors"
)
"""What runs without training do not have; each case trains, so the suite takes no others of such runs."""


def files_to_damage(built: Built) -> list[str]:
    """All of them, or one of each kind: names that differ in digits only are of one kind."""
    paths = [
        path.relative_to(built.left).as_posix()
        for path in sorted(built.left.rglob("*"))
        if path.is_file() and path.relative_to(built.left).parts[0] not in VIEWS
    ]
    if EVERYTHING:
        return paths
    if built.kind is KINDS["learned_stopped"]:
        paths = [path for path in paths if OF_TRAINING.fullmatch(path)]
    of_kind = {re.sub(r"\d+", "N", path): path for path in paths}
    return sorted(of_kind.values())


IN_PLACE = tuple(name for name in BOOKKEEPING if name != "journal.jsonl")
"""A start whose later write is refused has said in the lock and the manifest that it began."""


def judge(built: Built, root: Path, paths: list[str], refusable: bool, said: list[str]) -> str:
    """Runs the same command on a damaged copy; what is wrong with what came of it, "" if nothing.

    `paths`: those a refusal may name; `said`: those a warning must name.
    """
    run = next(root.glob("*/seed_0"))
    damaged = snapshot(run, but=IN_PLACE)
    with warnings_heard() as heard:
        try:
            built.again(root)
        except UserError as refused:
            message = str(refused)
            if not refusable:
                return f"refused: {message}"
            if "\n" in message or not any(str(run / path) in message for path in paths):
                return f"a refusal that is not one line or names no file: {message}"
            now = snapshot(run, but=IN_PLACE)
            changed = [path for path in now.keys() | damaged if now.get(path) != damaged.get(path)]
            return f"refused, and yet {changed} changed: {message}" if changed else ""
    if unsaid := [path for path in said if not any(Path(path).name in line for line in heard)]:
        return f"put right without a word of {unsaid}: {heard}"
    expected = built.reference
    found = {path: data for path, data in snapshot(run).items() if data is not None}
    other = sorted(path for path in expected if found.get(path) != expected[path])
    return f"other bytes: {other}" if other else ""


@everywhere
@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_each_file_by_itself(built: Built, damage: Damage, tmp_path: Path) -> None:
    wrong, num_cases = {}, 0
    for path in files_to_damage(built):
        root = tmp_path / "copy"
        run = built.copy_to(root)
        if damage(run / path, built):
            num_cases += 1
            name = damage.__name__
            said = [path] if is_said(path, name) else []
            wrong[path] = judge(built, root, [path], may_be_refused(path, name), said)
        shutil.rmtree(root)
    assert num_cases >= 3
    assert {path: what for path, what in wrong.items() if what} == {}


@where_nothing_trains
def test_each_directory_deleted_or_a_file(built: Built, tmp_path: Path) -> None:
    wrong = {}
    directories = {
        re.sub(r"" if EVERYTHING else r"\d+", "N", path): path
        for path, data in snapshot(built.left).items()
        if data is None
    }
    for path in directories.values():
        for is_file in (False, True):
            run = built.copy_to(tmp_path / "copy")
            shutil.rmtree(run / path)
            if is_file:
                (run / path).touch()
            wrong[path, is_file] = judge(built, tmp_path / "copy", [path], is_file, [])
            shutil.rmtree(tmp_path / "copy")
    assert {path: what for path, what in wrong.items() if what} == {}


@everywhere
def test_strange_files_everywhere_are_no_part_of_the_run(built: Built, tmp_path: Path) -> None:
    run = built.copy_to(tmp_path / "copy")
    directories = [run, *(path for path in sorted(run.rglob("*")) if path.is_dir())]
    for directory in directories:
        (directory / "notes.txt").write_text("mine")
        (directory / ".hidden").write_text("mine")
        (directory / "policy_99.json").write_text("{")
        (directory / "stuff").mkdir()
        (directory / "stuff" / "weights.safetensors").write_bytes(b"\0")
    assert judge(built, tmp_path / "copy", [], False, []) == ""
    assert b"notes.txt" not in (run / "journal.jsonl").read_bytes()
    for directory in directories:
        if directory.is_dir():  # a training's own scratch goes with it
            assert (directory / "notes.txt").read_text() == "mine"


@everywhere
@pytest.mark.parametrize("seed", range(20 if EVERYTHING else 2))
def test_many_at_once(built: Built, seed: int, tmp_path: Path) -> None:
    said = damage_many(built, built.copy_to(tmp_path / "copy"), random.Random(seed))
    assert judge(built, tmp_path / "copy", [], False, said) == ""


def damage_many(built: Built, run: Path, draw: random.Random) -> list[str]:
    """All but what may be refused: the journal, and directories in files' places. Returns those to be warned of."""
    paths = [path for path in snapshot(built.left) if (built.left / path).is_file()]
    said = []
    for path in draw.sample(paths, k=draw.randint(2, len(paths))):
        damage = draw.choice([truncated, flipped, emptied, deleted])
        if damage(run / path, built) and "/scratch/" not in path:
            said.append(path)
    return said


def test_a_sample_on_real_battles(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Shards, weights, mid-way checkpoints of gen1ou; then many files at once."""
    built = _build("gen1ou_stopped", tmp_path_factory)
    scratch = "iteration_1/oracle/round_1/scratch/training.ckpt"
    sample = {
        "iteration_1/trajectories/round_1/000.shard": truncated,
        "population/base_clone/weights.safetensors": flipped,
        scratch: flipped,
    }
    run = built.copy_to(tmp_path / "sample")
    for path, damage in sample.items():
        assert damage(run / path, built)
    assert judge(built, tmp_path / "sample", [], False, [*sample]) == ""
    said = damage_many(built, built.copy_to(tmp_path / "many"), random.Random(0))
    assert judge(built, tmp_path / "many", [], False, said) == ""


@contextmanager
def as_nobody(root: Path) -> Iterator[None]:
    """Root reads everything, so it becomes nobody for a while; who is not root stays who he is."""
    if os.geteuid() != 0:
        yield
        return
    for path in (root, *root.rglob("*")):
        os.chown(path, NOBODY, NOBODY)
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


@everywhere
def test_files_that_may_not_be_read(built: Built) -> None:
    wrong = {}
    for path in files_to_damage(built):
        with tempfile.TemporaryDirectory() as directory:  # pytest's are root's alone
            root = Path(directory) / "copy"
            run = built.copy_to(root)
            (run / path).chmod(0)
            with as_nobody(Path(directory)):
                # The lock and the journal are written in place, so they must be given back.
                refusable = path in BOOKKEEPING
                said = [path] if path != ".manifest.copy.json" else []
                wrong[path] = judge(built, root, [path], refusable, said)
    assert {path: what for path, what in wrong.items() if what} == {}


def test_what_is_damaged_while_nobody_looks_is_never_played_with(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """A policy.json that is whole, but another's: units read it by its path and would play on."""
    built = _build("rps_stopped", tmp_path_factory)
    run = built.copy_to(tmp_path / "copy")
    path = run / "population/rock/policy.json"
    path.write_bytes(path.read_bytes().replace(b'"action":"rock"', b'"action":"paper"'))
    path.write_bytes(path.read_bytes().replace(b'"action": "rock"', b'"action": "paper"'))
    assert path.read_bytes() != (built.left / "population/rock/policy.json").read_bytes()
    assert judge(built, tmp_path / "copy", [], False, ["population/rock/policy.json"]) == ""


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
    built = _build("rps_finished", tmp_path_factory)
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
    built = _build("rps_finished", tmp_path_factory)
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
    built = _build("rps_finished", tmp_path_factory)
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


def garbage(path: Path) -> None:
    if path.suffix:
        path.write_bytes(b'\x00\xff{"what": ')
    else:
        path.mkdir()
        (path / "events.out.tfevents.0000000000.host.1.000000").write_bytes(b"\x00\xff")
        (path / "summary.md").mkdir()


def the_wrong_sort(path: Path) -> None:
    if path.suffix:
        path.mkdir()
    else:
        path.write_bytes(b"a file where a directory belongs")


@pytest.mark.parametrize("damage", [garbage, the_wrong_sort])
def test_damaged_views_cost_the_run_nothing(
    damage: Callable[[Path], None], tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Times, status, curves, report: with all of them at work, unlike in the tests above."""
    built = _build("rps_stopped", tmp_path_factory)
    run = built.copy_to(tmp_path / "copy")
    for view in VIEWS:
        damage(run / view)
    built.again(tmp_path / "copy", views=True)
    assert results(run) == built.reference


def test_the_command_itself_says_it_on_standard_error(tmp_path: Path) -> None:
    """Warnings are worth nothing if a framework has switched the loggers off."""
    runs = Path(
        shutil.copytree(FIXTURES / f"schema_{SCHEMA_VERSION}" / "half_done", tmp_path / "runs")
    )
    damaged = runs / RUN / "population/rock/policy.json"
    damaged.unlink()
    command = [sys.executable, "-m", "psro.main", "+experiment=rps", f"runs_directory={runs}"]
    ended = subprocess.run(
        command,
        cwd=ROOT,
        env=os.environ | {"MKL_CBWR": "COMPATIBLE"},
        capture_output=True,
        text=True,
    )
    assert ended.returncode == 0, ended.stderr
    assert f"{damaged} is missing: it is computed again" in ended.stderr
    assert "variables none -> MKL_CBWR=COMPATIBLE" in ended.stderr
    assert "Bits may differ from here on" in ended.stderr
    (runs / RUN / "psro_summary.json").unlink()
    (runs / RUN / "psro_summary.json").mkdir()
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert (ended.returncode, ended.stderr.count("\n")) == (2, 1), ended.stderr
    assert "psro_summary.json" in ended.stderr
