"""The run on a terminal or in a log: where it is, how fast it goes, and what came of each iteration."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from rich.console import Console

from psro.machine.events import RunListener
from psro.machine.journal import JournalRecord
from psro.machine.manifest import Manifest
from psro.machine.position import Position
from psro.machine.units import Progress, Unit
from psro.report import tables
from psro.report.broken import broken_battles_in
from psro.report.record import Json, read_json
from psro.report.screens import PlainScreen, Screen, TerminalScreen
from psro.report.text import count_text, percent_text
from psro.report.workload import Workload

ROUND_PHASES = ("COLLECT", "TRAIN", "SELECT")
"""Phases that come once per round."""


class ConsoleListener(RunListener):
    """Shows a run while it goes on."""

    def __init__(
        self,
        directory: Path,
        console: Console | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`console`: where to; standard output if not given. A terminal gets bars, anything else plain lines."""
        self._directory = directory
        self._clock = clock
        console = console or Console()
        self._screen: Screen
        if console.is_terminal:
            self._screen = TerminalScreen(console)
        else:
            self._screen = PlainScreen(
                lambda line: print(line, file=console.file, flush=True), clock
            )
        self._workload: Workload | None = None
        self._config: Json | None = None
        self._num_broken = 0

    def on_start(self, position: Position[Any], resumed: bool, note: str) -> None:
        """Says what is begun or gone on with."""
        self._screen.say(f"run {self._directory}")
        if not resumed:
            self._screen.say(note)
        elif position.phase.name == "DONE":
            self._screen.say(note)
            self._say_where_to_look()
            return
        else:
            self._screen.say(f"RESUMED: {note}. What was committed is kept.")
        self._screen.start()

    def on_phase(self, position: Position[Any]) -> None:
        """The new position."""
        self._screen.where(self._words_for(position))

    def on_units(self, label: str, num_committed: int, num_total: int) -> None:
        """A new bar."""
        self._end_work()
        if num_total:
            self._workload = Workload(label, num_committed, num_total, self._clock)
            if 0 < num_committed < num_total:
                self._screen.say(f"  {label}: {num_committed} of {num_total} units are committed")
            self._screen.work(self._workload)

    def on_progress(self, unit: Unit, progress: Progress) -> None:
        """The bar moves."""
        if self._workload is not None:
            self._workload.progress(unit, progress)
            self._screen.work(self._workload)

    def on_commit(self, record: JournalRecord, seconds: float | None) -> None:
        """The bar moves; battles that broke are named."""
        if record.unit is None:
            self._end_work()
            return
        for artifact in record.artifacts:
            self._name_broken(artifact.path)
        if self._workload is not None:
            self._workload.finish(record)
            self._screen.work(self._workload)

    def on_worker_death(self, unit: Unit | None, num_deaths: int, reason: str) -> None:
        """Loud: it may come again."""
        doing = f"; unit {unit.key} (death {num_deaths} of it) runs again" if unit else ""
        self._screen.say(f"A WORKER DIED: {reason}{doing}", loud=True)

    def on_boundary(self, finished: Position[Any], following: Position[Any]) -> None:
        """What the phase came to."""
        self._end_work()
        phase = finished.phase.name
        if phase == "SELECT":
            self._say_selected(finished)
        elif phase == "MEASURE":
            self._say_measured(finished, following)
        elif phase == "SOLVE":
            self._show_iteration(finished.iteration)
        elif phase == "CERTIFY":
            self._show_certificate(finished.iteration)

    def on_stop(self, position: Position[Any], status: str, note: str) -> None:
        """How it ended, and where to look."""
        self._end_work()
        self._screen.stop()
        if self._num_broken:
            broken = count_text(self._num_broken, "battle")
            self._screen.say(
                f"{broken} broke and are in no result; they are named above", loud=True
            )
        if status == "done":
            self._screen.say(f"done: {self._directory}")
            self._say_where_to_look()
        else:
            self._screen.say(
                f"{status} at {self._words_for(position)}: {note}", loud=status == "failed"
            )
            self._screen.say("everything committed is kept; the same command goes on from here")

    def _show_iteration(self, iteration: int) -> None:
        root = self._directory / f"iteration_{iteration}"
        summary = read_json(root / "iteration_summary.json")
        if "response" in summary:
            self._screen.show(tables.response_table(summary))
            title = f"{summary['response']['name']} in those battles, by opponent"
            self._screen.show(tables.by_opponent_table(title, summary["response"]["tally"]))
            if summary["opponents_met"]:
                self._screen.show(tables.opponents_table(summary))
        else:
            matrix = read_json(root / "interaction_matrix.json")
            self._screen.show(tables.matrix_table(matrix))
        self._screen.show(tables.sigma_table(summary))
        self._screen.show(tables.measures_table(summary))
        if num := summary["num_tournament_failures"]:
            self._screen.say(
                f"{num:,} battles of this tournament BROKE and are left out", loud=True
            )

    def _show_certificate(self, iteration: int) -> None:
        path = self._directory / f"certificate_{iteration}" / "certificate.json"
        certificate = read_json(path)
        self._screen.show(tables.certificate_table(certificate))
        if certificate["showcase"]:
            self._screen.show(tables.showcase_table(certificate))

    def _say_selected(self, at: Position[Any]) -> None:
        path = self._directory / f"iteration_{at.iteration}" / f"selection_{at.round}.json"
        best = read_json(path)["best"]
        self._screen.say(
            f"  best checkpoint so far: {best['label']} of round {best['round'] + 1}, "
            f"{percent_text(best['score'])} against σ ({tables.battles_text(best['tally']['num_battles'])})"
        )

    def _say_measured(self, at: Position[Any], following: Position[Any]) -> None:
        path = self._directory / f"iteration_{at.iteration}" / f"measurement_{at.round}.json"
        measured = read_json(path)
        gain = measured["gain"]
        battles = tables.battles_text(gain["num_battles"])
        self._screen.say(f"  wins {tables.gain_text(gain)} against σ ({battles})")
        goes_on = "it trains on" if following.phase.name == "COLLECT" else "it joins as it is"
        if not measured["beats_sigma"]:
            self._screen.say(f"  the response is not shown to beat σ: {goes_on}", loud=True)
        elif not measured["satisfies"]:
            self._screen.say(f"  the response gains less than psro.wanted_gain: {goes_on}")

    def _name_broken(self, path: str) -> None:
        for battle in broken_battles_in(self._directory, path):
            self._num_broken += 1
            pair = " against ".join(battle.policies)
            self._screen.say(
                f"A BATTLE BROKE (left out, {self._num_broken} so far): {pair}, seed {battle.seed}: "
                f"{battle.reason}  [{battle.file}]",
                loud=True,
            )

    def _end_work(self) -> None:
        if self._workload is not None:
            self._screen.end_work(self._workload)
            self._workload = None

    def _say_where_to_look(self) -> None:
        self._screen.say(f"figures and tables: {self._directory / 'report' / 'summary.md'}")
        self._screen.say(f"curves: tensorboard --logdir {self._directory.parent.parent}")

    def _words_for(self, position: Position[Any]) -> str:
        """`COLLECT · iteration 2 of 5 · round 1 of 4`; rounds are counted from 1, as people do."""
        if self._config is None:
            manifest = Manifest.load(self._directory)
            assert manifest is not None, "the machine saves the manifest before the first phase"
            self._config = dict(manifest.config)
        phase = position.phase.name
        words = [phase]
        if phase in ("TOURNAMENT", "SOLVE", "MEASURE", *ROUND_PHASES):
            words.append(
                f"iteration {position.iteration}{self._of('psro.num_iterations')}"
                if position.iteration
                else "founding population"
            )
        if phase in ROUND_PHASES:
            words.append(f"round {position.round + 1}{self._of('psro.rounds')}")
        return " · ".join(words)

    def _of(self, key: str) -> str:
        """` of 5` where the config has the number (another algorithm's may not)."""
        assert self._config is not None
        return f" of {self._config[key]}" if key in self._config else ""
