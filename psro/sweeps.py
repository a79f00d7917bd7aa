"""How a run ends that is one job of a sweep on a cluster: hydra/launcher=submitit_slurm or submitit_local.

The process that started the sweep learns of a job what submitit finds pickled: what it returned or
raised. An exit code leaves nothing to be found, which means "still to come", and that is right for a
job that SLURM itself queues again.
"""

import logging
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from typing import Any

from hydra.core.hydra_config import HydraConfig
from hydra.types import RunMode

from psro.machine.errors import Preempted, UnitError, UserError

logger = logging.getLogger(__name__)

Handler = Callable[..., Any] | int | None
"""What signal.getsignal gives."""


def end_job(error: BaseException, on_time_limit: Handler) -> None:
    """Ends a job of a sweep that stopped with `error`; returns if this process is none, or is to exit as ever.

    on_time_limit: the handler of SIGUSR2 from before the run: submitit's, which has the job queued again
    as often as hydra.launcher.max_num_timeout allows.
    """
    cluster = os.environ.get("SUBMITIT_EXECUTOR")
    if cluster is None or HydraConfig.get().mode is not RunMode.MULTIRUN:
        return
    if isinstance(error, Preempted):
        if str(error) == signal.SIGUSR2.name and callable(on_time_limit):
            try:
                on_time_limit(signal.SIGUSR2, None)
            except subprocess.CalledProcessError as refusal:
                # While SLURM is ending the job itself, of a preemption say, it takes no request, and queues
                # it again. If it does not, the sweep finds the job gone and says so (lost_job).
                logger.warning(
                    "SLURM takes no request to queue this job again (%s): it is ending it itself",
                    refusal,
                )
        if cluster == "slurm":
            return
    if not isinstance(error, Preempted | UserError | UnitError):
        # Whatever it is, it may not survive the pickling, and its traceback is in the job's log.
        raise RuntimeError(f"{type(error).__name__}: {error} (the job's log has the traceback)")
    raise error


def announcement(arguments: Sequence[str]) -> str:
    """What to say before a sweep whose jobs run out of sight, from the command line; empty for all else."""
    is_sweep = any(argument in ("-m", "--multirun") for argument in arguments)
    if not is_sweep or not any("submitit" in a or a.startswith("+sweep=") for a in arguments):
        return ""
    return (
        "a sweep: one job per run; this command says nothing more until all of them have ended. Their output is "
        "in .submitit/ of the sweep's folder (runs/sweeps); follow the runs with: python -m psro.status"
    )


def lost_job(error: RuntimeError) -> UserError | None:
    """The error for a job of a sweep that left nothing, if that is what `error` says."""
    submitit = sys.modules.get("submitit")
    if submitit is None or not isinstance(error, submitit.core.utils.UncompletedJobError):
        return None
    first_line = str(error).partition("\n")[0]
    return UserError(
        f"a run of the sweep ended without a result: {first_line}. When no job of the sweep is left in the "
        "queue, the same command goes on with every run where it was"
    )
