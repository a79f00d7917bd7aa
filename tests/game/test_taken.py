"""A founding member that another run trained: taken over with its weights, and what is refused in a line."""

from pathlib import Path
from typing import Any

import orjson
import pytest

from psro import wiring
from psro.config import parse_config
from psro.game.policies import PolicyRecord
from psro.game.protocols import Game
from psro.game.taken import take
from psro.machine.durable import sha256_of
from psro.machine.errors import UserError
from psro.phases.config import MemberConfig


@pytest.fixture
def game() -> Game:
    kuhn = {"game": {"name": "poker", "variant": "kuhn"}, "oracle": {"name": "exact"}}
    return wiring.make_game(parse_config(kuhn, wiring.SCHEMAS))


def trained(directory: Path, game: Game, **changed: Any) -> Path:
    """A policy directory as a run has it."""
    directory.mkdir(parents=True)
    (directory / "weights.safetensors").write_bytes(b"weights")
    files = {"weights.safetensors": sha256_of(directory / "weights.safetensors")}
    view = "infoset"
    arguments = {"spec": game.observation_spec(view).to_json()}
    record = PolicyRecord("base_clone", "neural", view, arguments, files, {"stage": "cloning"})
    (directory / "policy.json").write_bytes(orjson.dumps(record.to_json() | changed))
    return directory


def test_record_and_weights_are_taken_under_the_members_name(tmp_path: Path, game: Game) -> None:
    directory = trained(tmp_path / "base_clone", game)
    record, contents = take("old_clone", {"path": str(directory)}, game)
    assert (record.name, record.kind) == ("old_clone", "neural")
    assert contents == {"weights.safetensors": b"weights"}
    assert record.provenance == {"stage": "cloning", "taken_from": str(directory)}


def test_a_run_takes_it_where_its_config_says_so(tmp_path: Path, game: Game) -> None:
    directory = trained(tmp_path / "base_clone", game)
    member = {"kind": "taken", "arguments": {"path": str(directory)}}
    config = parse_config(
        {
            "game": {"name": "poker", "variant": "kuhn"},
            "oracle": {"name": "offline", "view": "infoset"},
            "population": {"members": {"base": member}},
            "psro": {"base": "base"},
        },
        wiring.SCHEMAS,
    )
    wiring.check_config(config)
    bench = wiring.make_workbench(config, tmp_path)
    record, contents = bench.import_policy("base", config.population.members["base"])
    assert (record.name, set(record.files)) == ("base", set(contents))


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"files": {}}, "has no weights; name such a member by its kind"),
        ({"view": "structured"}, "reads the view 'structured'; game=poker"),
        ({"files": {"weights.safetensors": "0" * 64}}, "is missing or not what policy.json says"),
        ({"arguments": {"spec": None}, "files": {"gone": ""}}, "gone is missing"),
        ({"surplus": 1}, "is no policy record"),
    ],
)
def test_what_cannot_be_taken_is_said_in_a_line(
    tmp_path: Path, game: Game, changed: dict[str, Any], words: str
) -> None:
    directory = trained(tmp_path / "there", game, **changed)
    with pytest.raises(UserError, match=words):
        take("base", {"path": str(directory)}, game)


def test_a_folder_that_is_no_policy(tmp_path: Path, game: Game) -> None:
    with pytest.raises(UserError, match=r"it has no policy\.json"):
        take("base", {"path": str(tmp_path)}, game)


def test_the_config_is_checked_before_anything_is_played() -> None:
    config = parse_config(
        {
            "game": {"name": "poker", "variant": "kuhn"},
            "oracle": {"name": "exact"},
            "population": {"members": {"base": {"kind": "taken", "arguments": {"file": "x"}}}},
        },
        wiring.SCHEMAS,
    )
    assert config.population.members["base"] == MemberConfig("taken", {"file": "x"})
    with pytest.raises(UserError, match="kind taken takes one argument, path"):
        wiring.check_config(config)
