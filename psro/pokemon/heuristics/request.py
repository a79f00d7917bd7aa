"""What a request lets a side do, from a record and a row of the legal mask: in the request's order, by which ties are decided."""

from typing import Any

from psro.pokemon.heuristics.compiled import rule, whole
from psro.pokemon.observations.layout import NUM_ACTIONS, NUM_MOVES, NUM_SWITCHES
from psro.pokemon.observations.records import record as r

_PLACE = (1 << r.ORDER_BITS) - 1


@rule
def legal_actions(legal: Any, order: Any) -> int:
    """Writes the legal actions to `order` [NUM_ACTIONS], ascending; returns how many there are."""
    num = 0
    for action in range(NUM_ACTIONS):
        if legal[action]:
            order[num] = action
            num += 1
    return num


@rule
def legal_moves(row: Any, legal: Any, order: Any) -> int:
    """Writes the legal moves to `order`, as the request has them; returns how many there are."""
    packed = whole(row[r.MOVE_ORDER])
    num = 0
    for place in range(1, NUM_MOVES + 1):
        for action in range(NUM_MOVES):
            if (packed >> (r.ORDER_BITS * action)) & _PLACE == place and legal[action]:
                order[num] = action
                num += 1
    return num


@rule
def legal_switches(row: Any, legal: Any, order: Any) -> int:
    """Writes the legal switches to `order`, as the request has them; returns how many there are."""
    packed = whole(row[r.SWITCH_ORDER])
    num = 0
    for place in range(1, r.TEAM_SIZE + 1):
        for switch in range(NUM_SWITCHES):
            action = NUM_MOVES + switch
            if (packed >> (r.ORDER_BITS * switch)) & _PLACE == place and legal[action]:
                order[num] = action
                num += 1
    return num


@rule
def pick(order: Any, num: int, draw: float) -> int:
    """One of the first `num` of `order`, uniform in `draw`."""
    action: int = order[whole(draw * num)]
    return action


@rule
def move_of(row: Any, action: int) -> int:
    """The number of the move that an action stands for."""
    return whole(row[r.OPTIONS + action * r.OPTION_WIDTH + r.OPTION_MOVE])


@rule
def slot_of(row: Any, action: int) -> int:
    """Which of the own blocks comes in by a switch, 0 … 5."""
    return whole(row[r.SWITCHES + action - NUM_MOVES]) - 1
