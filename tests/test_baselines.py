"""benchmarks/baselines.py: methods at one budget, counted, and what they share done once."""

import json
import shutil
from collections.abc import Generator, Sequence
from pathlib import Path

import pytest

from benchmarks import baselines
from benchmarks.shared_units import SharedUnits
from psro.machine.events import RunListener
from psro.machine.executors.protocol import ExecutorListener, UnitDone
from psro.machine.signals import StopFlag
from psro.machine.units import Unit
from psro.unit import journal_records
from tests.phases.conftest import result_bytes

GIVEN = ["+experiment=rps", "game.exact=false", "psro.num_iterations=2", "report.replays=false"]
GIVEN += ["tournament.battles_per_matchup=20", "psro.measure_battles=40", "executor=serial"]


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a run of PSRO."""
    folder = tmp_path_factory.mktemp("runs")
    baselines.run_method("nash", 0, GIVEN, folder)
    return folder


def test_what_was_spent_is_counted_from_the_journal(runs: Path) -> None:
    assert baselines.spent(runs / "nash" / "seed_0") == baselines.Spent(
        collected=0, updates=0, chosen=2 * 200, measured=2 * 40, tournament=(1 + 2) * 20
    )


class Inner:
    """An executor that only notes what is left for it."""

    def __init__(self) -> None:
        self.left: list[str] = []

    def run(
        self, units: Sequence[Unit], stop: StopFlag, listener: ExecutorListener
    ) -> Generator[UnitDone, None, None]:
        self.left += [unit.key for unit in units]
        yield from ()

    def close(self) -> None:
        """Nothing is held."""


def test_only_units_that_ask_for_the_same_are_copied(runs: Path, tmp_path: Path) -> None:
    other = runs / "nash" / "seed_0"
    units = [r.unit for r in journal_records(other) if r.unit is not None]
    mine = tmp_path / "mine"
    shutil.copytree(other, mine, ignore=shutil.ignore_patterns("matchups"))
    # Another policy under the name of one that was played.
    (mine / "population/br_1/policy.json").write_text("{}")
    inner = Inner()
    done = list(SharedUnits(mine, inner, [mine, other]).run(units, StopFlag(), RunListener()))
    assert {unit.key for unit in units if "br_1" in unit.key} == {
        k for k in inner.left if "br_1" in k
    }
    assert all("br_1" in json.dumps(unit.to_json()) for unit in units if unit.key in inner.left)
    assert done
    for copied in done:
        assert (mine / copied.unit.result).read_bytes() == (other / copied.unit.result).read_bytes()


def test_sharing_changes_no_result(runs: Path, tmp_path: Path) -> None:
    alone = baselines.run_method("last_iterate", 0, GIVEN, tmp_path)
    shared = baselines.run_method("last_iterate", 0, GIVEN, runs)
    mine, its = (
        {path: data for path, data in result_bytes(run).items() if path.startswith("iteration_")}
        for run in (shared, alone)
    )
    assert mine == its
