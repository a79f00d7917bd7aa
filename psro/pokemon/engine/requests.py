"""What a side may choose, and what its choice comes to: getMoveRequestData in sim/pokemon.js, chooseMove and commitChoices in
sim/side.js."""

from psro.pokemon.engine.compiled import rule
from psro.pokemon.engine.layout import (
    ACTIVE_SLOT,
    BIDE,
    CANNOT_MOVE,
    DISABLE,
    DISABLE_SLOT,
    FAULT,
    FAULT_NO_MOVE_SLOT,
    FIRST_SWITCH,
    FRZ,
    HP,
    LAST_ENEMY_SELECTED_MOVE,
    LAST_SELECTED_MOVE,
    LAST_SELECTED_SLOT,
    MAYBE_LOCKED,
    MOVES,
    NO_MOVE,
    PP,
    REQUEST,
    SLP,
    STATUS,
    SWITCH,
    TRAP_LOCK,
    TRAPPED,
    WAIT,
    Lane,
)
from psro.pokemon.engine.places import active_at, active_mon_at, mon_at, side_at
from psro.pokemon.engine.tables import STRUGGLE
from psro.pokemon.engine.use_move import is_hard_locked, is_semi_locked


@rule
def has_usable_move(s: Lane, a: int) -> bool:
    """Whether there is anything but Struggle: a move that has PP and is not disabled."""
    for place in range(4):
        disabled = s[a + DISABLE] != 0 and s[a + DISABLE_SLOT] == place
        if s[a + PP + place] > 0 and not disabled:
            return True
    return False


@rule
def can_only_fight(s: Lane, side: int) -> bool:
    """Asleep, frozen or trapped: the move will be whatever its side selected last."""
    status = s[active_mon_at(s, side) + STATUS]
    return status in (FRZ, SLP) or s[active_at(side) + TRAPPED] != 0


@rule
def legal_bits(s: Lane, side: int) -> int:
    """What the side's request offers: bit c for choice c. A side that waits has nothing."""
    start = side_at(side)
    a = active_at(side)
    request = s[start + REQUEST]
    if request == WAIT:
        return 0
    bits = 0
    for slot in range(6):
        bits |= (s[mon_at(side, slot) + HP] > 0) << (FIRST_SWITCH + slot)
    bits &= ~(1 << (FIRST_SWITCH + s[start + ACTIVE_SLOT]))
    if request == SWITCH:
        return bits
    if is_hard_locked(s, a):
        return 1
    moves = 0
    for place in range(4):
        moves |= (s[a + PP + place] > 0) << place
    if s[a + DISABLE]:
        moves &= ~(1 << s[a + DISABLE_SLOT])
    status = s[active_mon_at(s, side) + STATUS]
    bound = (s[a + TRAP_LOCK] | s[a + BIDE] | s[a + TRAPPED]) != 0
    if moves == 0 or status in (FRZ, SLP) or (bound and s[start + MAYBE_LOCKED] == 0):
        moves = 1
    return bits | moves


@rule
def select_move(s: Lane, side: int, choice: int) -> int:
    """commitChoices: the move that the side's Pokémon will set out to use, given the chosen slot, 0 to 3."""
    start = side_at(side)
    a = active_at(side)
    status = s[active_mon_at(s, side) + STATUS]
    forced = is_hard_locked(s, a) or is_semi_locked(s, a)
    if not forced and s[a + TRAPPED] and status != FRZ and status != SLP:
        s[start + LAST_SELECTED_MOVE] = CANNOT_MOVE
        s[start + LAST_ENEMY_SELECTED_MOVE] = CANNOT_MOVE
    elif not forced and not can_only_fight(s, side) and not has_usable_move(s, a):
        s[start + LAST_SELECTED_MOVE] = STRUGGLE
        s[start + LAST_ENEMY_SELECTED_MOVE] = STRUGGLE
    else:
        if not forced and not can_only_fight(s, side):
            s[start + LAST_SELECTED_MOVE] = s[a + MOVES + choice]
            s[start + LAST_SELECTED_SLOT] = choice
        in_slot = s[a + MOVES + s[start + LAST_SELECTED_SLOT]]
        if in_slot == NO_MOVE:
            s[FAULT] = FAULT_NO_MOVE_SLOT
        s[start + LAST_ENEMY_SELECTED_MOVE] = in_slot
    return s[start + LAST_SELECTED_MOVE] + 0
