"""The queue as the driver sees it: submit workers, see which are alive, cancel them.

submitit submits. What is alive is asked of squeue and not of submitit, which asks the accounting
(sacct), and a cluster may have none. All workers of a run have one job name, so that a driver also finds
those that its predecessor left behind.
"""

import logging
import os
import re
import shutil
import signal
import subprocess
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Protocol

import submitit

from psro.machine.canonical import digest
from psro.machine.executors.slurm.config import SlurmConfig
from psro.machine.executors.slurm.worker import WorkerTask, work

logger = logging.getLogger(__name__)

PENDING = "PENDING"
_COMMAND_TIMEOUT_S = 60.0
_KEPT = ("SLURM_CONF", "SLURM_JWT")
"""Of the driver's SLURM_ variables, what tells the cluster and the user; the rest describes its own job."""


class Refused(Exception):
    """The cluster did not do what it was asked, or did not answer; its own words."""


class Jobs(Protocol):
    """A queue."""

    def submit(self, task: WorkerTask, count: int) -> list[str]:
        """Queue `count` workers; their names. Raises: Refused."""
        ...

    def alive(self) -> Mapping[str, tuple[str, str]]:
        """Name → (state, why it waits) of the workers that run or wait. Raises: Refused."""
        ...

    def cancel(self, only_pending: bool = False) -> None:
        """End the run's workers, whoever submitted them."""
        ...

    def obituary(self, worker: str) -> str:
        """What the queue knows of how a worker ended, in words; may be empty."""
        ...


def make_jobs(config: SlurmConfig, logs: Path, run_directory: Path) -> Jobs:
    """The configured queue."""
    return (SlurmJobs if config.cluster == "slurm" else LocalJobs)(config, logs, run_directory)


class SlurmJobs:
    """Arrays on a SLURM cluster. logs: submitit's folder. run_directory: names the jobs."""

    def __init__(self, config: SlurmConfig, logs: Path, run_directory: Path) -> None:
        self._config = config
        self._logs = logs
        self.name = _name(run_directory)

    def submit(self, task: WorkerTask, count: int) -> list[str]:
        """See Jobs.submit; as arrays of at most `array_size` tasks."""
        config = self._config
        own = os.environ
        parameters = {
            "name": self.name,
            "timeout_min": config.time_min,
            "cpus_per_task": config.cpus,
            "mem_gb": config.mem_gb,
            "stderr_to_stdout": True,
            "slurm_partition": config.partition or own.get("SLURM_JOB_PARTITION"),
            "slurm_account": config.account or own.get("SLURM_JOB_ACCOUNT"),
            "slurm_setup": config.setup or None,
            "slurm_array_parallelism": config.array_size,
            # srun no longer takes it over from sbatch (SLURM 22.05).
            "slurm_srun_args": [f"--cpus-per-task={config.cpus}"],
            # Gone is gone: the driver alone decides what is run again, and by whom.
            "slurm_additional_parameters": {**config.additional, "no-requeue": True},
        }
        sizes = [config.array_size] * (count // config.array_size)
        if rest := count % config.array_size:
            sizes.append(rest)
        names: list[str] = []
        kept = {name: own[name] for name in _KEPT if name in own}
        with submitit.helpers.clean_env():
            os.environ.update(kept)
            executor = submitit.AutoExecutor(self._logs, cluster="slurm", slurm_max_num_timeout=0)
            executor.update_parameters(**parameters)
            for size in sizes:
                names += _submit(executor, task, size)
        return names

    def alive(self) -> Mapping[str, tuple[str, str]]:
        """See Jobs.alive; one squeue for all."""
        command = ("squeue", "--noheader", "--array", "--format=%i|%T|%r")
        answer = _call(*command, *_whose(self.name))
        rows = [line.strip().split("|", 2) for line in answer.splitlines() if line.strip()]
        return {worker: (state, reason) for worker, state, reason in rows}

    def cancel(self, only_pending: bool = False) -> None:
        """See Jobs.cancel."""
        _cancel(self.name, *(["--state=PENDING"] if only_pending else []))

    def obituary(self, worker: str) -> str:
        """See Jobs.obituary; SLURM forgets after some minutes."""
        try:
            answer = _call("scontrol", "--oneliner", "show", "job", worker)
        except Refused:
            return "SLURM does not know it any more"
        found = re.findall(r"\b(JobState|ExitCode|NodeList)=(\S+)", answer)
        return ", ".join(f"{key} {value}" for key, value in found)


class LocalJobs:
    """Processes of this machine, by submitit's local executor; they do not outlive their driver long."""

    def __init__(self, config: SlurmConfig, logs: Path, run_directory: Path) -> None:
        self._config = config
        self._logs = logs
        self._jobs: dict[str, submitit.Job[Any]] = {}

    def submit(self, task: WorkerTask, count: int) -> list[str]:
        """See Jobs.submit."""
        executor = submitit.AutoExecutor(self._logs, cluster="local")
        executor.update_parameters(timeout_min=self._config.time_min, stderr_to_stdout=True)
        jobs = executor.submit_array([partial(work, task)] * count)
        self._jobs |= {job.job_id: job for job in jobs}
        return [job.job_id for job in jobs]

    def alive(self) -> Mapping[str, tuple[str, str]]:
        """See Jobs.alive."""
        self._jobs = {name: job for name, job in self._jobs.items() if not job.done()}
        return dict.fromkeys(self._jobs, ("RUNNING", "None"))

    def cancel(self, only_pending: bool = False) -> None:
        """See Jobs.cancel. submitit's own would give a unit one second."""
        for name in [] if only_pending else self.alive():
            os.kill(int(name), signal.SIGTERM)

    def obituary(self, worker: str) -> str:
        """See Jobs.obituary."""
        return ""


def cancel_all(run_directory: Path) -> None:
    """End the run's workers in SLURM's queue, whoever submitted them, if this machine knows a SLURM."""
    if shutil.which("scancel"):
        _cancel(_name(run_directory))


def _name(run_directory: Path) -> str:
    readable = re.sub(r"[^\w.-]", "_", f"{run_directory.parent.name}-{run_directory.name}")
    return f"psro-{readable}-{digest(str(run_directory))[:6]}"


def _whose(name: str) -> Sequence[str]:
    return (f"--user={os.getuid()}", f"--name={name}")


def _cancel(name: str, *which: str) -> None:
    try:
        _call("scancel", *which, *_whose(name))
    except Refused as refusal:
        logger.warning("the workers could not be cancelled, and end by themselves: %s", refusal)


def _submit(executor: submitit.AutoExecutor, task: WorkerTask, count: int) -> list[str]:
    try:
        jobs = executor.submit_array([partial(work, task)] * count)
    except submitit.core.utils.FailedJobError as error:
        raise Refused(" ".join(str(error).split())) from error
    return [job.job_id for job in jobs]


def _call(*command: str) -> str:
    """What one of SLURM's programs prints. Raises: Refused."""
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, check=True, timeout=_COMMAND_TIMEOUT_S
        )
    except subprocess.CalledProcessError as error:
        raise Refused(f"{command[0]}: {' '.join(error.stderr.split())}") from error
    except subprocess.TimeoutExpired as error:
        raise Refused(f"{command[0]}: no answer in {_COMMAND_TIMEOUT_S:.0f} s") from error
    return done.stdout
