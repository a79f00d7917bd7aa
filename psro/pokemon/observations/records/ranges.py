"""What stands where in a record can have which values: kernels index by most of them, and ask nothing."""

import numpy as np
from numpy.typing import NDArray

from psro.game.recording import BadDecision
from psro.pokemon.damage import MAX_STAT
from psro.pokemon.observations.facts import MOVES, NUM_SPECIES
from psro.pokemon.observations.layout import NUM_ACTIONS, NUM_MOVES, NUM_SWITCHES
from psro.pokemon.observations.records import record as r

_ANY = np.iinfo(np.int16)
_MOST = int(_ANY.max)
_MAX_LEVEL = 100
_MAX_BOOST = 6


def _ranges() -> NDArray[np.int16]:
    """[2, WIDTH]: the least and the greatest value of each place. Of PP anything goes: no kernel indexes by it, and what was seen of a foe's may fall below 0."""
    bounds = np.empty((2, r.WIDTH), np.int16)
    bounds[0], bounds[1] = 0, _MOST
    for team, has_pp in ((r.OWN, False), (r.FOE, True)):
        for at in range(team, team + r.TEAM_SIZE * r.POKEMON_WIDTH, r.POKEMON_WIDTH):
            bounds[1, at + r.SPECIES] = NUM_SPECIES
            bounds[1, at + r.LEVEL] = _MAX_LEVEL
            bounds[1, [at + r.HP, at + r.MAX_HP]] = MAX_STAT
            bounds[1, at + r.STATUS] = r.FAINTED
            bounds[1, at + r.MOVES : at + r.STATS] = len(MOVES)
            stats = slice(at + r.STATS, at + r.POKEMON_WIDTH)
            bounds[:, stats] = [[_ANY.min], [_MOST]] if has_pp else [[0], [MAX_STAT]]
    for at in (r.OWN_ACTIVE, r.FOE_ACTIVE):
        bounds[1, at + r.SLOT] = r.TEAM_SIZE - 1
        bounds[1, at + r.FORM] = NUM_SPECIES
        bounds[1, at + r.TYPES_AT : at + r.BOOSTS_AT] = r.NO_TYPE
        bounds[:, at + r.BOOSTS_AT : at + r.CONDITIONS] = [[-_MAX_BOOST], [_MAX_BOOST]]
        bounds[1, at + r.CONDITIONS] = 2 * r.TRANSFORMED - 1
        bounds[1, at + r.LAST_MOVE] = len(MOVES)
        bounds[1, at + r.EFFECT] = len(r.EFFECT_WORDS) - 1
    for at in range(r.OPTIONS, r.SWITCHES, r.OPTION_WIDTH):
        bounds[1, at + r.OPTION_MOVE] = r.FIGHT
        bounds[0, [at + r.OPTION_PP, at + r.OPTION_MAX_PP]] = _ANY.min
    bounds[1, r.SWITCHES : r.TURN] = r.TEAM_SIZE
    bounds[1, r.FORCED_SWITCH] = 1
    bounds[1, r.FOE_TEAM_SIZE] = r.TEAM_SIZE
    bounds[1, r.LEGAL] = (1 << NUM_ACTIONS) - 1
    bounds[1, r.MOVE_ORDER] = (1 << NUM_MOVES * r.ORDER_BITS) - 1
    bounds[1, r.SWITCH_ORDER] = (1 << NUM_SWITCHES * r.ORDER_BITS) - 1
    return bounds


RANGES = _ranges()


def check_records(records: NDArray[np.int16]) -> None:
    """Raises BadDecision for the first of `records` [N, WIDTH] that holds what no side can have seen.

    That is: a value out of its place's range, nobody where the field or a switch has somebody.
    """
    if not len(records):
        return
    # Two passes at the speed of memory; which row it is, is asked only if there is one.
    if (records.min(axis=0) < RANGES[0]).any() or (records.max(axis=0) > RANGES[1]).any():
        wrong = (records < RANGES[0]) | (records > RANGES[1])
        row = int(wrong.any(axis=1).argmax())
        place = int(wrong[row].argmax())
        least, most = RANGES[:, place].tolist()
        raise BadDecision(
            row, f"place {place} of its record is {records[row, place]}, not {least} … {most}"
        )
    rows = np.arange(len(records))
    for team, active, side in ((r.OWN, r.OWN_ACTIVE, "own"), (r.FOE, r.FOE_ACTIVE, "foe's")):
        at = team + r.POKEMON_WIDTH * records[:, active + r.SLOT].astype(np.int64) + r.SPECIES
        _require(records[rows, at] != 0, f"the {side} active Pokémon is an empty block")
    for k in range(NUM_SWITCHES):
        slots = records[:, r.SWITCHES + k].astype(np.int64)
        at = r.OWN + r.POKEMON_WIDTH * (slots - 1) + r.SPECIES
        _require((slots == 0) | (records[rows, at] != 0), f"switch {k} brings in an empty block")


def _require(holds: NDArray[np.bool_], otherwise: str) -> None:
    if not holds.all():
        raise BadDecision(int(holds.argmin()), f"{otherwise} of its record")
