"""The `structured` view: numbers and ids of the battle, and features of each of the nine actions.

A move comes with what it would do to the foe now, a switch with who comes in and what it would face, so that
a policy can score actions by a shared per-action encoder. Everything is from the acting side's point of view
and uses only what that side may see.
"""

from collections.abc import Mapping
from struct import Struct
from typing import Any

import numpy as np
from numpy.typing import NDArray

from psro.game.spec import ArraySpec, ObservationSpec
from psro.pokemon.observations.estimates import NOTHING, hit_chance
from psro.pokemon.observations.facts import MOVE_ID, MOVES, NO_ID, NUM_IDS
from psro.pokemon.observations.layout import (
    ACTION_FEATURES,
    DYNAMIC_MOVE_FEATURES,
    NUM_ACTIONS,
    NUM_MOVES,
    NUM_SWITCHES,
    STATE_FEATURES,
    STATE_IDS,
    STATIC_MOVE_FEATURES,
    SWITCH_FEATURES,
)
from psro.pokemon.observations.move_features import dynamic_features, move_attack, static_features
from psro.pokemon.observations.standing import Standing
from psro.pokemon.observations.state_features import (
    active_features,
    foe_bench,
    foe_bench_features,
    global_features,
    state_ids,
)
from psro.pokemon.observations.switch_features import switch_features
from psro.pokemon.state import BattleState

_STATIC_END = 1 + len(STATIC_MOVE_FEATURES)
_MOVE_END = _STATIC_END + len(DYNAMIC_MOVE_FEATURES)
_NO_MOVE = (0.0,) * len(DYNAMIC_MOVE_FEATURES)
_NO_SWITCH = (0.0,) * (1 + len(SWITCH_FEATURES))
_MOVES_START = len(STATE_FEATURES)
_SWITCHES_START = _MOVES_START + NUM_MOVES * len(DYNAMIC_MOVE_FEATURES)
_ROW = Struct(f"={_SWITCHES_START + NUM_SWITCHES * len(_NO_SWITCH)}f")
"""All that is computed of a decision, as float32: packing is several times faster than np.array of a list."""


def _static_table() -> NDArray[np.float16]:
    """[NUM_IDS, 1 + static features]: is_move and what a move is, by its id; zeros for all other ids."""
    table = np.zeros((NUM_IDS, _STATIC_END), np.float16)
    for move, id in MOVE_ID.items():
        table[id] = (1.0, *static_features(move))
    return table


STATIC_TABLE = _static_table()


class StructuredObservation:
    """Writes decisions into the arrays of `spec`: numbers, ids, action_numbers, action_ids."""

    spec = ObservationSpec(
        "structured",
        (
            ArraySpec("numbers", (len(STATE_FEATURES),), "float16", "numbers"),
            ArraySpec("ids", (len(STATE_IDS),), "int16", "ids", NUM_IDS),
            ArraySpec(
                "action_numbers", (NUM_ACTIONS, len(ACTION_FEATURES)), "float16", "action_numbers"
            ),
            ArraySpec("action_ids", (NUM_ACTIONS, 1), "int16", "action_ids", NUM_IDS),
        ),
        NUM_ACTIONS,
    )

    def write(self, state: BattleState, rows: Mapping[str, NDArray[Any]], row: int) -> None:
        """Fills row `row` of the arrays, made by `spec.empty`."""
        standing = Standing(state)
        legal: list[bool] = state.legal_mask.tolist()
        moves, best_damage, best_ko = _move_rows(state, legal, standing)
        switches: list[float] = []
        action_ids = [NO_ID if o is None else MOVE_ID.get(o.id, NO_ID) for o in state.moves]
        for slot, option in enumerate(state.switches, NUM_MOVES):
            if option is None:
                switches += _NO_SWITCH
                action_ids.append(NO_ID)
                continue
            pokemon = option.pokemon
            newcomer = standing.sighting_of(pokemon)
            switches.append(1.0)
            switches += switch_features(
                pokemon, newcomer, legal[slot], state.forced_switch, standing
            )
            action_ids.append(newcomer.species.number)
        own, foe = standing.own, standing.foe
        foe_hp = foe.hp if foe is not None and foe.alive else 1
        bench = foe_bench(standing)
        packed = _ROW.pack(
            *active_features(
                standing.own_pokemon, own, standing.own_effects, standing.own_last_move
            ),
            *active_features(
                standing.foe_pokemon, foe, standing.foe_effects, standing.foe_last_move
            ),
            *global_features(state, standing, best_damage / foe_hp, best_ko),
            *foe_bench_features(bench, standing),
            *moves,
            *switches,
        )
        numbers = np.frombuffer(packed, np.float32)
        rows["numbers"][row] = numbers[:_MOVES_START]
        rows["ids"][row] = state_ids(state, bench, standing)
        ids = np.array(action_ids, np.int16)
        rows["action_ids"][row, :, 0] = ids
        # Blocks, because most of the rest of the table is zero: a move has no switch features, nor a switch a move's.
        table = rows["action_numbers"][row]
        table.fill(0)
        table[:NUM_MOVES, :_STATIC_END] = STATIC_TABLE[ids[:NUM_MOVES]]
        table[:NUM_MOVES, _STATIC_END:_MOVE_END] = numbers[_MOVES_START:_SWITCHES_START].reshape(
            NUM_MOVES, -1
        )
        table[NUM_MOVES:, _MOVE_END:] = numbers[_SWITCHES_START:].reshape(NUM_SWITCHES, -1)


def _move_rows(
    state: BattleState, legal: list[bool], standing: Standing
) -> tuple[list[float], float, float]:
    """The four moves' dynamic features end to end, the most expected damage in HP, the best chance to KO."""
    results = [NOTHING if o is None else move_attack(o.id, standing) for o in state.moves]
    best_damage = best_ko = 0.0
    for option, result, is_legal in zip(state.moves, results, legal, strict=False):
        if option is None or result is NOTHING or not is_legal:
            continue
        chance = hit_chance(option.id, standing.own_accuracy, standing.foe_evasion)
        if not MOVES[option.id].explodes:
            best_damage = max(best_damage, chance * result.mean)
        best_ko = max(best_ko, chance * result.ko_chance)
    rows: list[float] = []
    for option, result, is_legal in zip(state.moves, results, legal, strict=False):
        if option is None:
            rows += _NO_MOVE
        else:
            rows += dynamic_features(
                option.id, option.pp, option.max_pp, is_legal, result, best_damage, standing
            )
    return rows, best_damage, best_ko
