"""What a user reads: plain lines in a log, bars on a terminal."""

import io
import logging
import re
import sys
from enum import Enum

import orjson
import pytest
from rich.console import Console

from psro.game.battles import Failure, PlayResult
from psro.game.shards import encode_shard
from psro.machine.artifacts import Artifact
from psro.machine.errors import Preempted
from psro.machine.incidents import note_incident
from psro.machine.journal import JournalRecord
from psro.machine.position import Position
from psro.machine.signals import StopFlag
from psro.machine.units import Progress, Unit
from psro.report.console import ConsoleListener
from tests.phases.conftest import StopAtBoundary, drive_config, rps_config


class Phase(Enum):
    COLLECT = "collect"
    TRAIN = "train"
    SELECT = "select"
    MEASURE = "measure"
    TOURNAMENT = "tournament"
    SOLVE = "solve"
    CERTIFY = "certify"
    REPORT = "report"


class Clock:
    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


class Shown:
    """A listener and what it has said."""

    def __init__(self, directory, terminal=False):
        self.file = io.StringIO()
        self.clock = Clock()
        console = Console(file=self.file, force_terminal=terminal, width=140)
        self.listener = ConsoleListener(directory, console, self.clock)

    @property
    def text(self):
        return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", self.file.getvalue())


def unit(index, suffix="shard", folder="trajectories/round_0"):
    return Unit(f"collect/{index}", "collect", {}, f"iteration_1/{folder}/{index}.{suffix}")


def commit(path, of):
    return JournalRecord((Artifact(path, 1, "0" * 64),), {}, of)


@pytest.mark.parametrize("terminal", [False, True])
def test_a_whole_run_is_shown(tmp_path, terminal):
    shown = Shown(tmp_path, terminal)
    drive_config(rps_config(), tmp_path, listeners=[shown.listener])
    text = re.sub(r"\s*\n\s*", " ", shown.text)
    for words in (
        "TOURNAMENT · founding population",
        "TRAIN · iteration 1 of 2 · round 1 of 1",
        "Best response br_2, trained against σ of iteration 1",
        "σ of iteration 2, 3 policies",
        "restricted exploitability",
        "best-response gain",
        "best-matchup margin",
        "Certificate: a fresh best response to the final σ",
        "report/index.html",
        "on disk: ",
        "curves: launchers/tensorboard.sh ",
    ):
        assert words in text


def test_an_iteration_shows_response_sigma_opponents_and_measures(finished_run):
    shown = Shown(finished_run)
    shown.listener.on_boundary(Position(Phase.SOLVE, 2, 2), Position(Phase.COLLECT, 3))
    summary = orjson.loads((finished_run / "iteration_2/iteration_summary.json").read_bytes())
    rate = summary["response"]["best_response_gain"]["win_rate"]
    interval = f"{100 * rate['estimate']:.1f} % [{100 * rate['low']:.1f}, {100 * rate['high']:.1f}]"
    assert f"win rate against it  {interval}" in shown.text
    assert "Opponents met while collecting" in shown.text
    assert "oracle: 3 rounds, 7500 battles collected" in shown.text


def test_the_certificate_and_the_showcase_are_shown(finished_run):
    shown = Shown(finished_run)
    shown.listener.on_boundary(Position(Phase.CERTIFY, 3), Position(Phase.REPORT, 3))
    assert "Certificate" in shown.text
    assert "held_out" in shown.text


def test_an_interval_at_another_level_says_it_and_the_others_do_not(finished_run):
    shown = Shown(finished_run)
    for iteration in (2, 3):
        shown.listener.on_boundary(
            Position(Phase.MEASURE, iteration, 2), Position(Phase.TOURNAMENT, iteration)
        )
    once, twice = shown.text.splitlines()
    assert re.search(r"wins \S+ % \[\S+ \S+\] against σ", once)
    assert re.search(r"wins \S+ % \[\S+ \S+\] at 97.5 % against σ", twice)


def test_a_response_without_a_gain_is_loud(finished_run, tmp_path):
    data = orjson.loads((finished_run / "iteration_1/measurement_2.json").read_bytes())
    root = tmp_path / "iteration_1"
    root.mkdir()
    data |= {"beats_sigma": False, "satisfies": False}
    (root / "measurement_2.json").write_bytes(orjson.dumps(data))
    shown = Shown(tmp_path)
    shown.listener.on_boundary(Position(Phase.MEASURE, 1, 2), Position(Phase.COLLECT, 1, 3))
    assert "!!!   the response is not shown to beat σ: it trains on" in shown.text


STOPPED = "THE LOOP ENDS HERE AS CONVERGED"


def test_a_loop_that_stops_as_converged_says_so_and_why(tmp_path):
    shown = Shown(tmp_path)
    drive_config(
        rps_config(num_iterations=9, on_no_gain="stop"), tmp_path, listeners=[shown.listener]
    )
    joins = "!!!   the response is not shown to beat σ: it joins and the loop ends"
    assert shown.text.count(joins) == 1
    [said] = [line for line in shown.text.splitlines() if STOPPED in line]
    assert "!!! " in said
    assert "after iteration 3 of 9 (psro.on_no_gain=stop)" in said
    assert "not shown to beat σ: br_3 wins 50.0 % (exact) against it" in said
    assert "the loop ends here as converged: the response is not shown to beat σ" in shown.text


def test_a_loop_that_stops_for_too_small_a_gain_does_not_say_that_there_was_none(tmp_path):
    config = rps_config(num_iterations=9, on_no_gain="stop", wanted_gain=0.4)
    config.game.scores = [[0.5, 0.3, 0.7], [0.7, 0.5, 0.3], [0.3, 0.7, 0.5]]
    shown = Shown(tmp_path)
    drive_config(config, tmp_path, listeners=[shown.listener])
    [said] = [line for line in shown.text.splitlines() if STOPPED in line]
    assert "after iteration 1 of 9" in said
    assert "beats σ, but gains less than psro.wanted_gain asks for: br_1 wins 70.0 %" in said
    assert "not shown to beat" not in shown.text


def test_a_loop_that_goes_on_does_not_say_that_it_ends(tmp_path):
    shown = Shown(tmp_path)
    config = rps_config(num_iterations=3, on_no_gain="accept")
    drive_config(config, tmp_path, listeners=[shown.listener])
    assert "the response is not shown to beat σ: it joins as it is" in shown.text
    assert STOPPED not in shown.text


def test_of_an_extended_run_the_measures_count_the_certificate_in(extended_run):
    shown = Shown(extended_run)
    shown.listener.on_boundary(Position(Phase.SOLVE, 3, 2), Position(Phase.CERTIFY, 3))
    # br_3 was measured twice, and certificate_2 is about the same σ.
    assert "largest of 3 responses" in shown.text


def test_a_report_that_is_missing_at_the_end_is_loud(tmp_path):
    shown = Shown(tmp_path)
    shown.listener.on_stop(Position(Phase.REPORT, 1), "done", "done")
    assert f"index.html IS NOT THERE; rebuild it with: python -m psro.report {tmp_path}" in (
        shown.text
    )
    (tmp_path / "report").mkdir()
    (tmp_path / "report/index.html").touch()
    shown = Shown(tmp_path)
    shown.listener.on_stop(Position(Phase.REPORT, 1), "done", "done")
    assert "NOT THERE" not in shown.text


def test_progress_lines_in_a_log_are_throttled_and_tell_the_rate(tmp_path):
    shown = Shown(tmp_path)
    shown.listener.on_units("collect", 0, 1)
    for second in range(1, 61):
        shown.clock.now = float(second)
        shown.listener.on_progress(unit(0), Progress(70 * second, 7000, "battles"))
    lines = shown.text.splitlines()
    assert 4 <= len(lines) <= 6
    assert "collect: 60 %  4,200 battles  70.0 battles/s  40.0 s left" in lines[-1]


def test_losses_are_shown_while_training(tmp_path):
    shown = Shown(tmp_path, terminal=True)
    shown.listener.on_start(Position(Phase.TRAIN, 1), False, "fresh start")
    shown.listener.on_units("train", 0, 1)
    shown.listener.on_progress(unit(0), Progress(500, 1000, "steps", {"critic_loss": 0.123}))
    shown.listener._screen._screen._live.refresh()
    shown.listener._screen.stop()
    assert "critic_loss 0.123" in shown.text
    assert "50 %" in shown.text


def test_broken_battles_are_loud_counted_and_named(tmp_path):
    failures = (Failure(77, ("learner", "gym_leader"), "illegal choice"),)
    shard = tmp_path / unit(0).result
    shard.parent.mkdir(parents=True)
    shard.write_bytes(encode_shard(PlayResult((), failures, None), {}))
    match = unit(1, "json", "matchups")
    (tmp_path / match.result).parent.mkdir()
    failure = {"seed": 78, "policies": ["a", "b"], "reason": "parse error"}
    (tmp_path / match.result).write_bytes(orjson.dumps({"failures": [failure]}))
    shown = Shown(tmp_path)
    shown.listener.on_units("collect", 0, 2)
    shown.listener.on_commit(commit(unit(0).result, unit(0)), 1.0)
    shown.listener.on_commit(commit(match.result, match), 1.0)
    loud = [line for line in shown.text.splitlines() if "!!!" in line]
    assert "1 so far): learner against gym_leader, seed 77: illegal choice" in loud[0]
    assert "2 so far): a against b, seed 78: parse error" in loud[1]


def test_that_the_audit_is_off_is_loud_and_said_once(tmp_path):
    shown = Shown(tmp_path)
    shown.listener.on_units("collect", 0, 2)
    for index in (0, 1, 0):
        shown.listener.on_progress(unit(index), Progress(3, 9, "battles", {"audited": 1.0}))
    assert "AUDIT" not in shown.text
    for index in (0, 1, 0):
        shown.listener.on_progress(unit(index), Progress(4, 9, "battles", {"unaudited": 1.0}))
    assert shown.text.count("THE AUDIT IS OFF") == 1
    assert "make setup" in shown.text


def test_what_is_pruned_is_counted(tmp_path):
    shown = Shown(tmp_path)
    told = {f"iteration_1/trajectories/round_0/{i}.shard": {"num_decisions": 9} for i in range(3)}
    shown.listener.on_commit(JournalRecord((), {}, None, told), None)
    assert "pruned 3 shards that no later phase reads (psro.shards=prune)" in shown.text


def test_a_dead_worker_is_loud(tmp_path):
    shown = Shown(tmp_path)
    shown.listener.on_worker_death(unit(3), 2, "killed by SIGKILL (out of memory?)")
    assert "!!! A WORKER DIED: killed by SIGKILL" in shown.text
    assert "unit collect/3 (death 2 of it) runs again" in shown.text


def test_workers_that_died_are_counted_at_the_end_those_of_earlier_processes_too(tmp_path):
    drive_config(rps_config(), tmp_path)
    for num_deaths in (1, 2):
        note_incident(tmp_path, unit(3), num_deaths, "by SIGKILL")
    shown = Shown(tmp_path)
    shown.listener.on_stop(Position(Phase.REPORT, 2), "done", "done")
    assert "!!! 2 workers died and were replaced: 2 by SIGKILL (incidents.jsonl)" in shown.text


def test_a_stopped_run_says_how_to_go_on_and_a_resumed_one_that_it_does(tmp_path):
    stop, first = StopFlag(), Shown(tmp_path)
    with pytest.raises(Preempted):
        drive_config(rps_config(), tmp_path, stop, [first.listener, StopAtBoundary(stop, 5)])
    assert "preempted at SELECT · iteration 1 of 2 · round 1 of 1: stopped by SIGTERM" in first.text
    assert "the same command goes on from here" in first.text
    second = Shown(tmp_path)
    drive_config(rps_config(), tmp_path, listeners=[second.listener])
    assert "RESUMED: going on from SELECT, iteration 1, round 0" in second.text
    third = Shown(tmp_path)
    drive_config(rps_config(), tmp_path, listeners=[third.listener])
    assert "done already" in third.text
    assert "report/index.html" in third.text


def test_log_lines_do_not_tear_the_bar_and_handlers_get_their_stream_back(tmp_path):
    handler = logging.StreamHandler(sys.stderr)
    logging.getLogger().addHandler(handler)
    try:
        shown = Shown(tmp_path, terminal=True)
        before = handler.stream
        shown.listener._screen.start()
        assert handler.stream is not before
        logging.getLogger("psro.test").warning("mind the gap")
        shown.listener._screen.stop()
        assert handler.stream is before
        assert "mind the gap" in shown.text
    finally:
        logging.getLogger().removeHandler(handler)


def test_names_with_brackets_are_no_markup(tmp_path):
    shown = Shown(tmp_path, terminal=True)
    shown.listener.on_worker_death(None, 1, "reason [red]not a colour[/nothing]")
    assert "[red]not a colour[/nothing]" in shown.text
