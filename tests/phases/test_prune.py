"""psro.shards: what no later phase reads is deleted, and nothing else changes."""

import json
import os
import re
import shutil
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from psro import unit, wiring
from psro.config import Config, parse_config, semantic_fields
from psro.game.battles import Failure
from psro.game.policies import PolicyRecord
from psro.game.protocols import Candidate, Game, ReportProgress, ShouldStop, TrainTask
from psro.game.shards import read_shard
from psro.machine.durable import atomic_write
from psro.machine.errors import Preempted
from psro.machine.events import RunListener
from psro.machine.journal import JOURNAL_FILE
from psro.machine.position import Position
from psro.machine.signals import StopFlag
from psro.phases import layout
from psro.phases.psro import Phase
from psro.report.disk import read_disk
from psro.report.results import results_of
from psro.toys.matrix import VIEW, MatrixArena
from tests.phases.conftest import StopAtBoundary, drive_config, result_bytes
from tests.phases.test_psro import StopAfter


@dataclass
class CountingConfig:
    """oracle.name=counting."""

    name: str = "counting"


class CountingOracle:
    """Plays what it saw win: its weights are the rewards of each action in the shards, so every byte counts."""

    needs_data = True
    view = VIEW

    def __init__(self, game: Game):
        self.game = game

    def lookahead(self, stage: str) -> None:
        """Nothing is looked ahead at."""

    def train(
        self, task: TrainTask, report_progress: ReportProgress, should_stop: ShouldStop
    ) -> list[Candidate]:
        """One candidate."""
        weights = np.ones(self.game.num_actions)
        for source in task.sources:
            for path in source.paths:
                seen = read_shard(path).result.trajectories
                assert seen is not None
                np.add.at(weights, seen.actions, source.weight * (1 + seen.rewards))
        directory = task.output / "counted"
        record = PolicyRecord(task.name, "mixed", VIEW, {"weights": weights.tolist()})
        atomic_write(directory / "policy.json", json.dumps(record.to_json()).encode())
        atomic_write(task.output / layout.TRAINING_CURVE, b'{"num_steps": 1, "points": []}')
        report_progress(1, 1, {})
        return [Candidate("counted", directory, {})]


@pytest.fixture(autouse=True)
def counting(monkeypatch: pytest.MonkeyPatch) -> None:
    """The oracle is one of wiring's. No power is cut here, so nothing waits for the disk."""
    monkeypatch.setattr(os, "fsync", lambda descriptor: None)
    entry = wiring.Entry(CountingConfig, lambda config, game: CountingOracle(game))
    monkeypatch.setitem(wiring.ORACLES, "counting", entry)
    monkeypatch.setitem(wiring.SCHEMAS["oracle"], "counting", CountingConfig)


def config_of(
    shards: str = "prune", num_iterations: int = 2, replay_weight: float = 0.25
) -> Config:
    """Two base policies, two rounds a response, and trajectories of all of them."""
    return parse_config(
        {
            "game": {"name": "matrix", "exact": False},
            "oracle": {"name": "counting"},
            "population": {
                "members": {"even": {"kind": "mixed", "arguments": {"weights": [1, 1, 1]}}},
                "replay": {"num_battles": 8, "policies": ["even"]},
                "base": [
                    {"name": "cloned", "stage": "cloning"},
                    {
                        "name": "played",
                        "stage": "self_play",
                        "start": "cloned",
                        "rounds": 2,
                        "num_battles": 8,
                        "opponents": {"self": 1.0},
                    },
                ],
            },
            "psro": {
                "num_iterations": num_iterations,
                "rounds": 2,
                "base": "played",
                "replay_weight": replay_weight,
                "select_battles": 10,
                "measure_battles": 10,
                "collect": {"num_battles": 8, "battles_per_unit": 4},
                "shards": shards,
            },
            "tournament": {"battles_per_matchup": 10},
            "certificate": {"measure_battles": 10},
        },
        wiring.SCHEMAS,
    )


def groups(directory: Path) -> list[str]:
    """Those whose shards are there."""
    shards = directory.glob("*/trajectories/*/*.shard")
    return sorted({f"{path.parents[2].name}/{path.parent.name}" for path in shards})


def results(directory: Path) -> dict[str, bytes]:
    """But for the shards."""
    return {
        path: data
        for path, data in result_bytes(directory).items()
        if not path.endswith(".shard")
    }  # fmt: skip


def collected_again(records: Iterable[str]) -> list[str]:
    """Units of which the log says that they ran again."""
    return re.findall(r"running unit '([^']*)' again", "\n".join(records))


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that keeps all."""
    directory = tmp_path_factory.mktemp("kept")
    with pytest.MonkeyPatch.context() as patch:
        counting.__wrapped__(patch)  # type: ignore[attr-defined]
        drive_config(config_of("keep"), directory)
    return directory


def test_it_changes_no_result_and_may_change_between_starts() -> None:
    assert semantic_fields(config_of("keep")) == semantic_fields(config_of("prune"))


def test_all_goes_but_the_replay_data_that_later_responses_would_use(
    tmp_path: Path, kept: Path, caplog: pytest.LogCaptureFixture
) -> None:
    drive_config(config_of(), tmp_path)
    assert groups(tmp_path) == ["iteration_0/replay"]
    assert len(groups(kept)) == 1 + 2 + 3 * 2
    assert results(tmp_path) == results(kept)
    assert collected_again(caplog.messages) == []


def test_replay_data_that_no_response_uses_goes_with_the_base_policies(tmp_path: Path) -> None:
    drive_config(config_of(replay_weight=0.0), tmp_path)
    assert groups(tmp_path) == []


def test_each_goes_when_its_own_part_is_over(tmp_path: Path) -> None:
    replay = "iteration_0/replay"
    base = ["iteration_0/played_0", "iteration_0/played_1", replay]
    seen = {}
    while True:
        stop = StopFlag()
        try:
            drive_config(config_of(), tmp_path, stop, [StopAtBoundary(stop, 1)])
            break
        except Preempted:
            at = json.loads((tmp_path / "manifest.json").read_bytes())["position"]
            seen[at["phase"], at["iteration"], at["round"]] = groups(tmp_path)
    first = [f"iteration_1/round_{index}" for index in range(2)]
    assert seen["TOURNAMENT", 0, 0] == base
    assert seen["SOLVE", 0, 0] == [replay]
    assert seen["TRAIN", 1, 1] == seen["COLLECT", 2, 0] == [replay, *first]
    assert seen["TRAIN", 2, 0] == [replay, "iteration_2/round_0"]
    assert seen["REPORT", 2, 0] == [*certificate_groups(2), replay]


def certificate_groups(index: int) -> list[str]:
    return [f"certificate_{index}/round_0", f"certificate_{index}/round_1"]


def test_stopped_again_and_again_it_collects_nothing_twice(
    tmp_path: Path, kept: Path, caplog: pytest.LogCaptureFixture
) -> None:
    while True:
        stop = StopFlag()
        try:
            drive_config(config_of(), tmp_path, stop, [StopAfter(stop, 5)])
            break
        except Preempted:
            continue
    assert groups(tmp_path) == ["iteration_0/replay"]
    assert results(tmp_path) == results(kept)
    assert collected_again(caplog.messages) == []


def test_a_finished_run_is_pruned_by_starting_it_again_and_goes_on_as_ever(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    drive_config(config_of("keep", num_iterations=1), tmp_path / "run")
    shutil.copytree(tmp_path / "run", tmp_path / "kept")
    assert drive_config(config_of(num_iterations=1), tmp_path / "run").phase is Phase.DONE
    assert groups(tmp_path / "run") == ["iteration_0/replay"]
    drive_config(config_of("keep", num_iterations=2), tmp_path / "kept")
    drive_config(config_of("keep", num_iterations=2), tmp_path / "run")
    assert results(tmp_path / "run") == results(tmp_path / "kept")
    assert groups(tmp_path / "run") == [
        *certificate_groups(2),
        "iteration_0/replay",
        "iteration_2/round_0",
        "iteration_2/round_1",
    ]
    assert collected_again(caplog.messages) == []


@pytest.mark.parametrize(
    ("damaged", "made_again"),
    [
        ("iteration_1/oracle/round_1/train.json", ["iteration_1/round_0", "iteration_1/round_1"]),
        ("iteration_1/iteration_summary.json", ["iteration_1/round_0", "iteration_1/round_1"]),
        ("iteration_0/oracle/played_0/counted/policy.json", ["iteration_0/played_0"]),
        ("iteration_2/measurement_1.json", []),
    ],
)
def test_damaged_results_come_back_from_data_that_is_made_again(
    tmp_path: Path,
    kept: Path,
    caplog: pytest.LogCaptureFixture,
    damaged: str,
    made_again: list[str],
) -> None:
    drive_config(config_of(), tmp_path)
    (tmp_path / damaged).write_bytes(b"garbage")
    drive_config(config_of(), tmp_path)
    assert results(tmp_path) == results(kept)
    collected = [key for key in collected_again(caplog.messages) if "/collect/" in key]
    assert sorted({re.sub(r"/collect/(.*)/\d+", r"/\1", key) for key in collected}) == made_again
    assert groups(tmp_path) == ["iteration_0/replay"]


def test_a_unit_alone_makes_the_data_that_it_reads_again(
    tmp_path: Path, kept: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config, run, scratch = config_of(), tmp_path / "run", tmp_path / "scratch"
    drive_config(config, run)
    before = result_bytes(run)
    found = unit.find(run, "iteration_1/train/round_0")
    shards = [f"iteration_1/trajectories/round_0/00{index}.shard" for index in range(2)]
    assert [artifact.path for artifact, _ in found.first] == shards
    written = unit.run_alone(run, config, found, scratch, StopFlag())
    assert set(written) == set(found.committed)
    assert f"{shards[0]} was pruned: unit 'iteration_1/collect/round_0/0' makes it" in (
        capsys.readouterr().out
    )
    assert result_bytes(run) == before
    assert unit.find(kept, "iteration_1/train/round_0").first == ()


def test_views_tell_what_was_pruned_and_what_is_there(tmp_path: Path, kept: Path) -> None:
    drive_config(config_of(), tmp_path)
    whole, pruned = read_disk(kept), read_disk(tmp_path)
    assert (whole.num_released, whole.num_unreadable) == (0, 0)
    assert whole.num_files["shards"] == pruned.num_files["shards"] + pruned.num_released
    assert whole.num_bytes["shards"] == pruned.num_bytes["shards"] + pruned.released_bytes
    assert whole.num_decisions == pruned.num_decisions + pruned.released_decisions
    # 8 battles of both sides in the replay data and each round of `played` against itself, else of the learner.
    assert (pruned.num_decisions, pruned.released_decisions) == (16, 2 * 16 + 6 * 8)
    for kind in ("policies", "results"):
        assert whole.num_bytes[kind] == pruned.num_bytes[kind]
    sizes = [path.stat().st_size for path in tmp_path.rglob("*.shard")]
    assert pruned.bytes_per_decision == sum(sizes) / 16


def test_broken_battles_of_pruned_shards_are_still_counted(tmp_path: Path) -> None:
    arena_play = MatrixArena.play
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            MatrixArena,
            "play",
            lambda arena, jobs, *rest: replace(
                arena_play(arena, jobs, *rest),
                failures=(Failure(jobs[0].seed, jobs[0].policies, "it broke"),),
            ),
        )
        drive_config(config_of("keep", num_iterations=1), tmp_path)
        whole = results_of(tmp_path)
        drive_config(config_of("prune", num_iterations=1), tmp_path)
    assert groups(tmp_path) == ["iteration_0/replay"]
    assert set(results_of(tmp_path).broken) == set(whole.broken)
    assert any(battle.file.endswith(".shard") for battle in whole.broken)


def test_the_journal_goes_on_telling_what_the_shards_held(tmp_path: Path, kept: Path) -> None:
    drive_config(config_of(), tmp_path)
    told: dict[str, dict[str, object]] = {}
    for line in (tmp_path / JOURNAL_FILE).read_bytes().splitlines():
        told |= json.loads(line).get("released", {})
    assert told.keys() == result_bytes(kept).keys() - result_bytes(tmp_path).keys()
    assert told["iteration_0/trajectories/played_0/000.shard"] == {
        "num_battles": 4,
        "num_decisions": 8,
        "failures": [],
    }


def test_a_finished_run_is_pruned_before_anything_is_said_of_it(tmp_path: Path, kept: Path) -> None:
    class Looks(RunListener):
        """At what there is when the run says that it is done already."""

        def on_start(self, position: Position[Any], resumed: bool, note: str) -> None:
            self.seen = groups(tmp_path / "run")

    shutil.copytree(kept, tmp_path / "run")
    looks = Looks()
    drive_config(config_of(), tmp_path / "run", listeners=[looks])
    assert looks.seen == ["iteration_0/replay"]
