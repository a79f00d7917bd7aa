"""python -m psro.compare RUN RUN …: runs side by side, and their policies against each other.

What was configured differently, what came of it and what it cost; which run's newest σ beats which, and whose policies gain
against whose σ. Tables here; a page, figures and compare.json in runs/comparisons/<name>. The battles are evaluations
(python -m psro.evaluate), so the same command goes on after a kill, and plays nothing twice. Exit codes: 0 done; 2 bad input; 75
stopped, run it again; 1 a bug.
"""

import argparse
import logging
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

import orjson

from psro import entrants, evaluate
from psro.config import Config
from psro.ending import ending
from psro.evaluate import Pair, Planned
from psro.machine import exit_codes
from psro.machine.canonical import digest
from psro.machine.durable import atomic_write
from psro.machine.errors import UserError
from psro.machine.signals import LAST_RESORT_S, StopFlag
from psro.report.comparison.cross_play import CrossPlay, cross_play
from psro.report.comparison.page import sentences, write_comparison
from psro.report.comparison.side import Side, sides_of
from psro.report.comparison.tables import tables_of
from psro.report.evaluation import shortened

RESULT = "compare.json"
MEMBERS = ("all", "support", "none")


@dataclass(frozen=True)
class Meeting:
    """The two evaluations that the runs' cross-play is."""

    mixtures: Planned
    mixture_names: dict[str, str]
    """Label of a run → the name of its σ."""
    populations: Planned | None
    """None where nobody's members are to be met, or all are one and the same."""
    names: dict[str, dict[str, str]]
    """Label → name of a member in its run → its name in `populations`."""
    alike: tuple[Pair, ...]
    """Members of two runs that are the same policy: ½ by symmetry, not played."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Returns an exit code."""
    given = _parser().parse_args(arguments)
    logging.basicConfig(level=logging.WARNING, format="%(message)s", force=True)
    return exit_codes.exit_code_for(ending(lambda: _compare(given)))


def plan(sides: Sequence[Side], config: Config, given: argparse.Namespace) -> Meeting:
    """Every σ against every other, and members of each run against those of the others."""
    options = evaluate.options_of(given)
    sigma = entrants.find([f"{side.directory}:nash_{side.iteration}" for side in sides])
    mixtures = evaluate.plan(sigma, evaluate.everyone, config, options)
    named = dict(zip([side.label for side in sides], mixtures.evaluation.entrants, strict=True))
    if given.members == "none":
        return Meeting(mixtures, named, None, {}, ())
    members = {
        side.label: entrants.find([f"{side.directory}:{name}" for name in met(side, given.members)])
        for side in sides
    }
    flat = [(label, entrant) for label, of_run in members.items() for entrant in of_run]
    across = [(i, j) for i, j in combinations(range(len(flat)), 2) if flat[i][0] != flat[j][0]]
    same = {(i, j) for i, j in across if flat[i][1].plays_as(flat[j][1])}
    if same == set(across):
        return Meeting(mixtures, named, None, {}, ())
    names: dict[str, dict[str, str]] = {label: {} for label in members}
    alike: list[Pair] = []

    def pairs_of(called: Sequence[str]) -> list[Pair]:
        for (label, entrant), name in zip(flat, called, strict=True):
            names[label][entrant.record.name] = name
        alike.extend((called[i], called[j]) for i, j in same)
        return [(called[i], called[j]) for i, j in across if (i, j) not in same]

    options = evaluate.Options(given.member_battles, options.pools, options.battles_per_unit)
    everybody = [entrant for _, entrant in flat]
    populations = evaluate.plan(everybody, pairs_of, config, options)
    return Meeting(mixtures, named, populations, names, tuple(alike))


def play(sides: Sequence[Side], meeting: Meeting, stop: StopFlag) -> CrossPlay:
    """Plays both, or what is left of them."""
    mixtures = evaluate.run(meeting.mixtures, stop)
    populations = evaluate.run(meeting.populations, stop) if meeting.populations else None
    return cross_play(
        sides, mixtures, meeting.mixture_names, populations, meeting.names, meeting.alike
    )


def _compare(given: argparse.Namespace) -> None:
    directories = [run.resolve() for run in given.runs]
    if len(set(directories)) < max(2, len(directories)):
        raise UserError("a comparison takes two runs or more, each named once")
    sides = sides_of(entrants.run_labels(directories))
    played, evaluations = None, []
    if given.cross_play:
        runs = entrants.find([f"{side.directory}:nash" for side in sides])
        overrides = evaluate.overrides_of(given)
        config = evaluate.config_of(runs, given.like, overrides, given.runs_directory)
        meeting = plan(sides, config, given)
        planned = [p for p in (meeting.mixtures, meeting.populations) if p is not None]
        evaluations = [p.directory for p in planned]
        with StopFlag() as stop:
            stop.exit_within_s = config.executor.drain_s + LAST_RESORT_S
            played = play(sides, meeting, stop)
    output = given.output or Path(given.runs_directory) / "comparisons" / _name(sides)
    output = output.resolve()
    told = {
        "runs": [side.to_json() for side in sides],
        "evaluations": [str(path) for path in evaluations],
        "cross_play": played.to_json() if played is not None else None,
    }
    atomic_write(output / RESULT, orjson.dumps(told, option=orjson.OPT_INDENT_2))
    *_, page = write_comparison(output, sides, played, evaluations)
    print()
    for table in tables_of(sides, played):
        print(shortened(table, evaluate.MOST_ROWS, "the page").to_text() + "\n")
    for sentence in sentences(sides, played)[1:]:
        print(sentence.replace("**", "").replace("`", ""))
    print(f"\n{page} (the same as JSON: {RESULT})")


def met(side: Side, which: str) -> list[str]:
    """Members that others meet: all, or those that its σ plays."""
    return [name for name, weight in side.weights.items() if which == "all" or weight > 0]


def _name(sides: Sequence[Side]) -> str:
    """Follows from the runs: the same comparison, later, is written over the old one."""
    return digest(sorted(side.findings.manifest.run_id for side in sides))[:12]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m psro.compare",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("runs", nargs="+", type=Path, metavar="RUN")
    parser.add_argument("--no-cross-play", dest="cross_play", action="store_false",
                        help="play nothing: compare what the runs have told")  # fmt: skip
    parser.add_argument("--members", choices=MEMBERS, default="all",
                        help="whose policies meet those of the other runs: all, only those that σ plays, or none's "
                        "(default: %(default)s)")  # fmt: skip
    parser.add_argument("--member-battles", type=evaluate.at_least_one, default=200, metavar="N",
                        help="of each two of those (default: %(default)s)")  # fmt: skip
    evaluate.add_options(parser)
    parser.add_argument("--output", type=Path, metavar="DIRECTORY",
                        help="of the page (default: <runs>/comparisons/<name that follows from the runs>)")  # fmt: skip
    parser.set_defaults(battles=2000)
    return parser


if __name__ == "__main__":
    sys.exit(main())
