"""Does PSRO earn its complexity? PSRO and simpler methods at one budget, each judged by fresh exploiters of what it ends with.

    python -m benchmarks.baselines +experiment=kuhn psro.num_iterations=20 --runs DIRECTORY
    python -m benchmarks.baselines +experiment=phase1 --runs DIRECTORY --exploit exploit.rounds=4 --seeds 0 1 2

Every method is a run of the same experiment with another meta-solver: the same founding population, oracle, battles and
optimizer steps a response, and as many responses (psro.on_no_gain=accept). What each ends with, and what is exploited:

    nash                  PSRO: σ of the last iteration, the Nash equilibrium of the population (robust_nash, posterior_nash: as these choose it)
    last_iterate          each response trained against the one before, frozen: the newest response alone
    fictitious_self_play  each trained against all before it: all responses, each as often
    founding              independent responses to the founding population: all responses, each as often
    self_play             last_iterate whose opponent is renewed every round, ε = 0 and psro.start=strongest: one network against
                          itself of a round ago, psro.rounds · psro.num_iterations times. An exact response starts from nothing
                          and meets σ alone, so with an exact oracle this is last_iterate

With psro.start=strongest a response goes on from the network it is trained against (fictitious_self_play: from the newest
one), so that the first three differ only in whom they meet. Each is exploited by `python -m psro.exploit` at one budget. On
toy games the exact exploitability stands beside. Runs that are there already are gone on with, so the command may be killed
and given again; units that another method's run has done already are copied (benchmarks/shared_units.py). What was spent is counted from the runs' journals, unit by unit. What a method ends with lies as a policy in
DIRECTORY/<method>/seed_<seed>_ends_with/<method>, for `python -m psro.evaluate`.

--population-of RUN takes the base policies of a run of the same experiment instead of training them anew in every run.
"""

import argparse
import contextlib
import json
import shutil
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

import yaml
from hydra import compose, initialize_config_dir

from benchmarks.gain_against_truth import Truth
from benchmarks.shared_units import SharedUnits
from psro import main as main_program
from psro import wiring
from psro.config import Config, parse_config
from psro.exploit import __main__ as exploitation
from psro.game.mixture import MIXTURE
from psro.game.policies import PolicyRecord
from psro.machine.durable import atomic_write
from psro.machine.executors import Executor
from psro.machine.signals import StopFlag
from psro.main import CONF
from psro.unit import journal_records

METHODS = ("nash", "last_iterate", "fictitious_self_play", "founding", "self_play")
OTHER_PSRO = ("robust_nash", "posterior_nash")
"""PSRO with another choice of σ, for --methods."""
TOYS = ("matrix", "poker", "random_symmetric", "random_symmetrised", "disc", "spinning_top")


@dataclass(frozen=True)
class Spent:
    """What was spent on responses, from a run's journal. What founds the population is left out."""

    collected: int
    """Battles that they were trained on."""
    updates: int
    """Optimizer steps."""
    chosen: int
    """Battles that choose among a response's candidates; with one candidate and one round there are none to choose from."""
    measured: int
    """Battles that measure a response's gain: nothing follows from them here."""
    tournament: int
    """Battles of the tournaments; of these methods only PSRO looks at them."""


@dataclass(frozen=True)
class Row:
    """What came of one method with one seed."""

    method: str
    seed: int
    spent: Spent
    exploitability: dict[str, Any]
    exploiters: dict[str, int]
    """What the exploiters cost: battles and updates."""
    exact: float | None
    """The exact exploitability of what it ends with; None where nobody knows it."""


def composed(overrides: list[str]) -> Config:
    """The config that `python -m psro.main` would run."""
    with initialize_config_dir(str(CONF), version_base="1.3"):
        return parse_config(compose("config", overrides), wiring.SCHEMAS)


def population_of(run: Path) -> list[str]:
    """Overrides that found a population on the members and the trained base policies of `run`, none of it trained again."""
    given = yaml.safe_load((run / "config.yaml").read_text())["population"]
    taken = [
        f"+population.members.{base['name']}={{kind: taken, arguments: {{path: {run / 'population' / base['name']}}}}}"
        for base in given["base"]
    ]
    return [*taken, "population.base=[]", "population.replay.num_battles=0"]


def run_method(method: str, seed: int, overrides: list[str], runs: Path) -> Path:
    """The finished run."""
    given = [*overrides, f"name={method}", f"seed={seed}", f"runs_directory={runs}"]
    given += ["psro.on_no_gain=accept", "certificate.enabled=false", "report.replays=false"]
    if method == "self_play":
        asked = composed(given).psro
        given += [
            "meta_solver=last_iterate",
            "psro.opponent_epsilon=0",
            "psro.start=strongest",
            "psro.rounds=1",
            f"psro.num_iterations={asked.num_iterations * asked.rounds}",
        ]
    else:
        given += [f"meta_solver={method}"]
    config = composed(given)
    others = [runs / other / f"seed_{seed}" for other in (*METHODS, *OTHER_PSRO)]
    make = wiring.make_executor

    def sharing(config: Config, directory: Path) -> Executor:
        return SharedUnits(directory, make(config, directory), others)

    with StopFlag() as stop, mock.patch.object(wiring, "make_executor", sharing):
        main_program.run(config, stop)
    return wiring.run_directory(config)


def ends_with(method: str, run: Path) -> dict[str, float]:
    """The mixture a method ends with, over its population."""
    last = json.loads((run / "psro_summary.json").read_bytes())["iterations"][-1]
    names = last["population"]
    if method == "founding":
        responses = [name for name in names if name.startswith("br_")]
        return {name: (name in responses) / len(responses) for name in names}
    return {name: last["meta_strategy"][name]["weight"] for name in names}


def exploit(run: Path, mixture: dict[str, float], given: list[str]) -> dict[str, Any]:
    """exploitability.json of fresh exploiters of `mixture`."""
    used = {name: share for name, share in mixture.items() if share > 0}
    with StopFlag() as stop:
        exploitation.exploit(exploitation.Asked(run, None, used, "ends_with", given), stop)
    path = run.with_name(f"{run.name}_exploit") / "ends_with" / "exploitability.json"
    result: dict[str, Any] = json.loads(path.read_bytes())
    return result


def spent(run: Path) -> Spent:
    """Counts the committed units of a run's responses."""
    battles: Counter[str] = Counter()
    updates = 0
    for record in journal_records(run):
        if record.unit is None or not record.unit.key.startswith("iteration_"):
            continue
        root, what, *_ = record.unit.key.split("/")
        if root == "iteration_0":
            continue
        payload = record.unit.payload
        if record.unit.kind == "collect":
            battles["collect"] += payload["num_battles"]
        elif record.unit.kind == "match":
            battles[what.partition("_")[0]] += sum(payload["opponents"].values())
        for artifact in record.artifacts:
            if artifact.path.endswith("/training_curve.json"):
                updates += json.loads((run / artifact.path).read_bytes())["num_steps"]
    return Spent(
        battles["collect"], updates, battles["select"], battles["measure"], battles["tournament"]
    )


def save_as_policy(method: str, run: Path, mixture: dict[str, float]) -> None:
    """Writes what a method ends with as a policy, its members beside it, where `psro.evaluate` can take it."""
    folder = run.with_name(f"{run.name}_ends_with")
    used = {name: share for name, share in mixture.items() if share > 0}
    for name in used:
        shutil.copytree(run / "population" / name, folder / name, dirs_exist_ok=True)
    record = PolicyRecord(method, MIXTURE, "none", {"weights": used})
    atomic_write(folder / method / "policy.json", json.dumps(record.to_json()).encode())


def judge(method: str, seed: int, options: argparse.Namespace, overrides: list[str]) -> Row:
    """Runs a method, then exploits what it ends with."""
    with contextlib.redirect_stdout(sys.stderr):
        run = run_method(method, seed, overrides, options.runs.resolve())
        mixture = ends_with(method, run)
        save_as_policy(method, run, mixture)
        result = exploit(run, mixture, options.exploit)
    game = yaml.safe_load((run / "config.yaml").read_text())["game"]["name"]
    exact = Truth(run).exploitability(mixture) if game in TOYS else None
    cost = {key: result["budget"][key] for key in ("num_battles", "num_updates")}
    return Row(method, seed, spent(run), result["exploitability"], cost, exact)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=Path, required=True, help="where the runs go")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    parser.add_argument("--methods", nargs="+", choices=(*METHODS, *OTHER_PSRO), default=METHODS)
    parser.add_argument(
        "--exploit", nargs="*", default=[], metavar="KEY=VALUE", help="psro.exploit's overrides"
    )
    parser.add_argument(
        "--population-of",
        type=Path,
        metavar="RUN",
        help="begin with this run's base policies, of the same experiment, and train none",
    )
    parser.add_argument(
        "overrides", nargs="*", metavar="key=value", help="of psro.main: +experiment=... and so on"
    )
    options, rest = parser.parse_known_args()
    overrides = [*options.overrides, *rest]
    if options.population_of is not None:
        overrides += population_of(options.population_of.resolve())
    print(f"| {' | '.join(HEAD)} |\n{'|---' * len(HEAD)}|", flush=True)
    for seed in options.seeds:
        collected = {}
        for method in options.methods:
            row = judge(method, seed, options, overrides)
            print(line(row), flush=True)
            collected[method] = row.spent.collected
        if len(set(collected.values())) > 1:
            raise SystemExit(f"seed {seed}: the budgets differ, battles collected: {collected}")


HEAD = (
    "method",
    "seed",
    "battles the responses were trained on",
    "updates",
    "battles that chose, measured, of tournaments",
    "exploitability, measured",
    "exploiters' battles, updates",
    "exact",
)


def line(row: Row) -> str:
    """A row of the table."""
    cost, known = row.spent, row.exploitability
    cells = [
        row.method,
        f"{row.seed}",
        f"{cost.collected:,}",
        f"{cost.updates:,}",
        f"{cost.chosen:,}, {cost.measured:,}, {cost.tournament:,}",
        f"{known['estimate']:.3f} [{known['low']:.3f}, {known['high']:.3f}]",
        f"{row.exploiters['num_battles']:,}, {row.exploiters['num_updates']:,}",
        "–" if row.exact is None else f"{row.exact:.4f}",
    ]
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    main()
