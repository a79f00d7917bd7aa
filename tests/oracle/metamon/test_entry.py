"""A population entry that names a checkpoint: what it takes, and the policy it becomes."""

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pytest
import torch

from psro import wiring
from psro.game.battles import Job
from psro.game.policies import PolicyRecord
from psro.machine.errors import UserError
from psro.oracle.metamon.config import MetamonConfig
from psro.oracle.metamon.entry import import_checkpoint
from psro.oracle.metamon.reading import read_state
from psro.oracle.metamon.sizes import PUBLISHED, SIZES
from psro.oracle.metamon.weights import read_agent
from psro.phases.config import MemberConfig
from psro.phases.workbench import PlayMode
from psro.pokemon.config import Gen1OUConfig
from psro.pokemon.game import Gen1OU
from psro.wiring.policies import checkpoint_entry
from tests.oracle.metamon.stand_in import SETTINGS, StandIns
from tests.test_config import composed


def imported(stand_ins: StandIns, directory: Path, **arguments: Any) -> PolicyRecord:
    """SyntheticRLV2 of the stand-ins in a policy directory."""
    member = MemberConfig("metamon", {"agent": "SyntheticRLV2", "settings": SETTINGS, **arguments})
    record, files = wiring.import_policy("v2", member)
    directory.mkdir(exist_ok=True)
    for name, data in files.items():
        (directory / name).write_bytes(data)
    (directory / "policy.json").write_bytes(orjson.dumps(record.to_json()))
    return record


def test_an_entry_becomes_a_policy_with_its_weights(stand_ins: StandIns, tmp_path: Path) -> None:
    record = imported(stand_ins, tmp_path / "v2")
    agent, words = read_agent(tmp_path / "v2", record)
    path = (
        stand_ins.cache
        / "pretrained_models/synthetic-rl-v2/ckpts/policy_weights/policy_epoch_48.pt"
    )
    state = read_state(path)
    assert all(torch.equal(value, state[key]) for key, value in agent.state_dict().items())
    assert len(words) + 1 == agent.num_tokens
    assert record.provenance["file"] == "policy_epoch_48.pt"
    again = imported(stand_ins, tmp_path / "again")
    assert again == record, "equal checkpoints give equal bytes"


def test_it_plays_whole_battles(stand_ins: StandIns, tmp_path: Path) -> None:
    imported(stand_ins, tmp_path / "v2")
    game = Gen1OU(Gen1OUConfig())
    mode = PlayMode(temperature=1.0)
    outcomes = []
    for _ in range(2):
        policies = {
            "v2": wiring.load_policy(game, tmp_path / "v2", mode),
            "random": game.make_policy("random", "random", {}),
        }
        jobs = [Job(seed, ("v2", "random")) for seed in range(3)]
        arena = game.make_arena(tmp_path)
        played = arena.play(jobs, policies, "record", lambda *_: None, lambda: False)
        arena.close()
        assert not played.failures
        outcomes.append([outcome.to_json() for outcome in played.outcomes])
        assert not policies["v2"]._episodes, "every battle was forgotten"  # type: ignore[attr-defined]
    assert outcomes[0] == outcomes[1]


def test_a_damaged_policy_is_named(stand_ins: StandIns, tmp_path: Path) -> None:
    record = imported(stand_ins, tmp_path / "v2")
    (tmp_path / "v2/tokenizer.json").write_text("{}")
    with pytest.raises(UserError, match=r"tokenizer\.json is damaged: its sha256"):
        read_agent(tmp_path / "v2", record)


def test_a_checkpoint_of_another_size_says_what_would_fit(stand_ins: StandIns) -> None:
    settings = SETTINGS | {"num_layers": 2}
    member = MemberConfig("metamon", {"agent": "SyntheticRLV2", "settings": settings})
    words = {str(n): n for n in range(wordsize(stand_ins))}
    with pytest.raises(
        UserError,
        match=r"policy_epoch_48\.pt do not fit this model: .* They fit with \{num_layers: 1\}",
    ):
        import_checkpoint("v2", *checkpoint_entry("v2", member), "record", words)


def wordsize(stand_ins: StandIns) -> int:
    return len(orjson.loads((stand_ins.cache / "tokenizers/allreplaysv3.json").read_bytes()))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"agent": "SyntheticRLV9"}, r"policy x: agent 'SyntheticRLV9' is none of metamon's: SmallIL, .*SyntheticRLV2"),
        ({"agent": "Abra"}, r"policy x: Abra reads metamon's TeamPreviewObservationSpace, which is not supplied"),
        ({}, r"policy x: give `agent` \(such as SyntheticRLV2\), or `path` and `model`"),
        ({"path": "x.pt", "model": "huge"}, r"model 'huge'; choose one of small, medium, large"),
        ({"agent": "SmallRL", "epok": 3}, r"policy x: no key epok; did you mean epoch\? There are: agent, "),
        ({"agent": "SmallRL", 3: 3}, r"policy x: no key 3\. There are: agent, "),
        ({"agent": "SmallRL", "epoch": "last"}, r"policy x: epoch: Value 'last' .* Integer"),
        ({"agent": "SmallRL", "download": "maybe"}, r"policy x: download: Value 'maybe' "),
        ({"path": ["x.pt"], "model": "small"}, r"policy x: path: "),
        ({"agent": "SmallRL", "settings": [1]}, r"policy x: settings: \[1\] is no mapping"),
        ({"agent": "SmallRL", "settings": {"width": "wide"}}, r"policy x: settings: width: Value 'wide' "),
        ({"agent": "SmallRL", "settings": {"width": 7}}, r"policy x: settings: model\.width 7 must be even"),
        ({"agent": "SmallRL", "settings": {"widht": 8}}, r"policy x: settings: no key widht; did you mean width\?"),
    ],
)  # fmt: skip
def test_what_cannot_be_an_entry(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(UserError, match=message):
        checkpoint_entry("x", MemberConfig("metamon", arguments))


def test_a_tokenizer_of_something_else(stand_ins: StandIns, tmp_path: Path) -> None:
    other = tmp_path / "words.json"
    other.write_text('{"tauros": 0}')
    member = MemberConfig("metamon", {"agent": "SyntheticRLV2", "tokenizer": str(other)})
    with pytest.raises(UserError, match=r"has no word '<.*another observation space"):
        wiring.import_policy("v2", member)


def test_a_truncated_checkpoint(stand_ins: StandIns, tmp_path: Path) -> None:
    whole = (
        stand_ins.cache
        / "pretrained_models/synthetic-rl-v1/ckpts/policy_weights/policy_epoch_40.pt"
    )
    torn = tmp_path / "torn.pt"
    shutil.copy(whole, torn)
    with torn.open("r+b") as file:
        file.truncate(whole.stat().st_size // 2)
    member = MemberConfig(
        "metamon", {"agent": "SyntheticRLV1", "settings": SETTINGS, "path": str(torn)}
    )
    with pytest.raises(UserError, match=r"torn\.pt is truncated"):
        wiring.import_policy("v1", member)


def test_the_published_agents_have_the_sizes_that_are_said() -> None:
    assert {p.size for p in PUBLISHED.values()} == set(SIZES)
    assert PUBLISHED["SyntheticRLV2"].config.critics == "two_hot"
    assert PUBLISHED["SyntheticRLV1"].config.num_critics == 6
    assert PUBLISHED["SmallIL"].config.discounts == [0.999]
    assert np.isclose(SIZES["large"].width / SIZES["large"].num_heads, 64)
    assert MetamonConfig() == SIZES["small"]


def test_words_that_a_tokenizer_lacks_are_told_before_anything_is_played(
    stand_ins: StandIns, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    words = orjson.loads((stand_ins.cache / "tokenizers/allreplaysv3.json").read_bytes())
    fewer = {word: n for n, word in enumerate(w for w in words if w not in ("tauros", "fight"))}
    path = tmp_path / "words.json"
    path.write_bytes(orjson.dumps(fewer))
    for tokenizer, is_told in ((None, False), (str(path), True)):
        member = MemberConfig("metamon", {"agent": "SyntheticRLV2", "tokenizer": tokenizer})
        wiring.checkpoint_files("v2", member)
        told = (
            "has no word for 1 words of a Gen 1 battle, which its network sees as unknown: tauros"
        )
        assert (told in caplog.text) is is_told


def test_what_is_trained_by_oracle_offline_cannot_start_from_one(stand_ins: StandIns) -> None:
    members = [one for one in stand_ins.overrides if one.startswith("+population.")]
    config = composed(
        "+experiment=phase1", "population=metamon", "psro.base=SyntheticRLV2", *members
    )
    with pytest.raises(
        UserError,
        match=r"psro\.base is SyntheticRLV2, one of metamon's agents, which oracle=offline cannot train on; use oracle=amago",
    ):
        wiring.check_config(config)


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (["oracle.model.width=32", "oracle.model.head_layers=3"], "give oracle.model.width=16 oracle.model.head_layers=2, or start"),
        (["oracle.model.largest_return=9.0"], r"give oracle.model.largest_return=1100.0, or"),
        (["game.reward.name=hp_margin"], r"trained with the reward metamon_shaped, which it is shown; set game.reward.name"),
        (["psro.start=strongest"], r"policy SyntheticRLV1 may be trained on, but is of another model .* oracle.model.critics=scalar"),
    ],
)  # fmt: skip
def test_a_start_that_cannot_be_trained_on_is_refused_before_anything_is_played(
    stand_ins: StandIns, overrides: list[str], message: str
) -> None:
    config = composed("+experiment=phase1_metamon", *stand_ins.overrides, *overrides)
    with pytest.raises(UserError, match=message):
        wiring.check_config(config)
    trained = composed(
        "+experiment=phase1_metamon", *stand_ins.overrides, "oracle.model.dropout=0.3"
    )
    wiring.check_config(trained)
