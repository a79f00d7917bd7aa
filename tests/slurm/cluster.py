"""A real SLURM cluster of one node on this machine, in a directory of its own: up, used, gone.

    eval "$(python tests/slurm/cluster.py up)"       # sets SLURM_CONF: sbatch, squeue, ... go there
    sbatch -p low slurm/psro.sh +experiment=smoke    # preempted by: sbatch -p high --wrap ...
    python tests/slurm/cluster.py status
    python tests/slurm/cluster.py down               # the cluster of $SLURM_CONF

Needs Debian's packages slurm-wlm and munge, and no systemd, no cgroups, nothing in /etc. Listens on
127.0.0.1 only. The node claims more processors and memory than the machine has, so that the batch
script's own #SBATCH lines fit; jobs share what there is.
"""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from getpass import getuser
from pathlib import Path

SEARCH_PATH = f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/sbin"
"""Debian keeps the daemons in /usr/sbin, which is not on everybody's PATH."""
PROGRAMS = ("munged", "mungekey", "slurmctld", "slurmd", "sbatch", "scontrol", "squeue", "sinfo")
DAEMONS = ("munged", "slurmctld", "slurmd", "slurmstepd")
DEADLINE_S = 120.0
"""How long the machine, which may be busy, has to start or end the daemons."""

# cred_expire: a requeued job waits so long before it starts again (SLURM's own default is 120 s).
# batch_sched_delay, sched_interval: look for something to start at once, and every second.
CONFIG = """\
ClusterName=psro
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={controller_port}
SlurmdPort={node_port}
CommunicationParameters=NoCtldInAddrAny,NoInAddrAny
SlurmUser={user}
SlurmdUser={user}
AuthType=auth/munge
CredType=cred/munge
AuthInfo=socket={directory}/munge.socket,cred_expire=5
StateSaveLocation={directory}/state
SlurmdSpoolDir={directory}/spool
SlurmctldPidFile={directory}/slurmctld.pid
SlurmdPidFile={directory}/slurmd.pid
SlurmctldLogFile={directory}/slurmctld.log
SlurmdLogFile={directory}/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
MpiDefault=none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU_Memory
DefMemPerCPU=100
PreemptType=preempt/partition_prio
PreemptMode=REQUEUE
KillWait=30
ReturnToService=2
SchedulerType=sched/builtin
SchedulerParameters=sched_interval=1,batch_sched_delay=0
SlurmdParameters=config_overrides
NodeName=node1 NodeHostname={host} NodeAddr=127.0.0.1 CPUs=16 RealMemory=65536
PartitionName=low Nodes=node1 Default=YES PriorityTier=1
PartitionName=high Nodes=node1 PriorityTier=10 PreemptMode=OFF
"""


class ClusterError(Exception):
    """Why there is no cluster, in one line (the daemons' last words may follow)."""


def why_not() -> str | None:
    """Why this machine cannot have a cluster, and what to do; None if it can."""
    missing = [name for name in PROGRAMS if shutil.which(name, path=SEARCH_PATH) is None]
    if missing:
        return f"no {missing[0]} on this machine: as root, apt-get install slurm-wlm munge"
    return None


@dataclass(frozen=True)
class Cluster:
    """A cluster and all that is of it: configuration, sockets, logs and spool in `directory`."""

    directory: Path

    @property
    def config(self) -> Path:
        """slurm.conf: what tells SLURM's commands which cluster is meant."""
        return self.directory / "slurm.conf"

    @property
    def environment(self) -> dict[str, str]:
        """The environment for subprocesses: sbatch in it submits here. Nothing of another cluster."""
        inherited = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("SLURM", "SBATCH", "SRUN", "SCANCEL", "SINFO", "SQUEUE"))
        }
        return inherited | {"SLURM_CONF": str(self.config), "PATH": SEARCH_PATH}

    def run(self, *command: str, cwd: Path | None = None, **environment: str) -> str:
        """What a command of SLURM's prints. Raises: ClusterError with its complaint."""
        environment = self.environment | environment
        done = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True)
        if done.returncode:
            raise ClusterError(f"{' '.join(command)}: {done.stderr.strip()}")
        return done.stdout.strip()

    def logs(self) -> str:
        """The last words of each daemon."""
        parts = []
        for path in sorted(self.directory.glob("*.log")):
            lines = path.read_text(errors="replace").splitlines()
            parts.append("\n".join([f"--- {path}", *lines[-40:]]))
        return "\n".join(parts)

    def start(self) -> None:
        """Start the daemons. Raises: ClusterError unless a job could be run in the end."""
        # munged wants others to be able to reach its socket.
        self.directory.chmod(0o755)
        for name in ("state", "spool"):
            (self.directory / name).mkdir()
        controller_port, node_port = _free_ports(2)
        text = CONFIG.format(
            host=socket.gethostname().partition(".")[0],
            controller_port=controller_port,
            node_port=node_port,
            user=getuser(),
            directory=self.directory,
        )
        self.config.write_text(text)
        munge = self.directory / "munge"
        self._call("mungekey", "--create", f"--keyfile={munge}.key")
        files = {"key-file": "key", "socket": "socket", "pid-file": "pid", "seed-file": "seed"}
        options = [f"--{option}={munge}.{suffix}" for option, suffix in files.items()]
        # --force: it would distrust a temporary directory that a group may write to.
        self._call("munged", "--force", f"--log-file={munge}d.log", *options)
        self._call("slurmctld", "-i")
        self._call("slurmd", "-N", "node1")
        if not _wait_until(lambda: self._state() == "idle"):
            raise ClusterError(f"no node got ready in {DEADLINE_S:.0f} s\n{self.logs()}")

    def stop(self) -> None:
        """End every job and daemon, whatever state they are in, and delete the directory."""
        # The daemons first: they would requeue a job or start the next one.
        for names in (DAEMONS, None):
            self._kill_all(names)
        shutil.rmtree(self.directory)

    def _call(self, *command: str) -> None:
        done = subprocess.run(
            command, env=self.environment, cwd=self.directory, capture_output=True, text=True
        )
        if done.returncode:
            message = f"{command[0]} did not start (exit code {done.returncode}): {done.stderr}"
            raise ClusterError(f"{message.strip()}\n{self.logs()}")

    def _state(self) -> str | None:
        with contextlib.suppress(ClusterError):  # not yet
            return self.run("sinfo", "--noheader", "--format=%T", "--partition=low")
        return None

    def _kill_all(self, names: Sequence[str] | None) -> None:
        """End the cluster's daemons of these names, or (None) its jobs' processes."""
        if not _wait_until(lambda: not self._kill(names)):
            raise ClusterError(f"processes of {self.directory} cannot be ended")

    def _kill(self, names: Sequence[str] | None) -> list[int]:
        """Kill those that are alive: their pids."""
        mine = f"SLURM_CONF={self.config}"
        alive = []
        for process in Path("/proc").glob("[0-9]*"):
            # Gone meanwhile, or somebody else's.
            with contextlib.suppress(FileNotFoundError, ProcessLookupError, PermissionError):
                environment = (process / "environ").read_text(errors="replace").split("\0")
                name = (process / "comm").read_text().strip()
                in_job = any(entry.startswith("SLURM_JOB_ID=") for entry in environment)
                if mine in environment and (in_job if names is None else name in names):
                    os.kill(int(process.name), signal.SIGKILL)
                    alive.append(int(process.name))
        return alive


def up() -> Cluster:
    """A new cluster, ready for jobs; `stop()` ends it.

    Raises: ClusterError saying why there is none; then nothing of it is left.
    """
    if (reason := why_not()) is not None:
        raise ClusterError(reason)
    # A short path: sockets' names may have 107 characters.
    cluster = Cluster(Path(tempfile.mkdtemp(prefix="psro-slurm-")))
    try:
        cluster.start()
    except BaseException:
        cluster.stop()
        raise
    return cluster


def _wait_until(condition: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + DEADLINE_S
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def _free_ports(count: int) -> list[int]:
    """Below those that the system gives to whoever asks for any; another for each process."""
    found: list[int] = []
    port = 20000 + os.getpid() * 10 % 10000
    while len(found) < count:
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            found.append(port)
        port += 1
    return found


def main() -> int:
    """Exit code: 0, 1 with one line that says why there is no cluster, 2 for a bad command line."""
    action, *rest = sys.argv[1:] or ["help"]
    if action not in ("up", "down", "status") or rest:
        print(__doc__)
        return 2
    try:
        if action == "up":
            print(f"export SLURM_CONF={up().config}")
            return 0
        if "SLURM_CONF" not in os.environ:
            raise ClusterError("SLURM_CONF is not set: it names the cluster, and `up` prints it")
        cluster = Cluster(Path(os.environ["SLURM_CONF"]).parent)
        if not cluster.directory.name.startswith("psro-slurm-"):
            raise ClusterError(f"{cluster.directory} is no cluster that `up` made")
        if action == "down":
            cluster.stop()
        else:
            print(cluster.run("sinfo"), cluster.run("squeue"), sep="\n\n")
    except ClusterError as error:
        print(f"cluster: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
