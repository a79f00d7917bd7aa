"""python -m psro.evaluate WHO WHO …: any policies of any runs, and the game's own, against each other.

WHO is
    RUN                 the newest meta-strategy of a run directory, one member drawn a battle
    RUN:best            its newest best response
    RUN:br_2            a member of its population; RUN:'br_*' all that match; RUN:nash_3 the meta-strategy of iteration 3
    DIRECTORY           any directory with a policy.json
    gym_leader          one of the game's own policies by its kind; with arguments: pure{action: rock}
    metamon:NAME@40     a metamon checkpoint by its agent's name and epoch; metamon{path: DIR, model: small} where it lies elsewhere
    NAME=…              any of these under a name of one's own

Everyone meets everyone, or with --against only those. The same command goes on after a kill, with the same bytes; with
more --battles it plays on. Exit codes: 0 done; 2 bad input; 75 stopped, run it again; 1 a bug.
"""

import argparse
import logging
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations, product
from pathlib import Path
from typing import Any

import orjson
import yaml

from psro import entrants, wiring
from psro.config import Config, parse_config, semantic_fields, to_plain
from psro.drive import drive
from psro.ending import ending
from psro.entrants import Entrant
from psro.game.protocols import Game
from psro.gathering import gather
from psro.machine import exit_codes
from psro.machine.canonical import digest
from psro.machine.errors import UserError
from psro.machine.signals import LAST_RESORT_S, StopFlag
from psro.phases.evaluation.evaluation import Evaluating
from psro.phases.evaluation.plan import BATTLES, EXTENDABLE, Evaluation, Gathered
from psro.pokemon.remote_policy import REMOTE_KIND
from psro.report.evaluation import (
    RESULT,
    EvaluationConsole,
    evaluation_tables,
    settings_line,
    shortened,
    write_summary,
)
from psro.report.heartbeat import HeartbeatListener
from psro.report.record import read_json
from psro.report.timings import TimingListener

MOST_ROWS = 40
"""Of a table on the terminal; summary.md has all."""
PLAN_FILE = "evaluation.json"
FROM_FIRST = ("game.reward.", "game.arena.", "game.server.")
"""Settings that runs need not share: rewards decide nothing here, and where battles are played is not what is played."""


Pair = tuple[str, str]
PairsOf = Callable[[Sequence[str]], list[Pair]]
"""From the entrants' names, in the order in which they were given (one that was named twice has one name)."""


@dataclass(frozen=True)
class Options:
    """How much is played, and on what."""

    battles: int
    pools: tuple[str, ...] = ()
    """Empty: the game's first."""
    battles_per_unit: int = 500


@dataclass(frozen=True)
class Planned:
    """An evaluation, its game and the executor, and where it lies."""

    config: Config
    evaluation: Evaluation
    directory: Path
    game: Game


def main(arguments: Sequence[str] | None = None) -> int:
    """Returns an exit code."""
    given = _parser().parse_args(arguments)
    logging.basicConfig(level=logging.WARNING, format="%(message)s", force=True)
    return exit_codes.exit_code_for(ending(lambda: _evaluate(given)))


def run(planned: Planned, stop: StopFlag) -> dict[str, Any]:
    """Plays what is planned, or what is left of it; its result.json."""
    directory = planned.directory
    bench = wiring.make_workbench(planned.config, directory)
    evaluating = Evaluating(bench, planned.evaluation, played_with(planned.config), write_summary)
    files = {
        "config.yaml": yaml.safe_dump(to_plain(planned.config), sort_keys=False).encode(),
        PLAN_FILE: orjson.dumps(planned.evaluation.to_json(), option=orjson.OPT_INDENT_2),
    }
    listeners = [
        TimingListener(directory),
        HeartbeatListener(directory),
        EvaluationConsole(directory),
    ]
    semantic = semantic_of(planned)
    drive(
        evaluating.algorithm(),
        planned.config,
        directory,
        semantic,
        stop,
        listeners,
        files,
        EXTENDABLE,
        "another --output",
    )
    return read_json(directory / RESULT)


def plan(
    who: Sequence[Entrant],
    pairs_of: PairsOf,
    config: Config,
    options: Options,
    directory: Path | None = None,
) -> Planned:
    """The evaluation of the pairs that `pairs_of` makes of the entrants' names.

    directory: None for one that is named after what is evaluated. Raises UserError for what cannot be played.
    """
    game = wiring.make_game(config)
    for pool in options.pools:
        if pool not in game.pools:
            raise UserError(
                f"--pools {pool}: game={game.name} as it is set has: {', '.join(game.pools)}"
            )
    gathered = gather(who, game)
    pairs = pairs_of(gathered.names)
    if not pairs:
        raise UserError("an evaluation takes two policies or more; name another, or some --against")
    _require_that_they_can_meet(pairs, gathered.policies)
    evaluation = Evaluation(
        entrants=tuple(dict.fromkeys(gathered.names)),
        policies=tuple(gathered.policies),
        pairs=tuple(pairs),
        pools=options.pools or game.pools[:1],
        # What is computed is computed once.
        battles=1 if gathered.is_exact else options.battles,
        battles_per_unit=options.battles_per_unit,
        temperature=config.tournament.temperature,
    )
    found = Planned(config, evaluation, directory or Path(), game)
    if directory is None:
        semantic = {key: v for key, v in semantic_of(found).items() if key != BATTLES}
        below = Path(config.runs_directory).resolve() / "evaluations"
        found = replace(found, directory=below / digest(semantic)[:12])
    game.check()
    return found


def everyone(names: Sequence[str]) -> list[Pair]:
    """Each with each, once."""
    return list(combinations(dict.fromkeys(names), 2))


def across(first: Sequence[str], second: Sequence[str]) -> list[Pair]:
    """Each of `first` with each of `second`, no pair twice, nobody with itself."""
    pairs: dict[frozenset[str], Pair] = {}
    for pair in product(first, second):
        pairs.setdefault(frozenset(pair), pair)
    return [pair for key, pair in pairs.items() if len(key) == 2]


def config_of(
    who: Sequence[Entrant], like: Path | None, overrides: Mapping[str, Any], runs_directory: str
) -> Config:
    """The game that the entrants' runs share, with `overrides` (dotted keys), and who runs the units.

    like: the run directory whose game is taken instead. Raises UserError where the runs do not share it.
    """
    runs = [like] if like else list(dict.fromkeys(e.run for e in who if e.run is not None))
    if not runs:
        # Directories alone: those of a run lie in its population.
        above = (e.directory.parents[1] for e in who if e.directory is not None)
        runs = [run for run in dict.fromkeys(above) if (run / "config.yaml").is_file()]
    configs = {run: entrants.read_config(run.resolve()) for run in runs}
    plain: dict[str, Any] = {"game": {"name": "gen1ou"}, "oracle": {"name": "offline"}}
    if configs:
        _require_one_game(configs, overrides)
        first = to_plain(next(iter(configs.values())))
        plain = {section: first[section] for section in ("game", "oracle")}
    plain |= {"name": "evaluations", "runs_directory": runs_directory}
    for key, value in overrides.items():
        _set(plain, key, value)
    config = parse_config(plain, wiring.SCHEMAS)
    if config.executor.name == "slurm":
        wiring.check_cluster(config.executor.slurm)
    return config


def played_with(config: Config) -> dict[str, Any]:
    """The settings of the game that decide what is played, for readers."""
    fields = semantic_fields(config)
    hidden: tuple[str, ...] = ("game.reward.", "game.arena.lanes", "game.name")
    if not fields.get("game.server.address"):
        hidden = (*hidden, "game.server.")
    return {
        key: value
        for key, value in fields.items()
        if key.startswith("game.") and not key.startswith(hidden)
    }


def semantic_of(planned: Planned) -> dict[str, Any]:
    """Flat: all that the results depend on."""
    fields = semantic_fields(planned.config)
    chosen = {key: v for key, v in fields.items() if key.startswith("game.") or key == "seed"}
    fingerprint = {f"fingerprint.{key}": v for key, v in planned.game.fingerprint().items()}
    return {**chosen, **fingerprint, **planned.evaluation.semantic()}


def _require_one_game(configs: Mapping[Path, Config], overrides: Mapping[str, Any]) -> None:
    """Raises UserError where the runs' games differ in what is not overridden."""
    games = {
        run: {k: v for k, v in semantic_fields(c).items() if k.startswith("game.")}
        for run, c in configs.items()
    }
    (first, game), *others = games.items()
    for run, other in others:
        for key in sorted(game.keys() | other.keys(), key=lambda key: key != "game.name"):
            here, there = game.get(key), other.get(key)
            if here == there or key in overrides or key.startswith(FROM_FIRST):
                continue
            if key == "game.name":
                raise UserError(
                    f"{first} is a run of game={here}, {run} one of game={there}: policies of different games cannot meet"
                )
            said = "--teams=…" if key == "game.teams.name" else f"--set {key}=…"
            raise UserError(
                f"the runs are not of one game: {key} is {here!r} in {first} and {there!r} in {run}; choose with {said}"
            )


def _require_that_they_can_meet(pairs: Sequence[Pair], policies: Sequence[Gathered]) -> None:
    """Raises UserError for two remote policies: each waits on its server for the other's challenge."""
    remote = {policy.record.name for policy in policies if policy.record.kind == REMOTE_KIND}
    for first, second in pairs:
        if {first, second} <= remote:
            raise UserError(
                f"{first} and {second} are both remote: nobody here can bring them together; let each meet others, with --against"
            )


def _set(plain: dict[str, Any], key: str, value: Any) -> None:
    *sections, last = key.split(".")
    for section in sections:
        plain = plain.setdefault(section, {})
        if not isinstance(plain, dict):
            raise UserError(f"--set {key}: {section} is no section of the config")
    plain[last] = value


def _evaluate(given: argparse.Namespace) -> None:
    checkpoints = Path(given.runs_directory) / entrants.CHECKPOINTS.name
    who, against = (entrants.find(words, checkpoints) for words in (given.who, given.against))
    everybody = [*who, *against]
    config = config_of(everybody, given.like, overrides_of(given), given.runs_directory)

    def pairs_of(names: Sequence[str]) -> list[Pair]:
        return across(names[: len(who)], names[len(who) :]) if against else everyone(names)

    output = given.output.resolve() if given.output else None
    planned = plan(everybody, pairs_of, config, options_of(given), output)
    with StopFlag() as stop:
        stop.exit_within_s = config.executor.drain_s + LAST_RESORT_S
        result = run(planned, stop)
    print(f"\n{settings_line(result)}\n")
    for table in evaluation_tables(result):
        print(shortened(table, MOST_ROWS).to_text() + "\n")
    print(f"{planned.directory}: {RESULT}, summary.md, matchups.csv and other tables")


def overrides_of(given: argparse.Namespace) -> dict[str, Any]:
    """Dotted key → value, of --set and of the options that are short for it."""
    found: dict[str, Any] = {}
    for text in given.set:
        key, equals, value = text.partition("=")
        if not equals or not key.startswith(("game.", "executor.")):
            raise UserError(f"--set {text}: give game.KEY=VALUE or executor.KEY=VALUE")
        try:
            found[key] = yaml.safe_load(value)
        except yaml.YAMLError as error:
            raise UserError(
                f"--set {text}: the value is no YAML ({' '.join(str(error).split())})"
            ) from error
    teams = given.teams
    if teams is not None and os.sep in teams:
        teams = str(Path(teams).expanduser().resolve())  # it may be gone on with from elsewhere
    short = {
        "game.teams.name": teams,
        "game.arena.name": given.arena,
        "executor.name": given.executor,
        "executor.num_workers": given.num_workers,
        "seed": given.seed,
        "tournament.temperature": given.temperature,
    }
    return found | {key: value for key, value in short.items() if value is not None}


def options_of(given: argparse.Namespace) -> Options:
    """From the command line."""
    return Options(given.battles, tuple(dict.fromkeys(given.pools)), given.battles_per_unit)


def add_options(parser: argparse.ArgumentParser) -> None:
    """Options of everything that plays an evaluation."""
    parser.add_argument("--battles", type=at_least_one, default=400, metavar="N",
                        help="of each pair on each pool; may be raised later (default: %(default)s)")  # fmt: skip
    parser.add_argument("--pools", nargs="+", default=[], metavar="POOL",
                        help="training, held_out or both (default: the game's first)")  # fmt: skip
    parser.add_argument("--teams", help="competitive, variety or a directory of *.gen1ou_team files (default: the runs' own)")  # fmt: skip
    parser.add_argument(
        "--arena", choices=["engine", "simulator", "server"], help="default: the first run's"
    )
    parser.add_argument("--seed", type=int, default=0, help="default: %(default)s")
    parser.add_argument("--temperature", type=float, default=0.0,
                        help="of neural policies (default: 0, greedy)")  # fmt: skip
    parser.add_argument("--like", type=Path, metavar="RUN", help="take the game of this run")
    parser.add_argument("--set", nargs="+", default=[], metavar="KEY=VALUE",
                        help="settings such as game.max_turns=200, executor.slurm.partition=short")  # fmt: skip
    parser.add_argument("--executor", choices=wiring.EXECUTORS, help="default: processes")
    parser.add_argument("--num-workers", type=at_least_one, metavar="N", help="default: 2")
    parser.add_argument("--battles-per-unit", type=at_least_one, default=500, metavar="N",
                        help="battles that one worker plays at a time (default: %(default)s)")  # fmt: skip
    parser.add_argument(
        "--runs-directory",
        default="runs",
        metavar="RUNS",
        help="below it evaluations/ (and comparisons/) lie; default: runs, in the current directory, as psro.main's runs_directory",
    )


def at_least_one(text: str) -> int:
    """A count on the command line. Raises what argparse tells in a line for anything else."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number from 1")
    return int(text)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m psro.evaluate",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("who", nargs="+", metavar="WHO")
    parser.add_argument("--against", nargs="+", default=[], metavar="WHO",
                        help="everyone named before plays these, and nobody else")  # fmt: skip
    add_options(parser)
    parser.add_argument("--output", type=Path, metavar="DIRECTORY",
                        help="where it lies (default: <runs>/evaluations/<name that follows from what is evaluated>)")  # fmt: skip
    return parser


if __name__ == "__main__":
    sys.exit(main())
