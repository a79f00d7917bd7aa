"""A move from its turn in the queue to its end: runMove, useMove and useMoveInner in data/mods/gen1/scripts.js."""

from psro.pokemon.engine.before_move import can_move, remove_rampage, remove_two_turn
from psro.pokemon.engine.compiled import rule
from psro.pokemon.engine.conditions import (
    add_trapped,
    boost,
    cure_status,
    heal,
    hurt_itself,
    lose_hp,
    remove_trap_lock,
)
from psro.pokemon.engine.damage import FAILED
from psro.pokemon.engine.hit import try_move_hit
from psro.pokemon.engine.layout import (
    ACTIVE_SLOT,
    ATK,
    BIDE,
    BOOSTS,
    BRN,
    CANNOT_MOVE,
    EXECUTED,
    FAKE_COUNTERPART,
    FAKE_DURATION,
    FAKE_TRAPPED,
    FIRST_MOVE,
    HELD_BY,
    HELD_SILENTLY,
    HP,
    INVULNERABLE,
    LAST_ENEMY_MOVE,
    LAST_ENEMY_SELECTED_MOVE,
    LAST_MOVE,
    LAST_SELECTED_MOVE,
    LAST_SELECTED_SLOT,
    LEECH_SEED,
    LOCKED,
    LOCKED_TIME,
    MAX_HP,
    MON_PP,
    MOVES,
    MUST_RECHARGE,
    NO_MOVE,
    NOTHING_SELECTED,
    PP,
    PSN,
    RAGE,
    RESIDUAL,
    RESIDUAL_COUNTER,
    SET_MOVES,
    SLEEP_TURNS,
    SLP,
    STATUS,
    SUB_BROKEN,
    TOOK,
    TOX,
    TRANSFORMED,
    TRAP_DURATION,
    TRAP_LOCK,
    TRAP_TOTAL,
    TRAPPED_MAYBE_LOCKED,
    TWO_TURN,
    TWO_TURN_MOVE,
    Lane,
)
from psro.pokemon.engine.places import (
    active_at,
    active_mon_at,
    mon_at,
    set_at,
    set_last_damage,
    side_at,
)
from psro.pokemon.engine.prng import draw, skip
from psro.pokemon.engine.tables import (
    AT_SELF,
    EFFECT,
    EFFECT_CRASH,
    EFFECT_DISABLE,
    EFFECT_METRONOME,
    EFFECT_MIRROR_MOVE,
    EFFECT_TRAP,
    EXPLODES,
    FISSURE,
    FLIES,
    KEEPS_LAST_DAMAGE,
    METRONOME,
    MIRROR_MOVE,
    MOVE_TABLE,
    NOMOVE_ROW,
    STRUGGLE,
    TWO_TURNS,
)


@rule
def is_hard_locked(s: Lane, a: int) -> bool:
    """getLockedMove: the move is chosen and there is no switching."""
    return (s[a + MUST_RECHARGE] | s[a + RAGE] | s[a + LOCKED] | s[a + TWO_TURN]) != 0


@rule
def is_semi_locked(s: Lane, a: int) -> bool:
    """getSemiLockedMove: the move is chosen, but it may switch."""
    return (s[a + TRAP_LOCK] | s[a + BIDE]) != 0


@rule
def spend_pp(s: Lane, side: int, amount: int) -> None:
    """deductPP of the slot last selected: below 0 comes 63. What a transformed Pokémon spends is not its own."""
    a = active_at(side)
    slot = s[side_at(side) + LAST_SELECTED_SLOT]
    if s[a + MOVES + slot] == NO_MOVE:
        return
    left = (s[a + PP + slot] - amount) & 63
    s[a + PP + slot] = left
    if s[a + TRANSFORMED] == 0:
        s[active_mon_at(s, side) + MON_PP + slot] = left


@rule
def give_back_pp(s: Lane, side: int, move: int) -> None:
    """What Metronome and Mirror Move do to PP: a two-turn move's comes back; a transformed caller's own slot gains one."""
    if MOVE_TABLE[move, TWO_TURNS]:
        spend_pp(s, side, -1)
    slot = s[side_at(side) + LAST_SELECTED_SLOT]
    own = s[side_at(side) + ACTIVE_SLOT]
    if s[active_at(side) + TRANSFORMED] and s[set_at(side, own) + SET_MOVES + slot] != NO_MOVE:
        place = mon_at(side, own) + MON_PP + slot
        s[place] = (s[place] + 1) % 64


@rule
def after_move(s: Lane, side: int, target: int) -> None:
    """The AfterMove handlers: recharging, trapping, rampages. Each beyond the first costs a draw, for their order."""
    a = active_at(side)
    fell = s[active_mon_at(s, target) + HP] == 0
    skip(s, s[a + MUST_RECHARGE] + s[a + TRAP_LOCK] + s[a + LOCKED] - 1)
    if fell:
        s[a + MUST_RECHARGE] = 0
    if s[a + TRAP_LOCK]:
        if fell:
            remove_trap_lock(s, a)
        elif s[a + TRAP_DURATION] == 1:
            if s[a + TRAP_TOTAL] != 5:
                pretend_to_trap(s, side, target)
                pretend_to_trap(s, target, side)
        else:
            add_trapped(s, target)
            if s[a + TRAP_TOTAL] > s[a + TRAP_DURATION]:
                s[active_at(target) + TRAPPED_MAYBE_LOCKED] = 1
    if s[a + LOCKED] and s[a + LOCKED_TIME] <= 0 and s[active_mon_at(s, side) + HP] > 0:
        remove_rampage(s, a)


@rule
def pretend_to_trap(s: Lane, side: int, other: int) -> None:
    """fakepartiallytrapped: neither side can tell yet that the trapping is over."""
    a = active_at(side)
    if s[active_mon_at(s, side) + HP] > 0 and s[a + FAKE_TRAPPED] == 0:
        s[a + FAKE_TRAPPED] = 1
        s[a + FAKE_DURATION] = 2
    s[a + FAKE_COUNTERPART] = s[side_at(other) + ACTIVE_SLOT]


@rule
def after_move_self(s: Lane, side: int) -> None:
    """The AfterMoveSelf handlers: Toxic's counter, waking, burn and poison, Leech Seed, even of a Pokémon that has just fainted."""
    a = active_at(side)
    m = active_mon_at(s, side)
    status = s[m + STATUS]
    ailing = status in (BRN, PSN, TOX)
    sixteenth = max(s[m + MAX_HP] // 16, 1)
    if s[a + RESIDUAL] and ailing:
        s[a + RESIDUAL_COUNTER] += 1
    if status == SLP and s[m + SLEEP_TURNS] <= 0:
        cure_status(s, side)
    if ailing:
        factor = s[a + RESIDUAL_COUNTER] if s[a + RESIDUAL] else 1
        lose_hp(s, m, sixteenth * factor)
    foe = active_mon_at(s, 1 - side)
    if s[a + LEECH_SEED] and s[foe + HP] > 0:
        factor = 1
        if s[a + RESIDUAL]:
            s[a + RESIDUAL_COUNTER] += 1
            factor = s[a + RESIDUAL_COUNTER] + 0
        lose_hp(s, m, sixteenth * factor)
        heal(s, foe, sixteenth * factor)


@rule
def charges(s: Lane, side: int, move: int) -> bool:
    """A two-turn move's first turn; its second ends what the first began."""
    a = active_at(side)
    if s[a + TWO_TURN]:
        remove_two_turn(s, a)
        s[a + INVULNERABLE] = 0
        return False
    s[a + TWO_TURN] = 1
    s[a + TWO_TURN_MOVE] = move
    if MOVE_TABLE[move, FLIES]:
        s[a + INVULNERABLE] = 1
    return True


@rule
def execute(s: Lane, side: int, move: int) -> None:
    """useMoveInner, for a move that calls no other."""
    target = side if MOVE_TABLE[move, AT_SELF] else 1 - side
    t = active_at(target)
    effect = MOVE_TABLE[move, EFFECT]
    if MOVE_TABLE[move, TWO_TURNS] and charges(s, side, move):
        return
    if effect == EFFECT_TRAP:
        s[t + MUST_RECHARGE] = 0
    if MOVE_TABLE[move, KEEPS_LAST_DAMAGE] == 0:
        set_last_damage(s, 0)
    result = try_move_hit(s, side, move)
    if (
        (MOVE_TABLE[move, EXPLODES] or effect == EFFECT_DISABLE)
        and s[t + RAGE]
        and s[t + BOOSTS + ATK] < 6
    ):
        boost(s, target, side, ATK, 1, True)
    if result == FAILED and effect == EFFECT_CRASH:
        hurt_itself(s, side, 1)


@rule
def called_move(s: Lane, side: int, move: int) -> int:
    """The move that Metronome or Mirror Move calls, NO_MOVE if Mirror Move has none to call."""
    set_last_damage(s, 0)
    if move == MIRROR_MOVE:
        called = s[active_at(1 - side) + LAST_MOVE] + 0
        if called in (NO_MOVE, MIRROR_MOVE):
            remove_trap_lock(s, active_at(side))
            return NO_MOVE
    else:
        called = METRONOME[draw(s, METRONOME.shape[0])] + 0
    s[side_at(side) + LAST_SELECTED_MOVE] = called
    s[side_at(side) + LAST_ENEMY_SELECTED_MOVE] = called
    return called


@rule
def use_move(s: Lane, side: int, move: int) -> None:
    """useMove, and the moves it calls, one after the other: what a caller does after its called move changes nothing."""
    a = active_at(side)
    called = False
    while True:
        if called:
            give_back_pp(s, side, move)
        shown = FISSURE if move == NOMOVE_ROW else move
        s[EXECUTED] = shown
        s[side_at(side) + LAST_ENEMY_MOVE] = shown
        if MOVE_TABLE[move, TWO_TURNS] == 0 or s[a + TWO_TURN]:
            s[a + LAST_MOVE] = shown
        effect = MOVE_TABLE[move, EFFECT]
        if effect != EFFECT_METRONOME and effect != EFFECT_MIRROR_MOVE:
            execute(s, side, move)
            break
        following = called_move(s, side, move)
        if following == NO_MOVE:
            break
        move = following
        called = True
    target = side if MOVE_TABLE[move, AT_SELF] else 1 - side
    after_move(s, side, target)
    if s[active_mon_at(s, target) + HP] > 0:
        after_move_self(s, side)


@rule
def run_move(s: Lane, side: int, selected: int) -> None:
    """runMove."""
    s[HELD_BY] = HELD_SILENTLY
    s[FIRST_MOVE] = NO_MOVE
    s[EXECUTED] = NO_MOVE
    s[TOOK] = 0
    if selected == CANNOT_MOVE:
        after_move_self(s, side)
        return
    move = NOMOVE_ROW if selected == NOTHING_SELECTED else selected
    target = side if MOVE_TABLE[move, AT_SELF] else 1 - side
    s[active_mon_at(s, target) + SUB_BROKEN] = 0
    if not can_move(s, side, target, selected):
        after_move_self(s, side)
        return
    a = active_at(side)
    s[FIRST_MOVE] = FISSURE if move == NOMOVE_ROW else move
    if move != STRUGGLE:
        locked = is_hard_locked(s, a) or is_semi_locked(s, a)
        if (not locked and MOVE_TABLE[move, TWO_TURNS] == 0) or s[a + TWO_TURN]:
            spend_pp(s, side, 1)
        if locked:
            s[FIRST_MOVE] = -s[FIRST_MOVE]
    use_move(s, side, move)
