"""Battles in which Showdown itself breaks: the proof compares them up to there, and the engine knows that it has come there."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from psro.pokemon.engine import kernels
from psro.pokemon.engine.dump import EngineReplayer
from psro.pokemon.engine.judge.compare import first_difference
from psro.pokemon.engine.judge.process import JudgeProcess
from psro.pokemon.engine.judge.record import read_record
from psro.pokemon.engine.layout import FAULT
from psro.pokemon.engine.teams import new_lane

BREAKDOWNS = sorted((Path(__file__).parent / "breakdowns").glob("*.json"))


def test_there_are_breakdowns() -> None:
    assert BREAKDOWNS


@pytest.mark.parametrize("path", BREAKDOWNS, ids=[path.stem for path in BREAKDOWNS])
def test_the_engine_is_equal_up_to_it_and_faults_there(judge: JudgeProcess, path: Path) -> None:
    record = read_record(path)
    judged = judge.replay(record)
    assert judged.error is not None
    assert len(judged.dumps) == len(record.choices)
    whole = replace(record, choices=record.choices[:-1])
    difference = first_difference(whole, judged.dumps, EngineReplayer().replay([whole])[0])
    assert difference is None, difference.text()

    lanes = new_lane(f"gen5,{record.name}", *record.teams)[np.newaxis].copy()
    kernels.start(lanes)
    faults = []
    for choices in record.choices:
        kernels.step(lanes, np.array([choices], np.int8))
        faults.append(bool(lanes[0, FAULT]))
    assert faults == [False] * (len(faults) - 1) + [True]
