"""A difference is found where it is, and said so that one knows where to look."""

import numpy as np
import pytest

from psro.pokemon.engine.judge.compare import first_difference, next_words
from psro.pokemon.engine.judge.layout import PLACES, SIZE
from psro.pokemon.engine.judge.process import Judgement, JudgeProcess
from psro.pokemon.engine.judge.record import BattleRecord

TEAMS = "Mew||||swift|||||||", "Muk||||splash|||||||"


@pytest.fixture(scope="module")
def judged(judge: JudgeProcess) -> Judgement:
    judgement = judge.replay(
        BattleRecord(0xABC, TEAMS, ((0, 0), (0, 0), (0, 0)), "a test"), log=True
    )
    assert judgement.error is None
    return judgement


def test_equal_dumps_differ_nowhere(judged: Judgement) -> None:
    assert first_difference(judged.record, judged.dumps, judged.dumps.copy()) is None


def test_every_compared_place_is_looked_at(judged: Judgement) -> None:
    for place in range(SIZE):
        played = judged.dumps.copy()
        played[2, place] += 1
        found = first_difference(judged.record, judged.dumps, played)
        if place == PLACES["draws"]:
            assert found is None
            continue
        assert found is not None
        assert found.dump == 2
        assert PLACES[found.first] == place


def test_the_text_names_seed_decision_place_values_and_what_happened(judged: Judgement) -> None:
    played = judged.dumps.copy()
    played[2, PLACES["side.1.pokemon.0.hp"]] -= 5
    found = first_difference(judged.record, judged.dumps, played)
    assert found is not None
    text = found.text(judged.lines)
    assert "battle 0000000000000abc (a test): first difference after decision 1" in text
    hp = int(judged.dumps[2, PLACES["side.1.pokemon.0.hp"]])
    assert f"side.1.pokemon.0.hp: judge {hp}, engine {hp - 5}" in text
    assert "|move|p1a: Mew|Swift|p2a: Muk" in text


def test_a_draw_too_many_is_counted(judged: Judgement) -> None:
    played = judged.dumps.copy()
    seed = slice(PLACES["seed.0"], PLACES["seed.3"] + 1)
    first, second, third, fourth = (int(word) for word in played[1, seed])
    played[1, seed] = next_words((first, second, third, fourth))
    found = first_difference(judged.record, judged.dumps, played)
    assert found is not None
    drawn = int(judged.dumps[1, PLACES["draws"]])
    assert found.draws == (drawn, drawn + 1)
    assert f"draws in this decision: judge {drawn}, engine {drawn + 1}" in found.text()


def test_an_engine_that_stops_early_differs(judged: Judgement) -> None:
    found = first_difference(judged.record, judged.dumps, judged.dumps[:2])
    assert found is not None
    assert found.dump == 2
    assert "the judge has 4 dumps, the engine 2" in found.text()


def test_dumps_of_another_shape_are_refused(judged: Judgement) -> None:
    with pytest.raises(ValueError, match="303"):
        first_difference(judged.record, judged.dumps, np.zeros((4, 5), np.int32))
