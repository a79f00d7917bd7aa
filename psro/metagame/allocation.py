"""Where a tournament's next battles go: to the matchups whose uncertainty σ's exploitability hangs on.

What σ loses to row i is (Mσ)_i = Σ_j M_ij σ_j, so with n_ij battles its variance is Σ_j σ_j² v_ij / n_ij, where v is the
variance of one battle, and σ's exploitability has, to first order, the variance of the row that is worst for σ. Neither σ
nor that row is known. Matrices are drawn from the posterior of the counts; σ_d, what the meta-solver chooses on draw d, is
what σ may turn out to be (Thompson 1933), and w_di the share of the draws in which row i is the worst against it. The
expected variance is then Σ_pairs p_ij / n_ij with

    p_ij = v_ij · mean_d (w_di σ_dj² + w_dj σ_di²),

and the battles are placed one batch after the other where the next one lowers it most, which is optimal since every term
is convex (Neyman 1934, allocation in proportion to √p). On a ladder that plays the top rung against whoever may beat it, and
nothing else, as identifying a pure equilibrium asks for (Zhou et al. 2017; Maiti et al. 2024, "Near-optimal pure exploration
in matrix games"); on a wide mixture it comes near to equal shares. ResponseGraphUCB (Rowland et al. 2019, "Multiagent
evaluation under incomplete information") has another aim: the sign of every cell, whether or not σ depends on it.
"""

import numpy as np
from numpy.typing import NDArray

from psro.metagame.intervals import LEVEL, Interval
from psro.metagame.nash import MetaSolver
from psro.metagame.payoffs import PayoffTable
from psro.metagame.posterior import (
    JEFFREYS,
    posterior_matrices,
    solve_each,
    solve_table,
    sure_of,
)

Matrix = NDArray[np.float64]

NUM_DRAWS = 64
"""Matrices of which σ is computed; more did not make better tournaments."""
NUM_DRAWS_OF_VALUE = 500
"""Matrices behind the interval of σ's value, which need no solving."""
_SCORE_GRID = 2.0**20
_GAIN_GRID = 2.0**40
"""Scores and gains are rounded to these, so that the last bits, where machines differ, move no battle."""


def allocate(
    table: PayoffTable, solver: MetaSolver, rng: np.random.Generator, num_battles: int, batch: int
) -> dict[tuple[str, str], int]:
    """Matchup → battles, those that get any, in population order: `num_battles` in multiples of `batch` (but the last).

    Any matchup that was played may get some, old or new. None does where none would tell anything of σ: all payoffs
    are exact, or on every draw the same policy is beaten by nobody. Raises ValueError if a matchup is missing: play each once first.
    """
    pairs = _played_pairs(table)
    if not pairs or num_battles < 1:
        return {}
    scores = influence(table, solver, rng)
    rows, columns = (np.array(side) for side in zip(*pairs, strict=True))
    wanted = scores[rows, columns]
    present = table.counts().sum(axis=2)[rows, columns]
    placed = place(wanted, present, num_battles, batch)
    names = table.population.names
    return {
        (names[row], names[column]): int(num)
        for (row, column), num in zip(pairs, placed, strict=True)
        if num
    }


def influence(table: PayoffTable, solver: MetaSolver, rng: np.random.Generator) -> Matrix:
    """p [K, K] of the module's head, symmetric, relative to the largest: 0 where battles tell nothing of σ.

    Raises ValueError if a matchup is missing.
    """
    matrices = posterior_matrices(table, rng, NUM_DRAWS)
    sigmas = solve_each(matrices, solver)
    payoffs = np.einsum("sij,dj->dsi", matrices, sigmas)
    worst = np.rint(payoffs * _GAIN_GRID).argmax(axis=2)
    # On its own draw an equilibrium has no worst row: all that it uses are equal.
    others = ~np.eye(NUM_DRAWS, dtype=bool)
    size = matrices.shape[1]
    weights = np.stack([((worst == row) & others).sum(axis=1) for row in range(size)], axis=1) / (
        NUM_DRAWS - 1
    )
    one_way = weights.T @ sigmas**2 / NUM_DRAWS
    scores = (one_way + one_way.T) * _variances(table)
    np.fill_diagonal(scores, 0.0)
    largest = scores.max()
    return np.rint(scores / largest * _SCORE_GRID) / _SCORE_GRID if largest > 0 else scores


def place(
    wanted: NDArray[np.float64], present: NDArray[np.int64], num_battles: int, batch: int
) -> NDArray[np.int64]:
    """New battles [C] of cells with `present` [C] > 0 ones, least Σ wanted / battles; batch by batch, ties to the first.

    All zero where no cell is wanted.
    """
    placed = np.zeros(len(present), dtype=np.int64)
    left = num_battles if wanted.any() else 0
    while left:
        num = min(batch, left)
        total = present + placed
        cell = int((wanted * num / (total * (total + num))).argmax())
        placed[cell] += num
        left -= num
    return placed


def value_interval(
    table: PayoffTable, solver: MetaSolver, rng: np.random.Generator, level: float = LEVEL
) -> Interval:
    """Posterior mean and interval of σ's value: what it is sure of against every member, in win rate (posterior.sure_of).

    Raises ValueError if a matchup is missing.
    """
    sigma = solve_table(solver, table, rng).array()
    return sure_of(posterior_matrices(table, rng, NUM_DRAWS_OF_VALUE) @ sigma, level)


def _played_pairs(table: PayoffTable) -> list[tuple[int, int]]:
    counts = table.counts().sum(axis=2)
    rows, columns = np.nonzero(np.triu(counts, 1))
    return list(zip(rows.tolist(), columns.tolist(), strict=True))


def _variances(table: PayoffTable) -> Matrix:
    """Posterior mean variance of one battle's score [K, K], 0 where exact; ties make it smaller."""
    counts = table.counts()
    shares = (counts + JEFFREYS) / (counts + JEFFREYS).sum(axis=2, keepdims=True)
    scores = np.array([1.0, 0.5, 0.0])
    mean = shares @ scores
    variances: Matrix = shares @ scores**2 - mean**2
    return np.where(counts.sum(axis=2) > 0, variances, 0.0)
