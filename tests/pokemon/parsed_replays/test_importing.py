"""Reading a directory into shards: once, in any state of repair, telling what was left out and why."""

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import lz4.frame
import numpy as np
import pytest

from psro import import_replays
from psro.game.replay_data import INDEX, read_replay_data
from psro.game.shards import read_shard
from psro.game.trajectories import Trajectories
from psro.machine import exit_codes
from psro.machine.errors import Preempted, UserError
from psro.machine.signals import StopFlag
from psro.pokemon.parsed_replays import importing

REWARD = "metamon_shaped"


def run(source: Path, destination: Path, workers: int = 1) -> int:
    given = [str(source), str(destination), "--reward", REWARD, "--workers", str(workers)]
    return import_replays.main(given)


@pytest.fixture
def copied(files: Path, tmp_path: Path) -> Path:
    """The battles in a directory of the test's own."""
    shutil.copytree(files, tmp_path / "parsed")
    return tmp_path / "parsed"


def one(directory: Path) -> Path:
    return min((directory / "gen1ou").iterdir())


def as_json(path: Path) -> Any:
    return json.loads(lz4.frame.decompress(path.read_bytes()))


Change = Callable[[Any], object]


def changed(path: Path, change: Change) -> None:
    battle = as_json(path)
    change(battle)
    path.write_bytes(lz4.frame.compress(json.dumps(battle).encode()))


def test_all_battles_are_in_the_shards(
    files: Path, tmp_path: Path, played: Trajectories, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(files, tmp_path) == exit_codes.DONE
    data = read_replay_data(tmp_path)
    assert (data.view, data.reward) == ("metamon", REWARD)
    assert data.num_battles == played.num_episodes
    (path,) = data.draw(1, "any")
    read = read_shard(path).result.trajectories
    assert read is not None
    assert read.num_steps == played.num_steps
    assert sorted(read.rewards.tolist()) == pytest.approx(sorted(played.rewards.tolist()), abs=1e-5)
    said = capsys.readouterr().out
    assert f"{played.num_episodes} of {played.num_episodes} files read" in said
    assert "skipped" not in said


def test_missing_actions_stay_missing(copied: Path, tmp_path: Path) -> None:
    path = one(copied)
    num_decisions = len(as_json(path)["states"]) - 1
    changed(path, lambda battle: battle.update(actions=[-1] * (num_decisions + 1)))
    assert run(copied, tmp_path / "made") == exit_codes.DONE
    data = read_replay_data(tmp_path / "made")
    read = read_shard(data.draw(1, 0)[0]).result.trajectories
    assert read is not None
    assert int((read.actions == -1).sum()) == num_decisions == data.about["num_missing_actions"]
    assert read.legal_mask.any(axis=1).all()


def test_an_action_that_its_state_does_not_offer_is_taken_as_missing(
    copied: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def impossible(battle: Any) -> None:
        battle["states"][0]["available_switches"] = []
        battle["actions"][0] = 8
        battle["actions"][1] = 9  # terastallises, with the first move

    changed(one(copied), impossible)
    assert run(copied, tmp_path / "made") == exit_codes.DONE
    assert "1 actions are not among what their state offers" in capsys.readouterr().out


def older(battle: Any) -> None:
    """As metamon wrote files before its version 1.3."""
    del battle["actions"][-1]
    for state in battle["states"]:
        del state["can_tera"], state["opponent_teampreview"]
        mine = state["player_active_pokemon"]
        for pokemon in (mine, state["opponent_active_pokemon"], *state["available_switches"]):
            del pokemon["tera_type"], pokemon["base_species"]
        for move in mine["moves"]:
            move["category"] = move["category"].upper()


def test_older_files_give_the_same(files: Path, copied: Path, tmp_path: Path) -> None:
    for path in (copied / "gen1ou").iterdir():
        changed(path, older)
        path.with_suffix("").write_bytes(lz4.frame.decompress(path.read_bytes()))
        path.unlink()
    assert run(files, tmp_path / "new") == run(copied, tmp_path / "old") == exit_codes.DONE
    new, old = (
        read_shard(read_replay_data(tmp_path / name).draw(1, 0)[0]).result.trajectories
        for name in ("new", "old")
    )
    assert new is not None
    assert old is not None
    for array, other in (
        (new.observations["words"], old.observations["words"]),
        (new.observations["numbers"], old.observations["numbers"]),
        (new.actions, old.actions),
        (new.rewards, old.rewards),
    ):
        assert np.array_equal(array, other)


def torn(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-200])


def not_json(path: Path) -> None:
    path.write_bytes(lz4.frame.compress(b'{"states": ['))


def another_generation(path: Path) -> None:
    changed(path, lambda battle: battle["states"][0].update(format="gen2ou"))


def renamed(path: Path) -> None:
    path.rename(path.with_name(path.name.replace("gen1ou", "gen3ou")))


def no_such_name(path: Path) -> None:
    path.rename(path.with_name("battle_001.json.lz4"))


def without(field: str) -> Callable[[Path], None]:
    return lambda path: changed(path, lambda battle: battle["states"][1].pop(field))


def with_number(path: Path) -> None:
    changed(path, lambda battle: battle["states"][1]["player_active_pokemon"].update(hp_pct="x"))


def too_few_actions(path: Path) -> None:
    changed(path, lambda battle: battle.update(actions=[0]))


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (torn, "truncated or broken lz4"),
        (not_json, "broken JSON"),
        (another_generation, "another format or generation"),
        (renamed, "another format or generation"),
        (no_such_name, "a name that metamon's reader would not take"),
        (without("weather"), "a missing field"),
        (without("opponents_remaining"), "a missing field"),
        (with_number, "a field of another type"),
        (too_few_actions, "actions that do not fit the states"),
    ],
)
def test_a_file_that_cannot_be_used_is_named_with_its_reason(
    copied: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    spoil: Callable[[Path], None],
    reason: str,
) -> None:
    path = one(copied)
    num_files = len(os.listdir(path.parent))
    spoil(path)
    assert run(copied, tmp_path / "made") == exit_codes.DONE
    said = capsys.readouterr().out
    assert f"{num_files - 1} of {num_files} files read" in said
    assert f"skipped 1: {reason} (" in said
    line = (tmp_path / "made" / import_replays.SKIPPED).read_text()
    assert line.count("\n") == 1
    assert reason in line
    assert read_replay_data(tmp_path / "made").about["skipped"] == {reason: 1}


def test_unknown_words_are_told(
    copied: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    changed(one(copied), lambda battle: battle["states"][0].update(weather="sandstorm"))
    assert run(copied, tmp_path / "made") == exit_codes.DONE
    assert (
        "1 words are not in the vocabulary and read as unknown: sandstorm ×1"
        in capsys.readouterr().out
    )


def test_what_was_read_is_not_read_again(
    copied: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "FILES_PER_BUCKET", 4)
    assert run(copied, tmp_path / "made") == exit_codes.DONE
    index = (tmp_path / "made" / INDEX).read_bytes()
    read: list[str] = []
    real = importing.read_file

    def watched(path: Path, battle_format: str) -> Any:
        read.append(path.name)
        return real(path, battle_format)

    monkeypatch.setattr(importing, "read_file", watched)
    assert run(copied, tmp_path / "made") == exit_codes.DONE
    for path in (copied / "gen1ou").iterdir():
        os.utime(path)  # as a copy has it: the same contents
    assert run(copied, tmp_path / "made") == exit_codes.DONE
    assert read == []
    assert (tmp_path / "made" / INDEX).read_bytes() == index
    changed(one(copied), lambda battle: battle["actions"].__setitem__(0, -1))
    assert run(copied, tmp_path / "made") == exit_codes.DONE
    assert 0 < len(read) < len(os.listdir(copied / "gen1ou"))
    assert (tmp_path / "made" / INDEX).read_bytes() != index


def test_a_damaged_shard_is_made_again(files: Path, tmp_path: Path) -> None:
    assert run(files, tmp_path) == exit_codes.DONE
    (path,) = read_replay_data(tmp_path).draw(1, 0)
    whole = path.read_bytes()
    path.write_bytes(whole[:-1])
    assert run(files, tmp_path) == exit_codes.DONE
    assert path.read_bytes() == whole


def test_processes_give_the_same_bytes(
    files: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "FILES_PER_BUCKET", 8)
    for name, workers in (("one", 1), ("two", 2)):
        assert run(files, tmp_path / name, workers) == exit_codes.DONE
    shards = [
        {path.name: path.read_bytes() for path in (tmp_path / name).glob("*.shard")}
        for name in ("one", "two")
    ]
    assert len(shards[0]) > 1
    assert shards[0] == shards[1]


def test_a_stop_is_heard_and_what_was_read_is_kept(
    files: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "FILES_PER_BUCKET", 4)
    stop = StopFlag()
    real = import_replays.import_bucket

    def stopping(bucket: importing.Bucket) -> importing.Note:
        stop.set("SIGTERM")
        return real(bucket)

    monkeypatch.setattr(import_replays, "import_bucket", stopping)
    with pytest.raises(Preempted):
        import_replays.import_replays(files, tmp_path, REWARD, {}, 1, stop)
    assert len(list(tmp_path.glob("*.shard"))) == 1
    with pytest.raises(UserError, match="is no replay data"):
        read_replay_data(tmp_path)


@pytest.mark.parametrize(
    ("directories", "message"),
    [
        ([], "no directory"),
        (["x", "x/gen2ou"], "has no gen1ou/ in it \\(there is: gen2ou\\)"),
        (["x/gen1ou"], "holds no"),
    ],
)
def test_a_directory_without_replays_is_refused(
    tmp_path: Path, directories: list[str], message: str
) -> None:
    for name in directories:
        (tmp_path / name).mkdir(parents=True)
    with pytest.raises(UserError, match=message):
        import_replays.import_replays(tmp_path / "x", tmp_path / "y", REWARD, {}, 1, StopFlag())


def test_an_unknown_reward_is_refused(files: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="unknown reward 'x'; choose from hp_margin"):
        import_replays.import_replays(files, tmp_path, "x", {}, 1, StopFlag())
