"""The front door: compose, validate, drive the machine.

python -m psro.main +experiment=phase1
"""

import logging
import os
import signal
import sys
from pathlib import Path

import hydra
from hydra.core.hydra_config import HydraConfig
from hydra.errors import HydraException
from hydra.types import RunMode
from omegaconf import DictConfig

from psro import overrides, report, sweeps, wiring
from psro.config import EXTENDABLE, Config, parse_config
from psro.drive import drive, run_fields, run_files, run_listeners
from psro.ending import ending, say
from psro.machine import exit_codes
from psro.machine.errors import UserError
from psro.machine.signals import LAST_RESORT_S, StopFlag, leave_at_once
from psro.phases.psro import PSRO

CONF = Path(__file__).resolve().parents[1] / "conf"
"""The configuration of the clone that this package is installed from."""


def run(config: Config, stop: StopFlag) -> None:
    """Starts the run that `config` describes, or goes on with it, to its end."""
    wiring.check_config(config)
    stop.raise_if_set()
    directory = wiring.run_directory(config)
    bench = wiring.make_workbench(config, directory)
    psro = PSRO(bench, wiring.make_meta_solver(config), report.write_report)
    drive(
        psro.algorithm(),
        config,
        directory,
        run_fields(config, bench),
        stop,
        run_listeners(config, bench, stop),
        run_files(config),
        EXTENDABLE,
    )


def _run_composed(composed: DictConfig) -> None:
    # From before the checks until after the workers are gone, a signal is a flag.
    with StopFlag() as stop:
        config = parse_config(composed, wiring.SCHEMAS)
        stop.exit_within_s = config.executor.drain_s + LAST_RESORT_S
        logging.basicConfig(level=config.debug.log_level, format="%(message)s", force=True)
        run(config, stop)
        if HydraConfig.get().mode is RunMode.MULTIRUN:
            # It came too late for this run, but not for the next.
            stop.raise_if_set()


@hydra.main(version_base="1.3", config_path=str(CONF), config_name="config")
def _composed(composed: DictConfig) -> None:
    # Exits from here: Hydra would print lines of its own before an exception gets out. A run that
    # ended well returns, so that --multirun goes on with the next.
    on_time_limit = signal.getsignal(signal.SIGUSR2)
    if error := ending(lambda: _run_composed(composed)):
        sweeps.end_job(error, on_time_limit)
        sys.exit(exit_codes.exit_code_for(error))


def main() -> None:
    """The console script: every way a run may end, as one line and an exit code."""
    os.environ.setdefault("HYDRA_FULL_ERROR", "1")  # raise instead of printing for itself
    open_standard_streams()
    try:
        sys.exit(exit_codes.exit_code_for(ending(_compose_and_run)))
    except SystemExit as end:
        # Nothing is left to do, and a signal that comes late must not change the exit code.
        if end.code in (exit_codes.DONE, exit_codes.PREEMPTED):
            leave_at_once(end.code)
        raise


def open_standard_streams() -> None:
    """Started with some of them closed (`>&-`), no file of the run may get their numbers."""
    for descriptor in (0, 1, 2):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # the lowest free number: this one
    if sys.stdout is None:
        sys.stdout = os.fdopen(1, "w", closefd=False)
    if sys.stderr is None:
        sys.stderr = os.fdopen(2, "w", closefd=False)


def _compose_and_run() -> None:
    overrides.check_options(sys.argv[1:])
    if words := sweeps.announcement(sys.argv[1:]):
        say(words)
    try:
        _composed()
    except HydraException as refused:
        raise overrides.explain(refused, wiring.SCHEMAS) from refused
    except (ValueError, LookupError) as refused:
        # What the run raises has become an exit code by now: OmegaConf could not find a place in a list.
        raise UserError(f"config: an override cannot be applied: {refused}") from refused
    except RuntimeError as error:
        if lost := sweeps.lost_job(error):
            raise lost from error
        raise


if __name__ == "__main__":
    main()
