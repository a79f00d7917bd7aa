"""Two evaluations as answers: which run's σ beats which, and whose policies gain against whose σ."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import combinations, permutations
from typing import Any

import numpy as np

from psro.metagame.intervals import (
    LEVEL,
    Interval,
    bonferroni_level,
    largest_of,
    stratified_interval,
    win_rate_interval,
)
from psro.metagame.payoffs import Cell, OutcomeCounts
from psro.report.comparison.side import Side
from psro.report.record import Json

ROUNDING = 1e-9
"""Exact values of one half come out as sums that differ in their last bits."""
Names = Mapping[str, Mapping[str, str]]
"""Label of a run → name of a policy there → its name in the evaluation."""
Results = Mapping[tuple[str, str], Cell]
"""(row, column), by their names in the evaluation → what the row did."""


@dataclass(frozen=True)
class SigmaMatch:
    """The newest σ of one run against that of another, on one pool."""

    first: str
    second: str
    pool: str
    result: Cell
    """As `first` saw it."""
    num_failures: int

    @property
    def rate(self) -> Interval:
        return win_rate_interval(self.result)

    @property
    def verdict(self) -> str:
        """Who wins, as far as the battles tell."""
        if abs(self.rate.estimate - 0.5) < ROUNDING and self.rate.low == self.rate.high:
            return "exactly even"
        if self.rate.low > 0.5:
            return f"{self.first} wins"
        if self.rate.high < 0.5:
            return f"{self.second} wins"
        return "not told apart"


@dataclass(frozen=True)
class BestAgainst:
    """What the policies of one run gain against the σ of another, on one pool."""

    attacker: str
    defender: str
    pool: str
    gain: Interval
    """In win rate above ½; simultaneous over the policies it is the largest of."""
    policy: str
    num_policies: int


@dataclass(frozen=True)
class CrossPlay:
    """All of it."""

    sigma: tuple[SigmaMatch, ...]
    best: tuple[BestAgainst, ...]
    populations: Mapping[str, Results]
    """Pool → what each member of a run did to each of the others'; empty where they were not played."""
    names: Names

    def to_json(self) -> dict[str, Any]:
        """For compare.json."""
        return {
            "sigma": [
                {
                    "first": match.first,
                    "second": match.second,
                    "pool": match.pool,
                    "win_rate": match.rate.to_json(),
                    **(asdict(match.result) if isinstance(match.result, OutcomeCounts) else {}),
                    "num_failures": match.num_failures,
                }
                for match in self.sigma
            ],
            "best_against": [{**asdict(best), "gain": best.gain.to_json()} for best in self.best],
            "populations": {
                pool: [
                    {"first": row, "second": column, "win_rate": win_rate_interval(cell).to_json()}
                    for (row, column), cell in results.items()
                ]
                for pool, results in self.populations.items()
            },
        }


def cross_play(
    sides: Sequence[Side],
    mixtures: Json,
    mixture_names: Mapping[str, str],
    populations: Json | None,
    names: Names,
    alike: Sequence[tuple[str, str]],
) -> CrossPlay:
    """From the result.json of both evaluations.

    mixture_names: label → the name of its σ in `mixtures`. names: of the members in `populations`, which are no more than were
    played. alike: pairs of members that are one and the same policy, and were not played.
    """
    sigma = []
    for pool, of_pool in mixtures["pools"].items():
        played = {(row["first"], row["second"]): row for row in of_pool["matchups"]}
        for first, second in combinations([side.label for side in sides], 2):
            row = played[mixture_names[first], mixture_names[second]]
            sigma.append(SigmaMatch(first, second, pool, cell_of(row), row["num_failures"]))
    known: dict[str, Results] = {}
    best = []
    for pool, of_pool in (populations or {"pools": {}})["pools"].items():
        results: dict[tuple[str, str], Cell] = dict.fromkeys(_both_ways(alike), 0.5)
        for row in of_pool["matchups"]:
            cell = cell_of(row)
            results[row["first"], row["second"]] = cell
            results[row["second"], row["first"]] = (
                cell.mirrored() if isinstance(cell, OutcomeCounts) else 1 - cell
            )
        known[pool] = results
        for attacker, defender in permutations(sides, 2):
            best.append(_best_against(attacker, defender, pool, results, names))
    return CrossPlay(tuple(sigma), tuple(found for found in best if found), known, names)


def cell_of(row: Json) -> Cell:
    """What a row of result.json says. (Nothing played: counts of nothing.)"""
    if row["is_exact"]:
        return float(row["win_rate"]["estimate"])
    return OutcomeCounts(row["wins"], row["ties"], row["losses"])


def _best_against(
    attacker: Side, defender: Side, pool: str, results: Results, names: Names
) -> BestAgainst | None:
    """None where a member of the defender's σ was met by nobody (its battles broke)."""
    sigma = {name: weight for name, weight in defender.weights.items() if weight > 0}
    weights = np.array(list(sigma.values()))
    attackers = names[attacker.label]
    level = bonferroni_level(LEVEL, len(attackers))
    gains: dict[str, Interval] = {}
    for name, known_as in attackers.items():
        cells = [results[known_as, names[defender.label][member]] for member in sigma]
        if any(isinstance(cell, OutcomeCounts) and not cell.num_battles for cell in cells):
            return None
        gains[name] = stratified_interval(cells, weights, level).rate.shifted(-0.5)
    strongest = max(gains, key=lambda name: gains[name].estimate)
    return BestAgainst(
        attacker.label,
        defender.label,
        pool,
        largest_of(list(gains.values()), LEVEL),
        strongest,
        len(gains),
    )


def _both_ways(pairs: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    return [way for first, second in pairs for way in ((first, second), (second, first))]
