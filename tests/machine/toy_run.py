"""Runs of the toy algorithm: driven here, with what happened heard."""

import pytest

from psro.machine.errors import Preempted
from psro.machine.events import RunListener
from psro.machine.executors import SerialExecutor
from psro.machine.signals import StopFlag
from tests.machine.toy_algorithm import make_context, make_machine


class Events(RunListener):
    """Records what it hears; `at` calls something at an event."""

    def __init__(self, **at):
        self.heard = []
        self.at = at

    def hear(self, name, *details):
        self.heard.append((name, *details))
        if name in self.at:
            self.at[name]()

    def on_start(self, position, resumed, note):
        self.hear("start", resumed, note)

    def on_phase(self, position):
        self.hear("phase", str(position))

    def on_units(self, label, num_committed, num_total):
        self.hear("units", label, num_committed, num_total)

    def on_commit(self, record, seconds):
        self.hear("commit", [artifact.path for artifact in record.artifacts])

    def on_boundary(self, finished, following):
        self.hear("boundary", finished.phase.name, following.phase.name)

    def on_stop(self, position, status, note):
        self.hear("stop", status, note)

    def of(self, name):
        return [event[1:] for event in self.heard if event[0] == name]


def run(directory, stop=None, listener=None, **kwargs):
    executor = SerialExecutor(directory, make_context, {"directory": str(directory)})
    listeners = [listener] if listener else []
    return make_machine(
        directory, executor, stop or StopFlag(), listeners=listeners, **kwargs
    ).run()


def run_with(directory, stop, listeners):
    executor = SerialExecutor(directory, make_context, {"directory": str(directory)})
    make_machine(directory, executor, stop, listeners=listeners).run()


def stop_before_sum(directory, **kwargs):
    stop = StopFlag()
    with pytest.raises(Preempted):
        run(directory, stop, Events(boundary=lambda: stop.set("x")), **kwargs)


def run_algorithm(directory, algorithm):
    executor = SerialExecutor(directory, make_context, {"directory": str(directory)})
    machine = make_machine(directory, executor, StopFlag())
    machine._algorithm = algorithm
    return machine.run()
