"""Showdown looks over the engine's shoulder in production: battles of a run replayed by both, decision by decision.

The proof (benchmarks/engine_lockstep.py) compares battles of its own; the audit those that were played, with the policies' choices.
"""

import logging
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path

import numpy as np
import orjson
from numpy.typing import NDArray

import psro
from psro.machine.durable import atomic_write
from psro.machine.errors import UserError
from psro.machine.seeds import seed_from
from psro.pokemon.engine.battle_log import BattleLog, play
from psro.pokemon.engine.compiled import COMPILER
from psro.pokemon.engine.dump import dump
from psro.pokemon.engine.judge.compare import Difference, first_difference
from psro.pokemon.engine.judge.layout import NAMES
from psro.pokemon.engine.judge.process import Judgement, JudgeProcess
from psro.pokemon.engine.judge.record import BattleRecord
from psro.pokemon.engine.layout import FAULT, FAULT_NO_MOVE_SLOT, Lanes
from psro.pokemon.simulator.node import NodeInstallation, find_node
from psro.pokemon.simulator.node_process import SimulatorDied, cpu_seconds

KNOWN_BREAKDOWN = "moveSlot is null which shouldn't happen"
"""Showdown's own, which the engine marks as FAULT_NO_MOVE_SLOT (docs/engine.md, "Exclusion")."""
MAX_PLACES = 3
"""Places that a message names; the fixture has them all."""

_LOGGER = logging.getLogger(__name__)


def is_audited(job_seed: int, fraction: float) -> bool:
    """Whether the battle of this seed is among the `fraction` of all that are audited, wherever and whenever it is played."""
    return seed_from("audit", job_seed) < fraction * 2**63


@dataclass(frozen=True)
class Mismatch:
    """A battle that Showdown and the engine play differently, or that the engine's replay does not end where it was played to."""

    log: BattleLog
    what: str
    """One line: what differs, after which decision."""
    fixture: Path
    """Where everything is that it takes to see it again."""


class AuditFailed(UserError):
    """A run's battle was no battle of Showdown's. The results before it may be wrong too, so the run stops."""

    @classmethod
    def of(cls, job_seed: int, mismatch: Mismatch) -> "AuditFailed":
        """The error for the battle of this job."""
        return cls(
            f"audit: the battle with job seed {job_seed} is not Showdown's: {mismatch.what}. {mismatch.fixture} holds it: please report it "
            "with that file; until it is mended go on with game.arena.audit_fraction=0 (the engine unwatched) or arena=simulator"
        )


class Auditor:
    """Compares battles; owns a judge, which starts with the first one and ends on `close`.

    Where there is no Node the audit is off: `check` finds nothing, and `off` says why.
    """

    def __init__(self, fixtures: Path):
        """`fixtures`: the folder that mismatches are written into; made when there is one."""
        self._fixtures = fixtures
        self._node: NodeInstallation | None = None
        self._judge: JudgeProcess | None = None
        self.num_checked = 0
        """Battles compared."""
        self.off = ""
        """Why nothing is compared; empty while the audit works."""

    @property
    def node_seconds(self) -> float:
        """CPU time of the judge that is running; 0 while none is."""
        return 0.0 if self._judge is None else cpu_seconds(self._judge.pid)

    def check(self, log: BattleLog, final: NDArray[np.int16] | None = None) -> Mismatch | None:
        """Replays `log` in Showdown and in the engine; the first difference, written as a fixture, or None if all is equal.

        `final`: int16[LANE_SIZE], the lane as it was played, which the replay must end in.
        Raises SimulatorDied when the judge dies twice, UserError when it does not start or the fixture cannot be written.
        """
        if not self._finds_node():
            return None
        judged = self._judgement(log)
        self.num_checked += 1
        lanes = play(log)
        difference = _compare(log, judged, lanes)
        if difference is not None:
            lines = self._judgement(log, with_lines=True).lines
            return self._mismatch(log, final, _said(difference), difference.text(lines))
        error = judged.error
        if error is not None and not _is_known(error, lanes[len(judged.dumps)]):
            num_taken = len(judged.dumps) - 1
            at = "the start" if num_taken < 0 else f"decision {num_taken}"
            what = f"the engine took {at}, Showdown does not: {error.splitlines()[0]}"
            return self._mismatch(log, final, what, error)
        if final is not None and not np.array_equal(lanes[-1], final):
            what = _other_end(lanes[-1], final)
            return self._mismatch(log, final, what, what)
        return None

    def close(self) -> None:
        """Ends the judge. Safe to call twice."""
        if self._judge is not None:
            self._judge.close()
            self._judge = None

    def _finds_node(self) -> bool:
        if self._node is None and not self.off:
            try:
                self._node = find_node()
            except UserError as missing:
                self.off = str(missing)
                # The driver says it to the user once, however many processes there are: report/audited.py.
                _LOGGER.info(
                    "audit: OFF in this process (%s). Battles are played by the engine all the same, and none of them is compared "
                    "with Showdown; docs/engine.md, 'Audit and replays'",
                    missing,
                )
        return self._node is not None

    def _judgement(self, log: BattleLog, with_lines: bool = False) -> Judgement:
        try:
            return self._asked(log, with_lines)
        except SimulatorDied as death:
            # Killed for memory, perhaps; the battle is the same again.
            _LOGGER.warning("%s Auditing one of them again.", death)
            return self._asked(log, with_lines)

    def _asked(self, log: BattleLog, with_lines: bool) -> Judgement:
        assert self._node is not None
        if self._judge is None:
            self._judge = JudgeProcess(self._node)
        try:
            return self._judge.replay(_record(log), log=with_lines)
        except BaseException:
            # An answer may be under way in it: the next battle gets a fresh one.
            self.close()
            raise

    def _mismatch(
        self, log: BattleLog, final: NDArray[np.int16] | None, what: str, in_full: str
    ) -> Mismatch:
        assert self._node is not None
        content = {
            "about": f"audit: {what}",
            **log.to_json(),
            "played": None if final is None else final.tolist(),
            "differs": in_full.splitlines(),
            "versions": {
                "pokemon-showdown": self._node.version,
                "node": self._node.node_version,
                "engine": COMPILER.cache_folder.name,
                "psro": psro.__version__,
                **{name: version(name) for name in ("numba", "numpy")},
            },
        }
        # A key per line, so that it can be read; the choices in one.
        rows = ",\n".join(
            f' "{key}": {orjson.dumps(value).decode()}' for key, value in content.items()
        )
        path = self._fixtures / f"{log.name}.json"
        atomic_write(path, f"{{\n{rows}\n}}\n".encode())
        return Mismatch(log, what, path)


def _record(log: BattleLog) -> BattleRecord:
    choices = tuple((first, second) for first, second in log.choices.tolist())
    return BattleRecord(int(log.name, 16), log.teams, choices, about="audit")


def _compare(log: BattleLog, judged: Judgement, lanes: Lanes) -> Difference | None:
    """The first difference as far as Showdown comes."""
    record = _record(log)
    if judged.error is not None:
        record = replace(record, choices=record.choices[: max(len(judged.dumps) - 1, 0)])
        lanes = lanes[: len(judged.dumps)]
    return first_difference(record, judged.dumps, dump(lanes))


def _is_known(error: str, lane: NDArray[np.int16]) -> bool:
    """`lane`: after the decision that broke Showdown."""
    return KNOWN_BREAKDOWN in error and lane[FAULT] == FAULT_NO_MOVE_SLOT


def _said(difference: Difference) -> str:
    at = "at the start" if difference.dump == 0 else f"after decision {difference.dump - 1}"
    if difference.missing:
        return f"{at} {difference.missing}"
    return f"{at} {_places(difference.places, 'Showdown', 'the engine')}"


def _other_end(replayed: NDArray[np.int16], played: NDArray[np.int16]) -> str:
    """How the lane that was played differs from the replay's."""
    wanted, got = dump(replayed[np.newaxis])[0], dump(played[np.newaxis])[0]
    places = [(NAMES[at], int(wanted[at]), int(got[at])) for at in np.flatnonzero(wanted != got)]
    if not places:
        entries = np.flatnonzero(replayed != played)
        places = [(f"lane entry {at}", int(replayed[at]), int(played[at])) for at in entries]
    named = _places(tuple(places), "the replay", "the battle as it was played")
    return f"Showdown and the engine's replay agree, but at the end {named}"


def _places(places: tuple[tuple[str, int, int], ...], expected: str, actual: str) -> str:
    named = ", ".join(
        f"{name} is {wanted} in {expected} and {got} in {actual}"
        for name, wanted, got in places[:MAX_PLACES]
    )
    more = len(places) - MAX_PLACES
    return f"{named} (and {more} more places)" if more > 0 else named
