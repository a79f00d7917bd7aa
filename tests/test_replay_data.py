"""Replay data of outside in a run: drawn by key, checked before the first battle, part of what a run is."""

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from hydra import compose, initialize_config_dir

from psro import wiring
from psro.config import Config, parse_config, semantic_fields
from psro.game.replay_data import (
    ReplayData,
    ReplayShard,
    read_replay_data,
    reward_key,
    write_replay_data,
)
from psro.machine.errors import UserError
from psro.main import CONF
from psro.phases.config import ReplayDataConfig
from psro.phases.train import OUTSIDE, Source, plan, reads, with_replay_data
from psro.phases.workbench import Workbench


@pytest.fixture
def data(tmp_path: Path) -> ReplayData:
    shards = [ReplayShard(f"shard_{n}.shard", f"{n:064}", 100, 3000) for n in range(8)]
    for shard in shards:
        (tmp_path / shard.file).write_bytes(b"")
    return write_replay_data(tmp_path, "metamon", "hp_margin", shards, {})


def config(*overrides: str) -> Config:
    with initialize_config_dir(str(CONF), version_base="1.3"):
        composed = compose("config", ["+experiment=smoke", *overrides])
    return parse_config(composed, wiring.SCHEMAS)


def parsed(directory: Path, *more: str) -> Config:
    return config("+replay_data=parsed", f"replay_data.directory={directory}", *more)


def test_an_index_reads_back(data: ReplayData) -> None:
    read = read_replay_data(data.directory)
    assert (read.digest, read.num_battles) == (data.digest, 800)


def test_draws_are_keyed_and_hold_enough_battles(data: ReplayData) -> None:
    drawn = data.draw(250, 1, "iteration_1/round_0")
    assert len(drawn) == len(set(drawn)) == 3
    assert drawn == data.draw(250, 1, "iteration_1/round_0")
    others = [data.draw(250, seed, "iteration_1/round_0") for seed in range(2, 6)]
    assert any(other != drawn for other in others)
    assert len(data.draw(10_000, 1, "any")) == 8


def test_a_training_gets_its_share_beside_the_runs_own(data: ReplayData) -> None:
    settings = SimpleNamespace(
        seed=0, replay_data=ReplayDataConfig(str(data.directory), battles=250)
    )
    bench = cast(Workbench, SimpleNamespace(replay_data=data, settings=settings))
    own = [Source("collected", ("a.shard",), 0.75), Source("replay", ("b.shard",), 0.25)]
    sources = with_replay_data(bench, own, 0.5, "iteration_1/round_0")
    assert [(s.name, s.weight) for s in sources] == [
        ("collected", 0.375),
        ("replay", 0.125),
        ("replay_data", 0.5),
    ]
    assert len(sources[2].paths) == 3
    assert with_replay_data(bench, own, 0, "any") == own
    unit = plan("iteration_1", "round_0", "br_1", "response", None, None, sources, {})
    assert reads(unit) == ["a.shard", "b.shard"]  # nothing that the run could release
    assert all(path.startswith(OUTSIDE) for path in sources[2].paths)


def test_a_run_without_is_what_it_was_before_there_was_any() -> None:
    assert not [key for key in semantic_fields(config()) if key.startswith("replay_data")]


def test_what_it_holds_is_part_of_a_run_and_where_it_lies_is_not(data: ReplayData) -> None:
    fields = semantic_fields(parsed(data.directory))
    assert {key for key in fields if key.startswith("replay_data")} == {
        "replay_data.weight",
        "replay_data.base_weight",
        "replay_data.battles",
    }
    more = (*data.shards, replace(data.shards[0], file="other"))
    assert replace(data, shards=more).digest != data.digest


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        ([], r"are in the view metamon, but oracle\.view is structured.*give oracle\.view=metamon"),
        (
            ["oracle.view=metamon", "game.reward.name=metamon_shaped"],
            r"have the reward 'hp_margin', but game\.reward is 'metamon_shaped'",
        ),
        (["replay_data.directory=''"], r"replay_data\.directory is empty"),
    ],
)
def test_what_does_not_fit_is_refused(data: ReplayData, overrides: list[str], message: str) -> None:
    with pytest.raises(UserError, match=message):
        wiring.replay_data_of(parsed(data.directory, *overrides))


def test_what_fits_is_taken(data: ReplayData) -> None:
    assert wiring.replay_data_of(parsed(data.directory, "oracle.view=metamon")) is not None
    assert wiring.replay_data_of(config()) is None


def test_raw_replays_and_broken_data_are_refused(data: ReplayData, tmp_path: Path) -> None:
    raw = tmp_path / "raw" / "gen1ou"
    raw.mkdir(parents=True)
    with pytest.raises(UserError, match=r"is no replay data.*psro\.import_replays"):
        wiring.replay_data_of(parsed(raw.parent, "oracle.view=metamon"))
    (data.directory / data.shards[3].file).unlink()
    with pytest.raises(UserError, match=r"shard_3\.shard is missing; import the replays again"):
        read_replay_data(data.directory)


@pytest.mark.parametrize(
    ("field", "value"), [("weight", 1.0), ("weight", -0.1), ("base_weight", 1.0), ("battles", 0)]
)
def test_settings_out_of_range_are_refused(field: str, value: float) -> None:
    changed: dict[str, Any] = {field: value}
    with pytest.raises(ValueError, match=f"replay_data.{field}"):
        ReplayDataConfig("somewhere", **changed)


def test_rewards_are_compared_with_their_arguments() -> None:
    assert reward_key("potential", {"gamma": 0.98}) == "potential gamma=0.98"
