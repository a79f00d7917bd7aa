"""The exact oracle of matrix games: argmax of Mσ, as a pure strategy."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from psro.game.policies import PolicyRecord
from psro.game.protocols import Candidate, ReportProgress, ShouldStop, TrainTask
from psro.machine.durable import atomic_write
from psro.toys.matrix import VIEW, MatrixGame


@dataclass
class ExactOracleConfig:
    """`oracle=exact`."""

    name: str = "exact"


class ExactOracle:
    """psro.game.protocols.Oracle that computes the best response; among equals the first action."""

    needs_data = False
    view = VIEW

    def __init__(self, game: MatrixGame):
        self.game = game

    def train(
        self, task: TrainTask, report_progress: ReportProgress, should_stop: ShouldStop
    ) -> list[Candidate]:
        """One candidate: the pure best response to the weighted opponents."""
        values = self.game.scores @ self._mixture(task.opponents, task.opponent_weights)
        best = int(np.argmax(np.round(values, 12)))
        action = self.game.config.actions[best]
        record = PolicyRecord(task.name, "pure", VIEW, {"action": action})
        directory = task.output / "exact"
        atomic_write(directory / "policy.json", json.dumps(record.to_json(), indent=2).encode())
        report_progress(1, 1, {})
        return [Candidate("exact", directory, {"score": float(values[best])})]

    def _mixture(
        self, opponents: Mapping[str, Path], weights: Mapping[str, float]
    ) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
        """The opponents' average strategy [num_actions]."""
        total = np.zeros(self.game.num_actions)
        for name, weight in weights.items():
            data = json.loads((opponents[name] / "policy.json").read_bytes())
            record = PolicyRecord.from_json(data)
            total += weight * self.game.make_policy(name, record.kind, record.arguments).weights
        return total
