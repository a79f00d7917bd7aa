"""Executors: the same bytes whoever runs the units; deaths, failures and stops are survived."""

import logging
import os
import signal
import threading
import time
import types

import pytest

from psro.machine.errors import Preempted, UnitError, UserError
from psro.machine.executors import ProcessExecutor, SerialExecutor, processes
from psro.machine.executors.worker import Pulse, WorkerStop
from psro.machine.signals import StopFlag
from psro.machine.units import Unit
from tests.machine.toy_algorithm import make_context, results

KINDS = ["serial", "processes"]


class Recorder:
    def __init__(self):
        self.progress = []
        self.deaths = []
        self.failed = []

    def on_progress(self, unit, progress):
        self.progress.append((unit.key, progress))

    def on_worker_death(self, unit, num_deaths, reason):
        self.deaths.append((unit.key if unit else None, num_deaths, reason))

    def on_workers(self, workers):
        pass

    def on_unit_failed(self, unit, reason):
        self.failed.append((unit.key, reason))


@pytest.fixture
def make(tmp_path):
    made = []

    def make(kind="processes", num_workers=2, directory=tmp_path, **kwargs):
        payload = {"directory": str(directory), **kwargs.pop("payload", {})}
        executor = (
            SerialExecutor(directory, make_context, payload, **kwargs)
            if kind == "serial"
            else ProcessExecutor(directory, make_context, payload, num_workers, **kwargs)
        )
        made.append(executor)
        return executor

    yield make
    for executor in made:
        executor.close()


def draws(num_units):
    payload = {"num_steps": 3, "before": None}
    return [Unit(f"draw/{i}", "draw", payload, f"out/{i}.json") for i in range(num_units)]


def run(executor, units, stop=None, listener=None):
    return list(executor.run(units, stop or StopFlag(), listener or Recorder()))


def test_bytes_and_artifacts_do_not_depend_on_the_executor(make, tmp_path):
    outcomes = []
    for kind, num_workers in [("serial", 1), ("processes", 1), ("processes", 2)]:
        directory = tmp_path / f"{kind}{num_workers}"
        done = run(make(kind, num_workers, directory), draws(5))
        artifacts = {d.unit.key: d.artifacts for d in done}
        outcomes.append((results(directory), dict(sorted(artifacts.items()))))
    assert outcomes[0] == outcomes[1] == outcomes[2]
    files, artifacts = outcomes[0]
    assert len(files) == 10
    assert [a.path for a in artifacts["draw/0"]] == ["out/0.bin", "out/0.json"]


@pytest.mark.parametrize("kind", KINDS)
def test_progress_reaches_the_driver(make, kind):
    recorder = Recorder()
    run(make(kind), draws(2), listener=recorder)
    last = dict(recorder.progress)
    assert {(key, p.done, p.total, p.label) for key, p in last.items()} == {
        ("draw/0", 3, 3, "steps"),
        ("draw/1", 3, 3, "steps"),
    }


def test_the_pool_stays_alive_between_calls(make, tmp_path):
    executor = make(num_workers=1)
    run(executor, [Unit("a", "pid", {}, "a")])
    run(executor, [Unit("b", "pid", {}, "b")])
    assert (tmp_path / "a").read_text() == (tmp_path / "b").read_text() != str(os.getpid())


def test_a_worker_that_dies_is_replaced_and_its_unit_run_again(make, tmp_path, caplog):
    recorder = Recorder()
    units = [Unit("fragile", "die", {"num_deaths": 2}, "fragile"), *draws(3)]
    done = run(make(), units, listener=recorder)
    assert len(done) == 4
    assert (tmp_path / "fragile").read_bytes() == b"survived"
    assert recorder.deaths == [("fragile", 1, "by SIGKILL"), ("fragile", 2, "by SIGKILL")]
    assert "fragile" in caplog.text


def test_a_unit_that_kills_three_workers_stops_the_run(make):
    with pytest.raises(UnitError, match=r"3 workers died running unit 'fragile'.*To run it alone"):
        run(make(num_workers=1), [Unit("fragile", "die", {"num_deaths": 9}, "fragile")])


class Hurry:
    """The driver's clock; while `when()` it goes ten times as fast, as one who waits for a hang likes."""

    def __init__(self):
        self.when = lambda: False
        self.ahead, self.read_at = 0.0, REAL_CLOCK()

    def __call__(self):
        now = REAL_CLOCK()
        if self.when():
            self.ahead += 9 * (now - self.read_at)
        self.read_at = now
        return now + self.ahead


REAL_CLOCK = time.monotonic


@pytest.fixture
def hurry(monkeypatch):
    clock = Hurry()
    monkeypatch.setattr(processes.time, "monotonic", clock)
    return clock


def hanger(tmp_path, num_hangs):
    """A unit that hangs `num_hangs` times, and whether it does so now, as Hurry likes it."""
    unit = Unit("hanger", "hang", {"num_hangs": num_hangs}, "hanger")
    counter = tmp_path / "hangs"

    def hangs(recorder):
        return counter.exists() and len(counter.read_text()) > len(recorder.deaths)

    return unit, hangs


def test_a_worker_that_hangs_is_replaced_and_its_unit_run_again(make, tmp_path, hurry):
    """Although one of its threads polls and reports all the time."""
    recorder = Recorder()
    unit, hangs = hanger(tmp_path, 1)
    hurry.when = lambda: hangs(recorder)
    assert len(run(make(hang_s=20.0), [unit, *draws(3)], listener=recorder)) == 4
    assert (tmp_path / "hanger").read_bytes() == b"awake"
    assert recorder.deaths == [("hanger", 1, "it hung: no sign of life for 20 s")]


def test_a_unit_that_hangs_three_workers_stops_the_run(make, tmp_path, hurry):
    recorder = Recorder()
    unit, hangs = hanger(tmp_path, 9)
    hurry.when = lambda: hangs(recorder)
    pattern = r"3 workers died running unit 'hanger'.*it hung.*executor\.hang_s.*To run it alone"
    with pytest.raises(UnitError, match=pattern):
        run(make(num_workers=1, hang_s=20.0), [unit], listener=recorder)
    assert [key for key, _ in recorder.failed] == ["hanger"]


def test_a_worker_that_hangs_at_its_start_is_replaced(make, tmp_path, hurry):
    recorder = Recorder()
    hurry.when = lambda: (tmp_path / "started").exists() and not recorder.deaths
    executor = make(num_workers=1, hang_s=30.0, payload={"hang_at_start": True})
    assert len(run(executor, draws(2), listener=recorder)) == 2
    assert recorder.deaths == [(None, 1, "it hung: no sign of life for 30 s")]


def test_a_slow_unit_that_polls_and_an_idle_worker_are_left_alone(make, tmp_path):
    recorder = Recorder()
    executor = make(hang_s=4.0)
    pids = [Unit(name, "pid", {}, name) for name in "ab"]
    run(executor, pids, listener=recorder)
    nap = Unit("nap", "sleep", {"seconds": 5.0}, "nap")
    assert len(run(executor, [nap], listener=recorder)) == 1
    assert recorder.deaths == []


def test_signs_of_life_come_from_the_units_own_thread_and_not_all_the_time(tmp_path):
    sent = []
    outbox = types.SimpleNamespace(send=sent.append, is_ours=lambda: True)
    stop = WorkerStop(Pulse(outbox, every_s=0.0).beat)
    other = threading.Thread(target=stop.is_set)
    other.start()
    other.join()
    assert sent == []
    stop.is_set()
    stop.raise_if_set()
    assert sent == ["beat", "beat"]
    Pulse(outbox, every_s=60.0).beat()
    assert len(sent) == 2


def test_time_in_which_the_driver_did_not_run_does_not_count(make, monkeypatch):
    """The whole job is stopped for an hour, or a laptop sleeps: seen by the driver's clock alone."""
    ahead = [0.0]
    monkeypatch.setattr(processes.time, "monotonic", lambda: REAL_CLOCK() + ahead[0])

    class Sleeper(Recorder):
        def on_progress(self, unit, progress):
            ahead[0] += 3600.0

    listener = Sleeper()
    naps = [Unit(f"nap/{i}", "sleep", {"seconds": 0.5}, f"nap_{i}") for i in range(3)]
    assert len(run(make(num_workers=1, hang_s=60.0), naps, listener=listener)) == 3
    assert ahead[0] == 3 * 3600.0
    assert listener.deaths == []


@pytest.mark.parametrize("kind", KINDS)
def test_a_unit_that_raises_shows_its_traceback_and_the_listener_hears_of_it(make, kind):
    recorder = Recorder()
    with pytest.raises(UnitError, match=r"(?s)'broken'.*run it alone.*the bug") as caught:
        run(make(kind), [Unit("broken", "raise_bug", {}, "broken")], listener=recorder)
    assert "ZeroDivisionError: the bug" in str(caught.value)
    assert recorder.failed == [("broken", str(caught.value))]


@pytest.mark.parametrize("kind", KINDS)
def test_a_users_error_in_a_unit_stays_one_line(make, kind):
    recorder = Recorder()
    with pytest.raises(UserError, match=r"^team set 'xyz' is not there: look under teams/$"):
        run(make(kind), [Unit("broken", "raise_user_error", {}, "broken")], listener=recorder)
    assert [key for key, _ in recorder.failed] == ["broken"]


@pytest.mark.parametrize("kind", KINDS)
def test_the_hint_names_the_unit(make, kind):
    def hint(unit):
        return f"python -m toys {unit.key}"

    with pytest.raises(UnitError, match="To run it alone: python -m toys broken"):
        run(make(kind, alone_hint=hint), [Unit("broken", "raise_bug", {}, "broken")])


@pytest.mark.parametrize("kind", KINDS)
def test_a_context_that_cannot_start_says_why(make, kind):
    with pytest.raises(UserError, match="set device=cpu"):
        run(make(kind, payload={"fail_to_start": True}), draws(1))


def test_what_others_finished_is_yielded_before_the_failure(make):
    executor = make(num_workers=2)
    units = [
        Unit("nap", "sleep", {"seconds": 0.5, "polls": False}, "nap"),
        Unit("broken", "raise_bug", {}, "broken"),
    ]
    finished = executor.run(units, StopFlag(), Recorder())
    assert next(finished).unit.key == "nap"
    with pytest.raises(UnitError, match="'broken'"):
        next(finished)


@pytest.mark.parametrize("kind", KINDS)
def test_a_stop_preempts_at_the_next_safe_point_and_the_pool_can_go_on(make, kind):
    stop = StopFlag()

    class StopAtFirst(Recorder):
        def on_progress(self, unit, progress):
            stop.set("SIGTERM")

    executor = make(kind)
    naps = [Unit(f"nap/{i}", "sleep", {"seconds": 60}, f"nap_{i}") for i in range(4)]
    started = time.monotonic()
    with pytest.raises(Preempted, match="SIGTERM"):
        run(executor, naps, stop, StopAtFirst())
    assert time.monotonic() - started < 30
    assert len(run(executor, draws(2))) == 2


def test_a_unit_deaf_to_the_stop_is_killed_after_the_drain(make, tmp_path):
    stop = StopFlag()

    class StopAtFirst(Recorder):
        def on_progress(self, unit, progress):
            self.pid = int(progress.metrics["pid"])
            stop.set("SIGTERM")

    listener = StopAtFirst()
    deaf = Unit("deaf", "sleep", {"seconds": 60, "polls": False}, "deaf")
    with pytest.raises(Preempted):
        run(make(drain_s=0.3), [deaf], stop, listener)
    with pytest.raises(ProcessLookupError):
        os.kill(listener.pid, 0)
    assert not (tmp_path / "deaf").exists()


def test_a_consumer_that_breaks_off_leaves_no_unit_running(make):
    executor = make()
    nap = Unit("nap", "sleep", {"seconds": 60}, "nap")
    for _ in executor.run([*draws(1), nap], StopFlag(), Recorder()):
        break
    assert len(run(executor, draws(2))) == 2


def test_log_records_of_workers_reach_the_driver(make, caplog):
    with caplog.at_level(logging.INFO):
        logging.getLogger("toy").info("of the driver")
        run(make("processes"), [Unit("chatty", "log", {}, "chatty")])
    assert ("toy.worker", logging.INFO, "hello from 'chatty'") in caplog.record_tuples


def test_num_workers_must_be_positive(tmp_path):
    with pytest.raises(UserError, match="num_workers"):
        ProcessExecutor(tmp_path, make_context, {}, 0)


def test_an_urgent_stop_does_not_wait_for_deaf_units(make):
    now = [0.0]
    stop = StopFlag(lambda: now[0])

    class StopTwice(Recorder):
        def on_progress(self, unit, progress):
            stop.set("SIGTERM")
            now[0] += 6.0
            stop.set("SIGTERM")

    deaf = Unit("deaf", "sleep", {"seconds": 60, "polls": False}, "deaf")
    started = time.monotonic()
    with pytest.raises(Preempted):
        run(make(drain_s=60), [deaf], stop, StopTwice())
    assert time.monotonic() - started < 30


def test_a_worker_that_dies_idle_is_replaced(make, tmp_path):
    executor = make(num_workers=1)
    run(executor, [Unit("a", "pid", {}, "a")])
    os.kill(int((tmp_path / "a").read_text()), signal.SIGKILL)
    recorder = Recorder()
    assert len(run(executor, [Unit("b", "pid", {}, "b")], listener=recorder)) == 1
    assert (tmp_path / "b").read_text() != (tmp_path / "a").read_text()
    assert [key for key, *_ in recorder.deaths] in ([None], [], ["b"])


def test_a_dead_workers_forked_child_hides_nothing_and_goes_too(make, tmp_path):
    recorder = Recorder()
    unit = Unit("forker", "fork_and_die", {}, "forker")
    started = time.monotonic()
    done = run(make(num_workers=1), [unit], listener=recorder)
    assert len(done) == 1
    assert time.monotonic() - started < 40, "it waited for the child, which sleeps for 60 s"
    assert recorder.deaths == [("forker", 1, "by SIGKILL")]
    deadline = time.monotonic() + 5
    while is_running(int((tmp_path / "child").read_text())):
        assert time.monotonic() < deadline
        time.sleep(0.01)


def is_running(pid):
    try:
        with open(f"/proc/{pid}/stat") as stat:
            return stat.read().rpartition(")")[2].split()[0] not in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return False
