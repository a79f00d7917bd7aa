"""A state → the 87 words and 48 numbers of metamon's DefaultObservationSpace.

Rule: `metamon/interface.py`, DefaultObservationSpace.state_to_obs: moves and switches in alphabetical order, at most four moves of a
Pokémon, what is missing padded.
"""

from functools import lru_cache
from typing import Any

from psro.pokemon.observations.layout import NUM_MOVES, NUM_SWITCHES
from psro.pokemon.observations.metamon import BLANK, NUM_NUMBERS, NUM_WORDS, PADDING
from psro.pokemon.parsed_replays.reading import State, Unusable

_STATS = ("base_atk", "base_spa", "base_def", "base_spd", "base_spe", "base_hp")
_BOOSTS = (
    "atk_boost",
    "spa_boost",
    "def_boost",
    "spd_boost",
    "spe_boost",
    "accuracy_boost",
    "evasion_boost",
)
_BLANK_MOVE = ("<move>", BLANK, BLANK, BLANK)
_BLANK_SWITCH = ("<switch>", *(BLANK,) * 8)
_NO_NUMBERS = (PADDING,) * 3

Part = dict[str, Any]
"""A Pokémon or a move as JSON."""


@lru_cache(1 << 14)
def clean(name: str) -> str:
    """Letters and digits, lower case."""
    return "".join([char for char in name if char.isalnum()]).lower()


def moves_in_order(pokemon: Part) -> list[Part]:
    """Its moves as actions 0 … 3 count them."""
    moves: list[Part] = pokemon["moves"][:NUM_MOVES]
    return sorted(moves, key=lambda move: clean(move["name"]))


def words_and_numbers(state: State) -> tuple[list[str], list[float]]:
    """[87] and [48]. Raises KeyError, TypeError, ValueError or AttributeError for a state with a field missing or of another type, Unusable for one that does not fit the layout."""
    own, foe = state["player_active_pokemon"], state["opponent_active_pokemon"]
    words = [
        f"<{state['format']}>",
        "<forcedswitch>" if state["forced_switch"] else "<anychoice>",
        "<player>",
        *_active_words(own),
    ]
    numbers = [state["opponents_remaining"] / 6, *_active_numbers(own)]
    moves = moves_in_order(own)
    for move in moves:
        words += ("<move>", clean(move["name"]), clean(move["move_type"]), clean(move["category"]))
        numbers += (move["base_power"] / 200, float(move["accuracy"]), move["priority"] / 5)
    for _ in range(NUM_MOVES - len(moves)):
        words += _BLANK_MOVE
        numbers += _NO_NUMBERS
    bench = sorted(state["available_switches"], key=lambda pokemon: clean(pokemon["name"]))
    if len(bench) > NUM_SWITCHES:
        raise Unusable("more than five Pokémon on the bench")
    for pokemon in bench:
        names = [clean(move["name"]) for move in moves_in_order(pokemon)]
        words += ("<switch>", pokemon["name"], pokemon["item"], pokemon["ability"], "<moveset>")
        words += names
        words += (BLANK,) * (NUM_MOVES - len(names))
        numbers.append(float(pokemon["hp_pct"]))
    for _ in range(NUM_SWITCHES - len(bench)):
        words += _BLANK_SWITCH
        numbers.append(PADDING)
    words += ("<opponent>", *_active_words(foe), "<conditions>", state["weather"])
    words += (state["player_conditions"], state["opponent_conditions"], "<player_prev>")
    words += (clean(state["player_prev_move"]["name"]), "<opp_prev>")
    words.append(clean(state["opponent_prev_move"]["name"]))
    numbers += _active_numbers(foe)
    if len(words) != NUM_WORDS or len(numbers) != NUM_NUMBERS:
        raise Unusable("a state of another size", f"{len(words)} words, {len(numbers)} numbers")
    return words, numbers


def _active_words(pokemon: Part) -> tuple[str, ...]:
    types: str = pokemon["types"]
    return (
        pokemon["name"],
        pokemon["item"],
        pokemon["ability"],
        *types.split(),
        pokemon["effect"],
        pokemon["status"],
    )


def _active_numbers(pokemon: Part) -> list[float]:
    return [
        float(pokemon["hp_pct"]),
        pokemon["lvl"] / 100,
        *[pokemon[stat] / 255 for stat in _STATS],
        *[pokemon[boost] / 6 for boost in _BOOSTS],
    ]
