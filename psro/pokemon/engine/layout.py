"""Where everything is in a lane: one battle is one row of `LANE_SIZE` int16.

A row is the battle's entries, then those of side 0 and side 1, then what never changes: the teams. Of a side: its own entries, six
Pokémon of `MON_SIZE` entries each by their original slots, and the active Pokémon's `ACTIVE_SIZE`. docs/engine.md explains them.
"""

from typing import Final

import numpy as np
import numpy.typing as npt

Lane = npt.NDArray[np.int16]
"""One battle: int16[LANE_SIZE]."""
Lanes = npt.NDArray[np.int16]
"""Many battles: int16[lanes, LANE_SIZE]."""

# The battle.
TURN: Final = 0
ENDED: Final = 1
WINNER: Final = 2  # -2 not ended, -1 tie, else the side
SEED: Final = 3  # four words, the highest first
LAST_DAMAGE: Final = 7  # two words, the lower first
FAULT: Final = 9  # not 0: Showdown itself would have thrown here (FAULT_*)
PENDING: Final = 10  # two words: each side's move that is still to come this turn, NO_MOVE if none
# What the last runMove came to, for those who watch (sight/): nothing in the rules reads these.
HELD_BY: Final = 12  # what kept the Pokémon from moving (HELD_*), 0 if nothing did
FIRST_MOVE: Final = (
    13  # the move that it set out to use, as shown; negative if it only went on with it
)
EXECUTED: Final = 14  # the move that it came to: the last one called
TOOK: Final = 15  # Mimic, Transform or Conversion took effect
BATTLE_SIZE: Final = 16

HELD_SILENTLY: Final = 1
"""Nothing says so: it woke up, or hurt itself in confusion."""
HELD_ASLEEP: Final = 2
HELD_BIDING: Final = 3
HELD_ALOUD: Final = 4
"""By anything else, which a `cant` line tells."""

FAULT_NO_MOVE_SLOT: Final = 1
"""Side.commitChoices: the last selected slot is one that the active Pokémon does not have."""

# A side, from `SIDE + side * SIDE_SIZE`.
SIDE: Final = BATTLE_SIZE
REQUEST: Final = 0  # WAIT, MOVE or SWITCH
ACTIVE_SLOT: Final = 1
LAST_SELECTED_MOVE: Final = 2
LAST_SELECTED_SLOT: Final = 3
LAST_ENEMY_SELECTED_MOVE: Final = 4
LAST_ENEMY_MOVE: Final = 5
MAYBE_LOCKED: Final = 6
LEFT: Final = 7  # Pokémon not fainted
TEAM_SIZE: Final = 8
FAINTED_THIS_TURN: Final = 9
MONS: Final = 10
MON_SIZE: Final = 10
ACTIVE: Final = MONS + 6 * MON_SIZE

WAIT: Final = 0
MOVE: Final = 1
SWITCH: Final = 2

# A Pokémon, from `SIDE + side * SIDE_SIZE + MONS + slot * MON_SIZE`.
HP: Final = 0
MAX_HP: Final = 1
STATUS: Final = 2
SLEEP_TURNS: Final = 3
SELF_INFLICTED: Final = 4
SUB_BROKEN: Final = 5
MON_PP: Final = 6

# The active Pokémon, from `SIDE + side * SIDE_SIZE + ACTIVE`.
SPECIES: Final = 0
TYPES: Final = 1
TRANSFORMED: Final = 3
STORED: Final = 4
MODIFIED: Final = 8
SPEED: Final = 12
BOOSTS: Final = 13
MOVES: Final = 19
PP: Final = 23
LAST_MOVE: Final = 27
CONFUSION: Final = 28
CONFUSION_TIME: Final = 29
FLINCH: Final = 30
MUST_RECHARGE: Final = 31
TRAP_LOCK: Final = 32  # partialtrappinglock
TRAP_MOVE: Final = 33
TRAP_DURATION: Final = 34
TRAP_TOTAL: Final = 35
TRAP_DAMAGE: Final = 36
TRAP_LOCKED: Final = 37
TRAPPED: Final = 38  # partiallytrapped
TRAPPED_DURATION: Final = 39
TRAPPED_MAYBE_LOCKED: Final = 40
TRAPPED_SOURCE: Final = 41
FAKE_TRAPPED: Final = 42  # fakepartiallytrapped
FAKE_DURATION: Final = 43
FAKE_COUNTERPART: Final = 44
LOCKED: Final = 45  # lockedmove
LOCKED_MOVE: Final = 46
LOCKED_TIME: Final = 47
LOCKED_ACCURACY: Final = 48
TWO_TURN: Final = 49
TWO_TURN_MOVE: Final = 50
INVULNERABLE: Final = 51
BIDE: Final = 52
BIDE_DAMAGE: Final = 53  # the lower word; the higher is BIDE_DAMAGE_HIGH
BIDE_TIME: Final = 54
DISABLE: Final = 55
DISABLE_MOVE: Final = 56
DISABLE_SLOT: Final = 57
DISABLE_TIME: Final = 58
RAGE: Final = 59
RAGE_ACCURACY: Final = 60
SUBSTITUTE: Final = 61
SUBSTITUTE_HP: Final = 62
RESIDUAL: Final = 63  # residualdmg, Toxic's counter
RESIDUAL_COUNTER: Final = 64
LEECH_SEED: Final = 65
FOCUS_ENERGY: Final = 66
MIST: Final = 67
LIGHT_SCREEN: Final = 68
REFLECT: Final = 69
BIDE_DAMAGE_HIGH: Final = 70
ACTIVE_SIZE: Final = 74
SIDE_SIZE: Final = ACTIVE + ACTIVE_SIZE

# Order of the four stats (and of boosts, after which come accuracy and evasion).
ATK: Final = 0
DEF: Final = 1
SPE: Final = 2
SPA: Final = 3
ACCURACY: Final = 4
EVASION: Final = 5

# What never changes: from `TEAM + side * TEAM_SIDE_SIZE + slot * SET_SIZE`.
TEAM: Final = SIDE + 2 * SIDE_SIZE
SET_SPECIES: Final = 0
SET_TYPES: Final = 1
SET_LEVEL: Final = 3
SET_SPEED_DV: Final = 4  # DV and stat experience as they enter the speed stat: iv + floor(ev / 4)
SET_STATS: Final = 5
SET_MOVES: Final = 9
SET_SIZE: Final = 14
TEAM_SIDE_SIZE: Final = 6 * SET_SIZE
LANE_SIZE: Final = TEAM + 2 * TEAM_SIDE_SIZE

# Statuses.
HEALTHY: Final = 0
BRN: Final = 1
PAR: Final = 2
SLP: Final = 3
FRZ: Final = 4
PSN: Final = 5
TOX: Final = 6

# Moves are numbered as in the games; these stand for no move of anybody's.
NO_MOVE: Final = 0
NOTHING_SELECTED: Final = -1  # Showdown's `nomove`
CANNOT_MOVE: Final = -2  # Showdown's `cannotmove`

# Numbers of choices.
FIRST_SWITCH: Final = 4
NUM_CHOICES: Final = 10
