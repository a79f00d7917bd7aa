"""The sighting record: all that one side may know at a decision, as one row of WIDTH int16.

An observation is a pure function of it: whoever fills a row, from a BattleState (from_state.py) or from a compiled engine's
state, gets both observation spaces from the kernels beside this module, and a shard that stores rows can have them
computed when it is read. Nothing else may be read by a kernel. An array of records is int16 [N, WIDTH], C-contiguous.

How a row is laid out
    OWN                 six blocks of POKEMON_WIDTH: the own team in the order it was brought (any fixed order does)
    FOE                 six blocks: the foe's Pokémon in the order in which they came out, the rest zeros
    OWN_ACTIVE          one block of ACTIVE_WIDTH: what only the Pokémon on the field has; the own side's
    FOE_ACTIVE          the foe's
    OPTIONS             NUM_MOVES blocks of OPTION_WIDTH: actions 0 … 3 as the request offers them
    SWITCHES            actions 4 … 8: which of the own blocks comes in, 1 … 6, or 0
    TURN                turns begun, 1 …
    FORCED_SWITCH       1 where only switches are asked for
    FOE_TEAM_SIZE       how many Pokémon the foe brought
    LEGAL               bit k set: action k is legal
    MOVE_ORDER          where the request has the moves, ORDER_BITS bits each, action 0 in the lowest: 1 … 4, or 0 where it offers none
                        (there is no such option, or it is locked into another)
    SWITCH_ORDER        where the request's side.pokemon has the switches, ORDER_BITS bits each, action 4 in the lowest: 1 … 6, or 0
                        where there is none

Both sides have a Pokémon on the field at every decision, fainted perhaps (forced switches).

A Pokémon's block (offsets from its start)
    SPECIES             national dex number 1 … 151, its own also when transformed; 0: an empty block
    LEVEL
    HP, MAX_HP          own: points as the request tells them; foe: as its side is shown, the percentage and 100. A fainted one
                        keeps its MAX_HP; HP is then 0.
    STATUS              HEALTHY, 1 … 6 as layout.STATUSES (par, slp, psn, tox, brn, frz), or FAINTED
    COUNTER             asleep: turns in which it slept, as seen (each `cant` and each `move` while asleep counts one; kept on the
                        bench); badly poisoned: turns begun since, on the field (0 after a switch). Else unused.
    MOVES               MOVES_PER_POKEMON move numbers 1 … 165 in any order, 0 for none: own: those it has now, mimicked and
                        copied ones included, whatever their PP; foe: those it has shown (copied ones, if transformed)
    STATS               own: attack, defense, special, speed of the request, without boosts (of its own, also when transformed)
    PP                  the same four places, foe: what is left of MOVES by what was seen. A move without PP is no threat, and
                        is left out of `structured`.

An active's block
    SLOT                0 … 5: its place in OWN or FOE
    FORM                species whose base stats it has: its own, or what it transformed into
    TYPES               two of types as layout.TYPES counts them, OTHER_TYPE for "???", NO_TYPE where there is no second; after
                        Transform and Conversion the copied ones
    BOOSTS              stages −6 … 6 of atk, def, spa, spd, spe, accuracy, evasion (spa = spd, always)
    CONDITIONS          bits: SUBSTITUTE, REFLECT, … below. RAGING is never set by from_state.py: the simulator says nothing when
                        Rage begins. PREPARING: the first turn of a two-turn move was the last `move` it made.
    LAST_MOVE           the move it used last by a choice of its own (a `move` line without `[from]`) since it came in; 0: none.
                        Struggle, and a move that Metronome or Mirror Move called, leave it as it was. It is forgotten when the
                        moves it stands among change: after Transform, after Mimic where Mimic was the last.
    PREVIOUS_MOVE       for `metamon`: the last LAST_MOVE it ever had, on the field now or before; never forgotten. 0: none.
    ACTIVE_TURNS        turns begun since it came in
    EFFECT              for `metamon`, index into EFFECT_WORDS: of its effects the first to have begun among those with the least
                        count (Bide and Disable count the turns begun since, all others stay at 0). What the simulator tells of:
                        bide, confusion, disable, focusenergy, leechseed, mimic, minimize (every `move` line of Minimize begins
                        it), mist, reflect, substitute, typechange (Conversion), unknown (Light Screen)

An option's block
    OPTION_MOVE         1 … 165, RECHARGE or FIGHT; 0: there is none. Struggle is a move (165).
    OPTION_PP, OPTION_MAX_PP
"""

from pathlib import Path

from psro.pokemon.observations import facts, layout
from psro.pokemon.observations.facts import MOVES as _MOVE_FACTS
from psro.pokemon.observations.facts import PSEUDO_MOVES
from psro.pokemon.observations.layout import NUM_MOVES, NUM_SWITCHES, STATUSES, TYPES

SOURCES = [
    *(Path(__file__), Path(facts.__file__), Path(layout.__file__)),
    Path(facts.__file__).with_name("gen1.json"),
]
"""What this module's constants come from: kernels compile them in."""

TEAM_SIZE = 6
MOVES_PER_POKEMON = 4
NUM_BOOSTS = 7

SPECIES, LEVEL, HP, MAX_HP, STATUS, COUNTER, MOVES = range(7)
STATS = PP = MOVES + MOVES_PER_POKEMON
POKEMON_WIDTH = STATS + 4

SLOT, FORM, TYPES_AT = range(3)
BOOSTS_AT = TYPES_AT + 2
CONDITIONS = BOOSTS_AT + NUM_BOOSTS
LAST_MOVE, ACTIVE_TURNS, EFFECT, PREVIOUS_MOVE = range(CONDITIONS + 1, CONDITIONS + 5)
ACTIVE_WIDTH = PREVIOUS_MOVE + 1

OPTION_MOVE, OPTION_PP, OPTION_MAX_PP = range(3)
OPTION_WIDTH = 3

OWN = 0
FOE = OWN + TEAM_SIZE * POKEMON_WIDTH
OWN_ACTIVE = FOE + TEAM_SIZE * POKEMON_WIDTH
FOE_ACTIVE = OWN_ACTIVE + ACTIVE_WIDTH
OPTIONS = FOE_ACTIVE + ACTIVE_WIDTH
SWITCHES = OPTIONS + NUM_MOVES * OPTION_WIDTH
TURN = SWITCHES + NUM_SWITCHES
FORCED_SWITCH, FOE_TEAM_SIZE, LEGAL, MOVE_ORDER, SWITCH_ORDER = range(TURN + 1, TURN + 6)
WIDTH = SWITCH_ORDER + 1

ORDER_BITS = 3
"""Of one place in MOVE_ORDER and SWITCH_ORDER."""

HEALTHY = 0
PARALYZED, ASLEEP, POISONED, BADLY_POISONED, BURNED, FROZEN = range(1, 1 + len(STATUSES))
FAINTED = 1 + len(STATUSES)

OTHER_TYPE = len(TYPES)
NO_TYPE = OTHER_TYPE + 1
NUM_TYPES = NO_TYPE + 1

REST = _MOVE_FACTS["rest"].number
RECHARGE, FIGHT = (1 + len(_MOVE_FACTS) + k for k in range(len(PSEUDO_MOVES)))
NUM_MOVE_NUMBERS = FIGHT + 1
"""Move numbers with 0 and the pseudo-moves."""

(
    SUBSTITUTE,
    REFLECT,
    LIGHT_SCREEN,
    LEECH_SEED,
    CONFUSION,
    FOCUS_ENERGY,
    MIST,
    DISABLED,
    BIDING,
    RAGING,
    RECHARGING,
    PREPARING,
    TRANSFORMED,
) = (1 << bit for bit in range(13))
"""Bits of CONDITIONS. The first eight stand in the order of layout.ACTIVE_FEATURES."""

EFFECT_WORDS = (
    "noeffect", "bide", "bind", "clamp", "confusion", "disable", "firespin", "focusenergy", "leechseed", "mimic",
    "minimize", "mist", "mustrecharge", "rage", "reflect", "substitute", "typechange", "unknown", "wrap",
)  # fmt: skip
"""What EFFECT counts; `unknown` is Light Screen, which poke-env has no name for (`metamon` words it lightscreen)."""
