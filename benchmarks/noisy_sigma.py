"""How exploitable σ really is when it was chosen on sampled payoffs: the plain equilibrium beside those that know of noise.

    python benchmarks/noisy_sigma.py
    python benchmarks/noisy_sigma.py --matrix runs/phase1/seed_0/iteration_5/interaction_matrix.json

Games whose payoffs are known are played --battles times a pair (wins and losses drawn with the true chances); every
meta-solver chooses σ on the same counts, and what its best member gains against σ on the true matrix is exact. With
--matrix the truth is a run's measured win rates. Means over --repeats games, and the difference to the plain
equilibrium on the same counts with its 95 % interval (normal, over the repeats).
"""

import argparse
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from psro.machine.seeds import rng_from
from psro.metagame.exploitability import restricted_exploitability
from psro.metagame.fictitious_play import FictitiousPlaySolver
from psro.metagame.nash import MetaSolver, NashSolver
from psro.metagame.payoffs import OutcomeCounts, PayoffTable
from psro.metagame.population import Population
from psro.metagame.posterior import solve_table
from psro.metagame.robust_nash import PosteriorNashSolver, RobustNashSolver
from psro.toys.generated import (
    DiscConfig,
    RandomSymmetricConfig,
    SpinningTopConfig,
    generated_game,
)

Matrix = NDArray[np.float64]

SOLVERS: dict[str, MetaSolver] = {
    "nash": NashSolver(),
    "nash, vertex": NashSolver(selection="vertex"),
    "posterior_nash": PosteriorNashSolver(num_samples=200),
    "robust_nash, risk 0": RobustNashSolver(),
    "robust_nash, risk 0.9": RobustNashSolver(risk=0.9),
    "fictitious_play": FictitiousPlaySolver(1000),
}
GAMES: dict[str, Callable[[int, int], Matrix]] = {
    "random_symmetric": lambda size, seed: (
        generated_game(RandomSymmetricConfig(size=size, seed=seed)).scores
    ),
    "spinning_top": lambda size, seed: (
        generated_game(SpinningTopConfig(size=size, seed=seed)).scores
    ),
    "ladder": lambda size, seed: (
        generated_game(SpinningTopConfig(size=size, seed=seed, transitive=1.0, cyclic=0.0)).scores
    ),
    "disc": lambda size, seed: generated_game(DiscConfig(size=size, seed=seed)).scores,
}
"""A ladder of small steps is what a population of late best responses looks like (docs/results.md)."""


def played(truth: Matrix, num_battles: int, rng: np.random.Generator) -> PayoffTable:
    """A tournament of `num_battles` a pair on the win rates `truth` [K, K]."""
    population = Population()
    for number in range(len(truth)):
        population = population.append(f"s{number}", "toy", 0)
    cells = {}
    for row, column in zip(*np.triu_indices(len(truth), 1), strict=True):
        wins = int(rng.binomial(num_battles, truth[row, column]))
        cells[f"s{row}", f"s{column}"] = OutcomeCounts(wins, 0, num_battles - wins)
    return PayoffTable(population, cells=cells)


def exploitabilities(truths: Iterator[Matrix], num_battles: int, label: str) -> Matrix:
    """[repeats, solvers] True restricted exploitability of every solver's σ, in win rate."""
    found = []
    for repeat, truth in enumerate(truths):
        key = ("benchmarks.noisy_sigma", label, num_battles, repeat)
        table = played(truth, num_battles, rng_from(*key, "battles"))
        found.append(
            [
                restricted_exploitability(
                    truth, solve_table(solver, table, rng_from(*key, name)).array()
                )
                for name, solver in SOLVERS.items()
            ]
        )
    return np.array(found)


def print_table(label: str, num_battles: int, found: Matrix) -> None:
    differences = found - found[:, :1]
    half_widths = 1.96 * differences.std(axis=0, ddof=1) / np.sqrt(len(found))
    for column, name in enumerate(SOLVERS):
        difference = "–"
        if column:
            mean, half = differences[:, column].mean(), half_widths[column]
            difference = f"{mean:+.4f} [{mean - half:+.4f}, {mean + half:+.4f}]"
        print(
            f"| {label} | {num_battles} | {name} | {found[:, column].mean():.4f} | {difference} |",
            flush=True,
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--games", nargs="+", choices=GAMES, default=list(GAMES))
    parser.add_argument("--size", type=int, default=8, help="policies of a game")
    parser.add_argument("--battles", type=int, nargs="+", default=[20, 50, 200], help="a pair")
    parser.add_argument(
        "--repeats", type=int, default=100, help="games, or tournaments of --matrix"
    )
    parser.add_argument("--matrix", type=Path, help="an interaction_matrix.json to take as truth")
    options = parser.parse_args()
    print("| game | battles a pair | meta-solver | true exploitability | less the plain nash's |")
    print("|---|---|---|---|---|")
    for num_battles in options.battles:
        if options.matrix is not None:
            truth = np.array(json.loads(options.matrix.read_bytes())["matrix"])
            label = f"{options.matrix.parent}, {len(truth)} policies"
            truths = iter([truth] * options.repeats)
            print_table(label, num_battles, exploitabilities(truths, num_battles, "matrix"))
            continue
        for game in options.games:
            truths = (GAMES[game](options.size, seed) for seed in range(options.repeats))
            found = exploitabilities(truths, num_battles, f"{game} {options.size}")
            print_table(f"{game}, {options.size}", num_battles, found)


if __name__ == "__main__":
    main()
