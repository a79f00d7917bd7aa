"""The engine is equal to Showdown, dump for dump: a slice of the proof (benchmarks/engine_lockstep.py plays more), and every battle
that once differed."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from psro.pokemon.engine.dump import EngineReplayer
from psro.pokemon.engine.judge.compare import first_difference
from psro.pokemon.engine.judge.lockstep import prove
from psro.pokemon.engine.judge.matchups import matchup
from psro.pokemon.engine.judge.process import JudgeProcess
from psro.pokemon.engine.judge.record import read_record
from psro.pokemon.simulator.node import find_node

FIXTURES = sorted((Path(__file__).parent / "fixtures").glob("*.json"))


@pytest.fixture(scope="module")
def judge() -> Iterator[JudgeProcess]:
    process = JudgeProcess(find_node())
    yield process
    process.close()


def test_battles_of_all_kinds_are_equal(judge: JudgeProcess) -> None:
    verdict = prove(judge, EngineReplayer(), (matchup(4, number) for number in range(150)))
    assert [difference.text() for difference in verdict.differences] == []
    assert verdict.coverage.battles == 150
    assert verdict.coverage.turns > 3000


def test_there_are_fixtures() -> None:
    assert FIXTURES


@pytest.mark.parametrize("path", FIXTURES, ids=[path.stem for path in FIXTURES])
def test_what_once_differed_is_equal(judge: JudgeProcess, path: Path) -> None:
    record = read_record(path)
    judged = judge.replay(record)
    assert judged.error is None
    difference = first_difference(record, judged.dumps, EngineReplayer().replay([record])[0])
    assert difference is None, difference.text() if difference else ""
