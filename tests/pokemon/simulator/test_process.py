"""The simulator's process: lock-step, loud, and never left behind."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from psro.machine.errors import UserError
from psro.machine.seeds import rng_from
from psro.pokemon.simulator.node import NodeInstallation, find_node
from psro.pokemon.simulator.node_process import SimulatorDied, cpu_seconds
from psro.pokemon.simulator.process import SimulatorProcess, simulator_seed
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


def test_a_simulator_that_does_not_start_is_the_installation_s_fault(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"Cannot find module.*make setup") as caught:
        SimulatorProcess(NodeInstallation(find_node().executable, tmp_path))
    assert "\n" not in str(caught.value)


class SignalledWhileItStarts(SimulatorProcess):
    """Gets a signal when Node's own handlers are in place, before the first line of host.js."""

    signum = signal.SIGUSR1

    def _greeting(self, node: NodeInstallation) -> dict[str, str]:
        deadline = time.monotonic() + 30
        while not catches(self.pid, self.signum):
            assert time.monotonic() < deadline, "Node put no handler in place"
            time.sleep(0.001)
        os.kill(self.pid, self.signum)
        return super()._greeting(node)


class TerminatedWhileItStarts(SignalledWhileItStarts):
    signum = signal.SIGTERM

    def _greeting(self, node: NodeInstallation) -> dict[str, str]:
        os.kill(self.pid, self.signum)
        return SimulatorProcess._greeting(self, node)


def catches(pid: int, signum: int) -> bool:
    status = Path(f"/proc/{pid}/status").read_text()
    mask = next(line.split()[1] for line in status.splitlines() if line.startswith("SigCgt"))
    return bool(int(mask, 16) >> (signum - 1) & 1)


def listens(pid: int) -> list[str]:
    """The TCP addresses on which a process accepts connections, as /proc/net/tcp writes them."""
    sockets = {os.readlink(link) for link in Path(f"/proc/{pid}/fd").iterdir() if link.is_symlink()}
    rows = [
        line.split()
        for table in ("tcp", "tcp6")
        for line in Path(f"/proc/{pid}/net/{table}").read_text().splitlines()[1:]
    ]
    return [row[1] for row in rows if row[3] == "0A" and f"socket:[{row[9]}]" in sockets]


def test_sigusr1_opens_no_debugger(own_simulator: SimulatorProcess) -> None:
    os.kill(own_simulator.pid, signal.SIGUSR1)
    assert play_random(own_simulator, 1)[1][-1].winner is not None
    assert listens(own_simulator.pid) == []
    early = SignalledWhileItStarts(find_node())
    try:
        assert play_random(early, 1)[1][-1].winner is not None
        assert listens(early.pid) == []
    finally:
        early.close()


def test_killed_while_it_starts_is_a_death_not_a_bad_installation() -> None:
    with pytest.raises(SimulatorDied, match="exit status -15"):
        TerminatedWhileItStarts(find_node())


PARENT = """
import os, signal, sys
from pathlib import Path
from psro.pokemon.simulator.node import NodeInstallation, find_node
from psro.pokemon.simulator.process import SimulatorProcess
for number in (signal.SIGINT, signal.SIGTERM, signal.SIGUSR1):
    signal.signal(number, lambda *_: None)
simulator = Path(sys.argv[1]) if len(sys.argv) > 1 else find_node().simulator
process = SimulatorProcess(NodeInstallation(find_node().executable, simulator))
print(process.pid, flush=True)
"""


def parent(then: str, *arguments: str) -> subprocess.Popen[str]:
    """A process, leader of its own group, that starts a simulator, says its pid and does `then`."""
    return subprocess.Popen(
        [sys.executable, "-c", PARENT + then, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def wait_until_gone(pid: int) -> None:
    deadline = time.monotonic() + 30
    while _runs(pid):
        if time.monotonic() > deadline:
            os.kill(pid, signal.SIGKILL)
            pytest.fail("the simulator outlived its parent")
        time.sleep(0.05)


def test_it_ends_with_its_parent() -> None:
    with parent("os.kill(os.getpid(), signal.SIGKILL)") as process:
        assert process.stdout is not None
        wait_until_gone(int(process.stdout.readline()))


def test_it_ends_with_its_parent_even_in_a_battle_that_never_ends(tmp_path: Path) -> None:
    """A made-up simulator whose battles loop: its main thread will not see that the pipe is closed."""
    (tmp_path / "dist/sim").mkdir(parents=True)
    (tmp_path / "package.json").write_text('{"version": "0"}')
    modules = {
        "battle": "exports.Battle = class { constructor() { for (;;); } };",
        "dex": "exports.Dex = {formats: {get: () => ({exists: true})}};",
        "teams": "exports.Teams = {unpack: () => []};",
        "pokemon": "",
        "side": "",
    }
    for name, code in modules.items():
        (tmp_path / f"dist/sim/{name}.js").write_text(code)
    play = "process.run([('start', 0, 'gen1ou', 'gen5,00', '', '', 3)])"
    with parent(play, str(tmp_path)) as process:
        assert process.stdout is not None
        pid = int(process.stdout.readline())
        busy_from = cpu_seconds(pid)
        while cpu_seconds(pid) < busy_from + 0.2:
            time.sleep(0.01)
        process.kill()
        wait_until_gone(pid)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGUSR1])
def test_a_signal_to_the_group_or_to_every_process_leaves_the_decision_to_the_parent(
    number: int,
) -> None:
    """A terminal's Ctrl-C goes to the group; `scancel --full` to each process of a job."""
    with parent("input(); print(process.run([]), flush=True); process.close()") as process:
        assert process.stdout is not None
        assert process.stdin is not None
        node = int(process.stdout.readline())
        os.killpg(process.pid, number)
        os.kill(node, number)
        time.sleep(0.2)
        assert _runs(node)
        process.stdin.write("\n")
        process.stdin.flush()
        assert process.stdout.readline() == "[]\n"
        assert process.wait(timeout=30) == 0
        wait_until_gone(node)


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
