"""Ways to damage a file of a run, and the judgement of what the same command makes of it."""

import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from psro.machine.errors import UserError
from tests.damaged_runs import (
    BOOKKEEPING,
    KINDS,
    VIEWS,
    Built,
    build,
    snapshot,
    warnings_heard,
)

EVERYTHING = os.environ.get("PSRO_DAMAGE") == "all"
QUICK = ("rps_stopped", "rps_finished", "learned_stopped")
WHERE = tuple(KINDS) if EVERYTHING else QUICK

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


_known: dict[str, Built] = {}


def build_once(name: str, factory: pytest.TempPathFactory) -> Built:
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
