"""The training curve: means over a few steps at a time, so that the report can draw them."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import orjson

from psro.machine.durable import atomic_write


class Curve:
    """Collects metrics per optimizer step. Holds no times, so equal trainings give equal curves."""

    def __init__(self, every: int):
        """`every`: how many steps one point averages."""
        self.every = every
        self.points: list[dict[str, float]] = []
        self._sums: dict[str, float] = {}
        self._counts: dict[str, int] = {}

    def add(self, step: int, epoch: int, metrics: Mapping[str, float]) -> None:
        """The metrics of `step` (from 0) of `epoch` (from 0). A metric need not come at every step."""
        for name, value in metrics.items():
            self._sums[name] = self._sums.get(name, 0.0) + value
            self._counts[name] = self._counts.get(name, 0) + 1
        if (step + 1) % self.every == 0:
            self.close(step, epoch)

    def close(self, step: int, epoch: int) -> None:
        """Ends a point early, at the end of an epoch; nothing happens where nothing was added since the last."""
        if self._sums:
            means = {name: total / self._counts[name] for name, total in self._sums.items()}
            self.points.append({"step": step + 1, "epoch": epoch + 1, **means})
            self._sums, self._counts = {}, {}

    def latest(self) -> dict[str, float]:
        """The metrics of the last point, without its step and epoch."""
        if not self.points:
            return {}
        return {name: v for name, v in self.points[-1].items() if name not in ("step", "epoch")}

    def at(self, step: int) -> dict[str, float]:
        """The last point that is reached after `step` optimizer steps."""
        return [point for point in self.points if point["step"] <= step][-1]

    def write(self, directory: Path, about: Mapping[str, Any]) -> None:
        """training_curve.json: the points, and what it says `about` the training."""
        options = orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS | orjson.OPT_APPEND_NEWLINE
        data = orjson.dumps({**about, "points": self.points}, option=options)
        atomic_write(directory / "training_curve.json", data)

    def state(self) -> dict[str, Any]:
        """For a checkpoint."""
        return {"points": self.points, "sums": self._sums, "counts": self._counts}

    def restore(self, state: dict[str, Any]) -> None:
        """Goes on from what `state` gave."""
        self.points = state["points"]
        self._sums, self._counts = state["sums"], state["counts"]
