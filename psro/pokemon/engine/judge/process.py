"""The Python side of host.js: one Node process that replays, plays and dumps battles."""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from psro.pokemon.engine.judge.layout import NAMES, SIZE
from psro.pokemon.engine.judge.record import BattleRecord, Choices
from psro.pokemon.simulator.node import NodeInstallation
from psro.pokemon.simulator.node_process import NodeProcess
from psro.pokemon.simulator.process import simulator_seed

HOST = Path(__file__).with_name("host.js")
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


class JudgeProcess(NodeProcess):
    """One Node process running host.js. Answers come in the order of the requests, so several may be under way."""

    called = "the judge's process"

    def __init__(self, node: NodeInstallation, plain: bool = False):
        """Starts the process; `plain`: without the house's shortcuts, Showdown as it is installed.

        Raises UserError when it does not start, SimulatorDied when it is killed meanwhile, ValueError when dump.js and layout.py
        disagree.
        """
        super().__init__(node, HOST, plain)
        if tuple(self.greeting["layout"]) != NAMES:
            self.close()
            raise ValueError("dump.js and layout.py list different entries: make them agree")

    def replay(self, record: BattleRecord, log: bool = False) -> Judgement:
        """Plays a record's choices, to its end or theirs."""
        self.send_replay(record, log)
        return self.receive(record.about)

    def send_replay(self, record: BattleRecord, log: bool = False) -> None:
        """Asks for a replay without waiting; `receive` gets its answer."""
        self._ask(do="replay", choices=record.choices, log=log, **_battle(record))

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
        self._ask(
            do="play",
            policies=policies,
            policy_seeds=[policy_seed & 0xFFFFFFFF for policy_seed in policy_seeds],
            max_decisions=max_decisions,
            **_battle(BattleRecord(seed, teams, ())),
        )

    def receive(self, about: str = "") -> Judgement:
        """The answer to the oldest `send_...` without one; `about` goes into its record."""
        answer = self.receive_line()
        dumps = np.frombuffer(base64.b64decode(answer["entries"]), dtype="<i4").reshape(-1, SIZE)
        record = BattleRecord(
            seed=int(answer["seed"].removeprefix("gen5,"), 16),
            teams=(answer["teams"][0], answer["teams"][1]),
            choices=tuple((first, second) for first, second in answer["choices"]),
            about=about,
        )
        return Judgement(record, dumps, answer["error"], answer["tally"], answer["lines"])

    def watch(self, record: BattleRecord, names: tuple[str, str]) -> tuple[list[str], str | None]:
        """The protocol log of a record's choices, of all that there is to see, with exact HP and without the clock.

        `names`: of the players, different ones. Also what the simulator refused or how it broke; the log then ends there.
        """
        self._ask(do="watch", choices=record.choices, names=names, **_battle(record))
        answer = self.receive_line()
        return answer["lines"], answer["error"]

    def start(self, seed: int, teams: tuple[str, str]) -> Step:
        """Begins a battle to play by steps; it replaces the one before."""
        self._ask(do="start", **_battle(BattleRecord(seed, teams, ())))
        return self._step()

    def choose(self, choices: Choices) -> Step:
        """Carries out a decision of the battle begun."""
        self._ask(do="choose", choices=choices)
        return self._step()

    def _step(self) -> Step:
        answer = self.receive_line()
        dump = None if answer["dump"] is None else np.array(answer["dump"], np.int32)
        return Step(dump, answer["error"], answer["lines"])

    def _ask(self, **request: Any) -> None:
        self.send(request)


def _battle(record: BattleRecord) -> dict[str, str | Sequence[str]]:
    return {"seed": simulator_seed(record.seed), "teams": record.teams}
