"""The Makefile's front: what its targets run, and how overrides and exit codes get through."""

import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
# Without what `make test` hands down: its args= would reach the makes of these tests.
ENVIRONMENT = {key: value for key, value in os.environ.items() if not key.startswith("MAKE")}


def planned(*arguments: str, **environment: str) -> list[str]:
    """The last command that make would run, without running it, as the shell would split it."""
    done = subprocess.run(
        ["make", "--no-print-directory", "-n", *arguments],
        cwd=ROOT,
        env={**ENVIRONMENT, **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    command = done.stdout.splitlines()[-1].removeprefix("exec ")
    split = subprocess.run(
        ["sh", "-c", f"printf '%s\\n' {command}"], capture_output=True, text=True, check=True
    )
    return split.stdout.splitlines()


@pytest.mark.parametrize("experiment", ["phase0", "phase1", "smoke", "rps"])
def test_a_run_is_the_documented_command(experiment: str) -> None:
    assert planned(experiment) == [
        ".venv/bin/python", "-m", "psro.main", f"+experiment={experiment}"
    ]  # fmt: skip
    assert (ROOT / "conf" / "experiment" / f"{experiment}.yaml").exists()


def test_name_seed_and_overrides_reach_the_program() -> None:
    command = planned("phase1", "name=my run", "seed=3", "args=psro.rounds=2 'teams.x=[a, b]'")
    assert command[4:] == ["name=my run", "seed=3", "psro.rounds=2", "teams.x=[a, b]"]


def test_the_environment_does_not_change_a_run() -> None:
    assert planned("phase1", name="other", seed="9", args="x=1") == planned("phase1")


@pytest.mark.parametrize("mistake", ["nmae=trial", "psro.num_iterations=2"])
def test_a_variable_that_nobody_reads_starts_no_run(mistake: str) -> None:
    done = subprocess.run(
        ["make", "-n", "phase1", mistake], cwd=ROOT, env=ENVIRONMENT, capture_output=True, text=True
    )
    assert done.returncode == 2
    assert not done.stdout
    assert f"there is no {mistake.partition('=')[0]}=; runs take name=, seed= and" in done.stderr


def test_pytest_options_reach_pytest() -> None:
    assert planned("test", "args=-k nash")[-2:] == ["-k", "nash"]


def test_without_a_python_it_says_which_one_is_needed(tmp_path: Path) -> None:
    for name in ("python3", "python3.14", "python3.13", "python3.12", "python3.11"):
        old = tmp_path / name
        old.write_text("#!/bin/sh\nexit 1\n")
        old.chmod(0o755)
    done = subprocess.run(
        ["make", "setup"],
        cwd=ROOT,
        env={**ENVIRONMENT, "PATH": f"{tmp_path}:{ENVIRONMENT['PATH']}"},
        capture_output=True,
        text=True,
    )
    assert done.returncode != 0
    assert "Python 3.11 or newer" in done.stderr
