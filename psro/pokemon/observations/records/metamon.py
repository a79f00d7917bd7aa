"""The `metamon` view of many records at once: equal to what MetamonObservation writes."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from poke_env.battle import Move

from psro.pokemon.gen1_battle import MAX_TEAM_SIZE
from psro.pokemon.observations.facts import MOVES, NUM_SPECIES, SPECIES
from psro.pokemon.observations.layout import NUM_MOVES, NUM_SWITCHES, STATUSES, TYPES
from psro.pokemon.observations.metamon import (
    BLANK,
    GEN1_VOCABULARY,
    NUM_NUMBERS,
    NUM_WORDS,
    PADDING,
    effect_word,
    move_words,
)
from psro.pokemon.observations.records import record as r
from psro.pokemon.observations.records import tables as t
from psro.pokemon.observations.records.compiled import kernel, rule, whole
from psro.pokemon.observations.records.tables import tables
from psro.pokemon.observations.tokenizer import UNKNOWN_ID

_TYPE_WORDS = (*(name.lower() for name in TYPES), "threequestionmarks", "notype")
_STATUS_WORDS = ("nostatus", *STATUSES, "fnt")
(
    _GEN1OU,
    _FORCED_SWITCH,
    _ANY_CHOICE,
    _PLAYER,
    _MOVE,
    _SWITCH,
    _MOVESET,
    _OPPONENT,
    _CONDITIONS,
    _PLAYER_LAST,
    _OPPONENT_LAST,
    _BLANK,
    _NO_MOVE,
    _NO_ITEM,
    _NO_ABILITY,
    _UNKNOWN_ITEM,
    _UNKNOWN_ABILITY,
    _NO_WEATHER,
    _NO_CONDITIONS,
    _TYPE,
) = range(20)
_FIXED_WORDS = (
    "<gen1ou>", "<forcedswitch>", "<anychoice>", "<player>", "<move>", "<switch>", "<moveset>", "<opponent>",
    "<conditions>", "<player_prev>", "<opp_prev>", BLANK, "nomove", "noitem", "noability", "unknownitem",
    "unknownability", "noweather", "noconditions",
)  # fmt: skip
_STATUS = _TYPE + len(_TYPE_WORDS)
_EFFECT = _STATUS + len(_STATUS_WORDS)
_SPECIES = _EFFECT + len(r.EFFECT_WORDS)
_MOVE_WORDS = _SPECIES + 1 + NUM_SPECIES
"""Three words for each move number: its own, its type's, its category's."""

_NUM_MOVE_NUMBERS = 3
_FOE_NUMBERS = NUM_NUMBERS - 15
_STATS = (t.BASE_ATTACK, t.BASE_SPECIAL, t.BASE_DEFENSE, t.BASE_SPECIAL, t.BASE_SPEED, t.BASE_HP)
_BOOSTS = tuple(
    t.BOOST_NAMES.index(name) for name in ("atk", "spa", "def", "spd", "spe", "accuracy", "evasion")
)


def _words() -> list[str]:
    """The kernel's dictionary: fixed words, types, statuses, effects, species, then moves."""
    species = {one.number: one.id for one in SPECIES.values()}
    effects = [effect_word(name) for name in r.EFFECT_WORDS]
    words = [*_FIXED_WORDS, *_TYPE_WORDS, *_STATUS_WORDS, *effects, BLANK]
    words += [species[number] for number in range(1, 1 + NUM_SPECIES)]
    words += [BLANK] * 3
    for id in sorted(MOVES, key=lambda id: MOVES[id].number):
        words += move_words(Move(id, gen=1))
    return words


def _move_numbers() -> NDArray[np.float32]:
    """[1 + moves, 3]: power, accuracy, priority; padding for 0."""
    numbers = np.full((1 + len(MOVES), _NUM_MOVE_NUMBERS), PADDING, np.float32)
    for move in MOVES.values():
        known = Move(move.id, gen=1)
        numbers[move.number] = known.base_power / 200, known.accuracy, known.priority / 5
    return numbers


@rule
def _sort_moves(row: Any, at: int, moves: Any, out: Any) -> None:
    """The four moves of the Pokémon whose block begins at `at`, alphabetically, zeros last."""
    out[:] = 0
    num = 0
    for k in range(r.MOVES_PER_POKEMON):
        move = whole(row[at + r.MOVES + k])
        if move == 0:
            continue
        place = num
        while place > 0 and moves[out[place - 1], t.ALPHABETICAL] > moves[move, t.ALPHABETICAL]:
            out[place] = out[place - 1]
            place -= 1
        out[place] = move
        num += 1


@rule
def _fraction(row: Any, at: int) -> float:
    """HP as a share of the most, of the Pokémon whose block begins at `at`."""
    return row[at + r.HP] / row[at + r.MAX_HP] if row[at + r.HP] > 0 else 0.0


@rule
def _write_active_words(
    row: Any, at: int, active: int, item: int, ability: int, words: Any, alphabetical: Any, out: Any
) -> None:
    """Seven words. `at`, `active`: where the Pokémon's and the active's block begin; `alphabetical`: rank of type words."""
    out[0] = words[_SPECIES + row[at + r.SPECIES]]
    out[1] = words[item]
    out[2] = words[ability]
    type_1, type_2 = row[active + r.TYPES_AT], row[active + r.TYPES_AT + 1]
    if alphabetical[type_1] > alphabetical[type_2]:
        type_1, type_2 = type_2, type_1
    out[3] = words[_TYPE + type_1]
    out[4] = words[_TYPE + type_2]
    out[5] = words[_EFFECT + row[active + r.EFFECT]]
    out[6] = words[_STATUS + row[at + r.STATUS]]


@rule
def _write_active_numbers(row: Any, at: int, active: int, species: Any, out: Any) -> None:
    """HP, level, six base stats, seven boosts."""
    out[0] = _fraction(row, at)
    out[1] = row[at + r.LEVEL] / 100
    form = row[active + r.FORM]
    for k, stat in enumerate(_STATS):
        out[2 + k] = species[form, stat] / 255
    for k, boost in enumerate(_BOOSTS):
        out[8 + k] = row[active + r.BOOSTS_AT + boost] / 6


@rule
def _write_words(
    row: Any, words: Any, alphabetical: Any, moves: Any, ordered: Any, out: Any
) -> None:
    """The 87 words. `ordered`: room for four moves."""
    own = r.OWN + row[r.OWN_ACTIVE + r.SLOT] * r.POKEMON_WIDTH
    foe = r.FOE + row[r.FOE_ACTIVE + r.SLOT] * r.POKEMON_WIDTH
    out[:] = words[_BLANK]
    out[0] = words[_GEN1OU]
    out[1] = words[_FORCED_SWITCH if row[r.FORCED_SWITCH] else _ANY_CHOICE]
    out[2] = words[_PLAYER]
    _write_active_words(row, own, r.OWN_ACTIVE, _NO_ITEM, _NO_ABILITY, words, alphabetical, out[3:])
    at = 10
    _sort_moves(row, own, moves, ordered)
    for k in range(NUM_MOVES):
        out[at] = words[_MOVE]
        for part in range(3):
            out[at + 1 + part] = words[_MOVE_WORDS + 3 * ordered[k] + part]
        at += 4
    for k in range(NUM_SWITCHES):
        out[at] = words[_SWITCH]
        slot = row[r.SWITCHES + k]
        if slot != 0:
            block = r.OWN + (slot - 1) * r.POKEMON_WIDTH
            out[at + 1] = words[_SPECIES + row[block + r.SPECIES]]
            out[at + 2] = words[_NO_ITEM]
            out[at + 3] = words[_NO_ABILITY]
            out[at + 4] = words[_MOVESET]
            _sort_moves(row, block, moves, ordered)
            for place in range(NUM_MOVES):
                out[at + 5 + place] = words[_MOVE_WORDS + 3 * ordered[place]]
        at += 9
    out[at] = words[_OPPONENT]
    _write_active_words(
        row, foe, r.FOE_ACTIVE, _UNKNOWN_ITEM, _NO_ABILITY, words, alphabetical, out[at + 1 :]
    )
    at += 8
    out[at] = words[_CONDITIONS]
    out[at + 1] = words[_NO_WEATHER]
    out[at + 2] = out[at + 3] = words[_NO_CONDITIONS]
    out[at + 4] = words[_PLAYER_LAST]
    last = row[r.OWN_ACTIVE + r.PREVIOUS_MOVE]
    out[at + 5] = words[_MOVE_WORDS + 3 * last if last != 0 else _NO_MOVE]
    out[at + 6] = words[_OPPONENT_LAST]
    last = row[r.FOE_ACTIVE + r.PREVIOUS_MOVE]
    out[at + 7] = words[_MOVE_WORDS + 3 * last if last != 0 else _NO_MOVE]


@rule
def _write_numbers(
    row: Any, moves: Any, species: Any, move_numbers: Any, ordered: Any, out: Any
) -> None:
    """The 48 numbers. `ordered`: room for four moves."""
    own = r.OWN + row[r.OWN_ACTIVE + r.SLOT] * r.POKEMON_WIDTH
    foe = r.FOE + row[r.FOE_ACTIVE + r.SLOT] * r.POKEMON_WIDTH
    num_fainted = 0
    for k in range(r.TEAM_SIZE):
        num_fainted += row[r.FOE + k * r.POKEMON_WIDTH + r.STATUS] == r.FAINTED
    out[0] = (MAX_TEAM_SIZE - num_fainted) / MAX_TEAM_SIZE
    _write_active_numbers(row, own, r.OWN_ACTIVE, species, out[1:])
    at = 16
    _sort_moves(row, own, moves, ordered)
    for k in range(NUM_MOVES):
        for part in range(_NUM_MOVE_NUMBERS):
            out[at + part] = move_numbers[ordered[k], part]
        at += _NUM_MOVE_NUMBERS
    for k in range(NUM_SWITCHES):
        slot = row[r.SWITCHES + k]
        out[at + k] = PADDING
        if slot != 0:
            out[at + k] = _fraction(row, r.OWN + (slot - 1) * r.POKEMON_WIDTH)
    _write_active_numbers(row, foe, r.FOE_ACTIVE, species, out[_FOE_NUMBERS:])


@kernel(
    "void(int16[:, ::1], int32[:, ::1], float32[:, ::1], int32[::1], int64[::1], int64[:, ::1], int64[:, ::1], "
    "float32[:, ::1])"
)
def _write(
    records: Any,
    out_words: Any,
    out_numbers: Any,
    words: Any,
    alphabetical: Any,
    moves: Any,
    species: Any,
    move_numbers: Any,
) -> None:
    ordered = np.empty(r.MOVES_PER_POKEMON, np.int64)
    for n in range(len(records)):
        _write_words(records[n], words, alphabetical, moves, ordered, out_words[n])
        _write_numbers(records[n], moves, species, move_numbers, ordered, out_numbers[n])


class MetamonKernel:
    """Writes records into the arrays of MetamonObservation's spec, with a tokenizer's ids."""

    def __init__(self, tokenizer: Mapping[str, int] = GEN1_VOCABULARY):
        """`tokenizer`: word → index from 0, as MetamonObservation takes it."""
        ids = [tokenizer[word] + 1 if word in tokenizer else UNKNOWN_ID for word in _words()]
        self._words = np.array(ids, np.int32)
        order = sorted(_TYPE_WORDS)
        self._alphabetical = np.array([order.index(word) for word in _TYPE_WORDS])
        self._move_numbers = _move_numbers()

    def write(self, records: NDArray[np.int16], rows: Mapping[str, NDArray[Any]]) -> None:
        """Writes decision n of `records`, [N, WIDTH], to row n of the arrays: words [N, 87], numbers [N, 48].

        All must be C-contiguous (as slices along the first axis are). Does not hold the GIL.
        """
        known = tables()
        assert rows["words"].shape == (len(records), NUM_WORDS)
        assert rows["numbers"].shape == (len(records), NUM_NUMBERS)
        _write(
            records,
            rows["words"],
            rows["numbers"],
            self._words,
            self._alphabetical,
            known.moves,
            known.species,
            self._move_numbers,
        )
