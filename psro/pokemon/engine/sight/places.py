"""Where knowledge is: a row of `KNOWLEDGE_SIZE` int16 per lane, what is known of side 0's team, then of side 1's.

Most of it is public, and what a side's foe knows of it; the side itself needs some of it, too (counters, its last move). HP,
statuses, and the rest that both sides always see as it is, are read from the lane.
"""

from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from psro.machine.compiled import Compiler
from psro.pokemon.engine.compiled import SOURCES, rule
from psro.pokemon.observations.records import record
from psro.pokemon.observations.records.record import EFFECT_WORDS

Knowledge = npt.NDArray[np.int16]
"""int16 [lanes, KNOWLEDGE_SIZE], or one row of it."""

COMPILER: Final = Compiler(
    "sight", [*SOURCES, *sorted(Path(__file__).parent.glob("*.py")), *record.SOURCES]
)
"""Kernels here are made of the engine's sources, their own, and the record's layout."""
kernel = COMPILER.kernel

NUM_SEEN: Final = 0
ORDER: Final = 1  # original slots, in the order in which they came out
MONS: Final = ORDER + 6

# A Pokémon, from `MONS + slot * MON_SIZE`.
COUNTER: Final = 0  # as in a record
STATUS: Final = 1  # the engine's, when last looked at
MOVES: Final = 2  # as shown, in the order in which they were
PP: Final = MOVES + 4
PREVIOUS_MOVE: Final = PP + 4  # as in a record
OWN_VIEW_PREVIOUS_MOVE: Final = PP + 5
MON_SIZE: Final = PP + 6

# The active Pokémon.
COPIED: Final = MONS + 6 * MON_SIZE  # moves of what it transformed into, and their PP
COPIED_PP: Final = COPIED + 4
MIMICKED: Final = (
    COPIED_PP + 4
)  # by the place among its moves that it takes: a mimicked move, or none; and their PP
MIMICKED_PP: Final = MIMICKED + 4
TRANSFORMED: Final = MIMICKED_PP + 4
FORM: Final = TRANSFORMED + 1
TYPES: Final = FORM + 1
BOOSTS: Final = TYPES + 2  # in the record's order
RECHARGING: Final = BOOSTS + 7
PREPARING: Final = RECHARGING + 1
LAST_MOVE: Final = RECHARGING + 2
LAST_OWN_MOVE: Final = RECHARGING + 3  # the last of its own before it transformed
TURNS: Final = RECHARGING + 4
NUM_STARTED: Final = RECHARGING + 5  # effects begun since it came in
STARTED: Final = RECHARGING + 6  # by EFFECT_WORDS: the how manieth began, 0: it is not there
BIDE_TURNS: Final = STARTED + len(EFFECT_WORDS)
DISABLE_TURNS: Final = BIDE_TURNS + 1
OWN_VIEW_LAST_MOVE: Final = (
    DISABLE_TURNS + 1
)  # LAST_MOVE to its own side, which knows what it cannot have chosen
ACTIVE_END: Final = DISABLE_TURNS + 2

# The team in the order in which a request shows it, Showdown's side.pokemon: original slots.
PARTY: Final = ACTIVE_END
PARTY_SIZE: Final = 6
SIDE_SIZE: Final = PARTY + PARTY_SIZE
KNOWLEDGE_SIZE: Final = 2 * SIDE_SIZE

BIDE: Final = EFFECT_WORDS.index("bide")
CONFUSION: Final = EFFECT_WORDS.index("confusion")
DISABLE: Final = EFFECT_WORDS.index("disable")
FOCUS_ENERGY: Final = EFFECT_WORDS.index("focusenergy")
LEECH_SEED: Final = EFFECT_WORDS.index("leechseed")
LIGHT_SCREEN: Final = EFFECT_WORDS.index("unknown")
MIMIC: Final = EFFECT_WORDS.index("mimic")
MINIMIZE: Final = EFFECT_WORDS.index("minimize")
MIST: Final = EFFECT_WORDS.index("mist")
RAGE: Final = EFFECT_WORDS.index("rage")
REFLECT: Final = EFFECT_WORDS.index("reflect")
SUBSTITUTE: Final = EFFECT_WORDS.index("substitute")
TYPE_CHANGE: Final = EFFECT_WORDS.index("typechange")


@rule
def known_at(side: int) -> int:
    """Where what is known of a side begins."""
    return (side & 1) * SIDE_SIZE


@rule
def known_mon_at(side: int, slot: int) -> int:
    """Where what is known of the Pokémon in an original slot begins."""
    return (side & 1) * SIDE_SIZE + MONS + (slot & 7) * MON_SIZE
