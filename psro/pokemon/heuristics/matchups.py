"""How well types stand against each other: reference/type_score.py, compiled."""

from typing import Any

from psro.pokemon.heuristics.compiled import rule, whole
from psro.pokemon.observations.records import record as r
from psro.pokemon.observations.records import tables as t
from psro.pokemon.observations.records.attacks import effectiveness


@rule
def species_types(row: Any, slot: int, species: Any) -> tuple[int, int]:
    """The types of an own Pokémon on the bench."""
    number = whole(row[r.OWN + slot * r.POKEMON_WIDTH + r.SPECIES])
    return species[number, t.FIRST_TYPE], species[number, t.SECOND_TYPE]


@rule
def active_types(row: Any, active: int) -> tuple[int, int]:
    """The types of a Pokémon on the field; `active`: OWN_ACTIVE or FOE_ACTIVE."""
    return whole(row[active + r.TYPES_AT]), whole(row[active + r.TYPES_AT + 1])


@rule
def best_multiplier(types: tuple[int, int], foe_types: tuple[int, int], chart: Any) -> float:
    """The best multiplier of an attack of one of these types."""
    best = effectiveness(types[0], foe_types[0], foe_types[1], chart)
    if types[1] != r.NO_TYPE:
        best = max(best, effectiveness(types[1], foe_types[0], foe_types[1], chart))
    return best


@rule
def _attacks_with(row: Any, slot: int, kind: int, moves: Any) -> bool:
    """Whether some move of that type deals damage."""
    at = r.OWN + slot * r.POKEMON_WIDTH + r.MOVES
    for place in range(at, at + r.MOVES_PER_POKEMON):
        move = whole(row[place])
        if move == 0 or moves[move, t.MOVE_TYPE] != kind:
            continue
        if moves[move, t.FIXED] != t.FORMULA or moves[move, t.POWER] > 0:
            return True
    return False


@rule
def type_score(row: Any, slot: int, moves: Any, species: Any, chart: Any) -> float:
    """type_score.type_score of an own Pokémon on the bench against the foe on the field."""
    types = species_types(row, slot, species)
    foe_types = active_types(row, r.FOE_ACTIVE)
    score = 0.0
    for kind in types:
        if kind != r.NO_TYPE and _attacks_with(row, slot, kind, moves):
            score += effectiveness(kind, foe_types[0], foe_types[1], chart)
    for kind in foe_types:
        if kind != r.NO_TYPE:
            score -= effectiveness(kind, types[0], types[1], chart)
    return score
