"""The engine's start and step with knowledge kept beside: the same rules in the same order as turn.py's, looked at between actions."""

import numpy as np
import numpy.typing as npt

from psro.pokemon.engine.compiled import rule
from psro.pokemon.engine.layout import (
    ACTIVE_SLOT,
    ENDED,
    FIRST_SWITCH,
    REQUEST,
    SWITCH,
    Lane,
    Lanes,
)
from psro.pokemon.engine.places import side_at
from psro.pokemon.engine.rows import row
from psro.pokemon.engine.sight.knowledge import (
    confusion_is_over,
    look,
    see_faints,
    see_move,
    see_switch,
    see_turn,
)
from psro.pokemon.engine.sight.places import PARTY, PARTY_SIZE, Knowledge, kernel, known_at
from psro.pokemon.engine.switching import shuffle_if_tied
from psro.pokemon.engine.turn import (
    begin_turn,
    end_turn,
    perform,
    replace_fainted,
    residual,
    resolve_faints,
    start_battle,
)


@rule
def watch_action(s: Lane, k: Knowledge, side: int, choice: int) -> bool:
    """turn.act, watched."""
    leaving = s[side_at(side) + ACTIVE_SLOT] + 0
    confusion_ends = confusion_is_over(s, side)
    perform(s, side, choice)
    if choice >= FIRST_SWITCH:
        see_switch(s, k, side, leaving)
    else:
        see_move(s, k, side, confusion_ends)
    look(s, k, 0)
    look(s, k, 1)
    if resolve_faints(s):
        see_faints(s, k)
        return True
    shuffle_if_tied(s)
    return False


@rule
def watch_turn(s: Lane, k: Knowledge, choice0: int, choice1: int) -> None:
    """turn.play_turn, watched."""
    first = begin_turn(s, choice0, choice1)
    if first < 0:
        return
    if watch_action(s, k, first, choice1 if first else choice0):
        return
    if watch_action(s, k, 1 - first, choice0 if first else choice1):
        return
    residual(s)
    end_turn(s)
    see_turn(s, k)


@rule
def watch_replacements(s: Lane, k: Knowledge, choice0: int, choice1: int) -> None:
    """turn.replace_fainted, watched."""
    leaving0 = s[side_at(0) + ACTIVE_SLOT] + 0
    leaving1 = s[side_at(1) + ACTIVE_SLOT] + 0
    replace_fainted(s, choice0, choice1)
    if choice0 >= 0:
        see_switch(s, k, 0, leaving0)
    if choice1 >= 0:
        see_switch(s, k, 1, leaving1)
    look(s, k, 0)
    look(s, k, 1)
    see_turn(s, k)


@kernel("void(int16[:, ::1], int16[:, ::1])")
def start(lanes: Lanes, knowledge: Knowledge) -> None:
    """kernels.start, and nothing known but the leads: knowledge int16 [lanes, KNOWLEDGE_SIZE]."""
    for lane in range(lanes.shape[0]):
        s = row(lanes, lane)
        k = row(knowledge, lane)
        for place in range(k.shape[0]):
            k[place] = 0
        start_battle(s)
        for side in range(2):
            for slot in range(PARTY_SIZE):
                k[known_at(side) + PARTY + slot] = slot
            see_switch(s, k, side, 0)
            look(s, k, side)
        see_turn(s, k)


@kernel("void(int16[:, ::1], int16[:, ::1], int8[:, ::1])")
def step(lanes: Lanes, knowledge: Knowledge, choices: npt.NDArray[np.int8]) -> None:
    """kernels.step, with what it tells."""
    for lane in range(lanes.shape[0]):
        s = row(lanes, lane)
        if s[ENDED]:
            continue
        k = row(knowledge, lane)
        if s[side_at(0) + REQUEST] == SWITCH or s[side_at(1) + REQUEST] == SWITCH:
            watch_replacements(s, k, choices[lane, 0], choices[lane, 1])
        else:
            watch_turn(s, k, choices[lane, 0], choices[lane, 1])
