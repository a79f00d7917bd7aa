"""Signals set a flag, and nothing else."""

import os
import signal
import subprocess
import sys

import pytest

from psro.machine.errors import Preempted, UserError
from psro.machine.exit_codes import PREEMPTED, exit_code_for
from psro.machine.signals import STOP_SIGNALS, StopFlag


class Clock:
    now = 100.0

    def __call__(self):
        return self.now


@pytest.fixture
def handlers():
    """Puts back whatever a test does to the handlers."""
    before = {signum: signal.getsignal(signum) for signum in STOP_SIGNALS}
    yield before
    for signum, handler in before.items():
        signal.signal(signum, handler)


@pytest.mark.parametrize("signum", STOP_SIGNALS)
def test_a_signal_is_recorded_and_nothing_else(signum, handlers):
    with StopFlag() as stop:
        assert not stop.is_set()
        assert stop.seconds_since == 0
        stop.raise_if_set()
        os.kill(os.getpid(), signum)
        assert stop.is_set()
        assert stop.reason == signal.Signals(signum).name
        assert not stop.is_urgent
        with pytest.raises(Preempted, match=stop.reason):
            stop.raise_if_set()


def test_handlers_are_put_back_and_no_alarm_is_left(handlers):
    alarm = signal.getsignal(signal.SIGALRM)
    with StopFlag():
        assert signal.getsignal(signal.SIGTERM) != handlers[signal.SIGTERM]
    assert {signum: signal.getsignal(signum) for signum in STOP_SIGNALS} == handlers
    stop = StopFlag()
    stop.install()
    os.kill(os.getpid(), signal.SIGTERM)
    assert signal.getitimer(signal.ITIMER_REAL)[0] > 0
    stop.uninstall()
    assert signal.getitimer(signal.ITIMER_REAL) == (0, 0)
    assert signal.getsignal(signal.SIGALRM) is alarm


@pytest.mark.parametrize("signum", STOP_SIGNALS)
def test_a_repeat_on_the_way_out_does_not_turn_preempted_into_killed(signum, handlers):
    """SLURM signals the program and the script forwards it; the second may come after the first did its work."""
    with StopFlag():
        os.kill(os.getpid(), signal.SIGTERM)
    os.kill(os.getpid(), signum)  # would end the tests


def test_seconds_since_count_from_the_first():
    clock = Clock()
    stop = StopFlag(clock)
    for _ in range(3):
        stop.set("SIGTERM")
        clock.now += 2.0
    assert stop.seconds_since == 6.0


NEVER_POLLS = """
import os, signal, time
from psro.machine import signals

signals.URGENT_EXIT_S = {urgent}
now = [0.0]
with signals.StopFlag(lambda: now[0]) as stop:
    stop.exit_within_s = {within}
    for wait in {waits}:
        now[0] += wait
        os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(60)
    while True:
        pass
"""


@pytest.mark.parametrize(
    ("within", "urgent", "waits"),
    [(0.5, 60.0, [0.0]), (0.5, 60.0, [0.0, 4.0, 60.0]), (60.0, 0.2, [0.0, 4.0, 2.0])],
    ids=["the first", "an urgent one postpones nothing", "a later second one"],
)
def test_who_comes_to_no_safe_point_is_ended_as_preempted_all_the_same(within, urgent, waits):
    code = NEVER_POLLS.format(within=within, urgent=urgent, waits=waits)
    done = subprocess.run(
        [sys.executable, "-c", code], stderr=subprocess.PIPE, text=True, timeout=40, check=False
    )
    assert done.returncode == PREEMPTED
    assert done.stderr.startswith("psro: stopped where it was")
    assert done.stderr.count("\n") == 1


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
