"""TOURNAMENT: the matchups of the population that have no result yet, and some of them more often than others.

allocation=equal: every new matchup as often, in one pass. adaptive: in several. The first plays the new matchups equally;
each later one goes where metagame/allocation.py sends it, a function of the run's seed and of results committed by then.
So a tournament that was killed plans the same passes again. What they were is committed in tournament.json, for SOLVE.
"""

from itertools import combinations
from typing import Any

import orjson

from psro.machine.run import Run
from psro.machine.seeds import rng_from
from psro.metagame.allocation import allocate, value_interval
from psro.metagame.nash import MetaSolver
from psro.metagame.payoffs import PayoffTable
from psro.metagame.population import Population
from psro.phases import layout, passes
from psro.phases.passes import Pair, Pass
from psro.phases.workbench import Workbench


def play(
    run: Run[Any], bench: Workbench, solver: MetaSolver, population: Population, iteration: int
) -> None:
    """Plays every pair with a member that joined in `iteration`: K − 1 pairs, not K². Adaptive: old ones again, too."""
    if bench.settings.tournament.allocation == "equal":
        passes.play(run, bench, _equal(bench, population, iteration), iteration)
    else:
        _play_adaptively(run, bench, solver, population, iteration)


def table_before(run: Run[Any], population: Population, iteration: int) -> PayoffTable:
    """What was known before an iteration's tournament, over its population."""
    if iteration == 0:
        return PayoffTable(population)
    before = run.read(f"{layout.iteration(iteration - 1)}/interaction_matrix.json")
    return PayoffTable.from_json(orjson.loads(before)).with_population(population)


def add_results(run: Run[Any], bench: Workbench, table: PayoffTable, iteration: int) -> PayoffTable:
    """`table` with the committed results of an iteration's tournament."""
    for one in _played(run, bench, table.population, iteration):
        table = passes.add(table, passes.results(run, bench, one, iteration))
    return table


def num_failures(run: Run[Any], bench: Workbench, population: Population, iteration: int) -> int:
    """Battles of an iteration's tournament that broke."""
    return sum(
        tally.num_failures
        for one in _played(run, bench, population, iteration)
        for _, tally in passes.results(run, bench, one, iteration)
    )


def new_pairs(population: Population, iteration: int) -> list[Pair]:
    """Pairs of which at least one member joined in `iteration`, in population order."""
    return [
        (first.name, second.name)
        for first, second in combinations(population.members, 2)
        if iteration in (first.iteration, second.iteration)
    ]


def sizes_of_passes(battles_per_matchup: int, num_passes: int, num_pairs: int) -> list[int]:
    """Battles of each pass of an adaptive tournament: battles_per_matchup · num_pairs in all, as equal as can be.

    The first is a multiple of num_pairs.
    """
    if num_passes == 1:
        return [battles_per_matchup * num_pairs]
    first = battles_per_matchup // num_passes * num_pairs
    rest = battles_per_matchup * num_pairs - first
    return [first, *((rest + index) // (num_passes - 1) for index in range(num_passes - 1))]


def _play_adaptively(
    run: Run[Any], bench: Workbench, solver: MetaSolver, population: Population, iteration: int
) -> None:
    config, root = bench.settings.tournament, layout.iteration(iteration)
    pairs = new_pairs(population, iteration)
    table = table_before(run, population, iteration)
    sizes = sizes_of_passes(config.battles_per_matchup, config.num_passes, len(pairs))
    done: list[Pass] = []
    half_widths: list[float] = []
    for number, size in enumerate(sizes):
        if number == 0:
            battles = dict.fromkeys(pairs, size // max(1, len(pairs)))
        elif config.wanted_half_width is not None and half_widths[-1] <= config.wanted_half_width:
            break
        else:
            rng = rng_from(bench.settings.seed, root, "tournament", "pass", number)
            battles = allocate(table, solver, rng, size, config.batch)
        if not battles:
            break
        one = Pass(number, battles)
        passes.play(run, bench, one, iteration)
        table = passes.add(table, passes.results(run, bench, one, iteration))
        rng = rng_from(bench.settings.seed, root, "tournament", "half-width", number)
        done.append(one)
        value = value_interval(table, solver, rng)
        half_widths.append((value.high - value.low) / 2)
    told = [
        {"half_width_after": half_width, "matchups": one.to_json()}
        for one, half_width in zip(done, half_widths, strict=True)
    ]
    run.commit(layout.tournament(root), orjson.dumps({"passes": told}, option=orjson.OPT_INDENT_2))


def _played(run: Run[Any], bench: Workbench, population: Population, iteration: int) -> list[Pass]:
    """The passes of an iteration's tournament, which is over."""
    if bench.settings.tournament.allocation == "equal":
        return [_equal(bench, population, iteration)]
    told = orjson.loads(run.read(layout.tournament(layout.iteration(iteration))))["passes"]
    return [Pass.from_json(number, one["matchups"]) for number, one in enumerate(told)]


def _equal(bench: Workbench, population: Population, iteration: int) -> Pass:
    num_battles = bench.settings.tournament.battles_per_matchup
    return Pass(None, dict.fromkeys(new_pairs(population, iteration), num_battles))
