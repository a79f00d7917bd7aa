"""The proof itself: what is equal passes, what is not is found and counted, and what was covered is said."""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from psro.pokemon.engine.judge.coverage import Coverage, gen1_hints
from psro.pokemon.engine.judge.layout import PLACES
from psro.pokemon.engine.judge.lockstep import JudgeReplayer, prove
from psro.pokemon.engine.judge.matchups import matchup
from psro.pokemon.engine.judge.process import JudgeProcess
from psro.pokemon.engine.judge.record import BattleRecord
from psro.pokemon.simulator.node import find_node

ROOT = Path(__file__).parents[4]


class Forger:
    """Replays as the judge does, but for one Pokémon's HP in the last dump of every battle with an even seed."""

    def __init__(self, judge: JudgeProcess):
        self._judge = judge

    def replay(self, records: Sequence[BattleRecord]) -> list[np.ndarray]:
        dumps = [self._judge.replay(record).dumps.copy() for record in records]
        for record, played in zip(records, dumps, strict=True):
            if record.seed % 2 == 0:
                played[-1, PLACES["side.0.pokemon.0.hp"]] += 1
        return dumps


def test_showdown_equals_itself(judge: JudgeProcess, plain_judge: JudgeProcess) -> None:
    battles = [matchup(9, number) for number in range(12)]
    verdict = prove(judge, JudgeReplayer(plain_judge), iter(battles), at_once=5)
    assert verdict.differences == []
    assert verdict.coverage.battles == 12
    assert verdict.coverage.decisions > 100


def test_a_forgery_is_found_in_every_battle_that_has_one(
    judge: JudgeProcess, plain_judge: JudgeProcess
) -> None:
    battles = [matchup(9, number) for number in range(12)]
    verdict = prove(judge, Forger(plain_judge), iter(battles))
    forged = [battle.seed for battle in battles if battle.seed % 2 == 0]
    assert forged
    assert [difference.record.seed for difference in verdict.differences] == forged
    for difference in verdict.differences:
        assert difference.dump == len(difference.record.choices)
        assert [name for name, _, _ in difference.places] == ["side.0.pokemon.0.hp"]


def test_coverage_counts_what_was_reached_and_names_what_was_not(judge: JudgeProcess) -> None:
    teams = "Mew||||substitute,toxic|||||||", "Muk||||splash|||||||"
    coverage = Coverage()
    coverage.add(judge.replay(BattleRecord(5, teams, ((0, 0), (1, 0)))), "scripted")
    assert (coverage.battles, coverage.turns, coverage.decisions) == (1, 3, 2)
    assert coverage.move_uses()["splash"] == 2
    assert coverage.volatile_dumps("substitute") == 2
    never = coverage.never(find_node().simulator)
    assert "move tackle" in never
    assert "move splash" not in never
    assert "volatile bide" in never
    assert "volatile substitute" not in never
    assert "status frz" in never
    both = Coverage()
    both.merge(coverage)
    both.merge(coverage)
    assert both.move_uses()["splash"] == 4
    assert both.decisions == 4


def test_the_simulators_hints_are_found_in_its_sources() -> None:
    hints = gen1_hints(find_node().simulator)
    assert len(hints) > 20
    assert any("Leech Seed's damage is affected by Toxic's counter" in hint for hint in hints)


def test_the_benchmark_ends_well_when_nothing_differs(tmp_path: Path) -> None:
    command = [sys.executable, "benchmarks/engine_lockstep.py", "--against", "showdown"]
    command += ["--battles", "3", "--seed", "4", "--fixtures", str(tmp_path)]
    # The psro of this checkout, wherever the environment's own one is.
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    assert "differences: 0" in done.stdout
    assert "battles 3, turns" in done.stdout
    assert list(tmp_path.iterdir()) == []
