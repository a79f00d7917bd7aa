"""How uncertain σ is: the meta-game solved again on matrices drawn from what the counts allow.

Every counted cell gets its Dirichlet posterior under Jeffreys' prior, (wins, ties, losses) + ½. The prior
matters where it should: a matchup won 50 : 0 is not certain, which a plain bootstrap would make it. Exact
cells stay as they are.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from itertools import combinations
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from psro.metagame.exploitability import best_matchup_margin
from psro.metagame.intervals import LEVEL, Interval
from psro.metagame.nash import (
    BatchSolver,
    MetaSolver,
    MetaStrategy,
    NashSolver,
    equilibrium_on_support,
)
from psro.metagame.payoffs import PayoffTable

Vector = NDArray[np.float64]
Matrix = NDArray[np.float64]

JEFFREYS = 0.5
NUM_SUPPORTS_TRIED = 12
"""About as many as can be tried in the time of one linear program."""


def posterior_matrices(table: PayoffTable, rng: np.random.Generator, num_samples: int) -> Matrix:
    """Interaction matrices [num_samples, K, K] from the posterior of every cell, drawn in the order of the names: that of
    the population does not matter.

    Raises ValueError if a matchup is missing.
    """

    def draw(counts: NDArray[np.int64]) -> Matrix:
        return rng.dirichlet(counts + JEFFREYS, size=num_samples)

    return _drawn_matrices(table, num_samples, draw)


def redrawn_matrices(table: PayoffTable, rng: np.random.Generator, num_samples: int) -> Matrix:
    """As above, but each matchup's battles are played again at the observed frequencies (bootstrap)."""

    def draw(counts: NDArray[np.int64]) -> Matrix:
        num_battles = counts.sum()
        return rng.multinomial(num_battles, counts / num_battles, size=num_samples) / num_battles

    return _drawn_matrices(table, num_samples, draw)


def _drawn_matrices(
    table: PayoffTable, num_samples: int, draw: Callable[[NDArray[np.int64]], Matrix]
) -> Matrix:
    matrices = np.repeat(table.matrix()[None], num_samples, axis=0)
    counts, names = table.counts(), table.population.names
    by_name = sorted(range(len(names)), key=lambda index: names[index])
    for row, column in combinations(by_name, 2):
        if counts[row, column].any():
            frequencies = draw(counts[row, column])
            rates = np.clip(frequencies @ np.array([1.0, 0.5, 0.0]), 0.0, 1.0)
            matrices[:, row, column] = rates
            matrices[:, column, row] = 1.0 - rates
    return matrices


def solve_each(matrices: Matrix, solver: MetaSolver) -> Matrix:
    """The meta-strategy [S, K] of each matrix [S, K, K], the same bits as solving them one by one.

    Draws share supports, and a unique equilibrium can be certified on its support without a linear
    program, so the supports seen most often so far are tried first.
    """
    if isinstance(solver, BatchSolver):
        return solver.solve_batch(matrices)
    seen: Counter[bytes] = Counter()
    weights = np.empty(matrices.shape[:2])
    for index, matrix in enumerate(matrices):
        known = None
        if isinstance(solver, NashSolver):
            for support, _ in seen.most_common(NUM_SUPPORTS_TRIED):
                known = equilibrium_on_support(matrix - 0.5, np.frombuffer(support, dtype=bool))
                if known is not None:
                    break
        if known is None:
            known = solver.solve(matrix).array()
        seen[(known > 0).tobytes()] += 1
        weights[index] = known
    return weights


@runtime_checkable
class TableSolver(MetaSolver, Protocol):
    """A meta-solver that goes by the counts, not by the win rates alone."""

    def solve_table(self, table: PayoffTable, rng: np.random.Generator) -> MetaStrategy:
        """σ for `table`; `rng` draws its posterior. Raises ValueError if a matchup is missing."""
        ...


def solve_table(solver: MetaSolver, table: PayoffTable, rng: np.random.Generator) -> MetaStrategy:
    """The meta-strategy of a table. Raises ValueError if a matchup is missing."""
    if isinstance(solver, TableSolver):
        return solver.solve_table(table, rng)
    return solver.solve(table.matrix())


@dataclass(frozen=True)
class StrategyPosterior:
    """What a meta-strategy and its measures could have been, given the counts."""

    num_samples: int
    weights: tuple[Interval, ...]
    """[K] each policy's weight: the posterior mean and a central interval."""
    support_frequency: tuple[float, ...]
    """[K] share of draws in which the policy has any weight."""
    same_support_frequency: float
    """Share of draws whose σ uses exactly the policies that the reported σ uses."""
    restricted_exploitability: Interval
    """½ − `value`. `estimate` is the posterior mean: σ was chosen on these counts, so at a Nash it lies above the
    plug-in value 0, and says how optimistic 0 is."""
    best_matchup_margin: Interval
    """Of the reported σ, likewise; widened where it leaves the plug-in value out (all battles of a pair won)."""
    value: Interval
    """What the reported σ is sure of against every member (`sure_of`)."""


def strategy_posterior(
    table: PayoffTable,
    sigma: Vector,
    solver: MetaSolver,
    rng: np.random.Generator,
    num_samples: int = 1000,
    level: float = LEVEL,
) -> StrategyPosterior:
    """Solves `num_samples` posterior draws of `table` and compares them with σ [K].

    Raises ValueError if a matchup is missing. A table of exact values only is solved once.
    """
    num_samples = num_samples if table.counts().any() else 1
    matrices = posterior_matrices(table, rng, num_samples)
    drawn = solve_each(matrices, solver)
    against_sigma = matrices @ sigma
    value = sure_of(against_sigma, level)
    return StrategyPosterior(
        num_samples=num_samples,
        weights=tuple(_central(weight, level) for weight in drawn.T),
        support_frequency=tuple((drawn > 0).mean(axis=0).tolist()),
        same_support_frequency=float(((drawn > 0) == (sigma > 0)).all(axis=1).mean()),
        restricted_exploitability=Interval(
            0.5 - value.estimate, 0.5 - value.high, 0.5 - value.low, level
        ),
        best_matchup_margin=_central(0.5 - against_sigma.min(axis=1), level).reaching(
            best_matchup_margin(table.matrix(), sigma)
        ),
        value=value,
    )


def sure_of(against_sigma: Matrix, level: float) -> Interval:
    """What σ is sure of, in win rate: 1 − what the best member scores against it, from scores [S, K] of S draws.

    The lower end is the posterior's quantile. Its upper one would leave out ½ where σ is an equilibrium of the counts: all its
    members are equal there, and of many that are drawn anew one always comes out ahead. (On games whose win rates hang
    together, as the disc's, the truth was above it in one of four.) So the upper end is what no member by itself speaks against: the least of
    their quantiles, and never above ½, which σ scores against itself. Coverage: docs/results.md.
    """
    own = 1.0 - against_sigma
    central = _central(own.min(axis=1), level)
    of_each = np.quantile(own, (1 + level) / 2, axis=0)
    high = max(central.high, min(0.5, float(of_each.min())))
    return Interval(central.estimate, central.low, high, level)


def _central(samples: Vector, level: float) -> Interval:
    """Mean and central interval of samples [S]."""
    low, high = np.quantile(samples, [(1 - level) / 2, (1 + level) / 2])
    return Interval(float(samples.mean()), float(low), float(high), level)
