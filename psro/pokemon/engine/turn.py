"""A battle from decision to decision: its start, a turn's queue, faints, residuals, the end of the turn and of the battle.

Sources: start, runAction, faintMessages, endTurn and maybeTriggerEndlessBattleClause in sim/battle.js, sim/battle-queue.js.
"""

from psro.pokemon.engine.compiled import rule
from psro.pokemon.engine.conditions import remove_trap_lock, remove_trapped
from psro.pokemon.engine.layout import (
    ACTIVE_SLOT,
    BIDE,
    DISABLE,
    ENDED,
    FAINTED_THIS_TURN,
    FAKE_COUNTERPART,
    FAKE_DURATION,
    FAKE_TRAPPED,
    FAULT,
    FIRST_SWITCH,
    FLINCH,
    FRZ,
    HP,
    LAST_ENEMY_SELECTED_MOVE,
    LAST_SELECTED_MOVE,
    LEFT,
    MAYBE_LOCKED,
    MODIFIED,
    MON_PP,
    MOVE,
    MOVES,
    NO_MOVE,
    NOTHING_SELECTED,
    PENDING,
    PP,
    REQUEST,
    SELF_INFLICTED,
    SET_MOVES,
    SET_TYPES,
    SLEEP_TURNS,
    SLP,
    SPE,
    SPEED,
    STATUS,
    SWITCH,
    TEAM_SIZE,
    TRAP_DURATION,
    TRAP_LOCK,
    TRAP_LOCKED,
    TRAP_TOTAL,
    TRAPPED,
    TRAPPED_DURATION,
    TRAPPED_MAYBE_LOCKED,
    TRAPPED_SOURCE,
    TURN,
    TYPES,
    WAIT,
    WINNER,
    Lane,
)
from psro.pokemon.engine.places import active_at, active_mon_at, mon_at, set_at, side_at
from psro.pokemon.engine.prng import draw, skip
from psro.pokemon.engine.requests import select_move
from psro.pokemon.engine.switching import (
    enter,
    reset_active,
    shuffle_if_tied,
    switch_in,
    update_speed,
)
from psro.pokemon.engine.tables import MOVE_TABLE, NOMOVE_ROW, PRIORITY, TRANSFORM
from psro.pokemon.engine.use_move import is_hard_locked, run_move

_GHOST = 8
_LAST_TURN = 1000


@rule
def finish(s: Lane, winner: int) -> None:
    """The battle ends: -1 for a tie, else the side that has won."""
    s[ENDED] = 1
    s[WINNER] = winner
    s[side_at(0) + REQUEST] = WAIT
    s[side_at(1) + REQUEST] = WAIT


@rule
def resolve_faints(s: Lane) -> bool:
    """faintMessages and checkFainted after an action: whether it ends the queue. Who fainted must switch, unless the battle is over."""
    any_fell = False
    for side in range(2):
        m = active_mon_at(s, side)
        if s[m + HP] > 0:
            continue
        any_fell = True
        s[side_at(side) + LEFT] -= 1
        reset_active(s, side)
        s[m + STATUS] = 0
        s[m + SLEEP_TURNS] = 0
        s[m + SELF_INFLICTED] = 0
        s[side_at(side) + REQUEST] = SWITCH
        s[side_at(side) + FAINTED_THIS_TURN] = 1
    if not any_fell:
        return False
    left0 = s[side_at(0) + LEFT]
    left1 = s[side_at(1) + LEFT]
    if left0 == 0 and left1 == 0:
        finish(s, -1)
    elif left1 == 0:
        finish(s, 0)
    elif left0 == 0:
        finish(s, 1)
    return True


@rule
def drop_dangling_traps(s: Lane, side: int) -> None:
    """endTurn: trapping ends where the other half of it is gone."""
    a = active_at(side)
    t = active_at(1 - side)
    foe_slot = s[side_at(1 - side) + ACTIVE_SLOT]
    foe_stands = s[active_mon_at(s, 1 - side) + HP] > 0
    if s[a + TRAP_LOCK] and not (foe_stands and s[a + TRAP_LOCKED] == foe_slot and s[t + TRAPPED]):
        remove_trap_lock(s, a)
    if s[a + TRAPPED] and not (
        foe_stands and s[a + TRAPPED_SOURCE] == foe_slot and s[t + TRAP_LOCK]
    ):
        remove_trapped(s, a)
    if s[a + FAKE_TRAPPED] and not (
        foe_stands and s[a + FAKE_COUNTERPART] == foe_slot and s[t + FAKE_TRAPPED]
    ):
        remove_fake(s, a)


@rule
def remove_fake(s: Lane, a: int) -> None:
    """Ends fakepartiallytrapped."""
    s[a + FAKE_TRAPPED] = 0
    s[a + FAKE_DURATION] = 0
    s[a + FAKE_COUNTERPART] = 0


@rule
def hide_locks(s: Lane, side: int) -> None:
    """The DisableMove event: whether the side can tell that its move is locked. Handlers of one priority are shuffled."""
    a = active_at(side)
    status = s[active_mon_at(s, side) + STATUS]
    skip(s, s[a + TRAPPED] + s[a + FAKE_TRAPPED] - 1)
    skip(s, s[a + BIDE] + s[a + TRAP_LOCK] + s[a + DISABLE] - 1)
    hidden = s[a + TRAPPED_MAYBE_LOCKED] != 0 or s[a + FAKE_TRAPPED] != 0
    if status in (SLP, FRZ) or s[a + BIDE]:
        hidden = False
    if s[a + TRAP_LOCK] and s[a + TRAP_TOTAL] - s[a + TRAP_DURATION] > 1:
        hidden = True
    if is_hard_locked(s, a):
        # getMoveRequestData.
        hidden = False
    s[side_at(side) + MAYBE_LOCKED] = hidden


@rule
def only_transforms(s: Lane, side: int, slot: int) -> bool:
    """Whether the Pokémon knows nothing but Transform now."""
    is_active = s[side_at(side) + ACTIVE_SLOT] == slot
    first = active_at(side) + MOVES if is_active else set_at(side, slot) + SET_MOVES
    for place in range(4):
        move = s[first + place]
        if move != TRANSFORM and move != NO_MOVE:
            return False
    return True


@rule
def has_no_pp(s: Lane, side: int, slot: int) -> bool:
    """Whether the Pokémon can only struggle, for want of PP."""
    is_active = s[side_at(side) + ACTIVE_SLOT] == slot
    first = active_at(side) + PP if is_active else mon_at(side, slot) + MON_PP
    return s[first] == 0 and s[first + 1] == 0 and s[first + 2] == 0 and s[first + 3] == 0


@rule
def all_ghosts(s: Lane, side: int) -> bool:
    """Whether every Pokémon that stands is a Ghost now."""
    for slot in range(s[side_at(side) + TEAM_SIZE]):
        if s[mon_at(side, slot) + HP] == 0:
            continue
        is_active = s[side_at(side) + ACTIVE_SLOT] == slot
        first = active_at(side) + TYPES if is_active else set_at(side, slot) + SET_TYPES
        if s[first] != _GHOST and s[first + 1] != _GHOST:
            return False
    return True


@rule
def all_only_transform(s: Lane, side: int) -> bool:
    """Whether every Pokémon that stands knows nothing but Transform now."""
    for slot in range(s[side_at(side) + TEAM_SIZE]):
        if s[mon_at(side, slot) + HP] > 0 and not only_transforms(s, side, slot):
            return False
    return True


@rule
def cannot_progress(s: Lane) -> bool:
    """The Endless Battle Clause of Gen 1: everything that stands is frozen for good, can only transform, or only hit Ghosts in vain."""
    for side in range(2):
        for slot in range(s[side_at(side) + TEAM_SIZE]):
            m = mon_at(side, slot)
            if s[m + HP] == 0 or s[m + STATUS] == FRZ:
                continue
            if only_transforms(s, side, slot) and all_only_transform(s, 1 - side):
                continue
            if has_no_pp(s, side, slot) and all_ghosts(s, 1 - side):
                continue
            return False
    return True


@rule
def end_turn(s: Lane) -> None:
    """endTurn: the next turn's requests, or the end of a battle that goes nowhere."""
    s[TURN] += 1
    drop_dangling_traps(s, 0)
    drop_dangling_traps(s, 1)
    for side in range(2):
        hide_locks(s, side)
        s[side_at(side) + REQUEST] = MOVE
        s[side_at(side) + FAINTED_THIS_TURN] = 0
    if cannot_progress(s) or s[TURN] > _LAST_TURN:
        finish(s, -1)


@rule
def residual(s: Lane) -> None:
    """The residual action: flinches and trapping run down. Handlers of one speed are shuffled."""
    update_speed(s, 0)
    update_speed(s, 1)
    a = active_at(0)
    t = active_at(1)
    own = s[a + FLINCH] + s[a + TRAP_LOCK] + s[a + TRAPPED] + s[a + FAKE_TRAPPED]
    foe = s[t + FLINCH] + s[t + TRAP_LOCK] + s[t + TRAPPED] + s[t + FAKE_TRAPPED]
    if s[a + SPEED] == s[t + SPEED]:
        skip(s, own + foe - 1)
    else:
        skip(s, own - 1)
        skip(s, foe - 1)
    for side in range(2):
        a = active_at(side)
        s[a + FLINCH] = 0
        if s[a + TRAP_LOCK]:
            s[a + TRAP_DURATION] -= 1
            if s[a + TRAP_DURATION] == 0:
                remove_trap_lock(s, a)
        if s[a + TRAPPED]:
            s[a + TRAPPED_DURATION] -= 1
            if s[a + TRAPPED_DURATION] == 0:
                remove_trapped(s, a)
        if s[a + FAKE_TRAPPED]:
            s[a + FAKE_DURATION] -= 1
            if s[a + FAKE_DURATION] == 0:
                remove_fake(s, a)
    shuffle_if_tied(s)


@rule
def start_battle(s: Lane) -> None:
    """The battle's first actions, of a lane that holds its teams, all HP and PP, and its seed; the leads are in slot 0."""
    s[WINNER] = -2
    for side in range(2):
        start = side_at(side)
        s[start + LEFT] = s[start + TEAM_SIZE]
        s[start + LAST_SELECTED_MOVE] = NOTHING_SELECTED
        s[start + LAST_ENEMY_SELECTED_MOVE] = NOTHING_SELECTED
        switch_in(s, side, 0)
    # Where the second entrance goes into the queue, and the Update after both came in.
    shuffle_if_tied(s)
    shuffle_if_tied(s)
    for side in range(2):
        enter(s, side)
        shuffle_if_tied(s)
    end_turn(s)


@rule
def first_to_act(s: Lane, key0: int, key1: int) -> int:
    """Which of two actions of one kind comes first, side 0's or side 1's: the higher key, a draw if equal."""
    if key0 != key1:
        return 0 if key0 > key1 else 1
    return draw(s, 2)


@rule
def replace_fainted(s: Lane, choice0: int, choice1: int) -> None:
    """The switches after a faint: both come in before either's entrance; then the turn is over."""
    first = s[side_at(0) + REQUEST] == SWITCH
    second = s[side_at(1) + REQUEST] == SWITCH
    for side in range(2):
        if s[active_mon_at(s, side) + HP] > 0:
            update_speed(s, side)
    if first and second:
        # Their order decides nothing, but a tie costs a draw.
        first_to_act(
            s,
            s[active_at(0) + MODIFIED + SPE] + 0,
            s[active_at(1) + MODIFIED + SPE] + 0,
        )
    if first:
        switch_in(s, 0, choice0 - FIRST_SWITCH)
    if second:
        switch_in(s, 1, choice1 - FIRST_SWITCH)
    if first and second:
        shuffle_if_tied(s)
    shuffle_if_tied(s)
    if first:
        enter(s, 0)
        shuffle_if_tied(s)
    if second:
        enter(s, 1)
        shuffle_if_tied(s)
    end_turn(s)


@rule
def perform(s: Lane, side: int, choice: int) -> None:
    """One action of the queue, up to the faints that it brings."""
    if choice >= FIRST_SWITCH:
        switch_in(s, side, choice - FIRST_SWITCH)
        shuffle_if_tied(s)
        enter(s, side)
        return
    move = s[PENDING + side] + 0
    s[PENDING + side] = NO_MOVE
    run_move(s, side, move)


@rule
def act(s: Lane, side: int, choice: int) -> bool:
    """One action of the queue: whether it ends the queue."""
    perform(s, side, choice)
    if resolve_faints(s):
        return True
    shuffle_if_tied(s)
    return False


@rule
def priority_of(move: int) -> int:
    """The priority of a move, of Showdown's `nomove` and `cannotmove` as well."""
    return MOVE_TABLE[move if move > 0 else NOMOVE_ROW, PRIORITY] + 0


@rule
def begin_turn(s: Lane, choice0: int, choice1: int) -> int:
    """A turn's choices become actions: whose comes first, -1 if the simulator breaks here."""
    update_speed(s, 0)
    update_speed(s, 1)
    moves0 = choice0 < FIRST_SWITCH
    moves1 = choice1 < FIRST_SWITCH
    s[PENDING] = NO_MOVE
    s[PENDING + 1] = NO_MOVE
    if moves0:
        s[PENDING] = select_move(s, 0, choice0)
    if moves1:
        s[PENDING + 1] = select_move(s, 1, choice1)
    if s[FAULT]:
        finish(s, -1)
        return -1
    speed0 = s[active_at(0) + SPEED] + 0
    speed1 = s[active_at(1) + SPEED] + 0
    if moves0 != moves1:
        first = 1 if moves0 else 0
    elif moves0:
        scale = 1 << 16
        first = first_to_act(
            s,
            priority_of(s[PENDING]) * scale + speed0,
            priority_of(s[PENDING + 1]) * scale + speed1,
        )
    else:
        first = first_to_act(s, speed0, speed1)
    s[side_at(0) + REQUEST] = WAIT
    s[side_at(1) + REQUEST] = WAIT
    # The beforeTurn action's event, and the Update after it.
    shuffle_if_tied(s)
    shuffle_if_tied(s)
    return first


@rule
def play_turn(s: Lane, choice0: int, choice1: int) -> None:
    """A turn from both sides' choices."""
    first = begin_turn(s, choice0, choice1)
    if first < 0:
        return
    if act(s, first, choice1 if first else choice0):
        return
    if act(s, 1 - first, choice0 if first else choice1):
        return
    residual(s)
    end_turn(s)
