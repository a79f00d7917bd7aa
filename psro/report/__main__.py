"""python -m psro.report <run directory>: rebuilds report/ and tensorboard/ from the run's files.

Of a run that is going on only the report, as far as it is.
"""

import argparse
import sys
from pathlib import Path

from psro.machine import exit_codes
from psro.machine.errors import UserError
from psro.machine.lock import RunLock
from psro.machine.manifest import DONE
from psro.report.exploit import folder as exploit
from psro.report.folder import write_report
from psro.report.record import read_run
from psro.report.tensorboard import rebuild


def main(arguments: list[str] | None = None) -> int:
    """Returns an exit code."""
    parser = argparse.ArgumentParser(prog="python -m psro.report", description=__doc__)
    parser.add_argument("run_directory", type=Path, help="such as runs/phase1/seed_0")
    directory: Path = parser.parse_args(arguments).run_directory
    try:
        manifest = read_run(directory).manifest
        assert manifest is not None
        if manifest.algorithm == "exploit":
            print(*exploit.write_report(directory), sep="\n")
            return exit_codes.DONE
        for path in write_report(directory, interim=manifest.status != DONE):
            print(path)
        # A run that goes on writes its events itself: they must not be taken from under it.
        with RunLock(directory):
            print(rebuild(directory))
    except UserError as error:
        print(f"psro: {error}", file=sys.stderr)
        return exit_codes.USER_ERROR
    except OSError as error:
        print(
            f"psro: the system refuses ({error}); mend that, then run this again: the run is untouched",
            file=sys.stderr,
        )
        return exit_codes.USER_ERROR
    return exit_codes.DONE


if __name__ == "__main__":
    sys.exit(main())
