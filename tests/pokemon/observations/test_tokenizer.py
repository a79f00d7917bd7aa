"""Tokenizers as files: read, refused, and led to from the view's own vocabulary."""

import json
from pathlib import Path

import numpy as np
import pytest

from psro.machine.errors import UserError
from psro.pokemon.observations.metamon import GEN1_VOCABULARY, all_words
from psro.pokemon.observations.tokenizer import (
    UNKNOWN_ID,
    own_tokenizer,
    read_tokenizer,
    words_it_lacks,
    worth_telling,
)


def written(path: Path, value: object) -> Path:
    path.write_text(json.dumps(value))
    return path


def test_the_packaged_vocabulary_is_what_the_dex_gives() -> None:
    assert dict(own_tokenizer().index) == {
        word: index for index, word in enumerate(sorted(set(all_words())))
    }


def test_ids_are_indices_plus_one_and_zero_for_unknown_words(tmp_path: Path) -> None:
    tokenizer = read_tokenizer(written(tmp_path / "t.json", {"tauros": 0, "<move>": 1}))
    assert tokenizer.num_ids == 3
    assert tokenizer.ids(["<move>", "chansey", "tauros"]) == [2, UNKNOWN_ID, 1]


def test_a_table_leads_from_the_view_to_the_tokenizer(tmp_path: Path) -> None:
    words = ["surf", *[word for word in reversed(GEN1_VOCABULARY) if word != "surf"], "gen9move"]
    indices = {word: index for index, word in enumerate(words) if word != "fight"}
    indices = {word: place for place, word in enumerate(indices)}
    tokenizer = read_tokenizer(written(tmp_path / "t.json", indices))
    table = tokenizer.table(GEN1_VOCABULARY)
    assert table[UNKNOWN_ID] == UNKNOWN_ID
    own = own_tokenizer()
    assert table[own.ids(["surf"])] == [1]
    wanted = tokenizer.ids(GEN1_VOCABULARY)
    assert np.array_equal(table[own.ids(GEN1_VOCABULARY)], wanted)
    assert wanted.count(UNKNOWN_ID) == 1
    assert words_it_lacks(tokenizer, GEN1_VOCABULARY) == ["fight"]


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ([1, 2], "no flat JSON object"),
        ({"a": "b"}, "no flat JSON object"),
        ({"a": True}, "no flat JSON object"),
        ({"two words": 0}, "no flat JSON object"),
        ({}, "no flat JSON object"),
        ({"a": 0, "b": 2}, "not 0 … 1, each once"),
        ({"a": 0, "b": 0}, "not 0 … 1, each once"),
    ],
)
def test_a_file_that_is_no_tokenizer_is_refused(
    tmp_path: Path, value: object, message: str
) -> None:
    path = written(tmp_path / "t.json", value)
    with pytest.raises(UserError, match=message) as caught:
        read_tokenizer(path)
    assert str(path) in str(caught.value)


def test_a_file_that_is_missing_or_torn_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="does not exist"):
        read_tokenizer(tmp_path / "none.json")
    (tmp_path / "torn.json").write_text('{"a": 0')
    with pytest.raises(UserError, match="cannot be read as JSON"):
        read_tokenizer(tmp_path / "torn.json")


def test_a_tokenizer_of_another_view_is_refused(tmp_path: Path) -> None:
    tokenizer = read_tokenizer(written(tmp_path / "t.json", {"<gen9ou>": 0, "tauros": 1}))
    with pytest.raises(UserError, match=r"no word '<anychoice>' and .* others"):
        words_it_lacks(tokenizer, GEN1_VOCABULARY)


def test_words_worth_telling_are_those_that_metamons_have() -> None:
    words = dict(own_tokenizer().index)
    del words["fight"]
    assert worth_telling(words) == []
    del words["tauros"]
    assert worth_telling(words) == ["tauros"]
