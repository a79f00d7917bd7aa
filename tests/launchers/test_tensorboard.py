"""launchers/tensorboard.sh: its refusals (TensorBoard itself is tested by its authors)."""

import shutil
import subprocess
from pathlib import Path

SCRIPT = Path(__file__).parents[2] / "launchers" / "tensorboard.sh"


def test_a_missing_directory_is_named(tmp_path: Path) -> None:
    clone = tmp_path / "clone"
    (clone / "launchers").mkdir(parents=True)
    shutil.copy(SCRIPT, clone / "launchers")
    script = clone / "launchers" / SCRIPT.name

    bare = subprocess.run([script], capture_output=True, text=True)
    assert (bare.returncode, "make setup" in bare.stderr) == (2, True)

    tensorboard = clone / ".venv" / "bin" / "tensorboard"
    tensorboard.parent.mkdir(parents=True)
    tensorboard.write_text('#!/bin/sh\necho "$@"\n')
    tensorboard.chmod(0o755)
    without_runs = subprocess.run([script], capture_output=True, text=True)
    assert (without_runs.returncode, f"{clone}/runs" in without_runs.stderr) == (2, True)

    (clone / "runs").mkdir()
    started = subprocess.run([script, "--port", "6007"], capture_output=True, text=True)
    assert started.stdout.split() == [
        "--logdir",
        f"{clone}/runs",
        "--host",
        "127.0.0.1",
        "--port",
        "6007",
    ]
