"""Prints the run directory that a command line of psro names, for scripts that look into it.

    python launchers/run_directory.py +experiment=phase1 seed=3

Composes and checks the config exactly as the program does, and starts nothing.
"""

import sys
from collections.abc import Sequence
from pathlib import Path

from hydra import compose, initialize_config_dir
from hydra.errors import HydraException
from omegaconf.errors import OmegaConfBaseException

from psro import wiring
from psro.config import parse_config
from psro.machine import exit_codes
from psro.machine.errors import UserError

CONFIG_DIRECTORY = Path(__file__).resolve().parents[1] / "conf"


def run_directory(overrides: Sequence[str]) -> Path:
    """Where the run of these overrides lies, absolute.

    Raises: UserError for whatever the program itself would refuse in them.
    """
    try:
        with initialize_config_dir(str(CONFIG_DIRECTORY), version_base="1.3"):
            composed = compose("config", list(overrides))
        return wiring.run_directory(parse_config(composed, wiring.SCHEMAS))
    except (HydraException, OmegaConfBaseException) as error:
        raise UserError(" ".join(str(error).split())) from error


def main() -> int:
    """Exit code: as the program's."""
    try:
        print(run_directory(sys.argv[1:]))
    except UserError as error:
        print(f"psro: {error}", file=sys.stderr)
        return exit_codes.USER_ERROR
    return exit_codes.DONE


if __name__ == "__main__":
    sys.exit(main())
