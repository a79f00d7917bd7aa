"""python -m psro.replay <run directory> <unit key> …: battles of committed units, to watch and to read.

The unit is played again as `python -m psro.unit` does it (it is a pure function of the run), and of the battles asked for
Showdown's protocol log (.log) and a page (.html) are written: its replay where there is a network, and the battle in words.
Several units, each with the battles of it: iteration_1/measure_3/0:17,4 certificate_5/measure_5/2:0 (a report names such).
Units that play battles: .../measure_<round>/<n>, .../select_..., .../tournament_..., .../collect/<group>/<n>; each line of
journal.jsonl names one. Nothing of the run is touched but report/replays/, where the files go unless --output says otherwise.
"""

import argparse
import json
import logging
import shutil
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from psro import unit, wiring
from psro.config import Config
from psro.ending import NOT_KEPT, ending
from psro.game.battles import Outcome
from psro.game.replays import KeepsLogs, Watchable, file_name
from psro.game.shards import read_header
from psro.machine import exit_codes
from psro.machine.errors import UserError
from psro.machine.executors.perform import perform
from psro.machine.signals import StopFlag
from psro.unit import Found

REPLAYS = Path("report", "replays")
"""Below a run directory."""
USUAL_COUNT = 3


def committed_outcomes(directory: Path, found: Found) -> list[Outcome]:
    """Of the unit's battles, in its result's order. Raises UserError for a unit without, or a damaged result."""
    key, path = found.unit.key, directory / found.unit.result
    if not found.committed:
        raise UserError(f"unit {key!r} is not committed: it has no battles yet; run the run again")
    own = next(artifact for artifact in found.committed if artifact.path == found.unit.result)
    if problem := own.problem(directory):
        raise UserError(f"{path} {problem}: run the run again, which repairs it")
    if path.suffix == ".shard":
        rows = read_header(path)["outcomes"]
    else:
        rows = json.loads(path.read_bytes()).get("outcomes")
    if not rows:
        raise UserError(
            f"unit {key!r} ({found.unit.kind}) played no battles; units that do: …/measure_<round>/<n>, "
            "…/select_…/<n>, …/tournament_…/<n>, …/collect/<group>/<n>"
        )
    return [Outcome.from_json(row) for row in rows]


def chosen(outcomes: Sequence[Outcome], battles: Sequence[int], count: int) -> list[int]:
    """Places of the battles named by place or job seed; without any, of the first `count`. Raises UserError for an unknown one."""
    if not battles:
        return list(range(min(count, len(outcomes))))
    places = {outcome.seed: place for place, outcome in enumerate(outcomes)}
    for battle in battles:
        if battle not in places and not 0 <= battle < len(outcomes):
            raise UserError(
                f"no battle {battle}: name one by its place, 0 to {len(outcomes) - 1}, or by its job seed, such as {outcomes[0].seed}"
            )
    return list(dict.fromkeys(places.get(battle, battle) for battle in battles))


def play_again(
    directory: Path,
    config: Config,
    found: Found,
    battles: Mapping[str, Outcome],
    output: Path,
    scratch: Path,
    stop: StopFlag,
) -> list[tuple[Path, str]]:
    """Plays the unit in `scratch` and writes the replays of `battles` (file name → outcome) into `output`.

    Returns what to open of each, and the battle in a line. Raises what the unit raises; UserError where the game has no replays, or
    where other battles come out than those that are committed.
    """
    unit.show_inputs(directory, found, scratch)
    worker = wiring.make_worker(wiring.worker_payload(config, scratch))
    watch = unit.Watch(stop)
    try:
        game, arena = worker.bench.game, worker.bench.arena
        if not isinstance(game, Watchable) or not isinstance(arena, KeepsLogs):
            where = "on a Showdown server cannot be played again, so they"
            raise UserError(
                f"battles {where if isinstance(game, Watchable) else f'of game={config.game.name}'} cannot be watched"
            )
        arena.keep_logs([outcome.seed for outcome in battles.values()])
        done = perform(worker, scratch, found.unit, watch, watch)
        if set(done.artifacts) != set(found.committed):
            moved = unit.other_environment(directory, config)
            raise UserError(
                f"played again, unit {found.unit.key!r} gives other battles than those committed"
                + (f" (this is not where the run was last: {moved})" if moved else "")
                + f"; see `python -m psro.unit {directory} {found.unit.key}`"
            )
        logs = arena.logs
        return game.write_replays(
            output, {name: (outcome, logs[outcome.seed]) for name, outcome in battles.items()}
        )
    finally:
        worker.close()


def main(arguments: Sequence[str] | None = None) -> int:
    """Returns an exit code."""
    given = _parser().parse_args(arguments)
    logging.basicConfig(level=logging.WARNING, format="%(message)s", force=True)
    return exit_codes.exit_code_for(ending(lambda: _replay(given), NOT_KEPT))


def _replay(given: argparse.Namespace) -> None:
    directory = given.run_directory.resolve()
    wanted = [(key, own or given.battle) for key, own in map(parsed, given.unit_key)]
    if len(wanted) > 1 and (given.battle or given.output):
        option = "--battle" if given.battle else "--output"
        raise UserError(
            f"{option} is for one unit; name the battles of several behind each, such as {wanted[0][0]}:0,1"
        )
    # All are looked up before the first is played.
    units = [
        (found, battles_of(directory, found, own, given.count))
        for key, own in wanted
        for found in [unit.find(directory, key)]
    ]
    with StopFlag() as stop:
        for found, battles in units:
            output = given.output or directory / REPLAYS / found.unit.key
            _write(directory, found, battles, output, stop)


def parsed(named: str) -> tuple[str, list[int]]:
    """A unit's key, and the battles named behind it: `iteration_1/measure_3/0:17,4`. Raises UserError where these are no numbers."""
    key, colon, battles = named.partition(":")
    try:
        return key, [int(battle) for battle in battles.split(",")] if colon else []
    except ValueError as error:
        raise UserError(
            f"{named}: behind the colon stand places or job seeds with commas between them, such as {key}:0,17"
        ) from error


def battles_of(
    directory: Path, found: Found, named: Sequence[int], count: int
) -> dict[str, Outcome]:
    """File name → outcome, of the battles named, or else of the first `count`."""
    outcomes = committed_outcomes(directory, found)
    return {
        file_name(place, outcomes[place]): outcomes[place]
        for place in chosen(outcomes, named, count)
    }


def _write(
    directory: Path, found: Found, battles: Mapping[str, Outcome], output: Path, stop: StopFlag
) -> None:
    config = unit.read_config(directory, found)
    scratch = Path(tempfile.mkdtemp(prefix="psro-replay-"))
    try:
        for path, about in play_again(directory, config, found, battles, output, scratch, stop):
            print(f"{path}  {about}", flush=True)
    finally:
        # Where the audit of the engine found something, its evidence lies there.
        if not (scratch / "audit").exists():
            shutil.rmtree(scratch)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m psro.replay",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("run_directory", type=Path, help="such as runs/phase1/seed_0")
    parser.add_argument(
        "unit_key",
        nargs="+",
        help="such as iteration_1/measure_0/0, or iteration_1/measure_0/0:17,4",
    )
    which = parser.add_mutually_exclusive_group()
    which.add_argument(
        "--battle",
        type=int,
        nargs="+",
        default=[],
        metavar="SEED_OR_PLACE",
        help="a job seed, or the battle's place in the unit, from 0",
    )
    which.add_argument(
        "--count", type=int, default=USUAL_COUNT, help="the unit's first N (default: %(default)s)"
    )
    parser.add_argument("--output", type=Path, help="default: <run>/report/replays/<unit key>")
    return parser


if __name__ == "__main__":
    sys.exit(main())
