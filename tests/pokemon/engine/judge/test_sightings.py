"""Sighting records from the engine are equal to those of poke-env on the simulator (benchmarks/engine_sight.py plays more battles)."""

import numpy as np
import pytest

from psro.pokemon.engine.judge.mistakes import UNTOLD, Told
from psro.pokemon.engine.judge.sightings import (
    PROOF,
    Found,
    canonical,
    command,
    compare_battles,
    has_twins,
)
from psro.pokemon.observations.records import record


@pytest.mark.parametrize(
    "kinds",
    [("real",), ("random", "trapping", "sleep", "brooding", "boosts", "screens", "lingering")],
)
def test_records_are_equal(kinds: tuple[str, ...]) -> None:
    found = compare_battles(11, 12, kinds)
    assert dict(found.examples) == {}
    assert found.differing == 0
    assert found.reasons.total() == 0
    assert found.decisions > 700


def test_records_are_equal_under_the_proofs_choosers_where_moves_call_each_other() -> None:
    found = compare_battles(0, 8, ("calling",), choosers=PROOF)
    assert dict(found.examples) == {}
    assert found.differing == 0
    assert found.reasons.total() == 0
    assert found.explained.total() > 20


def test_a_difference_is_found_and_named() -> None:
    found = Found()
    wanted = np.zeros(record.WIDTH, np.int16)
    got = wanted.copy()
    got[record.FOE + record.HP] = 3
    found.compare(wanted, got, "here", 1, Told(locked=True))
    assert found.differing == 1
    assert dict(found.fields) == {"foe.hp": 1}
    assert "foe.0.hp 0→3" in found.examples["foe.hp"][0]


def test_only_what_no_request_tells_is_explained() -> None:
    found = Found()
    wanted = np.zeros(record.WIDTH, np.int16)
    got = wanted.copy()
    got[record.OPTIONS + record.OPTION_PP] = 7
    found.compare(wanted, got, "here", 1, Told(locked=True))
    assert (found.differing, dict(found.explained)) == (0, {UNTOLD: 1})
    found.compare(wanted, got, "here", 1, Told(locked=False))
    assert found.differing == 1


def test_the_order_of_moves_says_nothing_but_pp_go_with_them() -> None:
    row = np.zeros(record.WIDTH, np.int16)
    row[record.FOE + record.MOVES : record.FOE + record.MOVES + 2] = (5, 3)
    row[record.FOE + record.PP : record.FOE + record.PP + 2] = (10, 20)
    other = np.zeros(record.WIDTH, np.int16)
    other[record.FOE + record.MOVES : record.FOE + record.MOVES + 2] = (3, 5)
    other[record.FOE + record.PP : record.FOE + record.PP + 2] = (20, 10)
    assert np.array_equal(canonical(row), canonical(other))
    other[record.FOE + record.PP : record.FOE + record.PP + 2] = (10, 20)
    assert not np.array_equal(canonical(row), canonical(other))


def test_choices_are_told_by_name_and_place() -> None:
    request = {
        "active": [{"moves": [{"id": "tackle"}, {"id": "growl"}]}],
        "side": {"pokemon": [{"ident": "p1: B"}, {"ident": "p1: A"}]},
    }
    assert command(request, ["p1: A", "p1: B"], 1) == "move 2"
    assert command(request, ["p1: A", "p1: B"], 4) == "switch 2"
    assert has_twins("Mew||||]Mew||||")
    assert not has_twins("Mew||||]Abra||||")
