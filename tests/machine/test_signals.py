"""Signals set a flag, and nothing else."""

import os
import signal

import pytest

from psro.machine.errors import Preempted, UserError
from psro.machine.exit_codes import exit_code_for
from psro.machine.signals import STOP_SIGNALS, StopFlag


class Clock:
    now = 100.0

    def __call__(self):
        return self.now


@pytest.mark.parametrize("signum", STOP_SIGNALS)
def test_a_signal_is_recorded_and_handlers_are_put_back(signum):
    before = signal.getsignal(signum)
    with StopFlag() as stop:
        assert not stop.is_set()
        stop.raise_if_set()
        os.kill(os.getpid(), signum)
        assert stop.is_set()
        assert stop.reason == signal.Signals(signum).name
        assert not stop.is_urgent
        with pytest.raises(Preempted, match=stop.reason):
            stop.raise_if_set()
    assert signal.getsignal(signum) is before


def test_repeats_within_five_seconds_are_one_request():
    clock = Clock()
    stop = StopFlag(clock)
    for _ in range(3):
        stop.set("SIGTERM")
        clock.now += 2.0
    assert not stop.is_urgent


def test_a_later_second_one_is_urgent_and_the_first_reason_stays():
    clock = Clock()
    stop = StopFlag(clock)
    stop.set("SIGUSR1")
    clock.now += 5.1
    stop.set("SIGTERM")
    assert stop.is_urgent
    assert stop.reason == "SIGUSR1"


def test_exit_codes():
    errors = [None, ValueError("bug"), UserError("typo"), Preempted("SIGTERM")]
    assert [exit_code_for(error) for error in errors] == [0, 1, 2, 75]
