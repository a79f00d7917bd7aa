import errno
import logging

import orjson
import pytest

from psro.machine.identity import Identity
from psro.machine.journal import JournalRecord
from psro.machine.position import Position
from psro.machine.units import Progress, Unit
from psro.phases.psro import Phase
from psro.report.heartbeat import EVERY_S, STATUS_FILE, HeartbeatListener, InFlight, read_beat
from tests.phases.conftest import drive_config, rps_config

AT = Position(Phase.COLLECT, 1, 0)


class Clock:
    def __init__(self, now=0.0):
        self.now = now

    def __call__(self):
        return self.now


def unit(index):
    return Unit(f"collect/{index}", "collect", {}, f"{index}.shard")


def committed(index):
    return JournalRecord((), AT.to_json(), unit(index) if index is not None else None)


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def listener(tmp_path, clock):
    """In the middle of a group of four units, two of which say how far they are."""
    listener = HeartbeatListener(tmp_path, clock, lambda: 1000.0 + clock.now)
    listener.on_phase(AT)
    listener.on_units("collect", 1, 4)
    clock.now = 10.0
    listener.on_progress(unit(0), Progress(40, 100, "battles"))
    listener.on_progress(unit(1), Progress(60, 100, "battles"))
    clock.now += EVERY_S
    listener.on_progress(unit(0), Progress(50, 100, "battles"))
    return listener


def test_a_beat_tells_the_group_and_the_units_in_flight(tmp_path, listener, clock):
    beat = read_beat(tmp_path)
    assert beat.process == Identity.of_this_process()
    assert beat.position == AT.to_json()
    assert beat.time == 1000 + clock.now
    assert (beat.group.label, beat.group.num_units, beat.group.num_finished) == ("collect", 4, 1)
    assert (beat.group.num_done, beat.group.counted_in) == (110, "battles")
    assert beat.group.fraction == pytest.approx((1 + 0.5 + 0.6) / 4, abs=1e-4)
    assert beat.group.rate == pytest.approx(110 / clock.now, abs=1e-3)
    assert beat.units == (
        InFlight("collect/0", 50, 100, "battles", 1000 + clock.now),
        InFlight("collect/1", 60, 100, "battles", 1010.0),
    )


def test_a_run_that_waits_for_workers_gives_signs_of_life(tmp_path, listener, clock):
    clock.now += 600
    listener.on_workers("14 pending (Resources)")
    beat = read_beat(tmp_path)
    assert (beat.workers, beat.time) == ("14 pending (Resources)", 1000 + clock.now)
    listener.on_boundary(AT, AT)
    assert read_beat(tmp_path).workers == ""


def test_progress_is_written_every_few_seconds_only(tmp_path, listener, clock):
    before = (tmp_path / STATUS_FILE).read_bytes()
    clock.now += EVERY_S - 0.1
    listener.on_progress(unit(0), Progress(70, 100, "battles"))
    assert (tmp_path / STATUS_FILE).read_bytes() == before
    clock.now += 0.2
    listener.on_progress(unit(0), Progress(71, 100, "battles"))
    assert read_beat(tmp_path).units[0].done == 71


def test_a_committed_unit_and_that_of_a_dead_worker_are_in_flight_no_more(
    tmp_path, listener, clock
):
    clock.now += EVERY_S
    listener.on_commit(committed(0), 1.0)
    beat = read_beat(tmp_path)
    assert [u.unit for u in beat.units] == ["collect/1"]
    assert beat.group.num_finished == 2
    listener.on_worker_death(unit(1), 1, "by SIGKILL")
    assert read_beat(tmp_path).units == ()


def test_while_the_driver_works_there_is_no_group(tmp_path, listener, clock):
    clock.now += EVERY_S
    listener.on_commit(committed(None), None)
    beat = read_beat(tmp_path)
    assert beat.group is None
    assert beat.units == ()


def test_a_boundary_is_written_at_once(tmp_path, listener):
    following = Position(Phase.TRAIN, 1, 0)
    listener.on_boundary(AT, following)
    beat = read_beat(tmp_path)
    assert beat.position == following.to_json()
    assert beat.group is None


def test_a_disk_that_refuses_is_one_warning_and_the_run_goes_on(tmp_path, monkeypatch, caplog):
    def refuse(source, target):
        raise OSError(errno.ENOSPC, "No space left on device")

    listener = HeartbeatListener(tmp_path)
    monkeypatch.setattr("psro.report.heartbeat.os.replace", refuse)
    with caplog.at_level(logging.WARNING):
        listener.on_phase(AT)
        listener.on_units("collect", 0, 4)
        listener.on_stop(AT, "preempted", "SIGTERM")
    assert len(caplog.records) == 1
    assert "No space left" in caplog.text
    assert STATUS_FILE in caplog.text


@pytest.mark.parametrize("data", [b"", b"[]", b"{}", b'{"format": 99}', b'{"format": 1, "process"'])
def test_what_is_no_beat_is_none(tmp_path, data):
    (tmp_path / STATUS_FILE).write_bytes(data)
    assert read_beat(tmp_path) is None


def test_a_whole_run_ends_with_a_beat_of_its_last_position_and_no_other_file(tmp_path):
    reached = drive_config(rps_config(), tmp_path, listeners=[HeartbeatListener(tmp_path)])
    beat = read_beat(tmp_path)
    assert beat.position == reached.to_json()
    assert beat.group is None
    assert orjson.loads((tmp_path / STATUS_FILE).read_bytes())["format"] == 1
    assert not list(tmp_path.glob(f".{STATUS_FILE}*"))
