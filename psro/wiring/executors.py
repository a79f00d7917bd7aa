"""Who runs the units."""

import shlex
from pathlib import Path

from psro.config import Config, semantic_fields, unknown_choice
from psro.machine.canonical import digest
from psro.machine.executors import Executor, ProcessExecutor, SerialExecutor
from psro.machine.executors.slurm.leftovers import EndsLeftovers
from psro.machine.units import Unit
from psro.wiring.provenance import code_version
from psro.wiring.workbench import make_worker, worker_payload

EXECUTORS = ("serial", "processes", "slurm")


def make_executor(config: Config, directory: Path) -> Executor:
    """The configured executor. Raises UserError for an unknown one."""
    payload = worker_payload(config, directory)

    def hint(unit: Unit) -> str:
        command = shlex.join(["python", "-m", "psro.unit", str(directory), unit.key])
        return f"{command} (its random numbers are keyed by run seed {config.seed} and its name)"

    if config.executor.name == "serial":
        serial = SerialExecutor(directory, make_worker, payload, alone_hint=hint)
        return EndsLeftovers(serial, directory)
    if config.executor.name not in EXECUTORS:
        raise unknown_choice("executor.name", config.executor.name, EXECUTORS)
    own = ProcessExecutor(
        directory,
        make_worker,
        payload,
        num_workers=config.executor.num_workers,
        drain_s=config.executor.drain_s,
        hang_s=config.executor.hang_s or None,
        alone_hint=hint,
    )
    if config.executor.name == "processes":
        return EndsLeftovers(own, directory)
    # submitit is for those who need it.
    from psro.machine.executors.slurm.executor import SlurmExecutor

    return SlurmExecutor(
        directory,
        make_worker,
        payload,
        config.executor.slurm,
        inner=own,
        stamp=digest([code_version(), semantic_fields(config)])[:12],
        hang_s=config.executor.hang_s or None,
        alone_hint=hint,
    )
