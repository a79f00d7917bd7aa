"""python -m psro.export_replays <run directory> <unit key> ... --output DIR: battles of a run as metamon's parsed replays.

Each unit is played again as `python -m psro.unit` does it, its committed bytes compared, and what its policies saw and did is written to
DIR/gen1ou/, one file for each side, under names that metamon's ParsedReplayDataset reads. Of units that collect data the recorded sides are
written, of others both. Decisions with a single legal action are not in them: policies are not asked then.
"""

import argparse
import logging
import shutil
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from psro import unit, wiring
from psro.config import Config
from psro.ending import NOT_KEPT, ending
from psro.game.battles import Job, PlayResult
from psro.game.policies import Policy
from psro.game.protocols import Arena, ReportProgress, ShouldStop
from psro.game.trajectories import Trajectories
from psro.machine import exit_codes
from psro.machine.errors import UserError
from psro.machine.executors.perform import perform
from psro.machine.signals import StopFlag
from psro.pokemon.config import Gen1OUConfig
from psro.pokemon.observations.records.spec import RECORD_VIEW
from psro.pokemon.parsed_replays.exporting import write_parsed_replays
from psro.unit import Found

DATE = "%m-%d-%Y-%H:%M:%S"
"""As metamon's own environment writes it."""


class RecordingArena:
    """psro.game.protocols.Arena over another: records what is played, both sides where nobody asked for a record."""

    def __init__(self, arena: Arena):
        self._arena = arena
        self.played: list[Trajectories] = []

    def play(
        self,
        jobs: Sequence[Job],
        policies: Mapping[str, Policy],
        record_view: str,
        report_progress: ReportProgress,
        should_stop: ShouldStop,
    ) -> PlayResult:
        """As Arena.play; the records are kept in `played`."""
        asked = any(any(job.record) for job in jobs)
        if not asked:
            jobs = [replace(job, record=(True, True)) for job in jobs]
        result = self._arena.play(jobs, policies, RECORD_VIEW, report_progress, should_stop)
        if result.trajectories is not None:
            self.played.append(result.trajectories)
        return result if asked else replace(result, trajectories=None)

    def close(self) -> None:
        """Closes the other."""
        self._arena.close()


def play_again(
    directory: Path, config: Config, found: Found, scratch: Path, stop: StopFlag
) -> list[Trajectories]:
    """What the unit's battles looked like to those who played them. Raises UserError where it played none, or other battles than committed."""
    if not isinstance(config.game, Gen1OUConfig):
        raise UserError(f"battles of game={config.game.name} are no Pokemon battles")
    if not found.committed:
        raise UserError(f"unit {found.unit.key!r} is not committed: it has no battles yet")
    unit.show_inputs(directory, found, scratch)
    worker = wiring.make_worker(wiring.worker_payload(config, scratch))
    watch = unit.Watch(stop)
    try:
        arena = RecordingArena(worker.bench.arena)
        worker.bench.play_on(arena)
        done = perform(worker, scratch, found.unit, watch, watch)
    finally:
        worker.close()
    if set(done.artifacts) != set(found.committed):
        raise UserError(
            f"played again, unit {found.unit.key!r} gives other battles than those committed; see "
            f"`python -m psro.unit {directory} {found.unit.key}`"
        )
    if not arena.played:
        raise UserError(f"unit {found.unit.key!r} ({found.unit.kind}) played no battles")
    return arena.played


def export(directory: Path, key: str, output: Path, compressed: bool, stop: StopFlag) -> list[Path]:
    """Writes the unit's battles; the files. Raises what the unit raises, and UserError."""
    found = unit.find(directory, key)
    config = unit.read_config(directory, found)
    result = directory / found.unit.result
    # When it was played: the file's own time, so that exporting again gives the same names.
    date = time.strftime(DATE, time.localtime(result.stat().st_mtime)) if result.exists() else ""
    scratch = Path(tempfile.mkdtemp(prefix="psro-export-"))
    try:
        played = play_again(directory, config, found, scratch, stop)
        return [
            path
            for trajectories in played
            for path in write_parsed_replays(
                output, trajectories, date or time.strftime(DATE), compressed
            )
        ]
    finally:
        if not (scratch / "audit").exists():
            shutil.rmtree(scratch)


def main(arguments: Sequence[str] | None = None) -> int:
    """Returns an exit code."""
    given = _parser().parse_args(arguments)
    logging.basicConfig(level=logging.WARNING, format="%(message)s", force=True)

    def work() -> None:
        with StopFlag() as stop:
            for key in given.unit_key:
                stop.raise_if_set()
                directory = given.run_directory.resolve()
                written = export(directory, key, given.output, not given.plain, stop)
                print(f"{key}: {len(written):,} files in {written[0].parent}", flush=True)

    return exit_codes.exit_code_for(ending(work, NOT_KEPT))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m psro.export_replays",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("run_directory", type=Path, help="such as runs/phase1/seed_0")
    parser.add_argument("unit_key", nargs="+", help="such as iteration_1/collect/round_0/0")
    parser.add_argument("--output", type=Path, required=True, help="gen1ou/ is made in it")
    parser.add_argument("--plain", action="store_true", help="write .json instead of .json.lz4")
    return parser


if __name__ == "__main__":
    sys.exit(main())
