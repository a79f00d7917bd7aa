"""The machine: fresh, resumed, extended, done; what it refuses."""

import json
from enum import Enum

import pytest

from psro.machine.engine import Algorithm
from psro.machine.errors import Preempted, UnitError, UserError
from psro.machine.manifest import COPY_FILE, Manifest
from psro.machine.position import Position
from psro.machine.signals import StopFlag
from psro.machine.units import Unit
from tests.machine.toy_algorithm import Phase, results, run_serially
from tests.machine.toy_run import Events, run, run_algorithm, stop_before_sum


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
