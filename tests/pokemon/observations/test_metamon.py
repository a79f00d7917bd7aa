"""The metamon view on positions whose words and numbers are written out here, by metamon's layout."""

import copy

import numpy as np
import pytest

from psro.pokemon.observations.metamon import (
    GEN1_VOCABULARY,
    UNKNOWN_ID,
    MetamonObservation,
    numbers_of,
    words_of,
)
from psro.pokemon.state import BattleState
from psro.pokemon.teams.export import PokemonSet, Team
from tests.pokemon.observations.random_battles import first_decisions, play_random, wild_team


def team(*sets: tuple[str, str]) -> Team:
    return Team("made", tuple(PokemonSet(name, tuple(moves.split())) for name, moves in sets))


OWN = team(
    ("tauros", "hyperbeam bodyslam quickattack"),
    ("zapdos", "thunderbolt drillpeck thunderwave agility"),
    ("chansey", "softboiled icebeam"),
)
FOE = team(("alakazam", "psychic recover thunderwave seismictoss"), ("gengar", "hypnosis"))

AT_START_TEXT = """
<gen1ou> <anychoice>
<player> tauros noitem noability normal notype noeffect nostatus
<move> bodyslam normal physical <move> hyperbeam normal physical
<move> quickattack normal physical <move> <blank> <blank> <blank>
<switch> chansey noitem noability <moveset> icebeam softboiled <blank> <blank>
<switch> zapdos noitem noability <moveset> agility drillpeck thunderbolt thunderwave
<switch> <blank> <blank> <blank> <blank> <blank> <blank> <blank> <blank>
<switch> <blank> <blank> <blank> <blank> <blank> <blank> <blank> <blank>
<switch> <blank> <blank> <blank> <blank> <blank> <blank> <blank> <blank>
<opponent> alakazam unknownitem noability notype psychic noeffect nostatus
<conditions> noweather noconditions noconditions
<player_prev> nomove <opp_prev> nomove
"""
AT_START = AT_START_TEXT.split()

NUMBERS_AT_START = [
    1.0,
    *(1.0, 1.0, 100 / 255, 70 / 255, 95 / 255, 70 / 255, 110 / 255, 75 / 255),
    *(0.0,) * 7,
    *(85 / 200, 1.0, 0.0),
    *(150 / 200, 0.9, 0.0),
    *(40 / 200, 1.0, 0.2),
    *(-2.0, -2.0, -2.0),
    *(1.0, 1.0, -2.0, -2.0, -2.0),
    *(1.0, 1.0, 50 / 255, 135 / 255, 45 / 255, 135 / 255, 120 / 255, 55 / 255),
    *(0.0,) * 7,
]


@pytest.fixture(scope="module")
def at_start() -> BattleState:
    return first_decisions((OWN, FOE))[0]


def changed(state: BattleState, *lines: str) -> BattleState:
    later = copy.deepcopy(state)
    later.read(list(lines))
    return later


def test_words_and_numbers_at_the_start(at_start: BattleState) -> None:
    assert words_of(at_start) == AT_START
    assert numbers_of(at_start) == pytest.approx(NUMBERS_AT_START)


@pytest.mark.parametrize(
    ("line", "position", "word"),
    [
        ("|-status|p1a: Tauros|par", 9, "par"),
        ("|-status|p2a: Alakazam|slp", 78, "slp"),
        ("|-start|p2a: Alakazam|Reflect", 77, "reflect"),
        ("|-start|p1a: Tauros|Substitute", 8, "substitute"),
        ("|-start|p2a: Alakazam|Light Screen", 77, "lightscreen"),
        ("|move|p2a: Alakazam|Psychic|p1a: Tauros", 86, "psychic"),
        ("|move|p1a: Tauros|Body Slam|p2a: Alakazam", 84, "bodyslam"),
        ("|switch|p2a: Gengar|Gengar|100/100", 72, "gengar"),
    ],
)
def test_one_event_changes_its_word(
    at_start: BattleState, line: str, position: int, word: str
) -> None:
    words = words_of(changed(at_start, line))
    assert AT_START[position] != word
    assert words[position] == word


@pytest.mark.parametrize(
    ("line", "position", "number"),
    [
        ("|-damage|p2a: Alakazam|37/100", 33, 0.37),
        ("|-boost|p1a: Tauros|atk|2", 9, 2 / 6),
        ("|-unboost|p2a: Alakazam|spe|1", 45, -1 / 6),
        ("|-unboost|p2a: Alakazam|accuracy|1", 46, -1 / 6),
        ("|faint|p2a: Alakazam", 0, 5 / 6),
    ],
)
def test_one_event_changes_its_number(
    at_start: BattleState, line: str, position: int, number: float
) -> None:
    numbers = numbers_of(changed(at_start, line))
    assert NUMBERS_AT_START[position] != number
    assert numbers[position] == pytest.approx(number)


@pytest.mark.parametrize("wild", [False, True], ids=["competitive", "any moves"])
def test_every_decision_is_in_the_vocabulary_and_reads_back(wild: bool) -> None:
    view = MetamonObservation()
    words_by_id = {index + 1: word for word, index in GEN1_VOCABULARY.items()}
    num_seen = 0

    def visit(battle: int, state: BattleState) -> None:
        nonlocal num_seen
        num_seen += 1
        rows = view.spec.empty(1)
        view.write(state, rows, 0)
        view.spec.check(rows, 1)
        assert UNKNOWN_ID not in rows["words"], words_of(state)
        assert [words_by_id[int(k)] for k in rows["words"][0]] == words_of(state)
        assert np.abs(rows["numbers"]).max() <= 2.0

    if wild:
        play_random(6, visit, draw_team=wild_team, key="metamon")
    else:
        play_random(4, visit, key="metamon")
    assert num_seen > 100


def test_a_tokenizer_of_ones_own(at_start: BattleState) -> None:
    view = MetamonObservation({"<gen1ou>": 5, "tauros": 0})
    rows = view.spec.empty(1)
    view.write(at_start, rows, 0)
    assert rows["words"][0, :4].tolist() == [6, UNKNOWN_ID, UNKNOWN_ID, 1]
    assert view.spec.arrays[0].vocabulary == 7
