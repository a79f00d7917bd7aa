"""The `metamon` view: 87 words and 48 numbers, as metamon's DefaultObservationSpace lays a decision out.

Rule: `metamon/interface.py` of UT-Austin-RPL/metamon, `UniversalState.from_Battle` and `DefaultObservationSpace`. Words are ids of a
vocabulary: this module's, made of Gen 1's names, or a metamon tokenizer's, which its checkpoints were trained with.

What Gen 1 has not got is worded as in metamon's data: the own side's items and abilities are known to be none, the foe's
are unknown. The last move of a Pokémon is forgotten when it leaves the field (poke-env's rule; metamon's replays keep it).
"""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray
from poke_env.battle import Effect, Move, Pokemon, Status

from psro.game.spec import ArraySpec, ObservationSpec
from psro.pokemon.gen1_battle import MAX_TEAM_SIZE
from psro.pokemon.observations.facts import MOVES, PSEUDO_MOVES, SPECIES
from psro.pokemon.observations.layout import NUM_ACTIONS, NUM_MOVES, NUM_SWITCHES, TYPES
from psro.pokemon.observations.tokenizer import UNKNOWN_ID, own_tokenizer
from psro.pokemon.state import BattleState

NUM_WORDS = 87
NUM_NUMBERS = 48
BLANK = "<blank>"
PADDING = -2.0
_OWN_ITEM = ("noitem", "noability")
_FOE_ITEM = ("unknownitem", "unknownability")
_NO_MOVE = "nomove"
_CONDITIONS = ("noweather", "noconditions", "noconditions")
_STATS = ("atk", "spa", "def", "spd", "spe", "hp")
_BOOSTS = ("atk", "spa", "def", "spd", "spe", "accuracy", "evasion")
_MOVE_NUMBERS = 3


def words_of(state: BattleState) -> list[str]:
    """The 87 words of the decision."""
    battle = state.battle
    own, foe = battle.active_pokemon, battle.opponent_active_pokemon
    assert own is not None
    assert foe is not None
    words = [
        "<gen1ou>",
        "<forcedswitch>" if state.forced_switch else "<anychoice>",
        "<player>",
        *_active_words(own, _OWN_ITEM),
    ]
    for move in _moves_in_order(own):
        words += ("<move>", *_move_words(move))
    words += ("<move>", BLANK, BLANK, BLANK) * (NUM_MOVES - len(own.moves))
    bench = _bench_in_order(state)
    for pokemon in bench:
        moves = sorted(pokemon.moves)[:NUM_MOVES]
        words += ("<switch>", pokemon.species, *_OWN_ITEM, "<moveset>", *moves)
        words += (BLANK,) * (NUM_MOVES - len(moves))
    words += ("<switch>", *(BLANK,) * 8) * (NUM_SWITCHES - len(bench))
    words += ("<opponent>", *_active_words(foe, _FOE_ITEM), "<conditions>", *_CONDITIONS)
    words += ("<player_prev>", _last_move(own), "<opp_prev>", _last_move(foe))
    assert len(words) == NUM_WORDS
    return words


def numbers_of(state: BattleState) -> list[float]:
    """The 48 numbers of the decision."""
    battle = state.battle
    own, foe = battle.active_pokemon, battle.opponent_active_pokemon
    assert own is not None
    assert foe is not None
    num_fainted = sum([mon.status is Status.FNT for mon in battle.opponent_team.values()])
    numbers = [(MAX_TEAM_SIZE - num_fainted) / MAX_TEAM_SIZE, *_active_numbers(own)]
    for move in _moves_in_order(own):
        numbers += (move.base_power / 200, move.accuracy, move.priority / 5)
    numbers += (PADDING,) * (_MOVE_NUMBERS * (NUM_MOVES - len(own.moves)))
    bench = _bench_in_order(state)
    numbers += [mon.current_hp_fraction for mon in bench]
    numbers += (PADDING,) * (NUM_SWITCHES - len(bench))
    numbers += _active_numbers(foe)
    assert len(numbers) == NUM_NUMBERS
    return numbers


def _moves_in_order(pokemon: Pokemon) -> list[Move]:
    moves = pokemon.moves
    assert len(moves) <= NUM_MOVES, f"{pokemon.species} has moves {list(moves)}"
    return [moves[id] for id in sorted(moves)]


def _bench_in_order(state: BattleState) -> list[Pokemon]:
    return [option.pokemon for option in state.switches if option is not None]


def _active_words(pokemon: Pokemon, item_and_ability: tuple[str, str]) -> tuple[str, ...]:
    types = [kind.name.replace("_", "").lower() for kind in pokemon.types] + ["notype"]
    status = pokemon.status
    return (
        pokemon.species,
        *item_and_ability,
        *sorted(types[:2]),
        _effect_word(pokemon.effects),
        "nostatus" if status is None else status.name.lower(),
    )


def _effect_word(effects: Mapping[Effect, int]) -> str:
    """The first to have begun of the effects with the least count (metamon's rule; most always count 0). Light Screen, which poke-env does not know, reads `unknown`, as in metamon."""
    if not effects:
        return "noeffect"
    latest = min(effects, key=effects.__getitem__)
    return "".join(char for char in latest.name if char.isalpha()).lower()


def _move_words(move: Move) -> tuple[str, str, str]:
    return move.id, move.type.name.replace("_", "").lower(), move.category.name.lower()


def _last_move(pokemon: Pokemon) -> str:
    last = pokemon.last_move
    return _NO_MOVE if last is None else last.id


def _active_numbers(pokemon: Pokemon) -> list[float]:
    base, boosts = pokemon.base_stats, pokemon.boosts
    return [
        pokemon.current_hp_fraction,
        pokemon.level / 100,
        *[base[stat] / 255 for stat in _STATS],
        *[boosts[stat] / 6 for stat in _BOOSTS],
    ]


def all_words() -> Iterable[str]:
    """What a Gen 1 decision can be worded with, from the dex; sorted, they are vocabulary.json (tests/pokemon/observations/test_tokenizer.py)."""
    yield from (
        "<gen1ou>", "<forcedswitch>", "<anychoice>", "<player>", "<move>", "<switch>", "<moveset>",
        "<opponent>", "<conditions>", "<player_prev>", "<opp_prev>", BLANK,
        _NO_MOVE, "notype", "noeffect", "nostatus", *_OWN_ITEM, *_FOE_ITEM, *_CONDITIONS,
        "physical", "special", "status", "threequestionmarks",
    )  # fmt: skip
    yield from SPECIES
    yield from MOVES
    yield from PSEUDO_MOVES
    yield from (kind.lower() for kind in TYPES)
    yield from (status.name.lower() for status in Status)
    yield from (
        "bide", "bind", "clamp", "confusion", "disable", "firespin", "focusenergy", "leechseed", "mimic",
        "minimize", "mist", "mustrecharge", "rage", "reflect", "substitute", "typechange", "unknown", "wrap",
    )  # fmt: skip


GEN1_VOCABULARY: Mapping[str, int] = MappingProxyType(dict(own_tokenizer().index))
"""Word → index, as a metamon tokenizer has it: without the shift by one."""


class MetamonObservation:
    """Writes decisions into the arrays of `spec`: words [87] as ids and numbers [48]."""

    def __init__(self, tokenizer: Mapping[str, int] = GEN1_VOCABULARY):
        """`tokenizer`: word → index from 0, such as metamon's DefaultObservationSpace-v0.json."""
        self._ids = {word: index + 1 for word, index in tokenizer.items()}
        vocabulary = max(self._ids.values()) + 1
        self.spec = ObservationSpec(
            "metamon",
            (
                ArraySpec("words", (NUM_WORDS,), "int32", "ids", vocabulary),
                ArraySpec("numbers", (NUM_NUMBERS,), "float32", "numbers"),
            ),
            NUM_ACTIONS,
        )

    def write(self, state: BattleState, rows: Mapping[str, NDArray[Any]], row: int) -> None:
        """Fills row `row` of the arrays, made by `spec.empty`."""
        ids = self._ids
        rows["words"][row] = [ids.get(word, UNKNOWN_ID) for word in words_of(state)]
        rows["numbers"][row] = np.array(numbers_of(state), np.float32)
