"""What the README and the documentation tell a reader to type composes, and what they point to is there."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from psro import wiring
from psro.config import parse_config

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
PROGRAM = re.compile(
    r"(?:python -m psro\.main|psro|python launchers/restarting\.py|sbatch .*slurm/psro\.sh) (.*)"
)


def commands(page: Path) -> list[str]:
    """The lines of the page's code blocks, without comments and indentation."""
    lines = re.findall(r"^ {4,}(\S.*)$", page.read_text(), re.MULTILINE)
    return [re.sub(r"\s+#.*", "", line).strip() for line in lines]


def documented_overrides() -> list[str]:
    """Of every command that starts the program; flags left out."""
    found = [match[1] for page in PAGES for line in commands(page)
             if (match := PROGRAM.fullmatch(line))]  # fmt: skip
    without_flags = [re.sub(r" --(cfg|info) \S+|--multirun ", "", overrides) for overrides in found]
    # Of a sweep the first run.
    return sorted({re.sub(r"=(\w+),[\w,]+", r"=\1", overrides) for overrides in without_flags})


def test_there_are_documented_commands() -> None:
    assert len(documented_overrides()) > 8


@pytest.mark.parametrize("overrides", documented_overrides())
def test_documented_overrides_compose(overrides: str) -> None:
    from hydra import compose, initialize_config_dir

    with initialize_config_dir(str(ROOT / "conf"), version_base="1.3"):
        composed = compose("config", shlex.split(overrides))
    parse_config(composed, wiring.SCHEMAS)


@pytest.mark.parametrize("flag", [["--cfg", "job"], ["--info", "defaults-tree"]])
def test_the_config_can_be_shown(flag: list[str]) -> None:
    command = [sys.executable, "-m", "psro.main", "+experiment=rps", *flag]
    shown = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert shown.returncode == 0, shown.stderr
    assert "rps" in shown.stdout


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_to_files(page: Path) -> None:
    targets = re.findall(r"\]\(([^)#]+)[^)]*\)", page.read_text())
    missing = [
        target
        for target in targets
        if not target.startswith("http") and not (page.parent / target).exists()
    ]
    assert not missing


def named_paths(page: Path) -> list[str]:
    """Files and folders of the repository that the page names in `code`."""
    names = re.findall(r"`([\w./-]+)`", page.read_text())
    tops = ("psro/", "conf/", "tests/", "launchers/", "slurm/", "docs/", "benchmarks/")
    return [name for name in names if name.startswith(tops)]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_named_paths_exist(page: Path) -> None:
    made_by_the_reader = {"slurm/site.sh"}
    missing = [
        name
        for name in named_paths(page)
        if name not in made_by_the_reader and not (ROOT / name).exists()
    ]
    assert not missing
