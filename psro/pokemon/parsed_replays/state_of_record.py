"""Sighting records → metamon's states: what its reader, and its observations and rewards, find in a file.

Every word and number of the `metamon` view comes back as the record gives it. A record does not tell the PP of a benched Pokémon's moves:
they are written as last seen on the field, before that as full. The field, weather and screens of later generations are none.
"""

from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from poke_env.battle import Move

from psro.pokemon.observations.facts import MOVES, SPECIES, Species
from psro.pokemon.observations.layout import NUM_MOVES, STATUSES, TYPES
from psro.pokemon.observations.records import record as r
from psro.pokemon.parsed_replays.reading import State

FORMAT = "gen1ou"
_TYPE_WORDS = (*(name.lower() for name in TYPES), "threequestionmarks", "notype")
_STATUS_WORDS = ("nostatus", *STATUSES, "fnt")
_BOOSTS = ("atk", "def", "spa", "spd", "spe", "accuracy", "evasion")
"""In a record's order."""

Record = NDArray[np.int16]
"""[WIDTH]"""
Part = dict[str, Any]


class StateWriter:
    """The states of one side of one battle, decision after decision."""

    def __init__(self) -> None:
        self._pp: dict[tuple[str, str], int] = {}
        """PP left of (own species, move), as last seen."""

    def state(self, record: Record, score: float | None = None) -> State:
        """What the record shows. `score`: how the battle ended, for the last state: 1 won, 0 lost."""
        row: list[int] = record.tolist()
        self._note_pp(row)
        own = r.OWN + row[r.OWN_ACTIVE + r.SLOT] * r.POKEMON_WIDTH
        foe = r.FOE + row[r.FOE_ACTIVE + r.SLOT] * r.POKEMON_WIDTH
        fainted = sum(
            row[r.FOE + slot * r.POKEMON_WIDTH + r.STATUS] == r.FAINTED
            for slot in range(r.TEAM_SIZE)
        )
        return {
            "format": FORMAT,
            "player_active_pokemon": self._pokemon(row, own, r.OWN_ACTIVE, True),
            "opponent_active_pokemon": self._pokemon(row, foe, r.FOE_ACTIVE, False),
            "available_switches": [
                self._pokemon(row, at, None, True)
                for at in _blocks(r.OWN)
                if at != own and row[at + r.SPECIES] and row[at + r.STATUS] != r.FAINTED
            ],
            "player_prev_move": _move(row[r.OWN_ACTIVE + r.LAST_MOVE]),
            "opponent_prev_move": _move(row[r.FOE_ACTIVE + r.LAST_MOVE]),
            "opponents_remaining": r.TEAM_SIZE - fainted,
            "player_conditions": "noconditions",
            "opponent_conditions": "noconditions",
            "weather": "noweather",
            "battle_field": "nofield",
            "forced_switch": bool(row[r.FORCED_SWITCH]),
            "battle_won": score == 1,
            "battle_lost": score == 0,
            "can_tera": False,
            "opponent_teampreview": [],
        }

    def _note_pp(self, row: list[int]) -> None:
        own = r.OWN + row[r.OWN_ACTIVE + r.SLOT] * r.POKEMON_WIDTH
        species = _species(row[own + r.SPECIES]).id
        for option in range(NUM_MOVES):
            at = r.OPTIONS + option * r.OPTION_WIDTH
            number = row[at + r.OPTION_MOVE]
            if 0 < number <= len(MOVES):
                self._pp[species, _move_ids()[number]] = row[at + r.OPTION_PP]

    def _pokemon(self, row: list[int], at: int, active: int | None, is_own: bool) -> Part:
        """`at`, `active`: where its block and, if it is on the field, the active's block begin."""
        species = _species(row[at + r.SPECIES])
        form = species if active is None else _species(row[active + r.FORM])
        types = [kind.lower() for kind in species.types] + ["notype"]
        boosts = [0] * len(_BOOSTS)
        effect = r.EFFECT_WORDS[0]
        if active is not None:
            types = [_TYPE_WORDS[number] for number in row[active + r.TYPES_AT :][:2]]
            boosts = row[active + r.BOOSTS_AT :][: len(_BOOSTS)]
            effect = r.EFFECT_WORDS[row[active + r.EFFECT]]
        hp = row[at + r.HP] / row[at + r.MAX_HP] if row[at + r.HP] > 0 else 0.0
        written: Part = {
            "name": species.id,
            "base_species": species.id,
            "hp_pct": hp,
            "types": " ".join(sorted(types[:2])),
            "tera_type": "notype",
            "item": "noitem" if is_own else "unknownitem",
            "ability": "noability" if is_own else "unknownability",
            "lvl": row[at + r.LEVEL],
            "status": _STATUS_WORDS[row[at + r.STATUS]],
            "effect": effect,
            "moves": self._moves(row, at, species.id, is_own),
            "base_atk": form.base_attack,
            "base_spa": form.base_special,
            "base_def": form.base_defense,
            "base_spd": form.base_special,
            "base_spe": form.base_speed,
            "base_hp": form.base_hp,
        }
        return written | {f"{name}_boost": k for name, k in zip(_BOOSTS, boosts, strict=True)}

    def _moves(self, row: list[int], at: int, species: str, is_own: bool) -> list[Part]:
        moves = []
        for place in range(r.MOVES_PER_POKEMON):
            number = row[at + r.MOVES + place]
            if number == 0:
                continue
            move = _move(number)
            seen = self._pp.get((species, move["name"])) if is_own else row[at + r.PP + place]
            moves.append(move if seen is None else move | {"current_pp": seen})
        return moves


def _blocks(team: int) -> range:
    return range(team, team + r.TEAM_SIZE * r.POKEMON_WIDTH, r.POKEMON_WIDTH)


@cache
def _species(number: int) -> Species:
    return next(one for one in SPECIES.values() if one.number == number)


@cache
def _move_ids() -> dict[int, str]:
    return {move.number: move.id for move in MOVES.values()}


@cache
def _move(number: int) -> Part:
    """A move with all its PP; 0: none was made."""
    if number == 0:
        return {
            "name": "nomove", "move_type": "nomove", "category": "nomove", "base_power": 0, "accuracy": 1.0,
            "priority": 0, "current_pp": 0, "max_pp": 0,
        }  # fmt: skip
    move = Move(_move_ids()[number], gen=1)
    return {
        "name": move.id,
        "move_type": move.type.name.replace("_", "").lower(),
        "category": move.category.name.lower(),
        "base_power": move.base_power,
        "accuracy": float(move.accuracy),
        "priority": move.priority,
        "current_pp": move.max_pp,
        "max_pp": move.max_pp,
    }
