"""The first entry of a side, a Pokémon, an active Pokémon in a lane, and the two numbers that need two words.

The masks change nothing, sides being 0 or 1 and slots 0 to 5: they show the compiler that no place is negative, so that it leaves out
Python's counting from the end at every access.
"""

import numpy as np

from psro.pokemon.engine.compiled import rule
from psro.pokemon.engine.layout import (
    ACTIVE,
    ACTIVE_SLOT,
    BIDE_DAMAGE,
    BIDE_DAMAGE_HIGH,
    LAST_DAMAGE,
    MON_SIZE,
    MONS,
    SET_SIZE,
    SIDE,
    SIDE_SIZE,
    TEAM,
    TEAM_SIDE_SIZE,
    Lane,
)


@rule
def side_at(side: int) -> int:
    """Where the side's entries begin."""
    return SIDE + (side & 1) * SIDE_SIZE


@rule
def active_at(side: int) -> int:
    """Where the entries of the side's active Pokémon begin."""
    return SIDE + (side & 1) * SIDE_SIZE + ACTIVE


@rule
def mon_at(side: int, slot: int) -> int:
    """Where the entries of the Pokémon in an original slot begin."""
    return SIDE + (side & 1) * SIDE_SIZE + MONS + (slot & 7) * MON_SIZE


@rule
def active_mon_at(s: Lane, side: int) -> int:
    """Where the lasting entries (HP, status, …) of the side's active Pokémon begin."""
    start = SIDE + (side & 1) * SIDE_SIZE
    return start + MONS + (s[start + ACTIVE_SLOT] & 7) * MON_SIZE


@rule
def set_at(side: int, slot: int) -> int:
    """Where what never changes of the Pokémon in an original slot begins."""
    return TEAM + (side & 1) * TEAM_SIDE_SIZE + (slot & 7) * SET_SIZE


@rule
def get_last_damage(s: Lane) -> int:
    """battle.lastDamage."""
    return (s[LAST_DAMAGE] & 0xFFFF) | (s[LAST_DAMAGE + 1] << 16)


@rule
def set_last_damage(s: Lane, damage: int) -> None:
    """battle.lastDamage = damage."""
    s[LAST_DAMAGE] = np.int16(damage & 0xFFFF)
    s[LAST_DAMAGE + 1] = np.int16(damage >> 16)


@rule
def get_bide_damage(s: Lane, a: int) -> int:
    """What the active Pokémon at `a` has stored for Bide."""
    return (s[a + BIDE_DAMAGE] & 0xFFFF) | (s[a + BIDE_DAMAGE_HIGH] << 16)


@rule
def set_bide_damage(s: Lane, a: int, damage: int) -> None:
    """Sets what the active Pokémon at `a` has stored for Bide."""
    s[a + BIDE_DAMAGE] = np.int16(damage & 0xFFFF)
    s[a + BIDE_DAMAGE_HIGH] = np.int16(damage >> 16)
