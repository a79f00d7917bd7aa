"""A battle's log becomes Showdown's: under its players' names, with exact HP, ending as it ended; anything else is said."""

from dataclasses import replace

import numpy as np
import pytest

from psro.game.battles import Outcome
from psro.machine.errors import UserError
from psro.pokemon.engine.battle_log import BattleLog
from psro.pokemon.engine.judge.process import JudgeProcess
from psro.pokemon.engine.judge.record import read_record
from psro.pokemon.engine.layout import TURN, WINNER
from psro.pokemon.replays.showdown_log import player_names, replay
from psro.pokemon.simulator.node import find_node
from tests.pokemon.engine.random_logs import random_log
from tests.pokemon.engine.test_audit import BREAKDOWNS


@pytest.fixture(scope="module")
def judge():
    judge = JudgeProcess(find_node(), plain=True)
    yield judge
    judge.close()


def battle(number, names=("br_1", "grunt")):
    log, final = random_log(number)
    score = {0: 1.0, 1: 0.0}.get(int(final[WINNER]), 0.5)
    return Outcome(number, names, score, int(final[TURN]), (0, 0), ("stall", "offence")), log


def test_the_log_names_players_shows_exact_hp_and_ends_with_the_winner(judge):
    for number in range(3):
        outcome, log = battle(number)
        told = replay(judge, outcome, log)
        assert "|player|p1|br_1||" in told.lines
        assert "|player|p2|grunt||" in told.lines
        assert f"|turn|{outcome.num_turns}" in told.lines
        winner = outcome.policies[0 if outcome.score == 1 else 1]
        assert told.lines[-1] == f"|win|{winner}"
        assert told.result == f"{winner} wins in {outcome.num_turns} turns"
        assert told.title == "br_1 (stall) vs. grunt (offence)"
        entrances = [line.split("|") for line in told.lines if line.startswith("|switch|")]
        assert any(not entrance[4].startswith("100/100") for entrance in entrances)
        assert not any(line.startswith(("|split|", "|t:|")) for line in told.lines)
        assert told == replay(judge, outcome, log)


def test_equal_names_are_told_apart(judge):
    outcome, log = battle(0, ("learner", "learner"))
    assert replay(judge, outcome, log).lines[-1] in ("|win|learner (1)", "|win|learner (2)")
    assert player_names(("a|b", "<c>")) == ("a_b", "_c_")


def test_a_battle_that_the_arena_cut_off_is_a_tie(judge):
    outcome, log = battle(1)
    cut = replace(outcome, score=0.5, num_turns=10)
    told = replay(judge, cut, replace(log, choices=log.choices[:12]))
    assert told.lines[-2:] == ("|-message|the arena ended it: it counts as a tie.", "|tie")
    assert told.result == "a tie after 10 turns"


@pytest.mark.parametrize("path", BREAKDOWNS, ids=[path.stem for path in BREAKDOWNS])
def test_so_is_one_in_which_showdown_breaks(judge, path):
    record = read_record(path)
    log = BattleLog(f"gen5,{record.name}", record.teams, np.array(record.choices, np.int8))
    told = replay(judge, Outcome(0, ("a", "b"), 0.5, 9, (0, 0)), log)
    assert "Showdown cannot go on" in told.lines[-2]


def test_another_end_than_the_outcomes_is_refused(judge):
    outcome, log = battle(2)
    with pytest.raises(UserError, match="job seed 2 otherwise: there side 0 scores"):
        replay(judge, replace(outcome, score=1 - outcome.score), log)
    with pytest.raises(UserError, match=r"it refuses a choice .*must choose"):
        replay(judge, outcome, replace(log, choices=np.full_like(log.choices, -1)))
