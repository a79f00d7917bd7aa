"""Every file of a run directory, damaged in every way, and the same command again.

It puts the file right, says so by name and ends with the bytes of a run that was never damaged; or it stops with one line
that names the file and says what to do, and changes nothing. Never anything else.

The suite takes one file of each kind. PSRO_DAMAGE=all takes every file, of real battles too: docs/reliability.md.
"""

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

from psro.machine.schema import SCHEMA_VERSION
from tests.damaged_runs import (
    BOOKKEEPING,
    VIEWS,
    Built,
    results,
    snapshot,
)
from tests.damages import (
    DAMAGES,
    EVERYTHING,
    Damage,
    build_once,
    deleted,
    emptied,
    everywhere,
    files_to_damage,
    flipped,
    is_said,
    judge,
    may_be_refused,
    truncated,
    where_nothing_trains,
)
from tests.test_fixtures import FIXTURES, RUN

NOBODY = 65534
ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def built(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Built:
    return build_once(request.param, tmp_path_factory)


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
    built = build_once("gen1ou_stopped", tmp_path_factory)
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
    built = build_once("rps_stopped", tmp_path_factory)
    run = built.copy_to(tmp_path / "copy")
    path = run / "population/rock/policy.json"
    path.write_bytes(path.read_bytes().replace(b'"action":"rock"', b'"action":"paper"'))
    path.write_bytes(path.read_bytes().replace(b'"action": "rock"', b'"action": "paper"'))
    assert path.read_bytes() != (built.left / "population/rock/policy.json").read_bytes()
    assert judge(built, tmp_path / "copy", [], False, ["population/rock/policy.json"]) == ""


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
    built = build_once("rps_stopped", tmp_path_factory)
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
