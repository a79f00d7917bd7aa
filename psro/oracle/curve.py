"""The training curve: means over a few steps at a time, so that the report can draw them."""

from collections.abc import Mapping
from typing import Any


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

    def state(self) -> dict[str, Any]:
        """For a checkpoint."""
        return {"points": self.points, "sums": self._sums, "counts": self._counts}

    def restore(self, state: dict[str, Any]) -> None:
        """Goes on from what `state` gave."""
        self.points = state["points"]
        self._sums, self._counts = state["sums"], state["counts"]
