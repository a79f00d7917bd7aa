"""The simulator's process: lock-step, loud, and never left behind."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from psro.machine.seeds import rng_from
from psro.pokemon.simulator.node import NodeInstallation, find_node
from psro.pokemon.simulator.process import SimulatorDied, SimulatorProcess, simulator_seed
from tests.pokemon.random_battles import play_random, random_choices, random_team, start


@pytest.fixture
def own_simulator() -> Iterator[SimulatorProcess]:
    process = SimulatorProcess(find_node())
    yield process
    process.close()


def test_a_seed_makes_the_battle(simulator: SimulatorProcess) -> None:
    _, first = play_random(simulator, 1)
    _, again = play_random(simulator, 1)
    _, other = play_random(simulator, 2)
    assert first == again
    assert first != other


def test_lanes_do_not_disturb_each_other(simulator: SimulatorProcess) -> None:
    _, alone = play_random(simulator, 3)
    rng, other_rng = rng_from("choices", 3), rng_from("choices", 4)
    update, other = start(simulator, 3), start(simulator, 4, lane=1)
    updates = [update]
    while update.winner is None:
        commands = random_choices(update, rng)
        moved_other = other.winner is None
        if moved_other:
            commands = [*random_choices(other, other_rng), *commands]
        answers = {answer.lane: answer for answer in simulator.run(commands)}
        update = answers[0]
        updates.append(update)
        if moved_other:
            other = answers[1]
    simulator.run([("end", 1)])
    assert updates == alone


def test_shortcuts_change_nothing(simulator: SimulatorProcess) -> None:
    plain = SimulatorProcess(find_node(), plain=True)
    try:
        for seed in range(40):
            assert play_random(simulator, seed)[1] == play_random(plain, seed)[1], f"seed {seed}"
    finally:
        plain.close()


@pytest.mark.parametrize("choice", ["move 9", "switch 1", "team 123456", "nonsense", ""])
def test_a_refused_choice_is_reported_and_frees_the_lane(
    simulator: SimulatorProcess, choice: str
) -> None:
    start(simulator, 5)
    (update,) = simulator.run([("choose", 0, 0, choice)])
    assert update.error is not None
    assert update.error.startswith("p1: ")
    assert update.request0 is None
    assert start(simulator, 5).error is None
    assert simulator.run([("end", 0)]) == []


def test_a_battle_that_cannot_start_is_reported_alone(simulator: SimulatorProcess) -> None:
    team = random_team(rng_from("team"))
    seed = simulator_seed(1)
    bad, good = simulator.run(
        [
            ("start", 0, "gen99ou", seed, team, team, 3),
            ("start", 1, "gen1ou", seed, team, team, 3),
        ]
    )
    assert bad.error is not None
    assert "no format gen99ou" in bad.error
    assert good.error is None
    (taken,) = simulator.run([("start", 1, "gen1ou", seed, team, team, 3)])
    assert taken.error is not None
    (missing,) = simulator.run([("choose", 7, 0, "move 1")])
    assert missing.error is not None
    assert "no battle in lane 7" in missing.error


def test_teams_are_played_as_a_server_would(simulator: SimulatorProcess) -> None:
    """Left open, abilities would be today's (Tauros' Intimidate) and training nil."""
    team = "Tauros||||bodyslam|||||||]Zapdos||||thunderbolt|||||||"
    (update,) = simulator.run([("start", 0, "gen1ou", simulator_seed(1), team, team, 3)])
    simulator.run([("end", 0)])
    assert not [line for line in update.lines0 if "bility" in line or "boost" in line]
    assert "|switch|p1a: Tauros|Tauros|353/353" in update.lines0
    rules = [line for line in update.lines0 if line.startswith("|rule|")]
    assert any("Sleep Clause" in rule for rule in rules)
    assert any("Freeze Clause" in rule for rule in rules)


@pytest.mark.parametrize(
    "number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2]
)
def test_signals_do_not_end_battles(own_simulator: SimulatorProcess, number: int) -> None:
    os.kill(own_simulator.pid, number)
    assert play_random(own_simulator, 1)[1][-1].winner is not None


def test_a_dead_process_says_so(own_simulator: SimulatorProcess) -> None:
    os.kill(own_simulator.pid, signal.SIGKILL)
    with pytest.raises(SimulatorDied, match="exit status -9"):
        start(own_simulator, 1)


def test_what_node_said_is_shown(tmp_path: Path) -> None:
    with pytest.raises(SimulatorDied, match="Cannot find module"):
        SimulatorProcess(NodeInstallation(find_node().executable, tmp_path))


def test_it_ends_with_its_parent() -> None:
    code = (
        "import os, signal\n"
        "from psro.pokemon.simulator.node import find_node\n"
        "from psro.pokemon.simulator.process import SimulatorProcess\n"
        "process = SimulatorProcess(find_node())\n"
        "print(process.pid, flush=True)\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    answer = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60
    )
    pid = int(answer.stdout)
    deadline = time.monotonic() + 30
    while _runs(pid):
        assert time.monotonic() < deadline, "the simulator outlived its parent"
        time.sleep(0.05)


def test_closing_twice_is_fine() -> None:
    process = SimulatorProcess(find_node())
    pid = process.pid
    process.close()
    process.close()
    assert not _runs(pid)


def _runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
