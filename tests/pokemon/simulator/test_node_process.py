"""A Node process that gives no answer is ended, whichever host it runs; answers ahead of the reader are kept."""

import os
import signal

import pytest

from psro.machine.errors import UserError
from psro.pokemon.engine.judge.process import JudgeProcess
from psro.pokemon.engine.judge.record import BattleRecord
from psro.pokemon.simulator import node_process
from psro.pokemon.simulator.node import NodeInstallation, find_node
from psro.pokemon.simulator.node_process import NodeProcess, SimulatorDied

GREETING = 'process.stdout.write(\'{"version": "0"}\\n\');'
RECORD = BattleRecord(7, ("Mew||||splash|||||||", "Muk||||splash|||||||"), ((0, 0),))


@pytest.fixture
def impatient(monkeypatch):
    monkeypatch.setattr(node_process, "LOOK_EVERY", 0.01)


def host(tmp_path, code):
    path = tmp_path / "host.js"
    path.write_text(GREETING + code)
    return path


def test_a_judge_that_stands_still_is_hung(monkeypatch, impatient):
    judge = JudgeProcess(find_node())
    monkeypatch.setattr(node_process, "IDLE_LIMIT", 0.05)
    os.kill(judge.pid, signal.SIGSTOP)
    with pytest.raises(SimulatorDied, match="the judge's process hung and was ended"):
        judge.replay(RECORD)
    judge.close()


def test_a_host_that_loops_is_hung(tmp_path, monkeypatch, impatient):
    code = "process.stdin.on('data', () => { for (;;); });"
    process = NodeProcess(find_node(), host(tmp_path, code))
    monkeypatch.setattr(node_process, "CPU_LIMIT", 0.1)
    process.send([])
    with pytest.raises(SimulatorDied, match="hung and was ended"):
        process.receive_line()
    process.close()


def test_answers_that_come_together_are_read_one_by_one(tmp_path):
    code = "process.stdin.on('data', () => process.stdout.write('1\\n[2]\\n\"3'));"
    code += "process.stdin.on('end', () => process.exit(0));"
    process = NodeProcess(find_node(), host(tmp_path, code))
    process.send([])
    assert process.receive_line() == 1
    assert process.receive_line() == [2]
    process.close()


def test_a_judge_that_does_not_start_is_the_installation_s_fault(tmp_path):
    with pytest.raises(UserError, match=r"does not start the simulator.*make setup"):
        JudgeProcess(NodeInstallation(find_node().executable, tmp_path))


def test_closing_a_process_that_is_gone_is_fine():
    judge = JudgeProcess(find_node())
    os.kill(judge.pid, signal.SIGKILL)
    judge.close()
    judge.close()
