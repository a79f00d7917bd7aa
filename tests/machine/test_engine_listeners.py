"""What a run's listeners may do to it: nothing."""

import errno
import logging
import os

import pytest

from psro.machine.durable import raise_if_refused
from psro.machine.errors import Preempted, UserError
from psro.machine.events import RunListener
from psro.machine.manifest import Manifest
from psro.machine.signals import StopFlag
from tests.machine.toy_run import Events, run, run_with


class FailsAtTheStop(RunListener):
    """A view that breaks when it is told that the run ends; and before, if it is told to."""

    def __init__(self, at_boundary=False):
        self.at_boundary = at_boundary

    def on_boundary(self, finished, following):
        if self.at_boundary:
            raise OSError("the run's own error")

    def on_stop(self, position, status, note):
        raise KeyError("a bug in the view")


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
