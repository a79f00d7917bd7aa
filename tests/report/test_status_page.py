import re
from dataclasses import replace
from datetime import datetime

import pytest

from psro.machine.identity import Identity
from psro.machine.incidents import Incident
from psro.report.heartbeat import Beat, Group, InFlight
from psro.report.status.estimate import Estimate
from psro.report.status.page import page, table
from psro.report.status.reading import read_status
from psro.report.status.state import Judgement, State
from psro.report.status.words import clock_text, end_text, rough_text

NODE = Identity("node7", "boot-b", 1, 200, "12", 1)
ME = Identity.of_this_process()


@pytest.fixture
def running(running_run):
    """In the third iteration, on node7, with a group of units out."""
    status = read_status(running_run, ME)
    position = {"phase": "COLLECT", "iteration": 3, "round": 0}
    units = tuple(
        InFlight(f"collect/{i}", 10 * i, 250, "battles", status.time - 100 + i) for i in range(6)
    )
    return replace(
        status,
        judgement=Judgement(State.RUNNING, NODE),
        beat=Beat(
            NODE,
            position,
            status.time - 1,
            Group("collect", 6, 2, 0.45, "battles", 1130, 41.63, 28.2),
            units,
        ),
        left=Estimate("2 iterations more", 600.0, 900.0, 1500.0),
    )


def entries(text):
    """Label → its words, lines that go on joined."""
    found, label = {}, ""
    for line in text.splitlines()[1:]:
        assert line[:2] == "  "
        label = line[2:14].strip() or label
        found.setdefault(label, []).append(line[14:])
    return {label: " ".join(parts) for label, parts in found.items()}


def test_a_running_run_tells_where_it_is_and_what_it_waits_for(running):
    told = entries(page(running, 120))
    assert told["run"].startswith("phase1, seed 0 (psro")
    assert "RUNNING: process 1 on node7, SLURM job 12 (restart 1), since" in told["state"]
    assert told["position"].startswith("COLLECT · iteration 3 of 5 · round 1 of 3, for ")
    assert told["waits for"].startswith(
        "collect: 2 of 6 units done, 6 in flight, 45 %, 41.6 battles/s, 28 s left"
    )
    assert "collect/0: 0 of 250 battles, heard of 2 min ago" in told["waits for"]
    assert re.search(r"in about 15 min, at \S+ .*\(10 min to 25 min\)", told["ends"])
    assert "2 iterations more" in told["ends"]
    assert "no restart" in told["worked"]


def test_workers_that_wait_in_a_queue_are_told(running):
    beat = replace(running.beat, workers="2 running, 14 pending (Resources)")
    told = entries(page(replace(running, beat=beat), 120))
    assert told["workers"] == "2 running, 14 pending (Resources)"
    assert "workers" not in entries(page(running, 120))


def test_of_many_units_in_flight_those_silent_for_longest_are_shown(running):
    told = entries(page(running, 120))["waits for"]
    shown = re.findall(r"collect/(\d): ", told)
    assert shown == ["0", "1", "2", "3"]
    assert "and 2 more" in told


def test_the_newest_response_and_sigma_are_shown(running):
    told = entries(page(running, 120))
    response = running.results.response
    assert response.name == "br_2 after 3 rounds"
    rate = response.gain["win_rate"]
    assert f"{response.name}: wins {100 * rate['estimate']:.1f} % [" in told["response"]
    assert "against σ of iteration 1" in told["response"]
    assert told["σ"].startswith("iteration 2: ")


def test_a_run_that_is_silent_on_this_host_is_called_out(running):
    told = entries(page(replace(running, heard=running.time - 840), 120))
    assert "NOTHING WAS WRITTEN FOR 14 min" in told["state"]
    assert "NOTHING" not in entries(page(replace(running, heard=running.time - 5), 120))["state"]


def test_a_beat_of_long_ago_says_so(running):
    beat = replace(running.beat, time=running.time - 600)
    assert "(as of 10 min ago)" in entries(page(replace(running, beat=beat), 120))["waits for"]


def test_dead_workers_and_a_unit_that_failed_are_shown(running):
    incident = Incident("2026-11-22T21:00:00+00:00", "node7", "12", "collect/3", 1, "by SIGKILL")
    told = entries(page(replace(running, incidents=(incident,), failed_unit=True), 120))
    assert "1 worker died and was replaced: 1 by SIGKILL" in told["workers"]
    assert "in unit collect/3" in told["workers"]
    assert "python -m psro.unit" in told["failed unit"]


def test_without_a_beat_the_page_says_what_it_does_not_know(running):
    told = entries(page(replace(running, beat=None), 120))["waits for"]
    assert "no status.json of this process" in told


def test_a_run_that_stands_still_is_estimated_in_running_time(running):
    judgement = Judgement(State.PREEMPTED, None, "stopped by SIGTERM")
    told = entries(page(replace(running, judgement=judgement, beat=None), 120))
    assert told["state"].startswith("PREEMPTED ")
    assert "stopped by SIGTERM" in told["state"]
    assert told["waits for"] == "being started again"
    assert told["ends"].startswith("after about 15 min more of running time (10 min to 25 min)")


def test_no_line_is_wider_than_asked_and_the_ones_that_go_on_are_indented(running):
    lines = page(running, 80).splitlines()[1:]
    assert max(map(len, lines)) <= 80
    assert all(line.startswith("  ") for line in lines)


def test_a_finished_run_and_one_that_has_not_begun(finished_run, tmp_path):
    told = entries(page(read_status(finished_run, ME), 120))
    assert told["state"].startswith("DONE ")
    assert told["position"] == "DONE · after iteration 3 of 5"
    assert {"waits for", "ends"}.isdisjoint(told)
    told = entries(page(read_status(tmp_path, ME), 120))
    assert told == {"state": "NOT BEGUN: there is no manifest.json yet"}


def test_a_table_has_a_line_for_each_run(running, finished_run, tmp_path):
    (tmp_path / "new").mkdir()
    statuses = [running, read_status(finished_run, ME), read_status(tmp_path / "new", ME)]
    title, columns, _, *rows = table(statuses).splitlines()
    assert title == "3 runs: 1 running, 1 done, 1 not begun"
    assert columns.split()[:3] == ["run", "state", "position"]
    assert [row.split("  ")[0] for row in rows] == [
        str(s.directory.relative_to(finished_run.parents[2])) for s in statuses
    ]
    assert "collect 45 %, 41.6 battles/s" in rows[0]
    assert "10 min to 25 min" in rows[0]
    assert "DONE 3/5" in rows[1]


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(-3, "0 s"), (14.4, "14 s"), (840, "14 min"), (7500, "2 h 05 min"), (280_000, "3 d 5 h")],
)
def test_times_at_a_glance(seconds, text):
    assert rough_text(seconds) == text


def test_another_day_is_named():
    now = datetime(2026, 11, 22, 21, 0, 0).timestamp()
    assert clock_text(now - 60, now) == "20:59:00"
    assert clock_text(now - 86_400, now) == "Nov 21 21:00"


def test_an_estimate_without_a_spread_is_one_figure():
    now = datetime(2026, 11, 22, 21, 0, 0).timestamp()
    assert end_text(Estimate("", 60.0, 60.0, 60.0), now, True) == "in about 60 s, at 21:01:00"
    assert end_text(Estimate("unknown: why"), now, True) == "unknown: why"
