"""Which battles a report names, and what makes their replays."""

import shutil

import pytest

from psro.machine.position import Position
from psro.phases.psro import Phase
from psro.replay import parsed
from psro.report.breakdown import quickest_defeats, subjects, worst_cases
from psro.report.record import read_run
from psro.report.samples import SampleListener
from psro.report.watching import (
    arguments_for,
    named_and_not_made,
    named_battles,
    not_made,
    unit_of,
)
from tests.report.test_samples import Starts

REPORT = Position(Phase.REPORT, 3, 0)


@pytest.fixture
def run(finished_run, tmp_path):
    return shutil.copytree(finished_run, tmp_path / "run")


def test_a_defeat_of_every_worst_case_and_the_quickest_ones(finished_run):
    for subject in subjects(read_run(finished_run)):
        named = named_battles(subject)
        assert set(quickest_defeats(subject)) <= set(named)
        lost = [case.group.defeat for case in worst_cases(subject) if case.group.counts.losses]
        assert set(lost) <= set(named)
        assert len(set(named)) == len(named)
        assert all(battle.score == 0 for battle in named)


def test_what_has_a_replay_is_not_asked_for_again_and_the_command_can_be_read(run):
    of = list(subjects(read_run(run)))
    missing = not_made(of, run)
    assert missing == named_and_not_made(run)
    unit, [first, *_] = next(iter(missing.items()))
    folder = run / "report/replays" / unit
    folder.mkdir(parents=True)
    (folder / f"{first:03d}_a_vs_b_1.html").touch()
    assert first not in not_made(of, run).get(unit, [])
    _, module, directory, *named = arguments_for(run, missing)
    assert (module, directory) == ("psro.replay", str(run))
    assert dict(map(parsed, named)) == missing
    assert {
        unit_of(battle, subject.root) for subject in of for battle in named_battles(subject)
    } == set(missing)


def test_a_directory_of_another_kind_names_nothing(running_run, tmp_path):
    shutil.copy(running_run / "manifest.json", tmp_path)
    assert named_and_not_made(tmp_path) == {}


def test_at_a_runs_end_they_are_made_by_one_process(run):
    starts = Starts()
    listener = SampleListener(run, lambda: False, starts)
    listener.on_phase(REPORT)
    assert starts.asked == [arguments_for(run, named_and_not_made(run))]
    assert [process.returncode for process in starts.processes] == [0], "the report waits"
    listener.on_phase(REPORT)
    listener.on_stop(REPORT, "done", "")


def test_a_damaged_file_is_no_end_of_the_run(run, caplog):
    (run / "certificate_3/certificate.json").write_text("{")
    listener = SampleListener(run, lambda: False, Starts())
    listener.on_phase(REPORT)
    assert "NOT WRITTEN" in caplog.text
    assert "is no JSON" in caplog.text
