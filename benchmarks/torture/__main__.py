"""The command: see the package's docstring."""

import argparse
import os
import shutil
import signal
import sys
import time
from pathlib import Path

import orjson

from benchmarks.torture import plans, tree
from benchmarks.torture.account import Account
from benchmarks.torture.attempts import ROOT, Attempt, preload
from benchmarks.torture.experiments import EXPERIMENTS, Experiment, Reference
from benchmarks.torture.losses import Kill, reference_steps
from benchmarks.torture.results import results
from benchmarks.torture.trials import Failed, Torture, Trial
from psro.machine.durable import atomic_write
from psro.machine.errors import UserError
from psro.report.text import count_text

MAX_FAILURES = 5
"""Enough to look into."""


def main(arguments: list[str] | None = None) -> int:
    """Exit codes: 0 all was well, 1 something was not, 2 bad arguments, 130 interrupted."""
    options = _parse(arguments)
    experiment = EXPERIMENTS[options.experiment]
    directory = _make_directory(options.directory, experiment)
    for variable in ("PSRO_KILL_AT", "PSRO_KILL_WORKER_AT"):
        os.environ.pop(variable, None)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    tree.become_subreaper()
    account = Account(
        experiment.name,
        options.seed,
        options.mode,
        tuple(options.overrides),
        experiment.checkpoint_every_steps,
    )
    interrupted = False
    try:
        torture = _prepare(experiment, options, directory, account)
        _torment(torture, options.kills, directory, account)
    except UserError as error:
        print(f"torture: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        interrupted = True
        print("interrupted; what was found so far:")
    _tell(account, directory)
    if interrupted:
        return 130
    return 1 if account.failures or account.broken_promises() else 0


def _parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.torture",
        description="Kills runs by SIGKILL again and again and compares what they end with.",
    )
    parser.add_argument("--experiment", choices=sorted(EXPERIMENTS), required=True)
    parser.add_argument("--kills", type=int, default=100, help="to survive (default: 100)")
    parser.add_argument("--seed", type=int, default=0, help="of the kills (default: 0)")
    parser.add_argument("--mode", choices=plans.MODES, default="both")
    parser.add_argument("--directory", type=Path, help="default: runs/torture/<experiment>_<time>")
    parser.add_argument("overrides", nargs="*", help="more Hydra overrides, for a smaller run")
    options = parser.parse_args(arguments)
    if options.kills < 1:
        parser.error("--kills must be at least 1")
    return options


def _make_directory(wanted: Path | None, experiment: Experiment) -> Path:
    default = ROOT / "runs" / "torture" / f"{experiment.name}_{time.strftime('%Y%m%d_%H%M%S')}"
    directory = (wanted or default).resolve()
    if directory.exists() and any(directory.iterdir()):
        print(f"torture: {directory} is not empty: name another --directory", file=sys.stderr)
        sys.exit(2)
    directory.mkdir(parents=True, exist_ok=True)
    return directory


def _prepare(
    experiment: Experiment, options: argparse.Namespace, directory: Path, account: Account
) -> Torture:
    """Makes the reference run, by the real command, with two worker processes."""
    print(f"torture of {experiment.name} in {directory}: the uninterrupted run ...", flush=True)
    home = directory / "reference"
    home.mkdir()
    overrides = [*experiment.overrides, *options.overrides]
    command = [*overrides, "executor=processes", "executor.num_workers=2", f"runs_directory={home}"]
    attempt = Attempt(command, True, home / "attempt", {})
    startup_s = None
    try:
        while attempt.poll() is None:
            if startup_s is None and attempt.has_resumed():
                startup_s = time.monotonic() - attempt.started
            time.sleep(0.01)
    finally:
        attempt.end()
    if attempt.exit_code != 0 or startup_s is None:
        code = attempt.exit_code
        raise UserError(f"the uninterrupted run ended with exit code {code}: see {attempt.log}")
    run = home / experiment.name / "seed_0"
    reference = Reference.of(run, time.monotonic() - attempt.started - startup_s)
    expected = results(run)
    account.reference_seconds = round(reference.seconds, 1)
    account.num_results = len(expected)
    print(f"  {reference.seconds:.1f} s, {len(expected)} files to compare", flush=True)
    preload(experiment.modules)
    return Torture(
        experiment,
        reference,
        expected,
        reference_steps(run),
        options.seed,
        options.mode,
        tuple(options.overrides),
        {True: startup_s, False: startup_s / 5},
    )


def _torment(torture: Torture, num_kills: int, directory: Path, account: Account) -> None:
    number = 0
    begun_kills = 0

    def may_kill() -> bool:
        nonlocal begun_kills
        begun_kills += 1
        return begun_kills <= num_kills

    while len(account.kills) < num_kills and len(account.failures) < MAX_FAILURES:
        number += 1
        home = directory / f"run_{number:03d}"
        home.mkdir()
        trial = Trial(torture, number, home)
        begun_kills = len(account.kills)
        try:
            for kill in trial.torment(may_kill):
                account.kills.append(kill)
                print(_line(kill, len(account.kills), num_kills), flush=True)
        except Failed as failure:
            account.failures.append(str(failure))
            print(f"FAILED: {failure}", flush=True)
            continue
        finally:
            account.num_steps_compared += trial.steps.num_compared
        account.num_runs += 1
        shutil.rmtree(home)
        print(f"  run {number}: the same bytes after {trial.num_attempts} starts", flush=True)


def _line(kill: Kill, number: int, num_kills: int) -> str:
    executor = count_text(kill.num_workers, "worker") if kill.num_workers else "serial"
    file = f" of {kill.file}" if kill.file else ""
    lost = f", {count_text(kill.units_lost, 'unit')} lost" if kill.units_lost else ""
    lost += f", {kill.steps_redone} steps again" if kill.steps_redone is not None else ""
    return (
        f"{number:>4}/{num_kills}  run {kill.run:>3}  {kill.phase:<10} {executor:<9} "
        f"{kill.seconds:>5.1f} s  {kill.how}{file}{lost}"
    )


def _tell(account: Account, directory: Path) -> None:
    for table in account.tables():
        print(f"\n{table.to_markdown()}", end="")
    for line in ["", *account.summary()]:
        print(line)
    path = directory / "report.json"
    atomic_write(path, orjson.dumps(account.to_json(), option=orjson.OPT_INDENT_2))
    print(f"every kill: {path}")


if __name__ == "__main__":
    sys.exit(main())
