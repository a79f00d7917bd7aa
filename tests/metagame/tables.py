"""Tables of counts that tests make."""

from collections.abc import Sequence
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from psro.metagame.payoffs import OutcomeCounts, PayoffTable
from psro.metagame.population import Population


def played(truth: NDArray[np.float64], num_battles: int, rng: np.random.Generator) -> PayoffTable:
    """A tournament of `num_battles` a pair on the win rates `truth` [K, K]."""
    population = Population()
    for number in range(len(truth)):
        population = population.append(f"p{number}", "toy", 0)
    table = PayoffTable(population)
    for row, column in combinations(range(len(truth)), 2):
        wins = int(rng.binomial(num_battles, truth[row, column]))
        table = table.with_counts(
            f"p{row}", f"p{column}", OutcomeCounts(wins, 0, num_battles - wins)
        )
    return table


def reordered(table: PayoffTable, order: Sequence[int]) -> PayoffTable:
    """The same battles, the policies in another order."""
    population, names = Population(), table.population.names
    for index in order:
        population = population.append(names[index], "toy", 0)
    counts, other = table.counts(), PayoffTable(population)
    for row, column in combinations(order, 2):
        wins, ties, losses = (int(count) for count in counts[row, column])
        other = other.with_counts(names[row], names[column], OutcomeCounts(wins, ties, losses))
    return other
