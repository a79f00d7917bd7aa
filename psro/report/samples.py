"""A few battles of each best response to watch: a win, a loss and the longest of the first unit that measured it; at the run's
end also the defeats that its report names (watching.py).

A process of their own makes them (python -m psro.replay), beside the run and no part of it: it plays those units again.
"""

import contextlib
import logging
import re
import shlex
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO, Any

from psro.machine.errors import UserError
from psro.machine.events import RunListener
from psro.machine.exit_codes import PREEMPTED
from psro.machine.journal import JournalRecord
from psro.machine.position import Position
from psro.machine.units import Unit
from psro.report.outcomes import SeenBattle, battles_in
from psro.report.text import count_text

REPLAYS = Path("report", "replays")
"""Below a run directory; where psro.replay puts them, in a folder called as the unit."""
MEASURED = re.compile(r".+/measure_\d+/0")
"""Keys of the first units of measurements (psro/phases/measure.py)."""
LAST_WAIT_S = 120.0
"""How long the report waits for replays that are being made."""
END_S = 3.0
"""How long a process that is told to end has for it: the run's own end waits (machine/signals.py, LAST_RESORT_S)."""

logger = logging.getLogger(__name__)
Start = Callable[[Sequence[str], IO[bytes]], "subprocess.Popen[bytes]"]


def can_be_played_again(config: Mapping[str, Any]) -> bool:
    """Whether a run of this config (dotted keys) has battles that come out the same again: not where a server has the dice, or a remote bot plays."""
    return config.get("game.arena.name") != "server" and not any(
        key.startswith("population.members.") and key.endswith(".kind") and value == "remote"
        for key, value in config.items()
    )


def sample(battles: Sequence[SeenBattle]) -> dict[str, int]:
    """What it shows → its place among `battles`: the first win, the first loss, and the longest, which is neither. Less where there are none."""
    if not battles:
        return {}
    longest = max(range(len(battles)), key=lambda place: (battles[place].num_turns, -place))
    picked: dict[str, int] = {}
    for words, score in (("a win", 1.0), ("a loss", 0.0)):
        of_score = [n for n, battle in enumerate(battles) if battle.score == score and n != longest]
        picked |= {words: of_score[0]} if of_score else {}
    return picked | {"the longest": longest}


def command(directory: Path, unit_key: str, picked: dict[str, int]) -> list[str]:
    """What writes their replays, after the interpreter's name."""
    places = [str(place) for place in picked.values()]
    return ["-m", "psro.replay", str(directory), unit_key, "--battle", *places]


def sample_lines(directory: Path, root: str, round_index: int) -> list[str]:
    """Markdown: links to the replays of a response's measurement after a round, or how to make them; nothing without battles."""
    unit_key = f"{root}/measure_{round_index}/0"
    result = directory / root / "matchups" / f"measure_{round_index}_00.json"
    battles = battles_in(result) if result.is_file() else []
    picked = sample(battles)
    links = []
    for words, place in picked.items():
        for page in sorted((directory / REPLAYS / unit_key).glob(f"{place:03d}_*.html")):
            battle = battles[place]
            link = page.relative_to(directory / REPLAYS.parent).as_posix()
            turns = count_text(battle.num_turns, "turn")
            links.append(f"[{words}]({link}) ({turns}, against {battle.opponent})")
    if links:
        return [f"To watch: {', '.join(links)}.", ""]
    if not picked or not battles[0].start:
        return []
    made_by = shlex.join(["python", *command(directory, unit_key, picked)])
    return ["To watch a win, a loss and a long battle, then draw this report again:", "", f"    {made_by}", ""]  # fmt: skip


def start_process(arguments: Sequence[str], errors: IO[bytes]) -> "subprocess.Popen[bytes]":
    """The interpreter with `arguments`; what it says on standard error goes into `errors`."""
    return subprocess.Popen(
        [sys.executable, *arguments], stdout=subprocess.DEVNULL, stderr=errors
    )  # fmt: skip


class SampleListener(RunListener):
    """Has the samples of every measurement made while the run goes on. Where that fails once, warns and makes no more."""

    def __init__(
        self, directory: Path, should_stop: Callable[[], bool], start: Start = start_process
    ) -> None:
        """`should_stop`: whether the run is to end; then nothing is waited for."""
        self._directory = directory
        self._should_stop = should_stop
        self._start = start
        self._measured: list[Unit] = []
        """Committed in this phase."""
        self._due: list[Unit] = []
        self._process: subprocess.Popen[bytes] | None = None
        self._errors: IO[bytes] | None = None
        self._is_off = False
        self._names_are_due = False
        """Whether the battles that the report will name are to be made too."""

    def on_commit(self, record: JournalRecord, seconds: float | None) -> None:
        """Notes a measurement's first unit."""
        if record.unit is not None and MEASURED.fullmatch(record.unit.key):
            self._measured.append(record.unit)
        self._go_on()

    def on_boundary(self, finished: Position[Any], following: Position[Any]) -> None:
        """What the phase measured is final."""
        self._due += self._measured
        self._measured = []
        self._go_on()

    def on_phase(self, position: Position[Any]) -> None:
        """The report is to show them."""
        if position.phase.name != "REPORT":
            return
        self._names_are_due = True
        self._go_on()
        deadline = time.monotonic() + LAST_WAIT_S
        while self._process is not None and not self._should_stop():
            if time.monotonic() > deadline:
                break
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(timeout=0.2)
            self._go_on()

    def on_stop(self, position: Position[Any], status: str, note: str) -> None:
        """What is being made ends with the run."""
        self._due = []
        if self._process is not None and self._process.poll() is None:
            # It tidies up at the next step of its battles.
            self._process.terminate()
            try:
                self._process.wait(timeout=END_S)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        self._forget()

    def _go_on(self) -> None:
        """Looks whether the process has ended, and starts the next."""
        if self._process is not None:
            status = self._process.poll()
            if status is None:
                return
            if status not in (0, PREEMPTED):
                self._warn(self._last_line())
            self._forget()
        while self._due and not self._is_off and self._process is None:
            self._make(self._due.pop(0))
        if self._names_are_due and not self._is_off and self._process is None:
            self._names_are_due = False
            self._make_named()

    def _make(self, unit: Unit) -> None:
        try:
            picked = sample(battles_in(self._directory / unit.result))
            if not picked:
                return
            self._play(command(self._directory, unit.key, picked))
        except OSError as error:
            self._warn(str(error))
            self._forget()

    def _make_named(self) -> None:
        # Imported here: it looks into all that a report rests on, and imports this module.
        from psro.report.watching import arguments_for, named_and_not_made

        try:
            if units := named_and_not_made(self._directory):
                self._play(arguments_for(self._directory, units))
        except (OSError, UserError) as error:
            self._warn(str(error))
            self._forget()

    def _play(self, arguments: Sequence[str]) -> None:
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115  # closed by _forget
        self._process = self._start(arguments, self._errors)

    def _warn(self, why: str) -> None:
        self._is_off = True
        logger.warning(
            "%s: NOT WRITTEN (%s), and not tried again by this process. The run goes on, its results do not depend on it; the "
            "report names the command that makes them",
            self._directory / REPLAYS,
            why,
        )

    def _last_line(self) -> str:
        assert self._errors is not None
        self._errors.seek(0)
        said = self._errors.read().decode(errors="replace").split("\n")
        lines = [line.strip() for line in said if line.strip()]
        return lines[-1].removeprefix("psro: ") if lines else "it said nothing"

    def _forget(self) -> None:
        if self._errors is not None:
            self._errors.close()
        self._process = self._errors = None
