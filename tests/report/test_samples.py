"""Samples of a response's battles: which, how they are linked, and that a run never depends on them."""

import logging
import subprocess
import sys

import orjson
import pytest

from psro.game.battles import Outcome
from psro.machine.journal import JournalRecord
from psro.machine.position import Position
from psro.machine.units import Unit
from psro.phases.psro import Phase
from psro.report import samples
from psro.report.folder import write_report
from psro.report.outcomes import SeenBattle
from psro.report.samples import SampleListener, can_be_played_again, sample, sample_lines
from tests.report.made_up_run import make_run

MEASURE = Position(Phase.MEASURE, 1, 0)
TOURNAMENT = Position(Phase.TOURNAMENT, 1, 0)
REPORT = Position(Phase.REPORT, 1, 0)
KEY = "iteration_1/measure_0/0"


def battles(*played):
    return [SeenBattle("foe", "training", score, turns, "a", "b") for score, turns in played]


def test_a_win_a_loss_and_the_longest_which_is_neither():
    played = battles((0, 9), (1, 30), (1, 20), (0, 30), (0.5, 12))
    assert sample(played) == {"a win": 2, "a loss": 0, "the longest": 1}
    assert sample(battles((1, 5), (1, 6))) == {"a win": 0, "the longest": 1}
    assert sample(battles((0.5, 5))) == {"the longest": 0}
    assert sample([]) == {}


def write_result(run, outcomes):
    data = {
        "first": "br_1",
        "pool": "training",
        "tally": {"foe": {}},
        "outcomes": [outcome.to_json() for outcome in outcomes],
    }
    path = run / "iteration_1/matchups/measure_0_00.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(orjson.dumps(data))
    return Unit(KEY, "match", {}, "iteration_1/matchups/measure_0_00.json")


def outcome(seed, score, turns, start="stall"):
    return Outcome(seed, ("br_1", "foe"), score, turns, (turns, turns), (start, start))


@pytest.fixture
def unit(tmp_path):
    return write_result(tmp_path, [outcome(7, 1.0, 11), outcome(8, 1.0, 29), outcome(9, 0.0, 12)])


def test_the_report_links_what_there_is_or_says_how_to_make_it(tmp_path, unit):
    [_, _, made_by, _] = sample_lines(tmp_path, "iteration_1", 0)
    assert made_by == f"    python -m psro.replay {tmp_path} {KEY} --battle 0 2 1"
    folder = tmp_path / "report/replays" / KEY
    folder.mkdir(parents=True)
    for name in ("000_br_1_vs_foe", "002_br_1_vs_foe"):
        (folder / f"{name}.html").touch()
        (folder / f"{name}.log").touch()
    [line, _] = sample_lines(tmp_path, "iteration_1", 0)
    assert line == (
        f"To watch: [a win](replays/{KEY}/000_br_1_vs_foe.html) (11 turns, against foe), "
        f"[a loss](replays/{KEY}/002_br_1_vs_foe.html) (12 turns, against foe)."
    )
    assert sample_lines(tmp_path, "iteration_2", 0) == []


def test_what_a_server_or_a_remote_bot_had_a_part_in_is_not_offered():
    kind = "population.members.bot.kind"
    assert can_be_played_again({"game.arena.name": "engine", kind: "gym_leader"})
    assert not can_be_played_again({"game.arena.name": "server", kind: "gym_leader"})
    assert not can_be_played_again({"game.arena.name": "engine", kind: "remote"})


def test_games_whose_battles_begin_all_alike_are_not_offered(tmp_path):
    write_result(tmp_path, [outcome(7, 1.0, 1, start="")])
    assert sample_lines(tmp_path, "iteration_1", 0) == []


def test_the_summary_has_them_per_iteration(tmp_path):
    run = make_run(tmp_path / "run", num_iterations=2)
    summary = write_report(run)[-1].read_text()
    for iteration in (1, 2):
        section = summary.partition(f"## Iteration {iteration}\n")[2].partition("\n## ")[0]
        assert f"python -m psro.replay {run} iteration_{iteration}/measure_" in section


class Starts:
    """Starts processes of its own instead, and remembers what was asked."""

    def __init__(self, code="pass"):
        self.asked = []
        self.processes = []
        self.code = code

    def __call__(self, arguments, errors):
        self.asked.append(arguments)
        process = subprocess.Popen([sys.executable, "-c", self.code], stderr=errors)
        self.processes.append(process)
        return process


def measured(listener, unit):
    listener.on_commit(JournalRecord((), MEASURE.to_json(), unit), 1.0)


def test_it_starts_when_the_phase_is_over_and_the_report_waits(tmp_path, unit):
    starts = Starts("import time; time.sleep(0.3)")
    listener = SampleListener(tmp_path, lambda: False, starts)
    measured(listener, unit)
    other = Unit("iteration_1/measure_0/1", "match", {}, unit.result)
    measured(listener, other)
    assert starts.asked == []
    listener.on_boundary(MEASURE, TOURNAMENT)
    assert starts.asked == [["-m", "psro.replay", str(tmp_path), KEY, "--battle", "0", "2", "1"]]
    measured(listener, unit)
    listener.on_boundary(MEASURE, TOURNAMENT)
    assert len(starts.asked) == 1, "one at a time"
    listener.on_phase(TOURNAMENT)
    assert starts.processes[0].poll() is None, "only the report waits"
    listener.on_phase(REPORT)
    assert [process.returncode for process in starts.processes] == [0, 0]
    listener.on_stop(REPORT, "done", "")


def test_where_it_fails_it_says_so_once_and_makes_no_more(tmp_path, unit, caplog):
    starts = Starts("import sys; sys.exit('noise\\npsro: battles need Node 18 or newer')")
    listener = SampleListener(tmp_path, lambda: False, starts)
    for _ in range(2):
        measured(listener, unit)
        listener.on_boundary(MEASURE, TOURNAMENT)
        listener.on_phase(REPORT)
    assert len(starts.asked) == 1
    [said] = [record.message for record in caplog.records if record.levelno >= logging.WARNING]
    assert "report/replays: NOT WRITTEN (battles need Node 18 or newer)" in said
    assert "\n" not in said


def test_one_that_cannot_start_is_no_end_of_the_run(tmp_path, unit, caplog):
    def refuse(arguments, errors):
        raise OSError("no more processes")

    listener = SampleListener(tmp_path, lambda: False, refuse)
    measured(listener, unit)
    listener.on_boundary(MEASURE, TOURNAMENT)
    assert "NOT WRITTEN (no more processes)" in caplog.text


@pytest.mark.parametrize("ignores_signals", [False, True])
def test_it_ends_with_the_run(tmp_path, unit, monkeypatch, ignores_signals):
    monkeypatch.setattr(samples, "END_S", 0.5)
    ready = tmp_path / "ready"
    handler = "signal.SIG_IGN" if ignores_signals else "signal.SIG_DFL"
    code = f"import pathlib, signal, time; signal.signal(signal.SIGTERM, {handler});"
    starts = Starts(code + f"pathlib.Path({str(ready)!r}).touch(); time.sleep(60)")
    listener = SampleListener(tmp_path, lambda: True, starts)
    measured(listener, unit)
    listener.on_boundary(MEASURE, TOURNAMENT)
    while not ready.exists():
        assert starts.processes[0].poll() is None
    listener.on_phase(REPORT)
    assert starts.processes[0].poll() is None, "nothing is waited for once the run is to end"
    listener.on_stop(TOURNAMENT, "preempted", "")
    assert starts.processes[0].returncode == (-9 if ignores_signals else -15)
