"""A tournament's passes: matchups that are played at once, as units, and what came of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from psro.machine.run import Run
from psro.machine.units import Unit
from psro.metagame.payoffs import OutcomeCounts, PayoffTable
from psro.phases import layout, matches
from psro.phases.matches import Match, MatchTally
from psro.phases.workbench import Workbench

Pair = tuple[str, str]


@dataclass(frozen=True)
class Pass:
    """How often which matchups are played."""

    number: int | None
    """None where there is but one pass (allocation=equal)."""
    battles: Mapping[Pair, int]

    def to_json(self) -> list[dict[str, Any]]:
        """For tournament.json."""
        return [
            {"row": row, "column": column, "num_battles": num_battles}
            for (row, column), num_battles in self.battles.items()
        ]

    @classmethod
    def from_json(cls, number: int, rows: Sequence[Mapping[str, Any]]) -> "Pass":
        """The inverse of `to_json`."""
        return cls(number, {(row["row"], row["column"]): row["num_battles"] for row in rows})


def play(run: Run[Any], bench: Workbench, one: Pass, iteration: int) -> None:
    """Executes the pass's units that have no result."""
    units = [unit for pair in one.battles for unit in _units(bench, one, pair, iteration)]
    run.execute(units, "tournament")


def results(
    run: Run[Any], bench: Workbench, one: Pass, iteration: int
) -> list[tuple[Pair, MatchTally]]:
    """What came of every matchup of a pass that was played, the row's point of view."""
    return [
        (
            pair,
            matches.read([run.read(unit.result) for unit in _units(bench, one, pair, iteration)]),
        )
        for pair in one.battles
    ]


def add(table: PayoffTable, played: Sequence[tuple[Pair, MatchTally]]) -> PayoffTable:
    """`table` with these results."""
    for (row, column), tally in played:
        if tally.exact:
            table = table.with_exact(row, column, tally.exact[column])
        else:
            table = table.with_counts(row, column, tally.by_opponent.get(column, OutcomeCounts()))
    return table


def _units(bench: Workbench, one: Pass, pair: Pair, iteration: int) -> list[Unit]:
    first, second = pair
    config = bench.settings.tournament
    label, key = f"tournament_{first}__{second}", tuple[str, ...]()
    if one.number is not None:
        label, key = f"tournament_pass_{one.number}_{first}__{second}", (f"pass {one.number}",)
    match = Match(
        label=label,
        first=first,
        first_directory=layout.policy(first),
        opponents={second: 1.0},
        num_battles=one.battles[pair],
        pool=bench.game.pools[0],
        seed_parts=(layout.iteration(iteration), "tournament", first, second, *key),
    )
    return matches.plan(
        match, layout.iteration(iteration), config.battles_per_unit, config.temperature
    )
