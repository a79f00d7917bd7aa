"""launchers/run_directory.py names the directory that the program itself would use."""

import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "launchers" / "run_directory.py"


def ask(directory: Path, *overrides: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, SCRIPT, *overrides], cwd=directory, capture_output=True, text=True
    )


@pytest.mark.parametrize(
    ("overrides", "expected"),
    [
        (["+experiment=rps"], "runs/rps/seed_0"),
        (["+experiment=rps", "seed=3", "name=trial"], "runs/trial/seed_3"),
        (["seed=1", "+experiment=rps", "seed=2"], "runs/rps/seed_2"),
        (["+experiment=rps", "runs_directory=elsewhere"], "elsewhere/rps/seed_0"),
    ],
)
def test_the_directory(tmp_path: Path, overrides: list[str], expected: str) -> None:
    assert ask(tmp_path, *overrides).stdout.strip() == str(tmp_path / expected)


@pytest.mark.parametrize("override", ["+experiment=no_such", "no.such.key=1", "psro.rounds=many"])
def test_what_the_program_refuses_is_one_line_and_code_2(tmp_path: Path, override: str) -> None:
    answer = ask(tmp_path, override)
    assert answer.returncode == 2
    assert not answer.stdout
    assert len(answer.stderr.splitlines()) == 1, answer.stderr
