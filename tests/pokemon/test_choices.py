"""Actions from requests: metamon's order, legality, pseudo-moves."""

from typing import Any

import pytest

from psro.pokemon.choices import read_choices, species_id
from psro.pokemon.gen1_battle import BattleError

MOVES = ["surf", "blizzard", "thunderwave", "recover"]


def _team(moves: list[str], fainted: tuple[str, ...] = ()) -> list[dict[str, Any]]:
    names = ["Starmie", "Tauros", "Mr. Mime", "Chansey", "Alakazam", "Snorlax"]
    return [
        {
            "ident": f"p1: {name}",
            "details": name,
            "condition": "0 fnt" if name in fainted else "100/300",
            "active": name == "Starmie",
            "moves": moves,
        }
        for name in names
    ]


def _request(
    offered: list[dict[str, Any]],
    own: list[str] = MOVES,
    fainted: tuple[str, ...] = (),
    **active: Any,
) -> dict[str, Any]:
    return {
        "active": [{"moves": offered, **active}],
        "side": {"pokemon": _team(own, fainted)},
    }


def _offer(*ids: str, **fields: Any) -> list[dict[str, Any]]:
    return [{"id": id_, "pp": 5, "maxpp": 8, "disabled": False, **fields} for id_ in ids]


def test_moves_and_switches_are_alphabetical_and_sent_by_index() -> None:
    choices = read_choices(_request(_offer(*MOVES)))
    assert [move.id for move in choices.moves] == sorted(MOVES)
    assert [switch.id for switch in choices.switches] == [
        "alakazam",
        "chansey",
        "mrmime",
        "snorlax",
        "tauros",
    ]
    assert [choices.command(action) for action in range(9)] == [
        "move 2",
        "move 4",
        "move 1",
        "move 3",
        "switch 5",
        "switch 4",
        "switch 3",
        "switch 6",
        "switch 2",
    ]


def test_disabled_moves_and_fainted_pokemon_are_illegal() -> None:
    offered = _offer("surf", "thunderwave", "recover") + _offer("blizzard", disabled=True)
    choices = read_choices(_request(offered, fainted=("Alakazam", "Tauros")))
    assert choices.actions == [1, 2, 3, 4, 5, 6]
    assert [switch.id for switch in choices.switches] == ["chansey", "mrmime", "snorlax"]
    with pytest.raises(ValueError, match="action 0 is illegal"):
        choices.command(0)
    for action in (-1, 7, 8, 9):
        with pytest.raises(ValueError, match="illegal"):
            choices.command(action)


def test_a_forced_switch_offers_switches_alone() -> None:
    request = {"forceSwitch": [True], "side": {"pokemon": _team(MOVES, ("Starmie", "Chansey"))}}
    choices = read_choices(request)
    assert choices.forced_switch
    assert choices.moves == ()
    assert choices.actions == [4, 5, 6, 7]


@pytest.mark.parametrize("pseudo", ["fight", "recharge", "struggle"])
def test_pseudo_moves_are_action_0(pseudo: str) -> None:
    choices = read_choices(_request([{"move": pseudo.title(), "id": pseudo}]))
    assert [move.id for move in choices.moves] == [pseudo]
    assert choices.actions == [0, 4, 5, 6, 7, 8]
    assert choices.command(0) == "move 1"


def test_recharging_leaves_a_single_action() -> None:
    choices = read_choices(_request([{"id": "recharge"}], trapped=True))
    assert choices.actions == [0]
    assert len(choices.switches) == 5, "the bench is still listed"


def test_a_locked_move_keeps_its_place() -> None:
    own = ["wrap", "agility", "fireblast", "hyperbeam"]
    choices = read_choices(_request([{"id": "hyperbeam"}], own))
    assert [move.id for move in choices.moves] == ["agility", "fireblast", "hyperbeam", "wrap"]
    assert choices.actions == [2, 4, 5, 6, 7, 8]
    assert choices.command(2) == "move 1"


def test_a_move_that_metronome_began_is_action_0() -> None:
    choices = read_choices(_request([{"id": "thrash"}], trapped=True))
    assert choices.actions == [0]
    assert choices.command(0) == "move 1"


def test_the_same_move_twice_is_sent_by_place() -> None:
    own = ["surf", "surf", "recover", "blizzard"]
    offered = [*_offer("surf", disabled=True), *_offer("surf", "recover", "blizzard")]
    choices = read_choices(_request(offered, own))
    assert [move.index for move in choices.moves] == [4, 3, 1, 2]
    assert choices.legal[:4] == (True, True, False, True)


def test_a_request_that_offers_nothing_is_broken() -> None:
    with pytest.raises(BattleError, match="offers"):
        read_choices(_request(_offer(*MOVES, disabled=True), trapped=True))


@pytest.mark.parametrize(
    ("details", "expected"),
    [("Mr. Mime", "mrmime"), ("Farfetch’d", "farfetchd"), ("Nidoran-F, L50, F", "nidoranf")],
)
def test_species_ids(details: str, expected: str) -> None:
    assert species_id(details) == expected
