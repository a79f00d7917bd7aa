"""A signal in any phase: the run stops there, saved, and goes on as if nothing had been.

benchmarks/stopping.py does the same to a whole program on real battles, and measures how long it takes.
"""

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from psro.config import Config
from psro.machine.errors import Preempted
from psro.machine.events import RunListener
from psro.machine.manifest import Manifest
from psro.machine.position import Position
from psro.machine.signals import StopFlag
from psro.phases.config import MemberConfig
from psro.phases.psro import Phase

from .conftest import drive_config, result_bytes, rps_config

PHASES = [phase for phase in Phase if phase is not Phase.DONE]
WITH_UNITS = {Phase.TOURNAMENT, Phase.TRAIN, Phase.SELECT, Phase.MEASURE, Phase.CERTIFY}
"""Of this run. Units look at the flag; what the driver does by itself here is over in a moment."""


class SignalIn(RunListener):
    """Sends this process a signal when `phase` first begins."""

    def __init__(self, phase: Phase, signum: signal.Signals):
        self.phase, self.signum = phase, signum
        self.sent = False

    def on_phase(self, position: Position[Any]) -> None:
        if position.phase is self.phase and not self.sent:
            self.sent = True
            os.kill(os.getpid(), self.signum)


@pytest.fixture
def stop() -> Iterator[StopFlag]:
    flag = StopFlag()
    flag.install()
    yield flag
    flag.uninstall()


def config() -> Config:
    config = rps_config(num_iterations=1, select_battles=12, measure_battles=12)
    config.population.members["paper"] = MemberConfig("pure", {"action": "paper"})
    config.game.exact = False
    return config


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    directory = tmp_path_factory.mktemp("whole")
    drive_config(config(), directory)
    return result_bytes(directory)


@pytest.mark.parametrize("signum", [signal.SIGTERM, signal.SIGUSR1])
@pytest.mark.parametrize("phase", PHASES)
def test_a_signal_in_any_phase_stops_there_and_costs_no_result(
    tmp_path: Path,
    whole: dict[str, bytes],
    stop: StopFlag,
    phase: Phase,
    signum: signal.Signals,
) -> None:
    listener = SignalIn(phase, signum)
    if phase is Phase.REPORT:  # the last: nothing is left to stop
        drive_config(config(), tmp_path, stop, [listener])
    else:
        with pytest.raises(Preempted, match=signum.name):
            drive_config(config(), tmp_path, stop, [listener])
        manifest = Manifest.load(tmp_path)
        assert manifest is not None
        assert manifest.status == "preempted"
        assert (manifest.position["phase"] == phase.name) == (phase in WITH_UNITS)
        drive_config(config(), tmp_path)
    assert listener.sent
    assert result_bytes(tmp_path) == whole
