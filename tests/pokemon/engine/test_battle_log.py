"""A log is enough to play a battle again."""

import json

import numpy as np
import pytest

from psro.pokemon.engine.battle_log import BattleLog, play
from psro.pokemon.engine.judge.record import read_record
from psro.pokemon.engine.layout import ENDED, LANE_SIZE
from tests.pokemon.engine.random_logs import random_log

TEAMS = "Mew||||splash|||||||", "Muk||||splash|||||||"


@pytest.mark.parametrize("kind", ["real", "random", "sleep"])
def test_a_replay_ends_in_the_lane_that_was_played(kind):
    for number in range(5):
        log, final = random_log(number, kind)
        lanes = play(log)
        assert lanes.shape == (1 + len(log.choices), LANE_SIZE)
        assert not lanes[:-1, ENDED].any()
        assert np.array_equal(lanes[-1], final)


def test_a_log_comes_back_from_json_and_its_file_is_a_fixture_for_the_proof(tmp_path):
    log, _ = random_log(0)
    text = json.dumps({"about": "", **log.to_json()})
    again = BattleLog.from_json(json.loads(text))
    assert (again.seed, again.teams) == (log.seed, log.teams)
    assert np.array_equal(again.choices, log.choices)
    assert again.choices.dtype == np.int8
    path = tmp_path / "it.json"
    path.write_text(text)
    record = read_record(path)
    assert (record.name, record.teams) == (log.name, log.teams)
    assert record.choices == tuple(map(tuple, log.choices.tolist()))


def test_a_battle_without_a_choice_is_one():
    log = BattleLog("gen5,0000000000000001", TEAMS, np.zeros((0, 2), np.int8))
    assert len(play(log)) == 1
    assert BattleLog.from_json(log.to_json()).choices.shape == (0, 2)


@pytest.mark.parametrize(
    ("seed", "choices", "said"),
    [
        ("gen5,0000000000000001", [[10, 0]], "0-3 .move slot"),
        ("gen5,0000000000000001", [[0, -2]], "waits"),
        ("gen5,0000000000000001", [0, 1], "must be"),
        ("0000000000000001", [[0, 0]], "sixteen hex digits"),
        ("gen5,00000000000000zz", [[0, 0]], "invalid literal"),
    ],
)
def test_what_is_no_log_is_refused(seed, choices, said):
    with pytest.raises(ValueError, match=said):
        BattleLog(seed, TEAMS, np.array(choices, np.int8))
