"""The Python side of host.js: one Node process that plays many battles, asked in batches."""

import os
import select
import subprocess
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from signal import SIGKILL
from typing import IO, Any, NamedTuple

import orjson

from psro.machine.errors import UserError
from psro.pokemon.simulator.node import NodeInstallation, error_line

Command = tuple[Any, ...]
"""("start", lane, format, seed, team0, team1, sides), ("choose", lane, side, choice), ("end", lane)"""

HOST = Path(__file__).with_name("host.js")
IDLE_LIMIT = 120.0
"""Seconds without an answer in which the process used no CPU time: it is hung."""
CPU_LIMIT = 900.0
"""Seconds of CPU time spent on one batch: it loops. A healthy batch takes milliseconds of it."""


NOWHERE = "192.0.2.1:9229"
"""An address that no machine has (RFC 5737), for the debugger that SIGUSR1 opens while Node itself starts."""


class SimulatorDied(Exception):
    """The simulator's process ended or hung; the message holds the last of what it said.

    No UserError: a unit in which it happens again fails, and is named together with how to run it alone.
    """


class LaneUpdate(NamedTuple):
    """What a batch did to one lane; host.js documents the fields."""

    lane: int
    turn: int
    lines0: list[str]
    lines1: list[str]
    request0: dict[str, Any] | None
    request1: dict[str, Any] | None
    winner: int | None
    """None while the battle lasts; 0 or 1, or −1 for a tie."""
    error: str | None
    """What the simulator refused or how it broke; the lane is free again."""


def simulator_seed(seed: int) -> str:
    """The simulator's own notation of a 64-bit seed.

    It chooses the linear congruential generator of the Gen 5 games (`Gen5RNG` of sim/prng.js): 64 bits of state, and
    several times faster in JavaScript than the other choice, ChaCha20.
    """
    return f"gen5,{seed & (2**64 - 1):016x}"


class SimulatorProcess:
    """One Node process running host.js. Ends when it is closed, and when this process ends, however it does."""

    def __init__(self, node: NodeInstallation, plain: bool = False):
        """Starts the process and waits for its greeting; `plain`: without the shortcuts of shortcuts.js.

        Raises UserError with what Node said when it refuses to start, SimulatorDied when it is killed meanwhile.
        """
        self._stderr: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115  # closed by close()
        self._process = subprocess.Popen(
            [
                str(node.executable),
                # Requests are garbage at once: a larger nursery collects them for less.
                "--max-semi-space-size=64",
                f"--inspect-port={NOWHERE}",
                str(HOST),
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
        self.version = self._greeting(node)
        """Of the simulator package."""

    @property
    def pid(self) -> int:
        """Of the Node process."""
        return self._process.pid

    def run(self, commands: Sequence[Command]) -> list[LaneUpdate]:
        """Carries out a batch to completion: one update per lane it moved, in the order first named.

        Raises SimulatorDied when the process is gone or hung; every battle in it is then lost.
        """
        data = memoryview(orjson.dumps(commands) + b"\n")
        try:
            while data:
                data = data[os.write(self._requests, data) :]
        except BrokenPipeError:
            raise self._death("ended") from None
        return [LaneUpdate(*row) for row in self._read_line()]

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

    def _greeting(self, node: NodeInstallation) -> str:
        try:
            return str(self._read_line()["version"])
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

    def _read_line(self) -> Any:
        chunks = []
        waited_from, cpu_from = time.monotonic(), cpu_seconds(self.pid)
        cpu_before = cpu_from
        while True:
            ready, _, _ = select.select([self._answers], [], [], 10.0)
            if ready:
                chunk = os.read(self._answers, 1 << 20)
                if not chunk:
                    raise self._death("ended")
                chunks.append(chunk)
                if chunk.endswith(b"\n"):
                    return orjson.loads(b"".join(chunks))
                continue
            cpu = cpu_seconds(self.pid)
            if cpu > cpu_before:
                waited_from, cpu_before = time.monotonic(), cpu
            if time.monotonic() - waited_from > IDLE_LIMIT or cpu - cpu_from > CPU_LIMIT:
                self._process.kill()
                raise self._death("hung and was ended")

    def _death(self, how: str) -> SimulatorDied:
        status = self._process.wait()
        killed = how == "ended" and status == -SIGKILL
        why = " (killed from outside: for want of memory, perhaps)" if killed else ""
        said = self._said()
        return SimulatorDied(
            f"the simulator's process {how}, exit status {status}{why}; its battles are lost. "
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
