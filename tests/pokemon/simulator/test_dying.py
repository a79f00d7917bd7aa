"""A simulator that dies: once, nothing changes; twice in a unit, the unit fails and is named."""

import os
import signal
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from psro.game.policies import Decisions
from psro.game.shards import encode_shard
from psro.machine.errors import UnitError
from psro.machine.executors import SerialExecutor
from psro.machine.exit_codes import INTERNAL_ERROR, exit_code_for
from psro.machine.signals import StopFlag
from psro.machine.units import ProgressSink, StopSignal, Unit
from psro.pokemon.arenas.simulator import SimulatorArena
from psro.pokemon.config import ArenaConfig, Gen1OUConfig
from psro.pokemon.game import Gen1OU
from psro.pokemon.heuristics.random_policy import RandomPolicy
from psro.pokemon.simulator.node import NodeInstallation, find_node
from tests.game.conformance import jobs_between, play


class KillsNode(RandomPolicy):
    """Kills the arena's simulator when it is asked for the third time, or `always` from then on."""

    def __init__(self, name: str, arena: SimulatorArena, always: bool = False) -> None:
        super().__init__(name)
        self.arena, self.num_asked, self.always = arena, 0, always

    def act(self, decisions: Decisions) -> NDArray[np.int64]:
        self.num_asked += 1
        if self.num_asked == 3 or (self.always and self.num_asked > 3):
            assert self.arena._process is not None
            os.kill(self.arena._process.pid, signal.SIGKILL)
        return super().act(decisions)


def test_a_simulator_that_dies_changes_nothing_but_the_time(
    caplog: pytest.LogCaptureFixture,
) -> None:
    game = Gen1OU(Gen1OUConfig(arena=ArenaConfig("simulator", lanes=2)))
    jobs = jobs_between("a", "b", 4)
    arena = game.make_arena()
    assert isinstance(arena, SimulatorArena)
    other = game.make_policy("b", "random", {})
    try:
        whole = play(arena, jobs, [RandomPolicy("a"), other], "structured")
        again = play(arena, jobs, [KillsNode("a", arena), other], "structured")
    finally:
        arena.close()
    assert encode_shard(again, {}) == encode_shard(whole, {})
    assert "Playing its 4 battles again" in caplog.text


def test_a_simulator_killed_while_it_starts_is_started_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    node, mark = find_node(), tmp_path / "started"
    script = tmp_path / "node"
    script.write_text(
        f'#!/bin/sh\n[ -e {mark} ] && exec {node.executable} "$@"\ntouch {mark}; kill -TERM $$\n'
    )
    script.chmod(0o755)
    monkeypatch.setattr(
        "psro.pokemon.arenas.simulator.find_node", lambda: NodeInstallation(script, node.simulator)
    )
    game = Gen1OU(Gen1OUConfig(arena=ArenaConfig("simulator", lanes=2)))
    arena = game.make_arena()
    policies = [game.make_policy(name, "random", {}) for name in ("a", "b")]
    try:
        assert len(play(arena, jobs_between("a", "b", 2), policies, "structured").outcomes) == 2
    finally:
        arena.close()


class NoOneListens:
    def on_progress(self, *_: object) -> None: ...

    def on_worker_death(self, *_: object) -> None: ...

    def on_unit_failed(self, *_: object) -> None: ...


class KilledTwice:
    """A worker's context whose simulator dies whenever it plays."""

    def __init__(self) -> None:
        self.game = Gen1OU(Gen1OUConfig(arena=ArenaConfig("simulator", lanes=2)))
        arena = self.game.make_arena()
        assert isinstance(arena, SimulatorArena)
        self.arena = arena

    def run(self, unit: Unit, progress: ProgressSink, stop: StopSignal) -> bytes:
        other = self.game.make_policy("b", "random", {})
        policies = [KillsNode("a", self.arena, always=True), other]
        play(self.arena, jobs_between("a", "b", 2), policies, "structured")
        raise AssertionError("it played")

    def close(self) -> None:
        self.arena.close()


def test_a_simulator_that_dies_twice_fails_the_unit_by_name_and_is_no_bad_input(
    tmp_path: Path,
) -> None:
    executor = SerialExecutor(tmp_path, lambda _: KilledTwice(), None)
    unit = Unit("iteration_1/collect_3", "collect", {}, "iteration_1/collect_3.json")
    try:
        with pytest.raises(UnitError) as caught:
            list(executor.run([unit], StopFlag(), NoOneListens()))
    finally:
        executor.close()
    assert exit_code_for(caught.value) == INTERNAL_ERROR
    said = str(caught.value)
    assert "unit 'iteration_1/collect_3' (collect" in said
    assert "To run it alone:" in said
    assert said.count("the simulator's process ended, exit status -9 (killed from outside") >= 1
