"""The evaluation as a table of phases: GATHER → PLAY → TABULATE → DONE."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from pathlib import Path
from typing import Any

import orjson

from psro.machine.artifacts import Artifact
from psro.machine.durable import sha256_of
from psro.machine.engine import Algorithm
from psro.machine.errors import UserError
from psro.machine.position import Position
from psro.machine.run import Run
from psro.metagame.intervals import win_rate_interval
from psro.metagame.payoffs import OutcomeCounts, PayoffTable
from psro.metagame.population import Population
from psro.metagame.ratings import elo_ratings
from psro.phases import layout, matches
from psro.phases.evaluation.exports import by_team_csv, matchups_csv, ratings_csv
from psro.phases.evaluation.plan import Evaluation, Gathered, PairOnPool, matchups, units_of
from psro.phases.evaluation.tally import Seen, as_row, by_team, seen_battles
from psro.phases.workbench import Workbench

NAME = "evaluation"
RESULT = "result.json"


class Phase(Enum):
    """The states of an evaluation."""

    GATHER = "gather"
    PLAY = "play"
    TABULATE = "tabulate"
    DONE = "done"


At = Position[Phase]
"""Its iteration is the number of battles that each matchup has when the phase is over: it may be raised."""
WriteReport = Callable[[Path], object]
"""Writes tables for people from the files of an evaluation's directory."""


@dataclass(frozen=True)
class Played:
    """A matchup and all that came of it."""

    matchup: PairOnPool
    counts: OutcomeCounts
    """As its first policy saw them."""
    exact: float | None
    """Its expected score where the game computes it; then no battle was played."""
    num_failures: int
    seen_by_first: list[Seen]
    seen_by_second: list[Seen]

    def to_json(self) -> dict[str, Any]:
        """A row of result.json."""
        row = as_row(self.counts)
        if self.exact is not None:
            row["win_rate"] = win_rate_interval(self.exact).to_json()
        turns = [battle.num_turns for battle in self.seen_by_first]
        return {
            "first": self.matchup.first,
            "second": self.matchup.second,
            **row,
            "is_exact": self.exact is not None,
            "num_failures": self.num_failures,
            "mean_turns": sum(turns) / len(turns) if turns else None,
        }


class Evaluating:
    """What each phase does."""

    def __init__(
        self,
        bench: Workbench,
        evaluation: Evaluation,
        settings: Mapping[str, Any],
        write_report: WriteReport,
    ):
        """`settings`: what of the game's is told to readers."""
        self.bench = bench
        self.evaluation = evaluation
        self.settings = settings
        self.write_report = write_report

    def algorithm(self) -> Algorithm[Phase]:
        """The table. The iteration of a position is the number of battles of each matchup."""
        return Algorithm(
            name=NAME,
            start=At(Phase.GATHER, self.evaluation.battles),
            terminal=Phase.DONE,
            handlers={
                Phase.GATHER: self._gather,
                Phase.PLAY: self._play,
                Phase.TABULATE: self._tabulate,
            },
            reopen=self._reopen,
        )

    def _gather(self, run: Run[Phase]) -> At:
        for policy in self.evaluation.policies:
            directory = layout.policy(policy.record.name)
            for name, expected in policy.record.files.items():
                run.commit(f"{directory}/{name}", _taken(policy, name, expected))
            record = orjson.dumps(policy.record.to_json(), option=orjson.OPT_INDENT_2)
            run.commit(f"{directory}/policy.json", record)
        return At(Phase.PLAY, run.position.iteration)

    def _play(self, run: Run[Phase]) -> At:
        evaluation = self._up_to(run.position)
        planned = [units_of(evaluation, matchup) for matchup in matchups(evaluation)]
        run.execute([unit for units in planned for unit in units], "battles")
        return At(Phase.TABULATE, run.position.iteration)

    def _tabulate(self, run: Run[Phase]) -> At:
        evaluation = self._up_to(run.position)
        played = [self._played(run, evaluation, matchup) for matchup in matchups(evaluation)]
        result = self._result(evaluation, played)
        self._commit(run, RESULT, orjson.dumps(result, option=orjson.OPT_INDENT_2))
        self._commit(run, "matchups.csv", matchups_csv(result))
        if any(pool["by_team"] for pool in result["pools"].values()):
            self._commit(run, "by_team.csv", by_team_csv(result))
        if any(pool["ratings"] for pool in result["pools"].values()):
            self._commit(run, "ratings.csv", ratings_csv(result))
        self.write_report(run.directory)
        return At(Phase.DONE, run.position.iteration)

    def _reopen(self, reached: At) -> At:
        """One that is asked for more battles plays on."""
        begun = Phase.GATHER if reached.phase is Phase.GATHER else Phase.PLAY
        return At(begun, self.evaluation.battles)

    def _up_to(self, at: At) -> Evaluation:
        """The evaluation as it is at a position, whose iteration is the number of battles a matchup."""
        return replace(self.evaluation, battles=at.iteration)

    def _commit(self, run: Run[Phase], path: str, data: bytes) -> None:
        run.commit(path, data, replace=True)  # more battles make other tables

    def _played(self, run: Run[Phase], evaluation: Evaluation, matchup: PairOnPool) -> Played:
        units = units_of(evaluation, matchup)
        data = [run.read(unit.result) for unit in units]
        tally = matches.read(data)
        seed = self.bench.settings.seed
        battles = [
            pair
            for unit, result in zip(units, data, strict=True)
            for pair in seen_battles(seed, unit, result)
        ]
        return Played(
            matchup,
            tally.total,
            tally.exact.get(matchup.second),
            tally.num_failures,
            [first for first, _ in battles],
            [second for _, second in battles],
        )

    def _result(self, evaluation: Evaluation, played: Sequence[Played]) -> dict[str, Any]:
        sources = {policy.record.name: policy for policy in evaluation.policies}
        return {
            "game": self.bench.game.name,
            "settings": dict(self.settings),
            "seed": self.bench.settings.seed,
            "temperature": evaluation.temperature,
            "battles_per_matchup": evaluation.battles,
            "entrants": [
                {
                    "name": name,
                    "kind": sources[name].record.kind,
                    "source": sources[name].source,
                    "sha256": sources[name].digest,
                }
                for name in evaluation.entrants
            ],
            "pools": {
                pool: self._pool(pool, [p for p in played if p.matchup.pool == pool])
                for pool in evaluation.pools
            },
        }

    def _pool(self, pool: str, played: Sequence[Played]) -> dict[str, Any]:
        teams: dict[str, list[Seen]] = {}
        for each in played:
            teams.setdefault(each.matchup.first, []).extend(each.seen_by_first)
            teams.setdefault(each.matchup.second, []).extend(each.seen_by_second)
        rows = [
            {"policy": name, "side": side, "team": team, **as_row(counts)}
            for name in self.evaluation.entrants
            for side, groups in by_team(teams.get(name, [])).items()
            for team, counts in groups.items()
        ]
        return {
            "matchups": [each.to_json() for each in played],
            "ratings": self._ratings(played),
            "by_team": rows,
        }

    def _ratings(self, played: Sequence[Played]) -> dict[str, Any] | None:
        """Elo points, 0 being the mean of all; None unless everyone met everyone in battles."""
        population = Population()
        for name in self.evaluation.entrants:
            population = population.append(name, "entrant", 0)
        table = PayoffTable(population)
        for each in played:
            if each.exact is None:
                table = table.with_counts(each.matchup.first, each.matchup.second, each.counts)
        rated = elo_ratings(table) if len(population) > 2 else None
        if rated is None:
            return None
        worst = rated.worst
        return {
            "points": {
                name: points.to_json()
                for name, points in zip(population.names, rated.points, strict=True)
            },
            "worst_explained": {
                "first": worst.row,
                "second": worst.column,
                "played": worst.played,
                "expected": worst.expected,
            },
        }


def _taken(policy: Gathered, name: str, expected: str) -> bytes:
    """A file of a policy from where it comes. Raises UserError if it is gone or has changed."""
    path = Path(policy.files[name])
    if not path.is_file():
        raise UserError(
            f"policy {policy.record.name}: {path} is missing; put it back, or begin the evaluation anew"
        )
    data = path.read_bytes()
    if Artifact.of_bytes(name, data).sha256 != expected:
        raise UserError(
            f"policy {policy.record.name}: {path} is not what it was when the evaluation began (sha256 {sha256_of(path)[:12]}…, "
            f"not {expected[:12]}…): put it back, or begin the evaluation anew"
        )
    return data
