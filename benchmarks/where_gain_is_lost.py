"""Why late σ of a learned poker run stay exploitable: responses that find too little, the choice among them, or noisy counts.

    python benchmarks/where_gain_is_lost.py runs/kuhn_learned/seed_0 runs/kuhn_learned/seed_1

For each iteration, exactly and in win rate: the exploitability of the σ trained against, what each round's last candidate gains
against it, and what the chosen one does; then NashConv in chips of the run's σ, and of the equilibrium of the same population
were its payoffs known exactly. Policies play greedily, as they are measured.
"""

import argparse
import json
from pathlib import Path

import numpy as np

from benchmarks.gain_against_truth import Truth
from psro.metagame.nash import NashSolver


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("runs", type=Path, nargs="+")
    for run in parser.parse_args().runs:
        truth = Truth(run)
        last = len(list(run.glob("iteration_*/iteration_summary.json"))) - 1
        names = list(sigma_of(run, last))
        scores = np.array([[score(truth, row, column) for column in names] for row in names])
        founders = len(sigma_of(run, 0))
        print(
            f"\n{run}\n| σ of iteration | exploitability | candidates | chosen | NashConv | with exact payoffs |"
        )
        print("|---|---|---|---|---|---|")
        for index in range(last + 1):
            sigma, size = sigma_of(run, index), founders + index
            exact = NashSolver().solve(scores[:size, :size]).array()
            found = candidates(run, truth, index + 1, sigma) if index < last else []
            chosen = f"{truth.gain(f'br_{index + 1}', sigma):+.3f}" if index < last else "–"
            scale = truth.nash_conv[0]
            print(
                f"| {index} | {truth.exploitability(sigma):.3f} | {', '.join(f'{gain:+.3f}' for gain in found)} "
                f"| {chosen} | {scale * truth.exploitability(sigma):.3f} "
                f"| {scale * truth.exploitability(dict(zip(names, exact, strict=False))):.3f} |"
            )


def sigma_of(run: Path, iteration: int) -> dict[str, float]:
    """Name → weight."""
    path = run / f"iteration_{iteration}/meta_strategy.json"
    weights: dict[str, float] = json.loads(path.read_bytes())["weights"]
    return weights


def score(truth: Truth, row: str, column: str) -> float:
    """Of one policy against another, exactly; ½ against itself."""
    return truth.gain(row, {column: 1.0}) + 0.5 if row != column else 0.5


def candidates(run: Path, truth: Truth, iteration: int, sigma: dict[str, float]) -> list[float]:
    """What the last candidate of each round of an iteration gains, exactly."""
    gains = []
    for path in sorted(run.glob(f"iteration_{iteration}/oracle/round_*/train.json")):
        directory = json.loads(path.read_bytes())["candidates"][-1]["directory"]
        gains.append(truth.gain(f"../{directory}", sigma))
    return gains


if __name__ == "__main__":
    main()
