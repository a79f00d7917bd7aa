"""Moves with rules of their own: the onHit callbacks of data/mods/gen1/moves.js. Each returns False where the simulator's does."""

from psro.pokemon.engine.compiled import rule
from psro.pokemon.engine.conditions import (
    cure_status,
    heal,
    lose_hp,
    remove_confusion,
    remove_trapped,
    set_status,
)
from psro.pokemon.engine.layout import (
    BIDE,
    BIDE_TIME,
    BOOSTS,
    CANNOT_MOVE,
    DISABLE,
    DISABLE_MOVE,
    DISABLE_SLOT,
    DISABLE_TIME,
    FOCUS_ENERGY,
    FRZ,
    HP,
    LAST_ENEMY_SELECTED_MOVE,
    LAST_SELECTED_MOVE,
    LAST_SELECTED_SLOT,
    LEECH_SEED,
    LIGHT_SCREEN,
    MAX_HP,
    MIST,
    MODIFIED,
    MOVES,
    NO_MOVE,
    PENDING,
    PP,
    PSN,
    REFLECT,
    RESIDUAL,
    RESIDUAL_COUNTER,
    SLEEP_TURNS,
    SLP,
    STATUS,
    STORED,
    SUBSTITUTE,
    SUBSTITUTE_HP,
    TOOK,
    TOX,
    TYPES,
    Lane,
)
from psro.pokemon.engine.places import active_at, active_mon_at, set_bide_damage, side_at
from psro.pokemon.engine.prng import draw, skip
from psro.pokemon.engine.switching import update_speed


@rule
def num_moves(s: Lane, a: int) -> int:
    """How many moves the active Pokémon at `a` has now."""
    count = 0
    for place in range(4):
        if s[a + MOVES + place] != NO_MOVE:
            count += 1
    return count


@rule
def remove_disable(s: Lane, a: int) -> None:
    """Ends Disable."""
    for entry in range(DISABLE, DISABLE_TIME + 1):
        s[a + entry] = 0


@rule
def add_disable(s: Lane, side: int) -> None:
    """Disable on a random move that has PP, for 1 to 8 turns, unless one is disabled already."""
    a = active_at(side)
    if s[a + DISABLE]:
        return
    count = 0
    for place in range(4):
        if s[a + PP + place] > 0:
            count += 1
    left = draw(s, count)
    for place in range(4):
        if s[a + PP + place] > 0:
            if left == 0:
                s[a + DISABLE_SLOT] = place
                break
            left -= 1
    s[a + DISABLE] = 1
    s[a + DISABLE_MOVE] = s[a + MOVES + s[a + DISABLE_SLOT]]
    s[a + DISABLE_TIME] = draw(s, 8) + 1


@rule
def add_bide(s: Lane, a: int) -> bool:
    """Begins to bide, for 2 or 3 turns."""
    if s[a + BIDE]:
        return False
    s[a + BIDE] = 1
    set_bide_damage(s, a, 0)
    s[a + BIDE_TIME] = draw(s, 2) + 2
    return True


@rule
def make_substitute(s: Lane, side: int) -> None:
    """A Substitute, which frees from trapping, for a quarter of the HP: at exactly a quarter the user faints."""
    a = active_at(side)
    m = active_mon_at(s, side)
    s[a + SUBSTITUTE] = 1
    s[a + SUBSTITUTE_HP] = s[m + MAX_HP] // 4 + 1
    remove_trapped(s, a)
    if s[m + MAX_HP] > 3:
        lose_hp(s, m, s[m + MAX_HP] // 4)


@rule
def recovery_fails(s: Lane, m: int) -> bool:
    """Recover, Soft-Boiled and Rest fail at full HP and where HP lack 255 or 511, unless they are divisible by 256."""
    hp = s[m + HP]
    lacking = s[m + MAX_HP] - hp
    return lacking == 0 or ((lacking == 255 or lacking == 511) and hp % 256 != 0)


@rule
def recover(s: Lane, side: int) -> bool:
    """Recover and Soft-Boiled."""
    m = active_mon_at(s, side)
    if recovery_fails(s, m):
        return False
    heal(s, m, s[m + MAX_HP] // 2)
    return True


@rule
def rest(s: Lane, side: int) -> bool:
    """Rest: two turns of sleep (a duration is drawn all the same), all HP; what a status cost the stats stays."""
    m = active_mon_at(s, side)
    if recovery_fails(s, m) or not set_status(s, side, side, SLP):
        return False
    s[m + SLEEP_TURNS] = 2
    heal(s, m, s[m + MAX_HP])
    return True


@rule
def convert(s: Lane, side: int) -> None:
    """Conversion: the foe's types."""
    a = active_at(side)
    t = active_at(1 - side)
    s[a + TYPES] = s[t + TYPES]
    s[a + TYPES + 1] = s[t + TYPES + 1]
    s[TOOK] = 1


@rule
def mimic(s: Lane, side: int) -> None:
    """Mimic: a random one of the foe's moves in the slot last selected, with that slot's PP."""
    t = active_at(1 - side)
    drawn = draw(s, num_moves(s, t))
    s[active_at(side) + MOVES + s[side_at(side) + LAST_SELECTED_SLOT]] = s[t + MOVES + drawn]
    s[TOOK] = 1


@rule
def haze(s: Lane, user: int) -> None:
    """Haze: stages, stats and most volatiles of both; the foe's status, too, and if it slept or was frozen it cannot move this turn."""
    for side in range(2):
        a = active_at(side)
        m = active_mon_at(s, side)
        if s[m + HP] == 0:
            continue
        for stat in range(6):
            s[a + BOOSTS + stat] = 0
        for stat in range(4):
            s[a + MODIFIED + stat] = s[a + STORED + stat]
        if side != user:
            if s[m + STATUS] == FRZ or s[m + STATUS] == SLP:
                s[side_at(side) + LAST_SELECTED_MOVE] = CANNOT_MOVE
                s[side_at(side) + LAST_ENEMY_SELECTED_MOVE] = CANNOT_MOVE
                if s[PENDING + side] != NO_MOVE:
                    s[PENDING + side] = CANNOT_MOVE
            cure_status(s, side)
        if s[m + STATUS] == TOX:
            # setStatus, which asks the clauses.
            skip(s, 1)
            s[m + STATUS] = PSN
        update_speed(s, side)
        remove_disable(s, a)
        remove_confusion(s, a)
        s[a + MIST] = 0
        s[a + FOCUS_ENERGY] = 0
        s[a + LEECH_SEED] = 0
        s[a + LIGHT_SCREEN] = 0
        s[a + REFLECT] = 0
        s[a + RESIDUAL] = 0
        s[a + RESIDUAL_COUNTER] = 0
