"""Who is running: this process on this machine, and the SLURM job around it."""

import os
import socket
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Identity:
    """A process, named so that it can be told from another with the same pid.

    boot_id: of the running kernel; start_ticks: clock ticks from boot to the process's start
    (/proc, field 22); both None where there is no /proc. job_id, restart_count: of SLURM.
    """

    host: str
    boot_id: str | None
    pid: int
    start_ticks: int | None
    job_id: str | None
    restart_count: int

    @classmethod
    def of_this_process(cls, environment: Mapping[str, str] = os.environ) -> "Identity":
        """The identity of the calling process."""
        return cls(
            host=socket.gethostname(),
            boot_id=_boot_id(),
            pid=os.getpid(),
            start_ticks=_start_ticks(os.getpid()),
            job_id=environment.get("SLURM_JOB_ID"),
            restart_count=int(environment.get("SLURM_RESTART_COUNT") or 0),
        )

    def to_json(self) -> dict[str, Any]:
        """The identity as a JSON object."""
        return asdict(self)

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> "Identity":
        """The inverse of `to_json`. Raises: KeyError, TypeError for anything else."""
        return cls(**{name: value[name] for name in cls.__dataclass_fields__})

    def describe(self) -> str:
        """For people: "process 4711 on node7, SLURM job 12 (restart 1)"."""
        job = f", SLURM job {self.job_id} (restart {self.restart_count})" if self.job_id else ""
        return f"process {self.pid} on {self.host}{job}"

    def same_machine_as(self, other: "Identity") -> bool:
        """True on the same kernel (containers share it) or, over a reboot, under the same name."""
        return self.host == other.host or (
            self.boot_id is not None and self.boot_id == other.boot_id
        )

    def is_alive_here(self) -> bool:
        """True if this very process (not another with its pid) runs on the calling machine."""
        if self.boot_id != _boot_id():
            return False
        if self.start_ticks is not None:
            return _start_ticks(self.pid) == self.start_ticks
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return False
        except PermissionError:
            return True
        return True


def _boot_id() -> str | None:
    path = Path("/proc/sys/kernel/random/boot_id")
    return path.read_text().strip() if path.exists() else None


def _start_ticks(pid: int) -> int | None:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return None
    # The command, in parentheses, may hold spaces and parentheses itself.
    fields = stat.rpartition(")")[2].split()
    # A zombie has let go of its files: it writes nothing any more.
    return None if fields[0] in "ZX" else int(fields[19])
