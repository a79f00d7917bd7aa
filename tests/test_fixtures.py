"""Runs that earlier programs wrote (tests/fixtures/schema_<version>): today's program goes on with each.

`finished` is a whole +experiment=rps, `half_done` one that SIGTERM stopped in MEASURE of iteration 1, with two of its four
units committed. Their views (report/, tensorboard/) are left out. How to make them for a new version: docs/reliability.md.
"""

import json
import shutil
from pathlib import Path

import orjson
import pytest
from hydra import compose, initialize_config_dir

from psro import main, wiring
from psro.config import Config, parse_config
from psro.machine.manifest import Manifest
from psro.machine.schema import NEW_IN_3, NEW_IN_4, SCHEMA_VERSION, UPGRADES
from psro.machine.signals import StopFlag
from tests.phases.conftest import result_bytes

FIXTURES = Path(__file__).with_name("fixtures")
VERSIONS = sorted(int(path.name.removeprefix("schema_")) for path in FIXTURES.glob("schema_*"))
RUN = "rps/seed_0"


def rps_as_a_user_starts_it(runs: Path) -> Config:
    with initialize_config_dir(str(main.CONF), version_base="1.3"):
        composed = compose("config", overrides=["+experiment=rps", f"runs_directory={runs}"])
    return parse_config(composed, wiring.SCHEMAS)


def copy_of(version: int, name: str, runs: Path) -> Path:
    shutil.copytree(FIXTURES / f"schema_{version}" / name, runs, dirs_exist_ok=True)
    return runs / RUN


def test_every_schema_version_has_fixtures_and_a_way_up() -> None:
    assert [*range(1, SCHEMA_VERSION + 1)] == VERSIONS
    assert sorted(UPGRADES) == VERSIONS[:-1]


@pytest.mark.parametrize("version", VERSIONS)
def test_a_half_done_run_is_gone_on_with(
    tmp_path: Path, version: int, capsys: pytest.CaptureFixture[str]
) -> None:
    run = copy_of(version, "half_done", tmp_path)
    written = json.loads((run / "manifest.json").read_bytes())
    assert written["schema_version"] == version
    before, lines = result_bytes(run), (run / "journal.jsonl").read_bytes()
    main.run(rps_as_a_user_starts_it(tmp_path), StopFlag())
    assert "measure: 2 of 4 units are committed" in capsys.readouterr().out
    manifest = Manifest.load(run)
    assert manifest is not None
    assert (manifest.status, manifest.schema_version) == ("done", SCHEMA_VERSION)
    assert manifest.run_id == written["run_id"]
    notes = [entry.note for entry in manifest.history]
    assert notes[: len(written["history"])] == [entry["note"] for entry in written["history"]]
    assert (run / "journal.jsonl").read_bytes().startswith(lines)
    results = result_bytes(run)
    assert {path: results[path] for path in before} == before
    finished = orjson.loads(
        (FIXTURES / f"schema_{version}" / "finished" / RUN / "psro_summary.json").read_bytes()
    )
    summary = orjson.loads(results["psro_summary.json"])
    # On another machine the last digits may be others.
    for found, expected in zip(summary["iterations"], finished["iterations"], strict=True):
        weights = {name: row["weight"] for name, row in found["meta_strategy"].items()}
        assert weights == pytest.approx(
            {name: row["weight"] for name, row in expected["meta_strategy"].items()}
        )


@pytest.mark.parametrize("version", VERSIONS)
def test_a_finished_run_is_known_as_such_and_left_alone(
    tmp_path: Path, version: int, capsys: pytest.CaptureFixture[str]
) -> None:
    run = copy_of(version, "finished", tmp_path)
    before = result_bytes(run) | {"manifest.json": (run / "manifest.json").read_bytes()}
    main.run(rps_as_a_user_starts_it(tmp_path), StopFlag())
    assert "done already" in capsys.readouterr().out
    assert result_bytes(run) | {"manifest.json": (run / "manifest.json").read_bytes()} == before


def test_version_1_did_not_say_where_each_entry_was_made(tmp_path: Path) -> None:
    run = copy_of(1, "finished", tmp_path)
    written = json.loads((run / "manifest.json").read_bytes())
    manifest = Manifest.load(run)
    assert manifest is not None
    assert manifest.versions == written["versions"]
    assert manifest.code_version == written["code_version"]
    assert manifest.config == {**NEW_IN_3, **NEW_IN_4, **written["config"]}
    assert {(e.environment, e.config_hash, e.journal) for e in manifest.history} == {
        (None, None, None)
    }


@pytest.mark.parametrize("version", [2, 3])
def test_the_history_of_a_run_knows_its_configs_by_their_new_hashes(
    tmp_path: Path, version: int
) -> None:
    manifest = Manifest.load(copy_of(version, "finished", tmp_path))
    assert manifest is not None
    assert {entry.config_hash for entry in manifest.history} == {manifest.config_hash}


def test_learning_runs_get_the_fields_that_they_did_not_have() -> None:
    old = {
        "psro.num_iterations": 1,
        "oracle.response.weighting": "exponential",
        "game.teams.held_out_fraction": 0.25,
        "oracle.model.num_critics": 4,
    }
    body = {"config": old, "history": []}
    assert UPGRADES[3](body)["config"] == old | NEW_IN_4 | {
        "oracle.response.lookahead_fraction": 0.5,
        "oracle.response.proximal_coefficient": 1.0,
        "game.teams.illegal": "refuse",
        "oracle.model.num_actions": 9,
        "oracle.model.masks_illegal": False,
        "oracle.model.masked_words": 0.0,
    }
