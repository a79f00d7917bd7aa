"""Everything that `meta_game_analysis.json` says about a solved meta-game."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from psro.metagame.exploitability import (
    HeadlineExploitability,
    KnownResponse,
    best_matchup_margin,
    headline_exploitability,
    nash_conv,
    restricted_exploitability,
)
from psro.metagame.intervals import LEVEL, Interval, stratified_interval
from psro.metagame.linear_programs import weight_ranges
from psro.metagame.nash import MetaSolver, MetaStrategy, NashSolver
from psro.metagame.payoffs import Cell, OutcomeCounts, PayoffScale, PayoffTable
from psro.metagame.posterior import StrategyPosterior, strategy_posterior


@dataclass(frozen=True)
class MetaGameAnalysis:
    """A meta-strategy, its measures and their uncertainty. Win rates and gains unless a unit is named."""

    names: tuple[str, ...]
    scale: PayoffScale
    strategy: MetaStrategy
    equilibrium_unique: bool
    """Whether this very matrix has one equilibrium only, whoever chose σ."""
    equilibrium_ranges: tuple[tuple[float, float], ...]
    """[K] least and greatest weight over all equilibria of this very matrix; equal where there is one."""
    posterior: StrategyPosterior
    restricted_exploitability: float
    best_matchup_margin: float
    payoffs_against_sigma: tuple[Interval, ...]
    """[K] each member's win rate against σ, (Mσ)_i."""
    hardest_matchup: str
    """The member that does best against σ."""
    easiest_matchup: str
    """The member that does worst against σ: the one the best-matchup margin is about."""
    exploitability: HeadlineExploitability | None
    """None as long as no response to this σ has been measured."""

    def to_json(self) -> dict[str, Any]:
        posterior = self.posterior
        policies = [
            {
                "name": name,
                "weight": self.strategy.weights[row],
                "weight_posterior": posterior.weights[row].to_json(),
                "support_frequency": posterior.support_frequency[row],
                "weight_range_over_equilibria": list(self.equilibrium_ranges[row]),
                "payoff_against_sigma": self.payoffs_against_sigma[row].to_json(),
            }
            for row, name in enumerate(self.names)
        ]
        headline = None
        if self.exploitability is not None:
            interval = self.exploitability.exploitability
            headline = {
                **self.exploitability.to_json(),
                "nash_conv": interval.scaled(nash_conv(1.0, self.scale)).to_json(),
                "nash_conv_unit": self.scale.unit,
            }
        return {
            "solver": self.strategy.solver,
            "equilibrium_unique": self.equilibrium_unique,
            "num_posterior_samples": posterior.num_samples,
            "same_support_frequency": posterior.same_support_frequency,
            "value": {"plug_in": self.strategy.value, "posterior": posterior.value.to_json()},
            "restricted_exploitability": {
                "plug_in": self.restricted_exploitability,
                "posterior": posterior.restricted_exploitability.to_json(),
                "nash_conv": nash_conv(self.restricted_exploitability, self.scale),
                "nash_conv_unit": self.scale.unit,
            },
            "best_matchup_margin": {
                "plug_in": self.best_matchup_margin,
                "posterior": posterior.best_matchup_margin.to_json(),
            },
            "exploitability": headline,
            "hardest_matchup": self.hardest_matchup,
            "easiest_matchup": self.easiest_matchup,
            "policies": policies,
        }


def analyse(
    table: PayoffTable,
    strategy: MetaStrategy,
    solver: MetaSolver,
    rng: np.random.Generator,
    responses: Sequence[KnownResponse] = (),
    num_samples: int = 1000,
    level: float = LEVEL,
) -> MetaGameAnalysis:
    """The analysis of `strategy`, which `solver` chose on `table`.

    `rng` draws the posterior; `responses` are those measured against this strategy so far.
    Raises ValueError if a matchup is missing or the strategy has another number of policies.
    """
    matrix, sigma = table.matrix(), strategy.array()
    if len(sigma) != len(matrix):
        raise ValueError(f"a meta-strategy of {len(sigma)} weights for {len(matrix)} policies")
    payoffs = matrix @ sigma
    names = table.population.names
    nash = solver if isinstance(solver, NashSolver) else NashSolver()
    equilibrium = strategy if solver is nash else nash.solve(matrix)
    if equilibrium.unique:
        ranges = np.column_stack([equilibrium.array()] * 2)
    else:
        ranges = weight_ranges(matrix - 0.5, nash.backend)
    return MetaGameAnalysis(
        names=names,
        scale=table.scale,
        strategy=strategy,
        equilibrium_unique=equilibrium.unique,
        equilibrium_ranges=tuple((float(low), float(high)) for low, high in ranges),
        posterior=strategy_posterior(table, sigma, solver, rng, num_samples, level),
        restricted_exploitability=restricted_exploitability(matrix, sigma),
        best_matchup_margin=best_matchup_margin(matrix, sigma),
        payoffs_against_sigma=tuple(
            _payoff_against(table, row, strategy, level) for row in range(len(names))
        ),
        hardest_matchup=names[int(payoffs.argmax())],
        easiest_matchup=names[int(payoffs.argmin())],
        exploitability=headline_exploitability(responses, sigma, level) if responses else None,
    )


def _payoff_against(table: PayoffTable, row: int, strategy: MetaStrategy, level: float) -> Interval:
    """(Mσ)_row with its interval; the share of itself in σ counts as exactly ½."""
    names = table.population.names
    results: list[Cell] = [
        0.5 if column == row else _as_win_rate(table.cell(names[row], name), table.scale)
        for column, name in enumerate(names)
    ]
    return stratified_interval(results, strategy.array(), level).rate


def _as_win_rate(cell: Cell, scale: PayoffScale) -> Cell:
    return cell if isinstance(cell, OutcomeCounts) else scale.to_win_rate(cell)
