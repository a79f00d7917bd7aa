"""SOLVE: payoffs, σ and the meta-game analysis; the files that end an iteration."""

from typing import Any

import orjson

from psro.machine.run import Run
from psro.machine.seeds import rng_from
from psro.metagame.analysis import analyse
from psro.metagame.nash import MetaSolver
from psro.metagame.population import Population
from psro.metagame.posterior import solve_table
from psro.phases import layout, tournament
from psro.phases.workbench import Workbench

NUM_POSTERIOR_SAMPLES = 500
"""Draws of the payoff posterior behind the intervals of σ."""


def solve(
    run: Run[Any],
    bench: Workbench,
    solver: MetaSolver,
    population: Population,
    iteration: int,
    summary: dict[str, Any],
) -> None:
    """Commits population, interaction matrix, σ, analysis and, last, iteration_summary.json.

    `summary` says what is known of the iteration's response; σ and the measures are added to it.
    """
    root = layout.iteration(iteration)
    table = tournament.table_before(run, population, iteration)
    table = tournament.add_results(run, bench, table, iteration)
    strategy = solve_table(solver, table, rng_from(bench.settings.seed, root, "meta-strategy"))
    rng = rng_from(bench.settings.seed, root, "meta-game analysis")
    analysis = analyse(table, strategy, solver, rng, num_samples=NUM_POSTERIOR_SAMPLES)
    analysis_json = analysis.to_json()
    _commit(run, f"{root}/population.json", population.to_json())
    _commit(run, f"{root}/interaction_matrix.json", table.to_json())
    run.commit(f"{root}/interaction_matrix.csv", table.to_csv().encode())
    _commit(run, f"{root}/meta_strategy.json", strategy.to_json(population.names))
    _commit(run, f"{root}/meta_game_analysis.json", analysis_json)
    _commit(
        run,
        f"{root}/iteration_summary.json",
        {
            "iteration": iteration,
            "population": list(population.names),
            **summary,
            "meta_strategy": {
                row["name"]: {"weight": row["weight"], "posterior": row["weight_posterior"]}
                for row in analysis_json["policies"]
            },
            "equilibrium_unique": analysis.equilibrium_unique,
            "restricted_exploitability": analysis_json["restricted_exploitability"],
            "best_matchup_margin": analysis_json["best_matchup_margin"],
            "num_tournament_failures": tournament.num_failures(run, bench, population, iteration),
        },
    )


def _commit(run: Run[Any], path: str, data: Any) -> None:
    run.commit(path, orjson.dumps(data, option=orjson.OPT_INDENT_2))
