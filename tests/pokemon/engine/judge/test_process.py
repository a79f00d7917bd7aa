"""The judge asked in its three ways says the same, with and without the shortcuts, every time."""

import numpy as np

from psro.pokemon.engine.judge.compare import num_draws, words_of
from psro.pokemon.engine.judge.layout import PLACES, SIZE
from psro.pokemon.engine.judge.matchups import Matchup, matchup
from psro.pokemon.engine.judge.process import Judgement, JudgeProcess
from psro.pokemon.engine.judge.record import BattleRecord

BATTLES = range(6)


def play(judge: JudgeProcess, battle: Matchup) -> Judgement:
    judge.send_play(battle.seed, battle.teams, battle.policies, battle.policy_seeds)
    return judge.receive()


def test_a_battle_is_played_to_its_end(judge: JudgeProcess) -> None:
    battle = matchup(1, 0)
    played = play(judge, battle)
    assert played.error is None
    assert played.record.seed == battle.seed
    assert played.record.teams == battle.teams
    assert played.dumps.shape == (1 + len(played.record.choices), SIZE)
    assert list(played.dumps[:, PLACES["ended"]]) == [0] * len(played.record.choices) + [1]
    assert played.tally


def test_the_same_battle_twice_is_the_same(judge: JudgeProcess) -> None:
    for number in BATTLES:
        first, second = play(judge, matchup(1, number)), play(judge, matchup(1, number))
        assert first.record == second.record
        assert np.array_equal(first.dumps, second.dumps)


def test_a_record_replays_as_it_was_played_without_the_shortcuts_too(
    judge: JudgeProcess, plain_judge: JudgeProcess
) -> None:
    for number in BATTLES:
        played = play(judge, matchup(2, number))
        for process in (judge, plain_judge):
            assert np.array_equal(process.replay(played.record).dumps, played.dumps)


def test_steps_give_the_dumps_of_the_whole(judge: JudgeProcess) -> None:
    record = play(judge, matchup(3, 1)).record
    whole = judge.replay(record, log=True)
    steps = [judge.start(record.seed, record.teams), *map(judge.choose, record.choices)]
    assert [step.error for step in steps] == [None] * len(steps)
    assert np.array_equal(
        np.stack([step.dump for step in steps if step.dump is not None]), whole.dumps
    )
    assert whole.lines == [step.lines for step in steps]
    assert whole.lines[0][-1] == "|turn|1"


def test_draws_are_counted(judge: JudgeProcess) -> None:
    dumps = play(judge, matchup(4, 2)).dumps
    draws = dumps[:, PLACES["draws"]]
    assert draws[-1] > 10
    for before, after in zip(range(len(dumps)), range(1, len(dumps)), strict=False):
        assert (
            num_draws(words_of(dumps[before]), words_of(dumps[after]))
            == draws[after] - draws[before]
        )


def test_a_choice_that_is_refused_is_said_and_the_dumps_before_it_kept(judge: JudgeProcess) -> None:
    teams = "Mew||||splash|||||||", "Muk||||splash|||||||"
    refused = judge.replay(BattleRecord(7, teams, ((0, 0), (2, 0), (0, 0))))
    assert refused.error is not None
    assert "p1" in refused.error
    assert len(refused.dumps) == 2
    assert refused.record.choices == ((0, 0), (2, 0))


def test_a_side_that_must_choose_may_not_wait(judge: JudgeProcess) -> None:
    teams = "Mew||||splash|||||||", "Muk||||splash|||||||"
    refused = judge.replay(BattleRecord(7, teams, ((0, -1),)))
    assert refused.error is not None
    assert "p2 chose -1 and must choose" in refused.error


def test_answers_come_in_the_order_asked(judge: JudgeProcess) -> None:
    for number in BATTLES:
        battle = matchup(5, number)
        judge.send_play(battle.seed, battle.teams, battle.policies, battle.policy_seeds, 3)
    received = [judge.receive().record.seed for _ in BATTLES]
    assert received == [matchup(5, number).seed for number in BATTLES]
