"""A run on this machine that is started again whenever it was stopped, until it is done.

    python launchers/restarting.py +experiment=phase1 seed=3

Started again: after exit code 75 (stopped by a signal, everything saved) and after a kill (out of
memory, say). Not started again: when it is done, when it failed, after Ctrl-C or SIGTERM to this
launcher, and after NUM_IDLE_STARTS starts in a row that committed nothing and took no training on. SIGUSR1 to this launcher
means "save and start again".
"""

import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from types import FrameType

from run_directory import run_directory

from psro.machine import exit_codes
from psro.machine.errors import UserError
from psro.machine.journal import JOURNAL_FILE

NO_PROGRESS = 3
"""Exit code: no start gets the run any further. As slurm/psro.sh's."""
NUM_IDLE_STARTS = 3
CHECKPOINT = "scratch/training.ckpt"
"""psro/oracle/checkpoints.py's, without its torch."""
FORWARDED = (signal.SIGINT, signal.SIGTERM, signal.SIGUSR1)
FINAL = frozenset({signal.SIGINT, signal.SIGTERM})
"""Signals after which the run is not started again."""


class Launcher:
    """Runs `command` again and again; `directory` is the run directory it fills."""

    def __init__(self, command: Sequence[str], directory: Path) -> None:
        self._command = list(command)
        self._directory = directory
        self._child: subprocess.Popen[bytes] | None = None
        self._received: set[int] = set()
        """Since the last start."""

    def run(self) -> int:
        """Exit code: the run's last one, or NO_PROGRESS. Handles signals: main thread only."""
        for signum in FORWARDED:
            signal.signal(signum, self._forward)
        num_idle = 0
        while True:
            before = how_far(self._directory)
            code = self._run_once()
            if not _may_start_again(code) or FINAL & self._received:
                # A child killed by signal n shows as -n here and as 128 + n in a shell.
                return code if code >= 0 else 128 - code
            num_idle = num_idle + 1 if how_far(self._directory) == before else 0
            if num_idle == NUM_IDLE_STARTS:
                _say(
                    f"{NUM_IDLE_STARTS} starts in a row committed nothing to {self._directory} "
                    "and got no training on: giving up; look at the messages above"
                )
                return NO_PROGRESS
            how = "was stopped" if code == exit_codes.PREEMPTED else f"was killed by signal {-code}"
            _say(f"the run {how}; starting it again")

    def _run_once(self) -> int:
        self._received &= FINAL  # a stop that came between two children is still wanted
        self._child = subprocess.Popen(self._command)
        for signum in tuple(self._received):
            self._child.send_signal(signum)
        return self._child.wait()

    def _forward(self, signum: int, _frame: FrameType | None) -> None:
        # From a terminal the child got it too; the program takes both for one (machine/signals.py).
        self._received.add(signum)
        if self._child is not None:
            self._child.send_signal(signum)


def how_far(directory: Path) -> tuple[int, dict[str, int]]:
    """How far a run is: its commits, and when the mid-way checkpoints of trainings were written."""
    journal = directory / JOURNAL_FILE
    num_commits = journal.read_bytes().count(b"\n") if journal.exists() else 0
    checkpoints = directory.rglob(CHECKPOINT)
    return num_commits, {str(path): path.stat().st_mtime_ns for path in checkpoints}


def _may_start_again(code: int) -> bool:
    return code == exit_codes.PREEMPTED or code < 0


def _say(text: str) -> None:
    print(f"restarting: {text}", file=sys.stderr, flush=True)


def main() -> int:
    """Exit code: see README.md."""
    overrides = sys.argv[1:] or ["+experiment=phase1"]
    try:
        directory = run_directory(overrides)
    except UserError as error:
        print(f"psro: {error}", file=sys.stderr)
        return exit_codes.USER_ERROR
    return Launcher([sys.executable, "-m", "psro.main", *overrides], directory).run()


if __name__ == "__main__":
    sys.exit(main())
