"""A Node process that is asked in lines and answers in lines: how it starts, dies, hangs and ends."""

import os
import select
import subprocess
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from signal import SIGKILL
from typing import IO, Any

import orjson

from psro.machine.errors import UserError
from psro.pokemon.simulator.node import NodeInstallation, error_line

IDLE_LIMIT = 120.0
"""Seconds without an answer in which the process used no CPU time: it is hung."""
CPU_LIMIT = 900.0
"""Seconds of CPU time spent on one answer: it loops. A healthy answer takes milliseconds of it."""
LOOK_EVERY = 10.0
"""Seconds of silence after which both are looked at."""

NOWHERE = "192.0.2.1:9229"
"""An address that no machine has (RFC 5737), for the debugger that SIGUSR1 opens while Node itself starts."""


class SimulatorDied(Exception):
    """The simulator's process ended or hung; the message holds the last of what it said.

    No UserError: a unit in which it happens again fails, and is named together with how to run it alone.
    """


class NodeProcess:
    """One Node process running a host of the simulator. Ends when it is closed, and when this process ends, however it does.

    A host requires simulator/guard.js first, is told the simulator's package and, or not, `plain` (without the shortcuts of shortcuts.js),
    greets with a line of JSON that holds the package's version, and answers each line.
    """

    called = "the simulator's process"
    """In messages."""

    def __init__(self, node: NodeInstallation, host: Path, plain: bool = False):
        """Starts `host` and waits for its greeting; `plain`: Showdown as it is installed.

        Raises UserError with what Node said when it refuses to start, SimulatorDied when it is killed meanwhile.
        """
        self._stderr: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115  # closed by close()
        self._process = subprocess.Popen(
            [
                str(node.executable),
                # Requests are garbage at once: a larger nursery collects them for less.
                "--max-semi-space-size=64",
                f"--inspect-port={NOWHERE}",
                str(host),
                str(node.simulator),
                *(["plain"] if plain else []),
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._stderr,
            bufsize=0,
            # Its own session: Ctrl-C in the terminal goes to us alone, and we say when it ends.
            start_new_session=True,
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._requests = self._process.stdin.fileno()
        self._answers = self._process.stdout.fileno()
        self._unread = b""
        """What came after the last line that was read: the host may be ahead of us."""
        self.greeting = self._greeting(node)
        self.version = str(self.greeting["version"])
        """Of the simulator package."""

    @property
    def pid(self) -> int:
        """Of the Node process."""
        return self._process.pid

    def send(self, request: object) -> None:
        """Writes a line of JSON, without waiting for its answer. Raises SimulatorDied when the process is gone."""
        data = memoryview(orjson.dumps(request) + b"\n")
        try:
            while data:
                data = data[os.write(self._requests, data) :]
        except BrokenPipeError:
            raise self._death("ended") from None

    def receive_line(self) -> Any:
        """The oldest answer not yet read. Raises SimulatorDied when the process is gone or hung."""
        chunks = [self._unread]
        if b"\n" in self._unread:
            return self._first_line(chunks)
        waited_from, cpu_from = time.monotonic(), cpu_seconds(self.pid)
        cpu_before = cpu_from
        while True:
            ready, _, _ = select.select([self._answers], [], [], LOOK_EVERY)
            if ready:
                chunk = os.read(self._answers, 1 << 20)
                if not chunk:
                    raise self._death("ended")
                chunks.append(chunk)
                if b"\n" in chunk:
                    return self._first_line(chunks)
                continue
            cpu = cpu_seconds(self.pid)
            if cpu > cpu_before:
                waited_from, cpu_before = time.monotonic(), cpu
            if time.monotonic() - waited_from > IDLE_LIMIT or cpu - cpu_from > CPU_LIMIT:
                self._process.kill()
                raise self._death("hung and was ended")

    def close(self) -> None:
        """Ends the process. Safe to call twice."""
        if self._process.stdin is not None and not self._process.stdin.closed:
            self._process.stdin.close()
            try:
                self._process.wait(timeout=5)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            assert self._process.stdout is not None
            self._process.stdout.close()
            self._stderr.close()

    def _first_line(self, chunks: Sequence[bytes]) -> Any:
        line, _, self._unread = b"".join(chunks).partition(b"\n")
        return orjson.loads(line)

    def _greeting(self, node: NodeInstallation) -> Any:
        try:
            return self.receive_line()
        except SimulatorDied as death:
            status, said = self._process.wait(), self._said()
            self.close()
            # It ended by itself: this installation is no good, and will not be next time.
            if status > 0:
                raise UserError(
                    f"{node.executable} does not start the simulator in {node.simulator} (exit status {status}): "
                    f"{error_line(said)}; try `make setup`"
                ) from death
            raise

    def _death(self, how: str) -> SimulatorDied:
        status = self._process.wait()
        killed = how == "ended" and status == -SIGKILL
        why = " (killed from outside: for want of memory, perhaps)" if killed else ""
        said = self._said()
        return SimulatorDied(
            f"{self.called} {how}, exit status {status}{why}; its battles are lost. "
            + (f"It said: {said}" if said else "It said nothing.")
        )

    def _said(self) -> str:
        self._stderr.seek(0)
        return self._stderr.read().decode(errors="replace").strip()[-2000:]


def cpu_seconds(pid: int) -> float:
    """CPU time a process has used; 0 when the system does not tell (then only silence counts)."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
