"""The Python side of host.js: one Node process that replays, plays and dumps battles."""

import base64
import contextlib
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np
import orjson

from psro.pokemon.engine.judge.layout import NAMES, SIZE
from psro.pokemon.engine.judge.record import BattleRecord, Choices
from psro.pokemon.simulator import process as simulator
from psro.pokemon.simulator.node import NodeInstallation
from psro.pokemon.simulator.process import SimulatorDied, simulator_seed

HOST = Path(__file__).with_name("host.js")
SHORTCUTS = simulator.HOST.with_name("shortcuts.js")
POLICIES = ("uniform", "switcher", "stayer", "repeater")
"""The choosers of policies.js."""
MAX_DECISIONS = 3000
"""Of a battle that is played: more than the 1,000 turns after which the simulator calls a tie need with their forced switches."""


@dataclass(frozen=True)
class Judgement:
    """A battle as Showdown plays it."""

    record: BattleRecord
    """With the choices that were carried out; when `error` is set, the last of them broke the simulator."""
    dumps: np.ndarray
    """int32 [1 + decisions, SIZE]: after the start and after every decision; layout.py names the columns."""
    error: str | None
    """What the simulator refused or how it broke."""
    tally: Mapping[str, int]
    """What happened, counted: `move Tackle`, `cant par`, `hint ...`."""
    lines: list[list[str]] | None
    """Protocol lines before each dump, when asked for."""


@dataclass(frozen=True)
class Step:
    """What one decision did; the judge's answer in step mode."""

    dump: np.ndarray | None
    """int32 [SIZE]; None when `error` is set."""
    error: str | None
    lines: list[str]


class JudgeProcess:
    """One Node process running host.js. Answers come in the order of the requests, so several may be under way."""

    def __init__(self, node: NodeInstallation, plain: bool = False):
        """Starts the process; `plain`: without the house's shortcuts, Showdown as it is installed.

        Raises SimulatorDied when it does not start, ValueError when dump.js and layout.py disagree.
        """
        self._stderr: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115  # closed by close()
        command = [
            str(node.executable),
            "--max-semi-space-size=64",
            f"--inspect-port={simulator.NOWHERE}",
            str(HOST),
            str(node.simulator),
            "plain" if plain else str(SHORTCUTS),
        ]
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._stderr,
            start_new_session=True,
        )
        greeting = self._receive()
        self.version: str = greeting["version"]
        """Of the simulator package."""
        if tuple(greeting["layout"]) != NAMES:
            self.close()
            raise ValueError("dump.js and layout.py list different entries: make them agree")

    def replay(self, record: BattleRecord, log: bool = False) -> Judgement:
        """Plays a record's choices, to its end or theirs."""
        self.send_replay(record, log)
        return self.receive(record.about)

    def send_replay(self, record: BattleRecord, log: bool = False) -> None:
        """Asks for a replay without waiting; `receive` gets its answer."""
        self._send(do="replay", choices=record.choices, log=log, **_battle(record))

    def send_play(
        self,
        seed: int,
        teams: tuple[str, str],
        policies: tuple[str, str],
        policy_seeds: tuple[int, int],
        max_decisions: int = MAX_DECISIONS,
    ) -> None:
        """Asks for a battle of two choosers without waiting; `receive` gets its answer.

        `policies`: of POLICIES; `policy_seeds`: their generators' (the lower 32 bits count).
        """
        self._send(
            do="play",
            policies=policies,
            policy_seeds=[policy_seed & 0xFFFFFFFF for policy_seed in policy_seeds],
            max_decisions=max_decisions,
            **_battle(BattleRecord(seed, teams, ())),
        )

    def receive(self, about: str = "") -> Judgement:
        """The answer to the oldest `send_...` without one; `about` goes into its record."""
        answer = self._receive()
        dumps = np.frombuffer(base64.b64decode(answer["entries"]), dtype="<i4").reshape(-1, SIZE)
        record = BattleRecord(
            seed=int(answer["seed"].removeprefix("gen5,"), 16),
            teams=(answer["teams"][0], answer["teams"][1]),
            choices=tuple((first, second) for first, second in answer["choices"]),
            about=about,
        )
        return Judgement(record, dumps, answer["error"], answer["tally"], answer["lines"])

    def start(self, seed: int, teams: tuple[str, str]) -> Step:
        """Begins a battle to play by steps; it replaces the one before."""
        self._send(do="start", **_battle(BattleRecord(seed, teams, ())))
        return self._step()

    def choose(self, choices: Choices) -> Step:
        """Carries out a decision of the battle begun."""
        self._send(do="choose", choices=choices)
        return self._step()

    def close(self) -> None:
        """Ends the process. Safe to call twice."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        if self._process.stdin.closed:
            return
        with contextlib.suppress(BrokenPipeError):  # It is gone already, which is what is wanted.
            self._process.stdin.close()
        try:
            self._process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()
        self._stderr.close()

    def _step(self) -> Step:
        answer = self._receive()
        dump = None if answer["dump"] is None else np.array(answer["dump"], np.int32)
        return Step(dump, answer["error"], answer["lines"])

    def _send(self, **request: Any) -> None:
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(orjson.dumps(request) + b"\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            raise self._death() from None

    def _receive(self) -> Any:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line.endswith(b"\n"):
            raise self._death()
        return orjson.loads(line)

    def _death(self) -> SimulatorDied:
        status = self._process.wait()
        self._stderr.seek(0)
        said = self._stderr.read().decode(errors="replace").strip()[-2000:]
        return SimulatorDied(f"the judge's process ended, exit status {status}. It said: {said}")


def _battle(record: BattleRecord) -> dict[str, str | Sequence[str]]:
    return {"seed": simulator_seed(record.seed), "teams": record.teams}
