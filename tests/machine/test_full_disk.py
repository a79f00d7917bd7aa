"""A disk that fills up under a run, and one that is read-only: one line, nothing lost, the same end.

On a real file system: a tmpfs of a few hundred KiB in a mount namespace of its own, which is gone with its last process.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from psro.machine.manifest import Manifest
from tests.phases.conftest import result_bytes

ROOT = Path(__file__).resolve().parents[2]
NAMESPACES = (["unshare", "--mount"], ["unshare", "--mount", "--map-root-user"])
VIEWS = ("report/", "tensorboard/")

# The remounts ignore what the table says: uid=0 of a user namespace is refused when it is repeated.
SCENARIO = """
set -u
psro() { "$PYTHON" -m psro.main +experiment=rps "runs_directory=$PWD/disk" >$1.out 2>$1.err; echo $? >$1.code; }
mount -t tmpfs -o size="$SIZE" tmpfs disk || exit 1
psro full
cp -r disk full
mount --options-mode ignore -o remount,ro,size="$SIZE" disk || exit 1
psro read_only
mount --options-mode ignore -o remount,rw,size=16m disk || exit 1
psro again
cp -r disk again
"""


def namespace() -> list[str]:
    """What gives a shell a mount table of its own here; skips the test where nothing does."""
    if not shutil.which("unshare"):
        pytest.skip("needs unshare (util-linux) for a small file system of its own")
    said = ""
    for command in NAMESPACES:
        # /mnt is covered in the namespace only.
        probe = [*command, "mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", "/mnt"]
        tried = subprocess.run(probe, capture_output=True, text=True, check=False)
        if tried.returncode == 0:
            return command
        said = tried.stderr.strip()
    pytest.skip(f"may not mount a small file system here, neither as uid {os.getuid()} nor as "
                f"root of a user namespace: {said}")  # fmt: skip


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The results of the same run on a disk with room."""
    runs = tmp_path_factory.mktemp("undisturbed")
    command = [sys.executable, "-m", "psro.main", "+experiment=rps", f"runs_directory={runs}"]
    subprocess.run(command, cwd=ROOT, capture_output=True, timeout=300, check=True)
    return results(runs / "rps/seed_0")


def results(run: Path) -> dict[str, bytes]:
    return {
        path: data
        for path, data in result_bytes(run).items()
        # config.yaml names the runs directory.
        if not path.startswith(VIEWS) and path not in ("config.yaml", "run.lock")
    }


def ended(directory: Path, name: str) -> tuple[int, str]:
    """Exit code, and the program's own line on stderr; beside it there may only be what views say."""
    lines = (directory / f"{name}.err").read_text().splitlines()
    own = [line for line in lines if "NOT WRITTEN" not in line]
    assert len(own) <= 1, own
    return int((directory / f"{name}.code").read_text()), "".join(own)


@pytest.mark.parametrize("size", ["32k", "256k"])
def test_a_full_and_then_read_only_disk_costs_nothing_but_time(
    size: str, tmp_path: Path, undisturbed: dict[str, bytes]
) -> None:
    (tmp_path / "disk").mkdir()
    environment = os.environ | {"PYTHON": sys.executable, "PYTHONPATH": str(ROOT), "SIZE": size}
    done = subprocess.run(
        [*namespace(), "sh", "-c", SCENARIO],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stderr

    code, line = ended(tmp_path, "full")
    assert code == 2, line
    assert line.startswith("psro: ")
    assert "No space left on device" in line
    assert "run the same command again" in line
    manifest = Manifest.load(tmp_path / "full/rps/seed_0")
    assert manifest is not None
    assert manifest.position["phase"] != "DONE"

    code, line = ended(tmp_path, "read_only")
    assert code == 2, line
    assert line.startswith("psro: ")
    assert "Read-only file system" in line
    assert "run the same command again" in line

    assert ended(tmp_path, "again") == (0, "")
    run = tmp_path / "again/rps/seed_0"
    assert results(run) == undisturbed
    finished = Manifest.load(run)
    assert finished is not None
    assert (finished.position["phase"], finished.run_id) == ("DONE", manifest.run_id)
    assert not list(run.rglob("*.tmp")), "half-written files are swept"
