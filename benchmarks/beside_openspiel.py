"""psro's loop beside OpenSpiel's PSRO on poker: NashConv of σ after every iteration, both with an exact oracle, in one run.

    python benchmarks/beside_openspiel.py --openspiel /tmp/openspiel/bin/python --out beside_openspiel.csv

--openspiel is an interpreter that has it (benchmarks/openspiel_psro.py says how to make one). OpenSpiel runs twice:
with its payoffs sampled, as it is, and computed, as psro's are. Note the difference that remains: OpenSpiel's
seats have a population and a mixture each, psro's policies play both seats and σ draws one for both.
"""

import argparse
import csv
import subprocess
import sys
import tempfile
from pathlib import Path

from nash_conv import rows

ROOT = Path(__file__).parents[1]
Curve = dict[int, float]


def ours(game: str, num_iterations: int, runs: Path) -> Curve:
    """psro's NashConv by iteration; it ends early where no response gains."""
    overrides = [f"+experiment={game}", f"psro.num_iterations={num_iterations}"]
    command = [sys.executable, "-m", "psro.main", *overrides, f"runs_directory={runs}"]
    subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    return {iteration: value for iteration, value, _ in rows(runs / game / "seed_0")}


def theirs(python: Path, game: str, num_iterations: int, *flags: str) -> Curve:
    """OpenSpiel's NashConv by iteration."""
    script = ROOT / "benchmarks/openspiel_psro.py"
    command = [str(python), str(script), game, f"--iterations={num_iterations}", *flags]
    told = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    return {
        int(row["iteration"]): float(row["nash_conv"]) for row in csv.DictReader(told.splitlines())
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--openspiel", type=Path, required=True, help="a python that imports it")
    parser.add_argument("--games", nargs="+", choices=("kuhn", "leduc"), default=["kuhn", "leduc"])
    parser.add_argument("--iterations", type=int, default=20)
    parser.add_argument("--sims", type=int, default=1000, help="games to an entry of the payoffs")
    parser.add_argument("--seeds", type=int, default=1, help="OpenSpiel with sampled payoffs: runs")
    parser.add_argument("--out", type=Path, help="CSV")
    options = parser.parse_args()
    table: list[tuple[str, str, int, float]] = []
    for game in options.games:
        with tempfile.TemporaryDirectory() as runs:
            curves = {"psro": ours(game, options.iterations, Path(runs))}
        run = (options.openspiel, game, options.iterations)
        curves["OpenSpiel, exact payoffs"] = theirs(*run, "--exact")
        for seed in range(1, options.seeds + 1):
            label = f"OpenSpiel, {options.sims} games a payoff, seed {seed}"
            curves[label] = theirs(*run, f"--sims={options.sims}", f"--seed={seed}")
        table += [
            (game, label, iteration, value)
            for label, curve in curves.items()
            for iteration, value in curve.items()
        ]
        iterations = range(options.iterations + 1)
        print(f"\n| {game}, σ of iteration | {' | '.join(map(str, iterations))} |")
        print("|---" * (len(iterations) + 1) + "|")
        for label, curve in curves.items():
            cells = [f"{curve[i]:.3f}" if i in curve else "" for i in iterations]
            print(f"| {label} | {' | '.join(cells)} |", flush=True)
    if options.out is not None:
        with options.out.open("w", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(["game", "program", "iteration", "nash_conv"])
            writer.writerows(table)


if __name__ == "__main__":
    main()
