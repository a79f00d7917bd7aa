from enum import Enum

import pytest

from psro.machine.journal import JournalRecord
from psro.machine.position import Position
from psro.machine.units import Progress, Unit
from psro.report.timings import (
    TIMINGS_FILE,
    TimingListener,
    phase_seconds,
    read_timings,
    throughputs,
)


class Phase(Enum):
    COLLECT = "collect"
    TRAIN = "train"


class Clock:
    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


def record_of(unit):
    return JournalRecord((), {"phase": "COLLECT", "iteration": 1, "round": 0}, unit)


def unit(index):
    return Unit(f"collect/{index}", "collect", {}, f"{index}.shard")


@pytest.fixture
def clock():
    return Clock()


def collect(listener, clock):
    """Two units of 100 battles side by side, 4 seconds in all."""
    listener.on_phase(Position(Phase.COLLECT, 1, 0))
    listener.on_units("collect", 0, 2)
    for index in (0, 1):
        listener.on_progress(unit(index), Progress(50, 100, "battles"))
    clock.now += 4.0
    for index in (0, 1):
        listener.on_commit(record_of(unit(index)), 3.9)
    listener.on_boundary(Position(Phase.COLLECT, 1, 0), Position(Phase.TRAIN, 1, 0))


def test_units_groups_and_phases_are_timed(tmp_path, clock):
    collect(TimingListener(tmp_path, clock), clock)
    spans = read_timings(tmp_path)
    assert [(s.what, s.label, s.wall_seconds) for s in spans] == [
        ("unit", "collect/0", 3.9),
        ("unit", "collect/1", 3.9),
        ("group", "collect", 4.0),
        ("phase", "COLLECT", 4.0),
    ]
    assert {(s.phase, s.iteration, s.round) for s in spans} == {("COLLECT", 1, 0)}
    [total] = throughputs(spans)
    assert (total.num_done, total.counted_in) == (200, "battles")
    assert total.per_second == pytest.approx(50), "by the wall, not by the sum of the workers' time"


def test_a_resumed_run_adds_to_its_times(tmp_path, clock):
    for _ in range(2):
        collect(TimingListener(tmp_path, clock), clock)
    assert phase_seconds(read_timings(tmp_path)) == {"COLLECT": 8.0}
    assert throughputs(read_timings(tmp_path))[0].num_done == 400


def test_a_preempted_group_counts_what_it_finished(tmp_path, clock):
    listener = TimingListener(tmp_path, clock)
    listener.on_phase(Position(Phase.COLLECT, 1, 0))
    listener.on_units("collect", 0, 2)
    listener.on_progress(unit(0), Progress(100, 100, "battles"))
    clock.now = 2.0
    listener.on_commit(record_of(unit(0)), 2.0)
    listener.on_stop(Position(Phase.COLLECT, 1, 0), "preempted", "SIGTERM")
    [total] = throughputs(read_timings(tmp_path))
    assert (total.num_done, total.wall_seconds) == (100, 2.0)


def test_the_drivers_own_work_is_not_the_groups(tmp_path, clock):
    listener = TimingListener(tmp_path, clock)
    listener.on_phase(Position(Phase.COLLECT, 1, 0))
    listener.on_units("collect", 0, 1)
    listener.on_progress(unit(0), Progress(100, 100, "battles"))
    clock.now = 2.0
    listener.on_commit(record_of(unit(0)), 2.0)
    listener.on_commit(record_of(None), None)
    clock.now = 60.0
    listener.on_boundary(Position(Phase.COLLECT, 1, 0), Position(Phase.TRAIN, 1, 0))
    assert throughputs(read_timings(tmp_path))[0].wall_seconds == 2.0
    assert phase_seconds(read_timings(tmp_path)) == {"COLLECT": 60.0}


def test_a_torn_line_is_left_out(tmp_path, clock):
    collect(TimingListener(tmp_path, clock), clock)
    path = tmp_path / TIMINGS_FILE
    whole = path.read_bytes()
    path.write_bytes(whole[:-30])
    collect(TimingListener(tmp_path, clock), clock)
    assert len(read_timings(tmp_path)) >= 6


def test_a_run_without_times_has_none(tmp_path):
    assert read_timings(tmp_path) == []
