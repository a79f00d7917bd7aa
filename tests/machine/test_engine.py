"""The machine: fresh, resumed, extended, done; what is damaged is repaired or refused."""

import errno
import json
import logging
import os
from enum import Enum

import pytest

from psro.machine.durable import raise_if_refused
from psro.machine.engine import Algorithm
from psro.machine.errors import Preempted, UnitError, UserError
from psro.machine.events import RunListener
from psro.machine.executors import SerialExecutor
from psro.machine.journal import Journal
from psro.machine.manifest import COPY_FILE, Manifest
from psro.machine.position import Position
from psro.machine.signals import StopFlag
from psro.machine.units import Unit
from tests.machine.toy_algorithm import Phase, make_context, make_machine, results, run_serially


class Events(RunListener):
    """Records what it hears; `at` calls something at an event."""

    def __init__(self, **at):
        self.heard = []
        self.at = at

    def hear(self, name, *details):
        self.heard.append((name, *details))
        if name in self.at:
            self.at[name]()

    def on_start(self, position, resumed, note):
        self.hear("start", resumed, note)

    def on_phase(self, position):
        self.hear("phase", str(position))

    def on_units(self, label, num_committed, num_total):
        self.hear("units", label, num_committed, num_total)

    def on_commit(self, record, seconds):
        self.hear("commit", [artifact.path for artifact in record.artifacts])

    def on_boundary(self, finished, following):
        self.hear("boundary", finished.phase.name, following.phase.name)

    def on_stop(self, position, status, note):
        self.hear("stop", status, note)

    def of(self, name):
        return [event[1:] for event in self.heard if event[0] == name]


def run(directory, stop=None, listener=None, **kwargs):
    executor = SerialExecutor(directory, make_context, {"directory": str(directory)})
    listeners = [listener] if listener else []
    return make_machine(
        directory, executor, stop or StopFlag(), listeners=listeners, **kwargs
    ).run()


def test_a_fresh_run_goes_from_start_to_done(tmp_path):
    events = Events()
    position = run(tmp_path, listener=events, num_iterations=1)
    assert position == Position(Phase.DONE, 0)
    assert [event[0] for event in events.heard] == [
        "start", "commit", "phase", "units", "commit", "commit", "boundary",
        "phase", "commit", "commit", "boundary", "stop",
    ]  # fmt: skip
    assert events.of("start") == [(False, "fresh start at DRAW, iteration 0, round 0")]
    assert events.of("commit")[1] == (["iteration_0/draw_0.bin", "iteration_0/draw_0.json"],)
    manifest = Manifest.load(tmp_path)
    assert manifest.status == "done"
    assert manifest.journal.num_records == 5
    assert [entry.note for entry in manifest.history] == [
        "fresh start at DRAW, iteration 0, round 0",
        "finished DRAW, iteration 0, round 0",
        "finished SUM, iteration 0, round 0",
    ]


class FailsAtTheStop(RunListener):
    """A view that breaks when it is told that the run ends; and before, if it is told to."""

    def __init__(self, at_boundary=False):
        self.at_boundary = at_boundary

    def on_boundary(self, finished, following):
        if self.at_boundary:
            raise OSError("the run's own error")

    def on_stop(self, position, status, note):
        raise KeyError("a bug in the view")


def run_with(directory, stop, listeners):
    executor = SerialExecutor(directory, make_context, {"directory": str(directory)})
    make_machine(directory, executor, stop, listeners=listeners).run()


def test_a_listener_that_fails_at_the_stop_does_not_hide_the_runs_own_error(tmp_path, caplog):
    after = Events()
    with pytest.raises(OSError, match="the run's own error"):
        run_with(tmp_path, StopFlag(), [FailsAtTheStop(at_boundary=True), after])
    assert "FailsAtTheStop failed at the stop of the run" in caplog.text
    assert "a bug in the view" in caplog.text, "a bug stays loud"
    assert after.of("stop") == [("failed", "OSError: the run's own error")]
    assert Manifest.load(tmp_path).status == "failed"


def test_a_listener_that_fails_at_the_stop_does_not_hide_a_preemption(tmp_path):
    stop = StopFlag()
    with pytest.raises(Preempted):
        run_with(tmp_path, stop, [Events(boundary=lambda: stop.set("SIGTERM")), FailsAtTheStop()])
    assert Manifest.load(tmp_path).status == "preempted"


@pytest.mark.parametrize(("reason", "num_warnings"), [(errno.ENOSPC, 0), (errno.EIO, 1)])
def test_one_full_disk_is_said_once(tmp_path, caplog, monkeypatch, reason, num_warnings):
    def on_a_full_disk(*_):
        raise_if_refused(OSError(errno.ENOSPC, ""), tmp_path / "manifest.json")

    def fails():
        monkeypatch.setattr(Manifest, "save", on_a_full_disk)
        raise_if_refused(OSError(reason, ""), tmp_path / "a")

    with pytest.raises(UserError, match=os.strerror(reason)):
        run(tmp_path, listener=Events(boundary=fails))
    noted = [record for record in caplog.records if record.levelno >= logging.WARNING]
    assert len(noted) == num_warnings
    assert all("could not note 'failed'" in record.getMessage() for record in noted)


def test_a_listener_that_fails_when_all_is_done_is_loud(tmp_path):
    with pytest.raises(KeyError, match="a bug in the view"):
        run_with(tmp_path, StopFlag(), [FailsAtTheStop()])
    assert Manifest.load(tmp_path).status == "done"


def test_a_done_run_says_so_and_changes_nothing(tmp_path):
    run(tmp_path)
    before = (tmp_path / "manifest.json").read_bytes()
    events = Events()
    assert run(tmp_path, listener=events) == Position(Phase.DONE, 1)
    assert [event[0] for event in events.heard] == ["start"]
    assert "done already" in events.heard[0][2]
    assert "num_iterations" in events.heard[0][2]
    assert (tmp_path / "manifest.json").read_bytes() == before


def test_a_stop_between_units_is_resumed_with_the_rest(tmp_path):
    run_serially(tmp_path / "reference", num_units=3)
    stop = StopFlag()
    seen = []

    def stop_at_second_unit():
        seen.append(1)
        if len(seen) == 3:  # config.yaml, then two units
            stop.set("SIGTERM")

    events = Events(commit=stop_at_second_unit)
    with pytest.raises(Preempted, match="SIGTERM"):
        run(tmp_path / "run", stop, events, num_units=3)
    assert events.of("stop") == [("preempted", "stopped by SIGTERM")]
    assert Manifest.load(tmp_path / "run").status == "preempted"
    events = Events()
    run(tmp_path / "run", listener=events, num_units=3)
    assert events.of("start") == [(True, "going on from DRAW, iteration 0, round 0")]
    assert events.of("units")[0] == ("draws", 2, 3)
    assert results(tmp_path / "run") == results(tmp_path / "reference")


def test_a_stop_at_a_boundary_goes_on_behind_it(tmp_path):
    stop = StopFlag()
    with pytest.raises(Preempted):
        run(tmp_path, stop, Events(boundary=lambda: stop.set("SIGINT")))
    events = Events()
    run(tmp_path, listener=events)
    assert events.of("start") == [(True, "going on from SUM, iteration 0, round 0")]


def test_extending_a_done_run_equals_a_longer_one(tmp_path):
    run_serially(tmp_path / "reference", num_iterations=4)
    run(tmp_path / "run", num_iterations=2)
    events = Events()
    assert run(tmp_path / "run", listener=events, num_iterations=4) == Position(Phase.DONE, 3)
    assert "extended: num_iterations 2 -> 4" in events.of("start")[0][1]
    assert results(tmp_path / "run") == results(tmp_path / "reference")
    assert Manifest.load(tmp_path / "run").config["num_iterations"] == 4


def test_extending_a_run_on_its_way(tmp_path):
    run_serially(tmp_path / "reference", num_iterations=3)
    stop = StopFlag()
    with pytest.raises(Preempted):
        run(tmp_path / "run", stop, Events(boundary=lambda: stop.set("x")), num_iterations=2)
    run(tmp_path / "run", num_iterations=3)
    assert results(tmp_path / "run") == results(tmp_path / "reference")


def test_a_changed_config_is_refused_and_nothing_is_touched(tmp_path):
    run(tmp_path)
    before = (tmp_path / "manifest.json").read_bytes()
    with pytest.raises(UserError, match="num_steps: 2 -> 5"):
        run(tmp_path, num_steps=5)
    with pytest.raises(UserError, match="can only be raised"):
        run(tmp_path, num_iterations=1)
    assert (tmp_path / "manifest.json").read_bytes() == before


def test_another_code_or_library_version_is_warned_of_and_noted(tmp_path, caplog):
    stop = StopFlag()
    with pytest.raises(Preempted):
        run(tmp_path, stop, Events(boundary=lambda: stop.set("x")))
    run(tmp_path, code_version="1.1", versions={"python": "3.12"})
    assert "code 1.0 -> 1.1; python 3.11 -> 3.12. Bits may differ from here on" in caplog.text
    manifest = Manifest.load(tmp_path)
    assert any("code 1.0 -> 1.1" in entry.note for entry in manifest.history)
    there = [manifest.environments[entry.environment]["python"] for entry in manifest.history]
    assert there == sorted(there) == ["3.11"] * 3 + ["3.12"] * 4
    assert manifest.versions == {"python": "3.12"}


def test_a_manifest_that_is_gone_is_an_error_not_a_restart(tmp_path):
    run(tmp_path)
    (tmp_path / "manifest.json").unlink()
    (tmp_path / COPY_FILE).unlink()
    with pytest.raises(UserError, match="no manifest"):
        run(tmp_path)


def test_a_journal_that_is_gone_is_an_error_not_a_restart(tmp_path):
    run(tmp_path)
    (tmp_path / "journal.jsonl").unlink()
    with pytest.raises(UserError, match=r"journal\.jsonl has 0 lines where"):
        run(tmp_path)


def stop_before_sum(directory, **kwargs):
    stop = StopFlag()
    with pytest.raises(Preempted):
        run(directory, stop, Events(boundary=lambda: stop.set("x")), **kwargs)


def stop_in_draw(directory):
    """Leave both units committed, the phase unfinished."""
    stop = StopFlag()
    count = []

    def listen():
        count.append(1)
        if len(count) == 2:
            stop.set("x")

    with pytest.raises(Preempted):
        run(directory, stop, Events(commit=listen))


@pytest.mark.parametrize(
    ("until", "name"),
    [
        (stop_in_draw, "draw_0.json"),
        (stop_in_draw, "draw_0.bin"),
        (stop_before_sum, "draw_0.json"),  # the phase is over, but the next one reads it
    ],
)
@pytest.mark.parametrize("damage", ["missing", "shorter", "flipped"])
def test_a_damaged_result_of_a_unit_is_computed_again(tmp_path, caplog, until, name, damage):
    run_serially(tmp_path / "reference")
    until(tmp_path / "run")
    path = tmp_path / "run" / "iteration_0" / name
    data = path.read_bytes()
    if damage == "missing":
        path.unlink()
    else:
        path.write_bytes(data[:-1] if damage == "shorter" else b"X" + data[1:])
    num_records = Journal(tmp_path / "run").mark.num_records
    run(tmp_path / "run")
    assert "running unit 'draw/0/0' again" in caplog.text
    assert results(tmp_path / "run") == results(tmp_path / "reference")
    lines = (tmp_path / "run" / "journal.jsonl").read_text().splitlines()[num_records:]
    assert not any('"draw/0/0"' in line for line in lines)


def test_a_unit_that_comes_out_otherwise_is_refused(tmp_path, monkeypatch):
    stop_before_sum(tmp_path)
    (tmp_path / "iteration_0" / "draw_0.json").unlink()
    monkeypatch.setattr("tests.machine.toy_algorithm.ToyContext.draw", lambda *_: b"other bytes")
    with pytest.raises(UserError, match=r"'draw/0/0'.*other bytes than committed.*draw_0\.json"):
        run(tmp_path)


def test_a_damaged_file_of_the_driver_names_itself(tmp_path):
    class AnyPhase(Enum):
        WRITE = 1
        READ = 2
        DONE = 3

    def write(run):
        run.commit("a.json", b"good")
        run.path("a.json").write_bytes(b"goof")
        return Position(AnyPhase.READ)

    def read(run):
        run.read("a.json")
        raise AssertionError("it was read")

    algorithm = Algorithm(
        "x", Position(AnyPhase.WRITE), AnyPhase.DONE, {AnyPhase.WRITE: write, AnyPhase.READ: read}
    )
    with pytest.raises(UserError, match=r"a\.json has sha256 .* run the same command again"):
        run_algorithm(tmp_path, algorithm)
    assert Manifest.load(tmp_path).status == "failed"


def run_algorithm(directory, algorithm):
    executor = SerialExecutor(directory, make_context, {"directory": str(directory)})
    machine = make_machine(directory, executor, StopFlag())
    machine._algorithm = algorithm
    return machine.run()


class Two(Enum):
    WORK = 1
    DONE = 2


def work(handler):
    return Algorithm("two", Position(Two.WORK), Two.DONE, {Two.WORK: handler})


def test_a_driver_file_with_two_contents_is_a_bug(tmp_path):
    def handler(run):
        run.commit("a", b"1")
        run.commit("a", b"1")
        run.commit("b", b"1")
        run.commit("b", b"2", replace=True)
        run.commit("a", b"2")

    with pytest.raises(RuntimeError, match="not deterministic"):
        run_algorithm(tmp_path, work(handler))


def test_units_must_differ_in_key_and_result(tmp_path):
    def handler(run):
        run.execute([Unit("a", "pid", {}, "a"), Unit("b", "pid", {}, "a")], "twins")

    with pytest.raises(ValueError, match="share"):
        run_algorithm(tmp_path, work(handler))


def test_a_unit_planned_otherwise_on_resume_is_refused(tmp_path):
    seconds = iter([0.0, 0.1])

    def handler(run):
        run.execute([Unit("nap", "sleep", {"seconds": next(seconds)}, "nap")], "naps")
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        run_algorithm(tmp_path, work(handler))
    with pytest.raises(UserError, match=r"'nap' was committed for other work \(seconds: 0\.0 ->"):
        run_algorithm(tmp_path, work(handler))


def test_a_failed_unit_is_noted_and_the_run_can_go_on(tmp_path):
    kind = ["raise_bug"]

    def handler(run):
        run.execute([Unit("a", "pid", {}, "a"), Unit("b", kind[0], {}, "b")], "some")
        return Position(Two.DONE)

    with pytest.raises(UnitError):
        run_algorithm(tmp_path, work(handler))
    assert Manifest.load(tmp_path).history[-1].note.startswith("UnitError: unit 'b'")
    before = (tmp_path / "a").stat().st_mtime_ns
    kind[0] = "pid"
    run_algorithm(tmp_path, work(handler))
    assert (tmp_path / "a").stat().st_mtime_ns == before


def test_another_algorithm_on_the_same_directory_is_refused(tmp_path):
    run(tmp_path)
    with pytest.raises(UserError, match="'toy', not 'two'"):
        run_algorithm(tmp_path, work(lambda run: Position(Two.DONE)))


@pytest.mark.parametrize("event", ["commit", "boundary"])
@pytest.mark.parametrize("another_starts", [False, True])
def test_who_loses_the_lock_writes_nothing_more(tmp_path, event, another_starts, caplog):
    run_serially(tmp_path / "reference")
    directory = tmp_path / "run"
    lost = {}

    def lose():
        if not lost:
            (directory / "run.lock").unlink()
            if another_starts:
                lost["reference"] = True  # it comes back here
                run_serially(directory)
            lost.update(files(directory))

    with pytest.raises(UserError, match=r"run\.lock was deleted or replaced"):
        run(directory, listener=Events(**{event: lose}))
    now = files(directory)
    for name in ("journal.jsonl", "manifest.json", COPY_FILE):
        assert now[name] == lost[name]
    assert "could not note" not in caplog.text
    run(directory)
    assert results(directory) == results(tmp_path / "reference")


def files(directory):
    return {path.name: path.read_bytes() for path in directory.iterdir() if path.is_file()}


def test_a_phase_the_code_does_not_know_is_refused(tmp_path):
    run(tmp_path)
    algorithm = Algorithm("toy", Position(Two.WORK), Two.DONE, {Two.WORK: lambda run: None})
    for name in ("manifest.json", COPY_FILE, "journal.jsonl"):
        (tmp_path / name).unlink()
    stop_before_sum(tmp_path)
    with pytest.raises(
        UserError, match=r"phase 'SUM', which Two does not have \(it has WORK, DONE"
    ):
        run_algorithm(tmp_path, algorithm)


def test_an_algorithm_needs_a_handler_for_every_phase():
    with pytest.raises(ValueError, match="WORK"):
        Algorithm("two", Position(Two.WORK), Two.DONE, {})


def test_the_manifest_is_plain_json(tmp_path):
    run(tmp_path)
    body = json.loads((tmp_path / "manifest.json").read_bytes())
    assert body["position"] == {"phase": "DONE", "iteration": 1, "round": 0}
    assert body["history"][0]["host"]
