"""TOURNAMENT: the matchups of the population that have no result yet."""

from itertools import combinations
from typing import Any

from psro.machine.run import Run
from psro.machine.units import Unit
from psro.metagame.payoffs import OutcomeCounts, PayoffTable
from psro.metagame.population import Population
from psro.phases import layout, matches
from psro.phases.matches import Match
from psro.phases.workbench import Workbench


def play(run: Run[Any], bench: Workbench, population: Population, iteration: int) -> None:
    """Plays every pair with a member that joined in `iteration`: K − 1 pairs, not K²."""
    units = [
        unit for pair in new_pairs(population, iteration) for unit in _units(bench, pair, iteration)
    ]
    run.execute(units, "tournament")


def add_results(run: Run[Any], bench: Workbench, table: PayoffTable, iteration: int) -> PayoffTable:
    """`table` with the committed results of an iteration's tournament."""
    for row, column in new_pairs(table.population, iteration):
        results = [run.read(unit.result) for unit in _units(bench, (row, column), iteration)]
        tally = matches.read(results)
        if tally.exact:
            table = table.with_exact(row, column, tally.exact[column])
        else:
            table = table.with_counts(row, column, tally.by_opponent.get(column, OutcomeCounts()))
    return table


def num_failures(run: Run[Any], bench: Workbench, population: Population, iteration: int) -> int:
    """Battles of an iteration's tournament that broke."""
    return sum(
        matches.read([run.read(unit.result)]).num_failures
        for pair in new_pairs(population, iteration)
        for unit in _units(bench, pair, iteration)
    )


def new_pairs(population: Population, iteration: int) -> list[tuple[str, str]]:
    """Pairs of which at least one member joined in `iteration`, in population order."""
    return [
        (first.name, second.name)
        for first, second in combinations(population.members, 2)
        if iteration in (first.iteration, second.iteration)
    ]


def _units(bench: Workbench, pair: tuple[str, str], iteration: int) -> list[Unit]:
    first, second = pair
    config = bench.settings.tournament
    label = f"tournament_{first}__{second}"
    match = Match(
        label=label,
        first=first,
        first_directory=layout.policy(first),
        opponents={second: 1.0},
        num_battles=config.battles_per_matchup,
        pool=bench.game.pools[0],
        seed_parts=(layout.iteration(iteration), "tournament", first, second),
    )
    return matches.plan(
        match, layout.iteration(iteration), config.battles_per_unit, config.temperature
    )
