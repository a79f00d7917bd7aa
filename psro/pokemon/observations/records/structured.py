"""The `structured` view of many records at once: equal, bit for bit, to what StructuredObservation writes."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from psro.pokemon.observations.facts import NUM_SPECIES
from psro.pokemon.observations.layout import (
    DYNAMIC_MOVE_FEATURES,
    NUM_ACTIONS,
    NUM_MOVES,
    NUM_SWITCHES,
    STATE_FEATURES,
    STATIC_MOVE_FEATURES,
    SWITCH_FEATURES,
)
from psro.pokemon.observations.records import fighters as f
from psro.pokemon.observations.records import record as r
from psro.pokemon.observations.records.action_kernels import (
    strike_with_options,
    write_option,
    write_switch,
)
from psro.pokemon.observations.records.attacks import NUM_DUEL
from psro.pokemon.observations.records.compiled import kernel, rule, whole
from psro.pokemon.observations.records.fighters import fill_carried, fill_fighters
from psro.pokemon.observations.records.half import to_half
from psro.pokemon.observations.records.state_kernels import (
    foe_bench,
    put_to_sleep,
    write_state,
    write_state_ids,
)
from psro.pokemon.observations.records.tables import tables
from psro.pokemon.observations.structured import STATIC_TABLE

_STATIC_END = 1 + len(STATIC_MOVE_FEATURES)
_NUM_DYNAMIC = len(DYNAMIC_MOVE_FEATURES)
_MOVE_END = _STATIC_END + _NUM_DYNAMIC
_NUM_SWITCH = 1 + len(SWITCH_FEATURES)
_NUM_STATE = len(STATE_FEATURES)


@rule
def _fill_clauses(row: Any, fighters: Any, clauses: Any) -> None:
    """Sleep Clause used on the foe, used on the own side, Freeze Clause used on the foe."""
    own = whole(row[r.OWN_ACTIVE + r.SLOT])
    foe = f.FIRST_FOE + whole(row[r.FOE_ACTIVE + r.SLOT])
    clauses[0] = put_to_sleep(row, f.FIRST_FOE, foe, r.FOE_ACTIVE, fighters)
    clauses[1] = put_to_sleep(row, 0, own, r.OWN_ACTIVE, fighters)
    clauses[2] = False
    for k in range(f.FIRST_FOE, f.NUM_FIGHTERS):
        if fighters[k, f.SPECIES] != 0 and fighters[k, f.ALIVE]:
            clauses[2] |= fighters[k, f.STATUS] == r.FROZEN


@kernel(
    "void(int16[:, ::1], uint16[:, ::1], int16[:, ::1], uint16[:, :, ::1], int16[:, :, ::1], "
    "int64[:, ::1], float64[:, ::1], int64[:, ::1], float64[:, ::1], float64[:, ::1], uint16[:, ::1])"
)
def _write(
    records: Any,
    numbers: Any,
    ids: Any,
    action_numbers: Any,
    action_ids: Any,
    moves: Any,
    move_shares: Any,
    species: Any,
    likely: Any,
    chart: Any,
    static: Any,
) -> None:
    fighters = np.empty((f.NUM_FIGHTERS, f.NUM_COLUMNS), np.int64)
    shares = np.empty((f.NUM_FIGHTERS, f.NUM_SHARES))
    clauses = np.empty(3, np.bool_)
    damages = np.empty(NUM_MOVES, np.bool_)
    strikes = np.empty((NUM_MOVES, 3))
    duel = np.empty(NUM_DUEL, np.int64)
    bench = np.empty(r.TEAM_SIZE, np.int64)
    singles = np.empty(_NUM_STATE, np.float32)
    bits = singles.view(np.uint32)
    for n in range(len(records)):
        row = records[n]
        fill_fighters(row, fighters, shares, species)
        fill_carried(row, fighters, shares, move_shares, species, likely)
        _fill_clauses(row, fighters, clauses)
        best_damage, best_ko = strike_with_options(
            row, fighters, damages, strikes, duel, moves, chart
        )
        foe = f.FIRST_FOE + row[r.FOE_ACTIVE + r.SLOT]
        foe_hp = fighters[foe, f.HP] if fighters[foe, f.ALIVE] else 1
        num_bench = foe_bench(row, fighters, species, bench)
        write_state(
            row, best_damage / foe_hp, best_ko, num_bench, bench, clauses, duel, fighters, shares, moves, chart, singles
        )  # fmt: skip
        to_half(bits, numbers[n], _NUM_STATE)
        write_state_ids(row, num_bench, bench, fighters, moves, ids[n])
        action_numbers[n] = 0
        for k in range(NUM_MOVES):
            move = row[r.OPTIONS + k * r.OPTION_WIDTH + r.OPTION_MOVE]
            id = NUM_SPECIES + move if move != 0 else 0
            action_ids[n, k, 0] = id
            for feature in range(_STATIC_END):
                action_numbers[n, k, feature] = static[id, feature]
            write_option(
                row, k, damages[k], strikes[k], best_damage, clauses, fighters, shares, moves, move_shares, chart, singles
            )  # fmt: skip
            to_half(bits, action_numbers[n, k, _STATIC_END:], _NUM_DYNAMIC)
        for k in range(NUM_SWITCHES):
            slot = row[r.SWITCHES + k]
            action_ids[n, NUM_MOVES + k, 0] = fighters[slot - 1, f.SPECIES] if slot != 0 else 0
            write_switch(row, k, duel, fighters, shares, moves, chart, singles)
            to_half(bits, action_numbers[n, NUM_MOVES + k, _MOVE_END:], _NUM_SWITCH)


def write_structured(records: NDArray[np.int16], rows: Mapping[str, NDArray[Any]]) -> None:
    """Writes decision n of `records`, [N, WIDTH], to row n of the arrays, [N, …] each and made by the spec's `empty`.

    The arrays and `records` must be C-contiguous (as slices along the first axis are). Does not hold the GIL.
    """
    moves, shares, species, likely, chart = tables()
    num = len(records)
    assert all(len(array) == num for array in rows.values())
    assert rows["action_numbers"].shape[1:] == (NUM_ACTIONS, _MOVE_END + _NUM_SWITCH)
    _write(
        records,
        rows["numbers"].view(np.uint16),
        rows["ids"],
        rows["action_numbers"].view(np.uint16),
        rows["action_ids"],
        moves,
        shares,
        species,
        likely,
        chart,
        STATIC_TABLE.view(np.uint16),
    )
