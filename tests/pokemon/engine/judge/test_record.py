"""Fixtures: what is written is read, under the seed's name."""

from pathlib import Path

import pytest

from psro.machine.errors import UserError
from psro.pokemon.engine.judge.record import BattleRecord, read_record, write_record

RECORD = BattleRecord(
    2**64 - 2, ("Mew||||splash|||||||", 'M"k||||rest|||||||'), ((0, -1), (3, 9)), "why"
)


def test_a_record_is_read_as_it_was_written(tmp_path: Path) -> None:
    path = write_record(tmp_path / "new", RECORD)
    assert path.name == "fffffffffffffffe.json"
    assert read_record(path) == RECORD


@pytest.mark.parametrize(
    "content", ["", "{}", '{"seed": "xyz", "teams": ["", ""], "choices": [], "about": ""}', "[1]"]
)
def test_a_file_that_is_none_is_named(tmp_path: Path, content: str) -> None:
    path = tmp_path / "broken.json"
    path.write_text(content)
    with pytest.raises(UserError, match=r"broken\.json is no battle record"):
        read_record(path)
