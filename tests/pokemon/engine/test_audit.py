"""The audit finds what is not Showdown's, says it in a line, and keeps what it takes to see it again."""

import logging
import os
import pickle
import re
import signal
from dataclasses import replace
from pathlib import Path

import numpy as np
import orjson
import pytest

from psro.machine.errors import UserError
from psro.pokemon.engine import audit
from psro.pokemon.engine.audit import AuditFailed, Auditor, is_audited
from psro.pokemon.engine.battle_log import BattleLog, play
from psro.pokemon.engine.judge.record import read_record
from psro.pokemon.engine.layout import HP, MONS, SIDE, SIDE_SIZE
from psro.pokemon.simulator.node_process import SimulatorDied
from tests.pokemon.engine.random_logs import random_log

BREAKDOWNS = sorted((Path(__file__).parent / "judge/breakdowns").glob("*.json"))


@pytest.fixture(scope="module")
def auditor(tmp_path_factory):
    auditor = Auditor(tmp_path_factory.mktemp("fixtures"))
    yield auditor
    auditor.close()


def files(auditor):
    return list(auditor._fixtures.glob("*"))


def test_battles_that_are_showdowns_pass(auditor):
    before = auditor.num_checked
    for number in range(10):
        log, final = random_log(number)
        assert auditor.check(log, final) is None
    log, _ = random_log(11)
    assert auditor.check(replace(log, choices=log.choices[:20])) is None, "cut off at max_turns"
    assert auditor.num_checked == before + 11
    assert files(auditor) == []


def test_a_rule_that_the_engine_has_otherwise_is_found_at_its_first_decision(auditor, monkeypatch):
    log, final = random_log(0)

    def play_wrongly(log):
        lanes = play(log)
        lanes[5:, SIDE + SIDE_SIZE + MONS + HP] += 7
        return lanes

    monkeypatch.setattr(audit, "play", play_wrongly)
    found = auditor.check(log, final)
    assert "after decision 4 side.1.pokemon.0.hp is " in found.what
    right = play(log)[5, SIDE + SIDE_SIZE + MONS + HP]
    assert f"is {right} in Showdown and {right + 7} in the engine" in found.what
    content = orjson.loads(found.fixture.read_bytes())
    assert content["versions"]["pokemon-showdown"] == "0.11.11"
    assert content["versions"]["engine"]
    assert content["played"] == final.tolist()
    assert any("|turn|" in line for line in content["differs"]), "what happened, as Showdown tells"
    monkeypatch.undo()
    again = BattleLog.from_json(content)
    assert np.array_equal(play(again)[-1], final)
    assert read_record(found.fixture).name == log.name, "it can be kept as a fixture of the proof"
    found.fixture.unlink()


def test_a_lane_that_was_not_played_by_the_rules_is_found_though_both_replays_agree(auditor):
    log, final = random_log(1)
    other = final.copy()
    other[SIDE + MONS + HP] += 1
    found = auditor.check(log, other)
    assert "replay agree, but at the end side.0.pokemon.0.hp is" in found.what
    hidden = final.copy()
    hidden[-1] += 1
    assert "lane entry" in auditor.check(log, hidden).what
    found.fixture.unlink()


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda c: np.concatenate([c, c[-1:]]), "the judge has .* dumps"),
        (lambda c: np.full_like(c, -1), "the engine took decision 0, Showdown does not: .*must choose"),
    ],
)  # fmt: skip
def test_choices_that_showdown_does_not_take_are_found(auditor, spoil, said):
    log, _ = random_log(2)
    found = auditor.check(replace(log, choices=spoil(log.choices)))
    assert re.search(said, found.what)
    found.fixture.unlink()


def test_a_team_that_showdown_does_not_know_is_found_at_the_start(auditor, monkeypatch):
    log, _ = random_log(3)
    lanes = play(log)
    monkeypatch.setattr(audit, "play", lambda log: lanes)
    found = auditor.check(replace(log, teams=("", log.teams[1])))
    assert "the engine took the start, Showdown does not: Error: cannot unpack" in found.what
    found.fixture.unlink()


@pytest.mark.parametrize("path", BREAKDOWNS, ids=[path.stem for path in BREAKDOWNS])
def test_showdowns_own_breakdown_is_no_mismatch_unless_the_engine_does_not_know_it(
    auditor, monkeypatch, path
):
    record = read_record(path)
    log = BattleLog(f"gen5,{record.name}", record.teams, np.array(record.choices, np.int8))
    lanes = play(log)
    assert auditor.check(log, lanes[-1]) is None
    lanes[-1] = lanes[-2]
    monkeypatch.setattr(audit, "play", lambda log: lanes)
    found = auditor.check(log)
    assert "Showdown does not: Error: moveSlot is null" in found.what
    found.fixture.unlink()


def test_what_the_user_is_told(auditor):
    log, final = random_log(4)
    found = auditor.check(log, final + 1)
    error = AuditFailed.of(12345, found)
    assert isinstance(error, UserError)
    text = str(error)
    assert "\n" not in text
    for part in ("12345", str(found.fixture), "game.arena.audit_fraction=0", "arena=simulator"):
        assert part in text
    assert str(pickle.loads(pickle.dumps(error))) == text, "workers send it to the driver"
    found.fixture.unlink()


def test_a_judge_that_was_killed_is_replaced_once(tmp_path, monkeypatch, caplog):
    auditor = Auditor(tmp_path)
    log, final = random_log(5)
    assert auditor.check(log, final) is None
    os.kill(auditor._judge.pid, signal.SIGKILL)
    assert auditor.check(log, final) is None
    assert "the judge's process ended, exit status -9 (killed from outside" in caplog.text
    os.kill(auditor._judge.pid, signal.SIGKILL)

    class Killed(audit.JudgeProcess):
        def replay(self, record, log=False):
            os.kill(self.pid, signal.SIGKILL)
            return super().replay(record, log)

    monkeypatch.setattr(audit, "JudgeProcess", Killed)
    with pytest.raises(SimulatorDied):
        auditor.check(log, final)
    auditor.close()
    auditor.close()


def test_without_node_it_is_off_and_says_so_once(tmp_path, monkeypatch, caplog):
    def no_node():
        raise UserError("battles need Node 18 or newer, found none: run `make setup`")

    monkeypatch.setattr(audit, "find_node", no_node)
    auditor = Auditor(tmp_path)
    log, final = random_log(6)
    with caplog.at_level(logging.INFO, logger="psro"):
        for _ in range(3):
            assert auditor.check(log, final + 1) is None
    [said] = [record.message for record in caplog.records if "audit" in record.message]
    assert said.startswith("audit: OFF in this process (battles need Node")
    assert auditor.off
    assert auditor.num_checked == 0
    auditor.close()


def test_which_battles_are_audited_goes_by_their_seeds_alone():
    seeds = range(20_000)
    chosen = {seed for seed in seeds if is_audited(seed, 0.01)}
    assert chosen == {seed for seed in reversed(seeds) if is_audited(seed, 0.01)}
    assert 140 < len(chosen) < 260
    assert chosen < {seed for seed in seeds if is_audited(seed, 0.05)}, "more audits them too"
    assert not any(is_audited(seed, 0.0) for seed in seeds)
    assert all(is_audited(seed, 1.0) for seed in seeds)
