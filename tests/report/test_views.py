"""A view that the system refuses to write is one warning; the run goes on, and bugs stay loud."""

import builtins
import errno
import logging

import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from psro import report
from psro.machine.durable import raise_if_disk_full
from psro.machine.errors import UserError
from psro.phases.psro import Phase
from psro.report import event_writer
from psro.report import folder as report_folder
from psro.report import summary as report_summary
from psro.report.__main__ import main
from psro.report.tensorboard import TensorBoardListener
from psro.report.timings import TimingListener, read_timings
from psro.report.views import View
from tests.phases.conftest import drive_config, result_bytes, rps_config

VIEWS = ("tensorboard", "report")


def results(directory):
    return {
        path: data
        for path, data in result_bytes(directory).items()
        if path.split("/")[0] not in VIEWS
    }


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """The results of a run without views."""
    directory = tmp_path_factory.mktemp("whole")
    drive_config(rps_config(), directory)
    return results(directory)


def warnings(caplog):
    return [record.message for record in caplog.records if record.levelno >= logging.WARNING]


def fail(error):
    def write(*_):
        raise error

    return write


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS, errno.EIO])
def test_a_refusal_is_warned_of_once_and_the_view_stays_off(caplog, number):
    view, tries = View("the thing", "do this"), []

    def write():
        tries.append(1)
        raise OSError(number, "why")

    for _ in range(3):
        view.attempt(write)
    assert len(tries) == 1
    [said] = warnings(caplog)
    assert "the thing: NOT WRITTEN" in said
    assert "why" in said
    assert "not tried again by this process" in said
    assert "The run goes on" in said
    assert said.endswith("do this")


@pytest.mark.parametrize("bug", [ZeroDivisionError("x"), UserError("a damaged file"), KeyError(1)])
def test_a_bug_stays_loud(bug):
    with pytest.raises(type(bug)):
        View("the thing", "do this").attempt(fail(bug))


def full_disk_error(path):
    """What atomic_write makes of a full disk."""
    try:
        raise_if_disk_full(OSError(errno.ENOSPC, "No space left on device"), path)
    except UserError as error:
        return error


def test_a_full_disk_is_one_though_the_durable_write_calls_it_a_users_error(tmp_path, caplog):
    View("the thing", "do this").attempt(fail(full_disk_error(tmp_path)))
    assert len(warnings(caplog)) == 1


def test_a_run_goes_on_without_its_times(tmp_path, caplog, whole):
    (tmp_path / "timings.jsonl").symlink_to("/dev/full")
    done = drive_config(rps_config(), tmp_path, listeners=[TimingListener(tmp_path)])
    assert done.phase is Phase.DONE
    [said] = warnings(caplog)
    assert f"{tmp_path / 'timings.jsonl'}: NOT WRITTEN" in said
    assert "No space left on device" in said
    assert "lost" in said, "there is no way to have times again"
    (tmp_path / "timings.jsonl").unlink()
    assert results(tmp_path) == whole


def curve(directory):
    events = EventAccumulator(str(directory / "tensorboard"))
    events.Reload()
    return [(event.step, event.value) for event in events.Scalars("measures/exploitability")]


def test_a_run_goes_on_without_tensorboard_from_the_start_and_it_can_be_rebuilt(
    tmp_path, caplog, capsys, whole
):
    in_the_way = tmp_path / "tensorboard"
    in_the_way.touch()
    drive_config(rps_config(), tmp_path, listeners=[TensorBoardListener(tmp_path)])
    [said] = warnings(caplog)
    assert f"{in_the_way}: NOT WRITTEN" in said
    command = f"python -m psro.report {tmp_path}"
    assert said.endswith(command)
    in_the_way.unlink()
    assert results(tmp_path) == whole
    assert main([str(tmp_path)]) == 0
    assert [step for step, _ in curve(tmp_path)] == [0, 1, 2]


def test_a_run_goes_on_when_the_disk_fills_up_under_tensorboard(
    tmp_path, caplog, monkeypatch, whole
):
    opened = []

    def fills_up(path, mode):
        opened.append(path)
        return builtins.open("/dev/full" if len(opened) > 1 else path, mode.replace("x", "w"))

    monkeypatch.setattr(event_writer, "open", fills_up, raising=False)
    drive_config(rps_config(), tmp_path, listeners=[TensorBoardListener(tmp_path)])
    assert len(opened) > 1, "or the disk was never full"
    [said] = warnings(caplog)
    assert "tensorboard: NOT WRITTEN ([Errno 28] No space left on device)" in said
    assert results(tmp_path) == whole


@pytest.mark.parametrize("full", [True, False])
def test_a_run_ends_well_without_its_report(tmp_path, caplog, monkeypatch, whole, full):
    if full:
        error = full_disk_error(tmp_path)
        monkeypatch.setattr(report_folder, "atomic_write", fail(error))
    else:
        (tmp_path / "report").touch()
    done = drive_config(rps_config(), tmp_path, write_report=report.write_report)
    assert done.phase is Phase.DONE
    [said] = warnings(caplog)
    assert f"{tmp_path / 'report'}: NOT WRITTEN" in said
    assert said.endswith(f"python -m psro.report {tmp_path}")
    assert results(tmp_path) == whole


def test_a_bug_in_the_report_is_not_taken_for_a_full_disk(tmp_path, monkeypatch):
    monkeypatch.setattr(report_summary, "detail_lines", fail(KeyError("a bug")))
    with pytest.raises(KeyError, match="a bug"):
        drive_config(rps_config(), tmp_path, write_report=report.write_report)


def test_a_bug_in_a_listener_is_not_either(tmp_path, monkeypatch):
    monkeypatch.setattr(TimingListener, "_append", fail(KeyError("a bug")))
    with pytest.raises(KeyError, match="a bug"):
        drive_config(rps_config(), tmp_path, listeners=[TimingListener(tmp_path)])
    assert read_timings(tmp_path) == []


@pytest.mark.parametrize("blocked", ["report", "tensorboard"])
def test_the_command_that_rebuilds_says_in_one_line_that_it_cannot(tmp_path, capsys, blocked):
    drive_config(rps_config(), tmp_path)
    (tmp_path / blocked).touch()
    assert main([str(tmp_path)]) == 2
    [line] = capsys.readouterr().err.splitlines()
    assert line.startswith("psro: ")
    assert str(tmp_path / blocked) in line
