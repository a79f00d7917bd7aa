"""A clock that jumps: what is computed and what is shown of durations does not depend on the time of day."""

import json
import os
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from psro.machine import engine
from psro.machine.manifest import Manifest
from psro.report.record import read_run
from psro.report.timings import phase_seconds, read_timings
from tests.damaged_runs import KINDS, drive, results


class JumpingClock:
    """Each look at it is an hour off the last, by turns forward and by two back; it ends before it began."""

    def __init__(self) -> None:
        self.num_looks = 0
        self.began = time.time()

    def __call__(self) -> float:
        self.num_looks += 1
        return self.began + 3600 * (1 if self.num_looks % 2 else -2) * self.num_looks


def never(key: str, done: int, total: int) -> bool:
    return False


def test_a_run_under_a_jumping_clock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    command = KINDS["rps_finished"].overrides
    drive(command, tmp_path / "calm", never, views=True)
    clock = JumpingClock()

    class JumpingDatetime(datetime):
        @classmethod
        def now(cls, tz=None):  # type: ignore[no-untyped-def,override]
            return datetime.fromtimestamp(clock(), tz or UTC)

    monkeypatch.setattr(time, "time", clock)
    monkeypatch.setattr(engine, "datetime", JumpingDatetime)
    drive(command, tmp_path / "jumping", lambda key, *_: key == "iteration_1/measure_0/0")
    drive(command, tmp_path / "jumping", never, views=True)
    assert clock.num_looks > 20
    calm, jumping = (next((tmp_path / name).glob("*/seed_0")) for name in ("calm", "jumping"))
    assert results(jumping) == results(calm)
    times = [entry.time for entry in Manifest.load(jumping).history]  # type: ignore[union-attr]
    assert times != sorted(times), "the clock did jump back"
    spans = read_timings(jumping)
    assert min(span.wall_seconds for span in spans) >= 0
    assert sum(phase_seconds(spans).values()) < 600
    assert json.loads((jumping / "status.json").read_bytes())
    assert (jumping / "report" / "summary.md").is_file()


def test_curves_are_in_the_order_of_rounds_whatever_the_files_times(tmp_path: Path) -> None:
    """A file that is damaged and written again is the newest; so is an old one after a clock went back."""
    drive(KINDS["learned_finished"].overrides, tmp_path, never)
    run = next(tmp_path.glob("*/seed_0"))
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).timestamp()
    os.utime(run / "iteration_1/oracle/round_0/training_curve.json", (tomorrow, tomorrow))
    groups = [training.group for training in read_run(run).trainings]
    assert groups == ["clone_0", "round_0", "round_1"]
