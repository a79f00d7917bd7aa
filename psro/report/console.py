"""The run on a terminal or in a log: where it is, how fast it goes, and what came of each iteration."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from rich.console import Console

from psro.machine.events import RunListener
from psro.machine.incidents import INCIDENTS_FILE, in_words, read_incidents
from psro.machine.journal import JournalRecord
from psro.machine.manifest import Manifest
from psro.machine.position import Position
from psro.machine.units import Progress, Unit
from psro.report import tables
from psro.report.audited import REMEDY, UNAUDITED, audited
from psro.report.broken import broken_battles_in
from psro.report.disk import disk_text, read_disk
from psro.report.exploit.tables import exploiters_table
from psro.report.gain_tables import battles_text, gain_text, shortfall_text
from psro.report.guarded import GuardedScreen, drop_standard_output
from psro.report.headlines import headlines
from psro.report.record import Json, read_certificate, read_iteration, read_json
from psro.report.screens import PlainScreen, Screen, TerminalScreen
from psro.report.text import count_text, percent_text
from psro.report.timings import read_timings
from psro.report.views import rebuilt_by_command
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
        screen: Screen
        if console.is_terminal:
            screen = TerminalScreen(console)
        else:
            screen = PlainScreen(lambda line: print(line, file=console.file, flush=True), clock)
        look = f"look with: python -m psro.status {directory}"
        self._screen = GuardedScreen(screen, look, drop_standard_output)
        self._workload: Workload | None = None
        self._config: Json | None = None
        self._num_broken = 0
        self._said_unaudited = False

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
        """The bar moves; that the audit is off is said, once."""
        if progress.metrics.get(UNAUDITED) and not self._said_unaudited:
            self._said_unaudited = True
            self._screen.say(
                f"THE AUDIT IS OFF: battles are not compared with Showdown ({REMEDY}); the engine plays them all the same",
                loud=True,
            )
        if self._workload is not None:
            self._workload.progress(unit, progress)
            self._screen.work(self._workload)

    def on_commit(self, record: JournalRecord, seconds: float | None) -> None:
        """The bar moves; battles that broke are named."""
        if record.unit is None:
            self._end_work()
            if record.released:
                num = count_text(len(record.released), "shard")
                self._screen.say(f"  pruned {num} that no later phase reads (psro.shards=prune)")
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
        if incidents := read_incidents(self._directory):
            self._screen.say(f"{in_words(incidents)} ({INCIDENTS_FILE})", loud=True)
        if status == "done":
            self._screen.say(f"done: {self._directory}")
            self._say_where_to_look()
        else:
            self._screen.say(
                f"{status} at {self._words_for(position)}: {note}", loud=status == "failed"
            )
            self._screen.say("everything committed is kept; the same command goes on from here")

    def _show_iteration(self, iteration: int) -> None:
        solved = read_iteration(self._directory / f"iteration_{iteration}")
        assert solved is not None, "SOLVE commits its summary"
        summary = solved.summary
        if "response" in summary:
            self._screen.show(tables.response_table(summary))
            title = f"{summary['response']['name']} in those battles, by opponent"
            self._screen.show(tables.by_opponent_table(title, summary["response"]["tally"]))
            if summary["opponents_met"]:
                self._screen.show(tables.opponents_table(summary))
        else:
            self._screen.show(tables.matrix_table(solved.matrix))
        self._screen.show(tables.sigma_table(summary))
        # Of an extended run the σ before has a certificate too.
        before = read_certificate(self._directory / f"certificate_{iteration - 1}")
        known = headlines([solved], [before] if before is not None else [])
        self._screen.show(tables.measures_table(summary, known))
        if num := summary["num_tournament_failures"]:
            self._screen.say(
                f"{num:,} battles of this tournament BROKE and are left out", loud=True
            )
        if summary.get("converged"):
            gain = gain_text(summary["response"]["best_response_gain"])
            self._screen.say(
                f"THE LOOP ENDS HERE AS CONVERGED, after iteration {iteration}"
                f"{self._of('psro.num_iterations')} (psro.on_no_gain=stop): "
                f"{shortfall_text(summary['response'])}: {summary['response']['name']} wins {gain} against it",
                loud=True,
            )

    def _show_certificate(self, iteration: int) -> None:
        path = self._directory / f"certificate_{iteration}" / "certificate.json"
        certificate = read_json(path)
        self._screen.show(tables.certificate_table(certificate))
        if "exploiters" in certificate:
            self._screen.show(exploiters_table(certificate))
        if certificate["showcase"]:
            self._screen.show(tables.showcase_table(certificate))

    def _say_selected(self, at: Position[Any]) -> None:
        path = self._directory / f"iteration_{at.iteration}" / f"selection_{at.round}.json"
        best = read_json(path)["best"]
        self._screen.say(
            f"  best checkpoint so far: {best['label']} of round {best['round'] + 1}, "
            f"{percent_text(best['score'])} against σ ({battles_text(best['tally']['num_battles'])})"
        )

    def _say_measured(self, at: Position[Any], following: Position[Any]) -> None:
        path = self._directory / f"iteration_{at.iteration}" / f"measurement_{at.round}.json"
        measured = read_json(path)
        gain = measured["gain"]
        battles = battles_text(gain["num_battles"])
        self._screen.say(f"  wins {gain_text(gain)} against σ ({battles})")
        if measured["satisfies"]:
            return
        if following.phase.name == "COLLECT":
            goes_on = "it trains on"
        elif self._setting("psro.on_no_gain") == "stop":
            goes_on = "it joins and the loop ends, as psro.on_no_gain=stop says"
        else:
            goes_on = "it joins as it is"
        self._screen.say(
            f"  {shortfall_text(measured)}: {goes_on}", loud=not measured["beats_sigma"]
        )

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
        page = self._directory / "report" / "index.html"
        if page.is_file():
            self._screen.say(f"figures and tables: {page} (as text: summary.md)")
        else:
            remedy = rebuilt_by_command(self._directory)
            self._screen.say(f"figures and tables: {page} IS NOT THERE; {remedy}", loud=True)
        manifest = Manifest.load(self._directory)
        audit = audited(manifest.config, read_timings(self._directory)) if manifest else None
        if audit is not None:
            self._screen.say(f"audit: {audit.text}", loud=audit.num_missed > 0)
        self._screen.say(f"on disk: {disk_text(read_disk(self._directory))}")
        self._screen.say(f"curves: launchers/tensorboard.sh {self._directory.parent.parent}")

    def _words_for(self, position: Position[Any]) -> str:
        """`COLLECT · iteration 2 of 5 · round 1 of 4`; rounds are counted from 1, as people do."""
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
        number = self._setting(key)
        return "" if number is None else f" of {number}"

    def _setting(self, key: str) -> Any:
        """From the config in the manifest; None where it has no such key."""
        if self._config is None:
            manifest = Manifest.load(self._directory)
            assert manifest is not None, "the machine saves the manifest before the first phase"
            self._config = dict(manifest.config)
        return self._config.get(key)
