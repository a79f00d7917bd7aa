"""poke-env's mistakes are told from the engine's: the same difference without what shows the mistake is unexplained."""

import numpy as np
import pytest
from numpy.typing import NDArray

from psro.pokemon.engine.judge.mistakes import (
    AFTERWARDS,
    AGAIN,
    COPY,
    FAINTED,
    GOES_ON,
    KEPT,
    TWICE,
    UNCLEAR,
    Stay,
    Stays,
    Told,
    explanation,
)
from psro.pokemon.observations.facts import MOVES
from psro.pokemon.observations.records import record

MIMIC, TOXIC, WRAP = (MOVES[move].number for move in ("mimic", "toxic", "wrap"))
OWN_MOVES = record.OWN + record.MOVES
FOE_MOVES = record.FOE + record.MOVES
OWN_LAST = record.OWN_ACTIVE + record.LAST_MOVE
FOE_LAST = record.FOE_ACTIVE + record.LAST_MOVE
FOE_TYPE = record.FOE_ACTIVE + record.TYPES_AT


def row(**places: int) -> NDArray[np.int16]:
    """A record of zeros but for `p<place>`."""
    made = np.zeros(record.WIDTH, np.int16)
    for name, value in places.items():
        made[int(name[1:])] = value
    return made


def test_lost_moves_are_poke_envs_if_the_request_lists_them() -> None:
    wanted = row(**{f"p{OWN_MOVES}": TOXIC})
    got = row(**{f"p{OWN_MOVES}": TOXIC, f"p{OWN_MOVES + 1}": WRAP})
    place = OWN_MOVES + 1
    listed = tuple(sorted((TOXIC, WRAP)))
    assert explanation(place, wanted, got, Told(moves=(listed,))) == AFTERWARDS
    assert explanation(place, wanted, got, Told(moves=((TOXIC,),))) is None
    got[place] = TOXIC
    assert explanation(place, wanted, got, Told(moves=((TOXIC, TOXIC),))) == TWICE
    assert explanation(place, wanted, got, Told(moves=((TOXIC,),))) is None


def test_copied_types_are_poke_envs_mistake_only_of_a_copy_of_a_copy() -> None:
    wanted, got = row(), row(**{f"p{FOE_TYPE}": 3})
    assert explanation(FOE_TYPE, wanted, got, Told(foe=Stay(copied_a_copy=True))) == COPY
    assert explanation(FOE_TYPE, wanted, got, Told(foe=Stay(copied=True))) is None
    assert explanation(FOE_TYPE, wanted, got, Told(own=Stay(copied_a_copy=True))) is None


def test_a_second_mimic_explains_that_mimic_is_back() -> None:
    wanted = row(**{f"p{FOE_MOVES}": MIMIC, f"p{FOE_LAST}": MIMIC})
    got = row(**{f"p{FOE_MOVES}": TOXIC})
    again = Told(foe=Stay(mimics=2))
    for place in (FOE_MOVES, FOE_LAST):
        assert explanation(place, wanted, got, again) == AGAIN
        assert explanation(place, wanted, got, Told(foe=Stay(mimics=1))) is None
    wanted[[FOE_MOVES, FOE_LAST]] = WRAP
    # What was last before Mimic is forgotten, by the record's rule.
    assert explanation(FOE_LAST, wanted, got, again) == AGAIN
    got[FOE_LAST] = TOXIC
    for place in (FOE_MOVES, FOE_LAST):
        assert explanation(place, wanted, got, again) is None


def test_what_the_first_of_two_mimics_took_is_no_move_of_its_own_after_the_stay() -> None:
    """Battle 1/69 of the themed `calling`: Charmander mimicked Fly; Mirror Move then called Mimic, used Fly, and fainted."""
    lines = (
        "|switch|p1a: Charmander|Charmander|100/100",
        "|-start|p1a: Charmander|Mimic|Toxic",
        "|move|p1a: Charmander|Mirror Move|p1a: Charmander",
        "|move|p1a: Charmander|Mimic|p2a: Mew|[from] Mirror Move",
        "|-start|p1a: Charmander|Mimic|Wrap",
    )
    stays = Stays()
    request = {"side": {"pokemon": [{"ident": "p2: Mew", "moves": ["wrap"], "active": True}]}}
    stays.read(lines[:2])
    assert stays.told(1, request, None, row()).mimicked == {}
    stays.read(lines[2:])
    stays.told(1, request, None, row())
    stays.read(["|switch|p1a: Mew|Mew|100/100"])
    told = stays.told(1, request, None, row(**{f"p{record.FOE_ACTIVE + record.SLOT}": 1}))
    assert told.mimicked == {0: {TOXIC, WRAP}}

    pp = record.FOE + record.PP
    got = row(**{f"p{FOE_MOVES}": MIMIC, f"p{pp}": 9})
    wanted = row(
        **{f"p{FOE_MOVES}": MIMIC, f"p{pp}": 9, f"p{FOE_MOVES + 1}": TOXIC, f"p{pp + 1}": 5}
    )
    for place in (FOE_MOVES + 1, pp + 1):
        assert explanation(place, wanted, got, told) == KEPT
        assert explanation(place, got, wanted, told) is None, "the engine has it, poke-env does not"
        assert explanation(place, wanted, got, Told()) is None
    wanted[pp] = 8
    assert explanation(pp + 1, wanted, got, told) is None, "something else differs too"


def test_the_last_move_of_the_fainted_and_of_those_that_a_called_move_holds() -> None:
    wanted, got = row(**{f"p{OWN_LAST}": MIMIC}), row(**{f"p{OWN_MOVES}": TOXIC})
    mimicked = Told(own=Stay(has_mimicked=True))
    assert explanation(OWN_LAST, wanted, got, mimicked) is None
    got[record.OWN + record.STATUS] = record.FAINTED
    assert explanation(OWN_LAST, wanted, got, mimicked) == FAINTED
    wanted, got = row(), row(**{f"p{OWN_MOVES}": TOXIC, f"p{OWN_LAST}": TOXIC})
    assert explanation(OWN_LAST, wanted, got, Told(own=Stay(shown=WRAP))) == GOES_ON
    assert explanation(OWN_LAST, wanted, got, Told(own=Stay(shown=TOXIC))) is None


def test_pp_are_unclear_only_if_the_moves_agree() -> None:
    place = record.FOE + record.PP
    wanted = row(**{f"p{FOE_MOVES}": TOXIC, f"p{place}": 9})
    got = row(**{f"p{FOE_MOVES}": TOXIC, f"p{place}": 10})
    unclear = Told(unclear=frozenset({0}))
    assert explanation(place, wanted, got, unclear) == UNCLEAR
    assert explanation(place, wanted, got, Told(unclear=frozenset({1}))) is None
    wanted[FOE_MOVES] = WRAP
    assert explanation(place, wanted, got, unclear) is None


def test_moves_of_a_copied_copy_are_right_if_the_foes_request_lists_them() -> None:
    wanted = row(**{f"p{FOE_MOVES}": MIMIC})
    conditions = record.FOE_ACTIVE + record.CONDITIONS
    got = row(**{f"p{FOE_MOVES}": TOXIC, f"p{conditions}": record.TRANSFORMED})
    copy = Stay(copied_a_copy=True)
    assert explanation(FOE_MOVES, wanted, got, Told(foe=copy, foe_moves=(TOXIC,))) == COPY
    assert explanation(FOE_MOVES, wanted, got, Told(foe=copy, foe_moves=(WRAP,))) is None
    assert explanation(FOE_MOVES, wanted, got, Told(foe_moves=(TOXIC,))) is None


@pytest.mark.parametrize("side", [0, 1])
def test_lines_and_requests_are_followed(side: int) -> None:
    stays = Stays()
    stays.read(
        [
            "|switch|p1a: Mew|Mew|100/100",
            "|switch|p2a: Abra|Abra|100/100",
            "|move|p1a: Mew|Transform|p2a: Abra",
            "|-transform|p1a: Mew|p2a: Abra",
            "|move|p2a: Abra|Toxic|p1a: Mew|[from] Metronome",
            "|-start|p2a: Abra|Mimic|Toxic",
            "|turn|2",
            "|-transform|p2a: Abra|p1a: Mew",
        ]
    )
    pokemon = [
        {"ident": "Mew", "moves": ["wrap", "toxic"]},
        {"ident": "Abra", "moves": ["mimic"]},
    ]
    told = stays.told(
        side, {"side": {"pokemon": pokemon}, "active": [{"moves": [{}]}]}, None, row()
    )
    mew, abra = (told.own, told.foe) if side == 0 else (told.foe, told.own)
    assert mew == Stay(copied=True, shown=MOVES["transform"].number)
    assert abra == Stay(
        copied=True, copied_a_copy=True, has_mimicked=True, mimicked=frozenset({TOXIC})
    )
    assert told.locked
    assert told.moves == (tuple(sorted((WRAP, TOXIC))), (MIMIC,))
    stays.read(["|switch|p2a: Abra|Abra|100/100"])
    foes = {"side": {"pokemon": [{"active": True, "moves": ["wrap"]}]}}
    got = row(**{f"p{FOE_MOVES}": TOXIC, f"p{FOE_MOVES + 1}": TOXIC})
    told = stays.told(side, {"side": {"pokemon": pokemon[::-1]}}, foes, got)
    assert told.foe_moves == (WRAP,)
    assert told.unclear == {0}
    assert (told.foe if side == 0 else told.own) == Stay()
    assert told.moves[1] == (MIMIC,)
    assert not told.locked
