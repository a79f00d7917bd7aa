"""Does PSRO earn its complexity? PSRO and simpler methods at one budget, each judged by fresh exploiters of what it ends with.

    python -m benchmarks.baselines +experiment=kuhn psro.num_iterations=20 --runs DIRECTORY
    python -m benchmarks.baselines +experiment=phase1 --runs DIRECTORY --exploit exploit.rounds=4 --seeds 0 1 2

Every method is a run of the same experiment with another meta-solver: the same founding population, oracle, battles and
optimizer steps a response, and as many responses (psro.on_no_gain=accept). What each ends with, and what is exploited:

    nash                  PSRO: σ of the last iteration, the Nash equilibrium of the population (robust_nash, posterior_nash: as these choose it)
    last_iterate          self-play, each response trained against the one before: the newest response alone
    fictitious_self_play  each trained against all before it: all responses, each as often
    founding              independent responses to the founding population: all responses, each as often

Each is exploited by `python -m psro.exploit` at one budget. On toy games the exact exploitability stands beside. Runs that
are there already are gone on with, so the command may be killed and given again.
"""

import argparse
import contextlib
import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from hydra import compose, initialize_config_dir

from benchmarks.gain_against_truth import Truth
from psro import main as main_program
from psro import wiring
from psro.config import parse_config
from psro.exploit import __main__ as exploitation
from psro.machine.signals import StopFlag
from psro.main import CONF

METHODS = ("nash", "last_iterate", "fictitious_self_play", "founding")
OTHER_PSRO = ("robust_nash", "posterior_nash")
"""PSRO with another choice of σ, for --methods."""
TOYS = ("matrix", "poker", "random_symmetric", "random_symmetrised", "disc", "spinning_top")


@dataclass(frozen=True)
class Row:
    """What came of one method with one seed."""

    method: str
    seed: int
    num_battles: int
    """Collected for its responses."""
    num_updates: int
    """Optimizer steps of its responses."""
    exploitability: dict[str, Any]
    exploiters: dict[str, int]
    """What the exploiters cost: battles and updates."""
    exact: float | None
    """The exact exploitability of what it ends with; None where nobody knows it."""


def run_method(method: str, seed: int, overrides: list[str], runs: Path) -> Path:
    """The finished run."""
    given = [
        *overrides,
        f"meta_solver={method}",
        f"name={method}",
        f"seed={seed}",
        f"runs_directory={runs}",
    ]
    given += ["psro.on_no_gain=accept", "certificate.enabled=false", "report.replays=false"]
    with initialize_config_dir(str(CONF), version_base="1.3"):
        config = parse_config(compose("config", given), wiring.SCHEMAS)
    with StopFlag() as stop:
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


def spent(run: Path) -> tuple[int, int]:
    """Battles collected and optimizer steps of a run's responses."""
    iterations = json.loads((run / "psro_summary.json").read_bytes())["iterations"][1:]
    battles = sum(row["response"]["budget"]["num_battles"] for row in iterations)
    curves = run.glob("iteration_*/oracle/round_*/training_curve.json")
    return battles, sum(json.loads(path.read_bytes())["num_steps"] for path in curves)


def judge(method: str, seed: int, options: argparse.Namespace, overrides: list[str]) -> Row:
    """Runs a method, then exploits what it ends with."""
    with contextlib.redirect_stdout(sys.stderr):
        run = run_method(method, seed, overrides, options.runs.resolve())
        mixture = ends_with(method, run)
        result = exploit(run, mixture, options.exploit)
    game = yaml.safe_load((run / "config.yaml").read_text())["game"]["name"]
    exact = Truth(run).exploitability(mixture) if game in TOYS else None
    cost = {key: result["budget"][key] for key in ("num_battles", "num_updates")}
    return Row(method, seed, *spent(run), result["exploitability"], cost, exact)


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
        "overrides", nargs="*", metavar="key=value", help="of psro.main: +experiment=... and so on"
    )
    options, rest = parser.parse_known_args()
    overrides = [*options.overrides, *rest]
    print(
        "| method | seed | battles, updates of the responses | exploitability, measured | exploiters' battles, updates | exact |\n"
        + "|---" * 6
        + "|"
    )
    for seed in options.seeds:
        for method in options.methods:
            row = judge(method, seed, options, overrides)
            known = row.exploitability
            bounds = f"{known['estimate']:.3f} [{known['low']:.3f}, {known['high']:.3f}]"
            exact = "–" if row.exact is None else f"{row.exact:.4f}"
            cost = f"{row.exploiters['num_battles']:,}, {row.exploiters['num_updates']:,}"
            print(
                f"| {row.method} | {row.seed} | {row.num_battles:,}, {row.num_updates:,} | {bounds} | {cost} | {exact} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
