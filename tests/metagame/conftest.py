import pytest

from psro.metagame.payoffs import OutcomeCounts, PayoffTable
from psro.metagame.population import Population

PUBLISHED_NAMES = (
    "SyntheticRLV2",
    "SyntheticRLV1",
    "SyntheticRLV1_SelfPlay",
    "PokeEnvHeuristic",
    "GymLeader",
)
PUBLISHED_WINS = {  # of 50 battles per pair, no ties
    (0, 1): 31, (0, 2): 24, (0, 3): 48, (0, 4): 50,
    (1, 2): 19, (1, 3): 45, (1, 4): 44,
    (2, 3): 43, (2, 4): 47,
    (3, 4): 25,
}  # fmt: skip


@pytest.fixture
def published() -> PayoffTable:
    """The founding document's phase-0 tournament (REFERENCE.md §1)."""
    population = Population()
    for name in PUBLISHED_NAMES:
        population = population.append(name, "founding", 0)
    table = PayoffTable(population)
    for (row, column), wins in PUBLISHED_WINS.items():
        counts = OutcomeCounts(wins=wins, losses=50 - wins)
        table = table.with_counts(PUBLISHED_NAMES[row], PUBLISHED_NAMES[column], counts)
    return table
