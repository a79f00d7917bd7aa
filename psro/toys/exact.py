"""The exact oracle: a game that knows its best responses is asked for them."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from psro.game.policies import Policy, PolicyRecord
from psro.game.protocols import Candidate, Game, ReportProgress, ShouldStop, TrainTask
from psro.machine.durable import atomic_write


@dataclass
class ExactOracleConfig:
    """`oracle=exact`."""

    name: str = "exact"


@runtime_checkable
class ExactGame(Game, Protocol):
    """A game that can tell a best response to a mixture of its own policies."""

    def best_response(
        self, opponents: Sequence[Policy], weights: Sequence[float]
    ) -> tuple[str, dict[str, Any], float]:
        """Kind and arguments of a pure best response, and its score; weights add up to 1.

        Among equals a fixed one.
        """
        ...


class ExactOracle:
    """psro.game.protocols.Oracle that computes the best response."""

    needs_data = False

    def __init__(self, game: ExactGame):
        self.game = game
        self.view = min(game.views)

    def lookahead(self, stage: str) -> None:
        """Nothing is looked ahead at."""

    def train(
        self, task: TrainTask, report_progress: ReportProgress, should_stop: ShouldStop
    ) -> list[Candidate]:
        """One candidate: the pure best response to the weighted opponents."""
        weights = {name: weight for name, weight in task.opponent_weights.items() if weight > 0}
        opponents = [self._load(name, task.opponents[name]) for name in weights]
        kind, arguments, score = self.game.best_response(opponents, list(weights.values()))
        record = PolicyRecord(task.name, kind, self.view, arguments)
        directory = task.output / "exact"
        atomic_write(directory / "policy.json", json.dumps(record.to_json(), indent=2).encode())
        report_progress(1, 1, {})
        return [Candidate("exact", directory, {"score": score})]

    def _load(self, name: str, directory: Path) -> Policy:
        data = json.loads((directory / "policy.json").read_bytes())
        record = PolicyRecord.from_json(data)
        return self.game.make_policy(name, record.kind, record.arguments)
