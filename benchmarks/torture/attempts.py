"""One process of the program: started, watched, killed with all that it started.

Forked from the torture, which has imported everything (an attempt then costs a fraction of a
second), or by the real command line. Both run psro/main.py as `python -m psro.main` does.
"""

import importlib
import os
import random
import re
import runpy
import signal
import sys
import threading
import time
import traceback
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn

from benchmarks.torture import tree
from benchmarks.torture.witness import Witness
from psro.machine import faults

ROOT = Path(__file__).resolve().parents[2]
DEATH_S = 10.0
"""How long what an attempt started may outlive it."""
_CRASHED = 70
"""Exit code of a fork that did not get as far as the program (EX_SOFTWARE)."""


def preload(modules: Sequence[str]) -> None:
    """Import what forked attempts need. BLAS's own threads end before a fork; no others may run."""
    for name in modules:
        importlib.import_module(name)
    assert threading.active_count() == 1, threading.enumerate()


class Attempt:
    """A running attempt; `exit_code` is None while it runs, negative (−signal) if it was killed."""

    def __init__(
        self,
        overrides: Sequence[str],
        by_command: bool,
        stem: Path,
        environment: Mapping[str, str],
    ) -> None:
        """Starts it; its output goes to <stem>.log and what its witness sees to <stem>.events."""
        self.log = stem.with_suffix(".log")
        self.events = stem.with_suffix(".events")
        self.by_command = by_command
        self.exit_code: int | None = None
        self.started = time.monotonic()
        sys.stdout.flush()
        sys.stderr.flush()
        self.pid = os.fork()
        if self.pid == 0:
            self._become(overrides, by_command, environment)

    def poll(self) -> int | None:
        """Its exit code, if it is over. Collects orphans that are over, too."""
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                break
            if pid == 0:
                break
            if pid == self.pid:
                self.exit_code = os.waitstatus_to_exitcode(status)
        return self.exit_code

    def has_resumed(self) -> bool:
        """Whether it has opened its run directory."""
        return b'"start"' in _bytes(self.events) or self.said(b"run /")

    def said(self, beginning: bytes) -> bool:
        """Whether a line of its output begins so, after the time of day."""
        return bool(
            re.search(rb"^(\d\S+ )?" + re.escape(beginning), _bytes(self.log), re.MULTILINE)
        )

    def has_worked(self) -> bool:
        """Whether a unit or a commit of it was reported (never known of the real command line)."""
        events = _bytes(self.events)
        return b'"progress"' in events or b'"commit"' in events

    def kill(self, everything: bool, order: random.Random) -> None:
        """SIGKILL to the whole tree in the order drawn, or to the driver alone."""
        family = [self.pid]
        if everything:
            family += tree.descendants(self.pid)
            order.shuffle(family)
        tree.kill(family)

    def bury(self) -> list[str]:
        """Waits until nothing that it started runs any more; what outlives it by DEATH_S is killed.

        Returns: the command lines of those.
        """
        deadline = time.monotonic() + DEATH_S
        while self.poll() is None or tree.descendants(os.getpid()):
            if time.monotonic() > deadline:
                left = tree.descendants(os.getpid())
                named = [_command_line(pid) for pid in left]
                self.end()
                return named
            time.sleep(0.002)
        return []

    def end(self) -> None:
        """Kills all that is left of it, and waits."""
        while self.poll() is None or tree.descendants(os.getpid()):
            tree.kill(tree.descendants(os.getpid()))
            time.sleep(0.002)

    def _become(
        self, overrides: Sequence[str], by_command: bool, environment: Mapping[str, str]
    ) -> NoReturn:
        """In the child: turns into the program."""
        code = _CRASHED
        try:
            os.setsid()
            tree.die_with_parent()
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            signal.signal(signal.SIGINT, signal.default_int_handler)
            out = os.open(self.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
            nothing = os.open(os.devnull, os.O_RDONLY)
            for source, target in ((nothing, 0), (out, 1), (out, 2)):
                os.dup2(source, target)
            os.chdir(ROOT)
            os.environ.update(environment)
            if by_command:
                command = [sys.executable, "-m", "psro.main", *overrides]
                os.execv(sys.executable, command)
            code = self._run_main(overrides)
        except BaseException:  # noqa: BLE001  # it is the child: nobody else can report it
            traceback.print_exc()
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)

    def _run_main(self, overrides: Sequence[str]) -> int:
        from psro import report

        listeners = report.listeners
        report.listeners = lambda *given: [Witness(self.events), *listeners(*given)]
        faults.arm()
        sys.argv = ["psro/main.py", *overrides]
        try:
            runpy.run_module("psro.main", run_name="__main__", alter_sys=True)
        except SystemExit as end:
            return _exit_code(end.code)
        return 0


def _exit_code(code: Any) -> int:
    """As the interpreter understands what sys.exit was given."""
    if code is None:
        return 0
    return code if isinstance(code, int) else 1


def _bytes(path: Path) -> bytes:
    return path.read_bytes() if path.exists() else b""


def _command_line(pid: int) -> str:
    try:
        return (
            Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        )
    except (FileNotFoundError, ProcessLookupError):
        return f"process {pid}"
