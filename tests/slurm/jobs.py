"""Jobs of slurm/psro.sh on the test cluster: submitted, watched, and what their runs left."""

import json
import re
import shutil
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.phases.conftest import result_bytes
from tests.slurm.cluster import Cluster

ROOT = Path(__file__).resolve().parents[2]
DEADLINE_S = 600.0
"""Far more than anything here takes: to tell a busy machine from one where nothing happens."""


@dataclass(frozen=True)
class Run:
    """A run directory, read while its writer is at work."""

    directory: Path

    def manifest(self) -> dict[str, Any]:
        """manifest.json; empty before there is one."""
        path = self.directory / "manifest.json"
        return json.loads(path.read_bytes()) if path.exists() else {}

    def phase(self) -> str:
        """The phase that the run is in; empty before it has begun."""
        manifest = self.manifest()
        return str(manifest["position"]["phase"]) if manifest else ""

    def units(self, position: dict[str, Any]) -> int:
        """How many units were committed at this position."""
        path = self.directory / "journal.jsonl"
        # The last line may be half written.
        lines = path.read_bytes().split(b"\n")[:-1] if path.exists() else []
        records = [json.loads(line) for line in lines]
        return sum(1 for r in records if r["unit"] is not None and r["position"] == position)

    def starts(self) -> list[dict[str, Any]]:
        """The entries of its history that a start made."""
        return self._history("fresh start", "going on from")

    def stops(self) -> list[dict[str, Any]]:
        """The entries of its history that a signal made."""
        return self._history("stopped by")

    def results(self) -> dict[str, bytes]:
        """Every file that is a result, by its relative path."""
        views = ("report/", "tensorboard/", "config.yaml", "slurm_progress")
        found = result_bytes(self.directory)
        return {path: data for path, data in found.items() if not path.startswith(views)}

    def _history(self, *beginnings: str) -> list[dict[str, Any]]:
        history = self.manifest().get("history", [])
        return [entry for entry in history if entry["note"].startswith(beginnings)]


@dataclass(frozen=True)
class Job:
    """A submitted job. id: as SLURM prints it, "7", or "7_1" for a task of an array."""

    cluster: Cluster
    id: str
    output: Path

    def text(self) -> str:
        """What it and its restarts have printed."""
        return self.output.read_text() if self.output.exists() else ""

    def show(self) -> dict[str, str]:
        """SLURM's record of it: JobState, Restarts, ExitCode, Partition, ..."""
        shown = self.cluster.run("scontrol", "show", "--oneliner", "job", self.id)
        return dict(re.findall(r"(\S+?)=(\S*)", shown))

    def signal(self, name: str) -> None:
        """Send a signal as --signal=B: does, to the batch script alone."""
        self.cluster.run("scancel", "--batch", f"--signal={name}", self.id)

    def cancel(self) -> None:
        """Cancel it, and wait until its processes are gone."""
        self.cluster.run("scancel", self.id)
        self.wait_for(lambda: self.show()["JobState"] == "CANCELLED", "is cancelled")

    def wait_for_end(self) -> dict[str, str]:
        """SLURM's record of it once it will not be started again."""
        over = ("COMPLETED", "FAILED", "CANCELLED", "TIMEOUT", "NODE_FAIL")
        self.wait_for(lambda: self.show()["JobState"] in over, "ends")
        return self.show()

    def wait_for_text(self, text: str, times: int = 1) -> None:
        """Wait until it has printed `text` so many times."""
        self.wait_for(lambda: self.text().count(text) >= times, f"prints {text!r} ({times})")

    def wait_for(self, condition: Callable[[], bool], what: str) -> None:
        """Wait; fails with all there is to see when DEADLINE_S have passed."""
        deadline = time.monotonic() + DEADLINE_S
        while not condition():
            assert time.monotonic() < deadline, f"job {self.id} never {what}\n{self.report()}"
            time.sleep(0.02)

    def report(self) -> str:
        """For a failed test: its output, its state and the daemons' last words."""
        state = self.cluster.run("scontrol", "show", "job")
        return f"--- {self.output}\n{self.text()}\n--- jobs\n{state}\n{self.cluster.logs()}"


@dataclass(frozen=True)
class Clone:
    """A clone to submit in, which may have a slurm/site.sh and where runs/ is nobody else's."""

    root: Path
    cluster: Cluster

    @classmethod
    def make(cls, root: Path, cluster: Cluster) -> "Clone":
        """The code itself is linked to, the slurm directory is copied."""
        for name in ("psro", "conf", "launchers", "node_modules"):
            (root / name).symlink_to(ROOT / name)
        shutil.copytree(ROOT / "slurm", root / "slurm", ignore=shutil.ignore_patterns("site.sh"))
        return cls(root, cluster)

    def sbatch(self, *arguments: str, site: bool = False) -> Job:
        """`sbatch <arguments>` in the clone; `site`: with slurm/site.sh sourced before."""
        source = [". slurm/site.sh"] if site else []
        command = ["bash", "-c", "; ".join([*source, 'exec sbatch --parsable "$@"']), "sbatch"]
        # The interpreter of these tests, whether or not the clone has a .venv.
        job = self.cluster.run(*command, *arguments, cwd=self.root, PSRO_PYTHON=sys.executable)
        return Job(self.cluster, job, self.root / f"slurm-{job}.out")

    def psro(self, *overrides: str, options: tuple[str, ...] = (), site: bool = False) -> Job:
        """`sbatch <options> slurm/psro.sh <overrides>`."""
        return self.sbatch(*options, "slurm/psro.sh", *overrides, site=site)

    def run(self, name: str, seed: int = 0) -> Run:
        """The run of this name and seed."""
        return Run(self.root / "runs" / name / f"seed_{seed}")

    def task(self, array: Job, index: int) -> Job:
        """A task of an array."""
        name = f"{array.id}_{index}"
        return Job(self.cluster, name, self.root / f"slurm-{name}.out")
