"""Workers that died or hung are counted over all processes of a run; a failed unit leaves its definition."""

import logging
from enum import Enum

import pytest

from psro.machine.engine import Algorithm
from psro.machine.errors import UnitError, UserError
from psro.machine.events import RunListener
from psro.machine.executors import ProcessExecutor, SerialExecutor
from psro.machine.failed_unit import FAILED_UNIT_FILE, note_failed_unit, read_failed_unit
from psro.machine.incidents import INCIDENTS_FILE, Incident, in_words, note_incident, read_incidents
from psro.machine.position import Position
from psro.machine.signals import StopFlag
from psro.machine.units import Unit
from tests.machine.toy_algorithm import make_context, make_machine


class Two(Enum):
    WORK = 1
    DONE = 2


def run(directory, *units, executor=None):
    """A run of one phase that executes `units`."""

    def work(run):
        run.execute(units, "some")
        return Position(Two.DONE)

    payload = {"directory": str(directory)}
    executor = executor or SerialExecutor(directory, make_context, payload)
    machine = make_machine(directory, executor, StopFlag(), listeners=[RunListener()])
    machine._algorithm = Algorithm("two", Position(Two.WORK), Two.DONE, {Two.WORK: work})
    try:
        return machine.run()
    finally:
        executor.close()


def in_processes(directory):
    return ProcessExecutor(directory, make_context, {"directory": str(directory)}, 1)


def test_every_death_is_noted_in_the_run_directory(tmp_path):
    unit = Unit("fragile", "die", {"num_deaths": 2}, "fragile")
    run(tmp_path, unit, executor=in_processes(tmp_path))
    incidents = read_incidents(tmp_path)
    assert [(i.unit, i.num_deaths, i.reason) for i in incidents] == [
        ("fragile", 1, "by SIGKILL"),
        ("fragile", 2, "by SIGKILL"),
    ]
    assert in_words(incidents) == "2 workers died and were replaced: 2 by SIGKILL"


def test_a_run_without_incidents_has_no_such_file(tmp_path):
    run(tmp_path, Unit("a", "pid", {}, "a"), executor=in_processes(tmp_path))
    assert not (tmp_path / INCIDENTS_FILE).exists()
    assert read_incidents(tmp_path) == []


def test_a_torn_line_is_left_out(tmp_path):
    note_incident(tmp_path, None, 1, "by SIGKILL")
    with open(tmp_path / INCIDENTS_FILE, "ab") as file:
        file.write(b'{"host": "node')
    assert [incident.unit for incident in read_incidents(tmp_path)] == [None]


def test_a_disk_that_refuses_the_note_is_warned_of(tmp_path, caplog):
    (tmp_path / INCIDENTS_FILE).mkdir()
    with caplog.at_level(logging.WARNING):
        note_incident(tmp_path, None, 1, "by SIGKILL")
    assert "could not note" in caplog.text


def test_in_words_counts_by_kind():
    def incident(reason):
        return Incident("2026-01-01T00:00:00+00:00", "node7", None, None, 1, reason)

    reasons = [
        "it hung: no sign of life for 600 s",
        "by SIGKILL",
        "it hung: no sign of life for 9 s",
    ]
    assert in_words([incident(r) for r in reasons]) == (
        "3 workers died and were replaced: 1 by SIGKILL, 2 hung"
    )
    assert in_words([incident("with exit code 1")]) == (
        "1 worker died and was replaced: 1 with exit code 1"
    )


BROKEN = Unit("broken/0", "raise_bug", {"of": ["a", "b"]}, "broken.json")


def test_a_unit_that_fails_leaves_its_definition_until_it_succeeds(tmp_path):
    with pytest.raises(UnitError) as caught:
        run(tmp_path, Unit("a", "pid", {}, "a"), BROKEN)
    failed = read_failed_unit(tmp_path)
    assert failed.unit == BROKEN
    assert failed.reason == str(caught.value)
    other = Unit("b", "pid", {}, "b")
    with pytest.raises(UnitError):
        run(tmp_path, other, BROKEN)
    assert read_failed_unit(tmp_path).unit == BROKEN
    mended = Unit(BROKEN.key, "pid", BROKEN.payload, BROKEN.result)
    run(tmp_path, other, mended)
    assert read_failed_unit(tmp_path) is None
    assert not (tmp_path / FAILED_UNIT_FILE).exists()


def test_a_unit_that_keeps_dying_leaves_its_definition(tmp_path):
    unit = Unit("fragile", "die", {"num_deaths": 9}, "fragile")
    with pytest.raises(UnitError, match="3 workers died"):
        run(tmp_path, unit, executor=in_processes(tmp_path))
    assert read_failed_unit(tmp_path).unit == unit
    assert len(read_incidents(tmp_path)) == 3


def test_a_unit_that_refuses_its_input_leaves_its_definition_too(tmp_path):
    unit = Unit("broken", "raise_user_error", {}, "broken")
    with pytest.raises(UserError, match="team set"):
        run(tmp_path, unit, executor=in_processes(tmp_path))
    assert read_failed_unit(tmp_path).unit == unit


def test_a_damaged_note_says_what_to_do_and_stops_no_run(tmp_path, caplog):
    note_failed_unit(tmp_path, BROKEN, "why")
    (tmp_path / FAILED_UNIT_FILE).write_bytes(b"{")
    with pytest.raises(UserError, match=r"failed_unit\.json names no unit.*delete it"):
        read_failed_unit(tmp_path)
    run(tmp_path, Unit("a", "pid", {}, "a"))
    assert "delete it" in caplog.text
