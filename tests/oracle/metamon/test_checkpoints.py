"""Where a checkpoint is looked for, and what is said where it is not."""

from pathlib import Path

import pytest

from psro.machine.errors import UserError
from psro.oracle.metamon import checkpoints
from psro.oracle.metamon.checkpoints import at, in_cache, tokenizer_file, weights_file

HUB = "pretrained_models/models--jakegrigsby--metamon"


def written(path: Path, text: str = "weights") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("METAMON_CACHE_DIR", str(tmp_path))
    return tmp_path


def test_the_hubs_layout_the_current_revision_first(cache: Path) -> None:
    name = f"small-rl/{weights_file(40)}"
    old = written(cache / HUB / "snapshots/aaa" / name)
    assert in_cache("small-rl", 40, download=False) == old
    new = written(cache / HUB / "snapshots/bbb" / name)
    with pytest.raises(
        UserError, match=r"in several revisions of .* \(aaa, bbb\); give its `path`"
    ):
        in_cache("small-rl", 40, download=False)
    written(cache / HUB / "refs/main", "bbb\n")
    assert in_cache("small-rl", 40, download=False) == new


def test_a_plain_layout(cache: Path) -> None:
    plain = written(cache / "pretrained_models/small-rl" / weights_file(40))
    assert in_cache("small-rl", 40, download=False) == plain


def test_a_checkpoint_that_is_nowhere(cache: Path) -> None:
    with pytest.raises(
        UserError, match=r"no checkpoint small-rl/ckpts/policy_weights/policy_epoch_40\.pt in"
    ):
        in_cache("small-rl", 40, download=False)


def test_without_a_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("METAMON_CACHE_DIR", raising=False)
    with pytest.raises(UserError, match="set METAMON_CACHE_DIR to metamon's cache, or give `path`"):
        in_cache("small-rl", 40, download=True)


def test_fetching_without_the_hubs_package(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "huggingface_hub", None)
    with pytest.raises(UserError, match=r"needs huggingface_hub: pip install 'psro\[metamon\]'"):
        in_cache("small-rl", 40, download=True)


def test_a_path_is_a_file_or_a_models_folder(tmp_path: Path) -> None:
    file = written(tmp_path / "mine" / weights_file(3))
    written(tmp_path / "mine" / weights_file(12))
    assert at(file, None) == file
    assert at(tmp_path / "mine", 3) == file
    with pytest.raises(UserError, match=r"no checkpoint of epoch 4 in .*; choose one of 3, 12$"):
        at(tmp_path / "mine", 4)
    with pytest.raises(UserError, match="it is no file, and has no ckpts/policy_weights"):
        at(tmp_path / "other", 4)


def test_the_words_lie_beside_the_checkpoint_or_in_the_cache(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checkpoints.importlib.util, "find_spec", lambda name: None)
    file = written(cache / "mine" / weights_file(3))
    with pytest.raises(UserError, match="needs its words: give `tokenizer`, metamon's"):
        tokenizer_file(None, file)
    kept = written(cache / "tokenizers/allreplaysv3.json")
    assert tokenizer_file(None, file) == kept
    beside = written(cache / "mine/tokenizer.json")
    assert tokenizer_file(None, file) == beside
    assert tokenizer_file("mine.json", file) == Path("mine.json")
