"""How many battles an adaptive tournament (psro/metagame/allocation.py) needs for what an equal one needs --equal a pair for.

    python benchmarks/adaptive_tournament.py
    python benchmarks/adaptive_tournament.py --grown 3
    python benchmarks/adaptive_tournament.py --matrix matrix.json        # of benchmarks/population_matrix.py

Games whose payoffs are known are played by both (wins and losses drawn with the true chances); every meta-solver chooses σ on
the counts, and what the best member gains on the true matrix against that σ is exact. Both are played at every budget of
--budgets (battles a pair; the adaptive one distributes as many in passes, as the program does). The battles that the
adaptive one needs for the mean exploitability that the equal one has at --equal are interpolated (both logarithmic)
between budgets; the ratio's 95 % interval is a bootstrap over games. With --grown N the population begins with N members and grows
by one an iteration, as in PSRO: the equal tournament plays the new pairs, the adaptive one spends as many
battles wherever it likes, and the mean over the iterations' σ counts. `covered`: how often the posterior's 95 % interval of σ's value
holds the true one (meta-solver nash, at --equal; grown: the last σ's).
"""

import argparse
import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.noisy_sigma import GAMES
from psro.machine.seeds import rng_from
from psro.metagame.allocation import allocate, value_interval
from psro.metagame.exploitability import restricted_exploitability
from psro.metagame.nash import MetaSolver, NashSolver
from psro.metagame.payoffs import OutcomeCounts, PayoffTable
from psro.metagame.population import Population
from psro.metagame.posterior import solve_table
from psro.metagame.robust_nash import PosteriorNashSolver, RobustNashSolver
from psro.phases.config import TournamentConfig
from psro.phases.tournament import new_pairs, sizes_of_passes

Matrix = NDArray[np.float64]
Battles = Mapping[tuple[str, str], int]

SOLVERS: dict[str, MetaSolver] = {
    "nash": NashSolver(),
    "posterior_nash": PosteriorNashSolver(num_samples=100),
    "robust_nash": RobustNashSolver(num_samples=100),
}
NUM_BOOTSTRAPS = 2000


def play(
    table: PayoffTable, battles: Battles, truth: Matrix, rng: np.random.Generator
) -> PayoffTable:
    """`table` with so many more battles on the win rates `truth` [K, K]."""
    for (row, column), num in battles.items():
        rate = truth[table.population.index(row), table.population.index(column)]
        wins = int(rng.binomial(num, rate))
        table = table.with_counts(row, column, OutcomeCounts(wins, 0, num - wins))
    return table


def hold(
    table: PayoffTable,
    iteration: int,
    adaptive: bool,
    budget: int,
    truth: Matrix,
    key: tuple[str | int, ...],
) -> PayoffTable:
    """An iteration's tournament as psro/phases/tournament.py has it."""
    config, rng = TournamentConfig(), rng_from(*key, "battles")
    pairs = new_pairs(table.population, iteration)
    if not adaptive:
        return play(table, dict.fromkeys(pairs, budget), truth, rng)
    first, *later = sizes_of_passes(budget, config.num_passes, len(pairs))
    table = play(table, dict.fromkeys(pairs, first // len(pairs)), truth, rng)
    for number, size in enumerate(later):
        drawn = rng_from(*key, "pass", number)
        table = play(table, allocate(table, NashSolver(), drawn, size, config.batch), truth, rng)
    return table


def exploitabilities(
    truth: Matrix,
    adaptive: bool,
    budget: int,
    founders: int,
    solvers: list[str],
    key: tuple[str | int, ...],
) -> tuple[list[float], PayoffTable]:
    """Of each meta-solver's σ, true, in win rate, mean over the iterations; and the last table."""
    population = Population()
    for number in range(founders):
        population = population.append(f"s{number}", "toy", 0)
    table = PayoffTable(population)
    found = []
    for iteration in range(len(truth) - founders + 1):
        if iteration:
            population = population.append(f"s{len(population)}", "toy", iteration)
            table = table.with_population(population)
        size = len(population)
        table = hold(table, iteration, adaptive, budget, truth, (*key, iteration))
        found.append(
            [
                restricted_exploitability(
                    truth[:size, :size],
                    solve_table(SOLVERS[name], table, rng_from(*key, iteration, name)).array(),
                )
                for name in solvers
            ]
        )
    return np.mean(found, axis=0).tolist(), table


def covers(truth: Matrix, table: PayoffTable, key: tuple[str | int, ...]) -> tuple[bool, float]:
    """Whether the interval of σ's value holds the true one, and half its width."""
    sigma = NashSolver().solve(table.matrix()).array()
    value = value_interval(table, NashSolver(), rng_from(*key, "value"))
    true = 0.5 - restricted_exploitability(truth, sigma)
    return bool(value.low <= true <= value.high), (value.high - value.low) / 2


def needed(budgets: NDArray[np.float64], curve: NDArray[np.float64], target: float) -> float:
    """The budget at which the curve first is at `target` or below, log-log between budgets; the least budget if it begins there."""
    reached = np.flatnonzero(curve <= target)
    if not len(reached):
        return float("nan")
    at = int(reached[0])
    if at == 0:
        return float(budgets[0])
    low, high = np.log(curve[at - 1]), np.log(max(curve[at], 1e-12))
    share = (low - np.log(max(target, 1e-12))) / (low - high)
    return float(np.exp(np.log(budgets[at - 1]) + share * np.log(budgets[at] / budgets[at - 1])))


def report(
    label: str, solver: str, equal: int, budgets: list[int], found: dict[bool, Matrix], covered: str
) -> None:
    """One row. found: adaptive → [repeats, budgets]."""
    sizes, at = np.array(budgets, float), budgets.index(equal)

    def ratio(rows: NDArray[np.int64]) -> float:
        target = found[False][rows, at].mean()
        return equal / needed(sizes, found[True][rows].mean(axis=0), target)

    repeats = len(found[True])
    rng = rng_from("benchmarks.adaptive_tournament", "bootstrap", label, solver)
    ratios = [ratio(rng.integers(0, repeats, repeats)) for _ in range(NUM_BOOTSTRAPS)]
    low, high = np.nanquantile(ratios, [0.025, 0.975])
    most = equal / budgets[0]
    text = f"{ratio(np.arange(repeats)):.1f} [{low:.1f}, {high:.1f}]" + (
        " (at least)" if high >= most else ""
    )
    means = [f"{found[False][:, at].mean():.4f}", f"{found[True][:, at].mean():.4f}"]
    print(f"| {label} | {solver} | {' | '.join(means)} | {text} | {covered} |", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--games", nargs="+", choices=GAMES, default=list(GAMES))
    parser.add_argument("--size", type=int, default=10, help="policies of a game")
    parser.add_argument(
        "--budgets", type=int, nargs="+", default=[20, 30, 50, 80, 120, 200], help="a pair"
    )
    parser.add_argument("--equal", type=int, default=200, help="one of --budgets")
    parser.add_argument("--repeats", type=int, default=60, help="games, or tournaments of --matrix")
    parser.add_argument("--grown", type=int, help="founders; default: all play from the beginning")
    parser.add_argument("--solvers", nargs="+", choices=SOLVERS, default=list(SOLVERS))
    parser.add_argument("--matrix", type=Path, help="an interaction_matrix.json to take as truth")
    options = parser.parse_args()
    if options.equal not in options.budgets:
        parser.error(f"--equal {options.equal} is none of --budgets {options.budgets}")
    print(
        "| game | meta-solver | equal | adaptive | battles, equal / adaptive | covered, half-width: equal; adaptive |"
    )
    print("|---|---|---|---|---|---|")
    for game in ["matrix"] if options.matrix else options.games:
        found = {
            mode: np.empty((options.repeats, len(options.budgets), len(options.solvers)))
            for mode in (False, True)
        }
        intervals: dict[bool, list[tuple[bool, float]]] = {False: [], True: []}
        for repeat in range(options.repeats):
            if options.matrix:
                truth = np.array(json.loads(options.matrix.read_bytes())["matrix"])
            else:
                truth = GAMES[game](options.size, repeat)
            founders = options.grown or len(truth)
            for adaptive in (False, True):
                for place, budget in enumerate(options.budgets):
                    if not adaptive and budget != options.equal:
                        continue  # of the equal one, only the accuracy at --equal is asked for
                    key = (
                        "benchmarks.adaptive_tournament",
                        game,
                        repeat,
                        int(adaptive),
                        budget,
                        founders,
                    )
                    found[adaptive][repeat, place], table = exploitabilities(
                        truth, adaptive, budget, founders, options.solvers, key
                    )
                    if budget == options.equal:
                        intervals[adaptive].append(covers(truth, table, key))
        label = f"{options.matrix.name if options.matrix else game}, {len(truth)}"
        if options.grown:
            label += f", grown from {options.grown}"
        told = []
        for mode in (False, True):
            inside, half_widths = zip(*intervals[mode], strict=True)
            told.append(f"{np.mean(inside):.0%}, ±{np.mean(half_widths):.4f}")
        for index, solver in enumerate(options.solvers):
            of_solver = {mode: found[mode][:, :, index] for mode in found}
            report(label, solver, options.equal, options.budgets, of_solver, "; ".join(told))


if __name__ == "__main__":
    main()
