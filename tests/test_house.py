"""The rules of the house: style, formatting, types, and imports that only go down the floors."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
BIN = Path(sys.executable).parent

RULES = {
    "ruff check": [BIN / "ruff", "check", "."],
    "ruff format": [BIN / "ruff", "format", "--check", "."],
    "mypy": [BIN / "mypy"],
    "import contract": [BIN / "lint-imports", "--no-cache"],
}


@pytest.mark.parametrize("command", RULES.values(), ids=RULES.keys())
def test_rule(command: list[str | Path]) -> None:
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, f"\n{done.stdout}{done.stderr}"
