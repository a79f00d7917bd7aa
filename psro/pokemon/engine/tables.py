"""Gen 1's rules as arrays, read from rules.json (which make_tables.js writes from the installed simulator).

`MOVE[move, column]`, int16: columns below, rows by the games' numbers, 0 none, `NOMOVE_ROW` what a Pokémon uses that was thawed
before its side ever selected a move (Showdown: `nomove`). `SPECIES_BASE[species]`: hp, atk, def, spe, spa. `CHART[attack, defence]`:
0 none, 1 half, 2 as is, 4 double. `STATUS_IMMUNE[status, type]`: 1 if the type cannot get it. `METRONOME`: the moves it calls, in the
order in which they are drawn.
"""

import json
from pathlib import Path
from typing import Any, Final

import numpy as np

RULES: Final[dict[str, Any]] = json.loads((Path(__file__).parent / "rules.json").read_text())

TYPE: Final = 0
CATEGORY: Final = 1  # STATUS_MOVE, PHYSICAL or SPECIAL
POWER: Final = 2
ACC: Final = 3  # out of 256; 256 cannot miss
PRIORITY: Final = 4
AT_SELF: Final = 5
IGNORES_IMMUNITY: Final = 6
CRIT_RATIO: Final = 7
HITS: Final = 8  # 1, 2, or 5 for "two to five"
OHKO: Final = 9
FIXED: Final = 10  # damage whatever the stats, -1 for the user's level, 0 for none
DRAIN: Final = 11  # the part of the damage, as a divisor; 0 none
RECOIL: Final = 12  # likewise
EXPLODES: Final = 13
TWO_TURNS: Final = 14
GIVES_STATUS: Final = 15
BOOST_STAT: Final = 16
BOOST_BY: Final = 17  # 0: no boost
CHANCE: Final = 18  # of the secondary effect, out of 256; 0 for none
SECONDARY: Final = 19  # SECONDARY_*
SECONDARY_WHAT: Final = 20  # the status, or the stat
SECONDARY_BY: Final = 21
EFFECT: Final = 22  # EFFECT_*
MAX_PP: Final = 23
KEEPS_LAST_DAMAGE: Final = 24
FLIES: Final = 25  # or digs
NUM_COLUMNS: Final = 32

STATUS_MOVE: Final = 0
PHYSICAL: Final = 1
SPECIAL: Final = 2

SECONDARY_STATUS: Final = 1
SECONDARY_BOOST: Final = 2
SECONDARY_FLINCH: Final = 3
SECONDARY_CONFUSION: Final = 4

EFFECT_NONE: Final = 0
EFFECT_CONFUSE: Final = 1
EFFECT_DISABLE: Final = 2
EFFECT_LEECH_SEED: Final = 3
EFFECT_MIST: Final = 4
EFFECT_FOCUS_ENERGY: Final = 5
EFFECT_LIGHT_SCREEN: Final = 6
EFFECT_REFLECT: Final = 7
EFFECT_BIDE: Final = 8
EFFECT_SUBSTITUTE: Final = 9
EFFECT_TRAP: Final = 10
EFFECT_HAZE: Final = 11
EFFECT_CONVERSION: Final = 12
EFFECT_MIMIC: Final = 13
EFFECT_TRANSFORM: Final = 14
EFFECT_METRONOME: Final = 15
EFFECT_MIRROR_MOVE: Final = 16
EFFECT_HEAL: Final = 17
EFFECT_REST: Final = 18
EFFECT_COUNTER: Final = 19
EFFECT_PSYWAVE: Final = 20
EFFECT_SUPER_FANG: Final = 21
EFFECT_RECHARGE: Final = 22
EFFECT_RAGE: Final = 23
EFFECT_RAMPAGE: Final = 24
EFFECT_CRASH: Final = 25
EFFECT_DREAM_EATER: Final = 26
EFFECT_SWIFT: Final = 27

_BY_VOLATILE = {
    "confusion": EFFECT_CONFUSE,
    "disable": EFFECT_DISABLE,
    "leechseed": EFFECT_LEECH_SEED,
    "mist": EFFECT_MIST,
    "focusenergy": EFFECT_FOCUS_ENERGY,
    "lightscreen": EFFECT_LIGHT_SCREEN,
    "reflect": EFFECT_REFLECT,
    "bide": EFFECT_BIDE,
    "substitute": EFFECT_SUBSTITUTE,
    "partiallytrapped": EFFECT_TRAP,
    # Set and read by nothing in Gen 1.
    "minimize": EFFECT_NONE,
    "defensecurl": EFFECT_NONE,
}
_BY_SELF_VOLATILE = {
    "partialtrappinglock": EFFECT_TRAP,
    "mustrecharge": EFFECT_RECHARGE,
    "rage": EFFECT_RAGE,
    "lockedmove": EFFECT_RAMPAGE,
}
_BY_MOVE = {
    "haze": EFFECT_HAZE,
    "conversion": EFFECT_CONVERSION,
    "mimic": EFFECT_MIMIC,
    "transform": EFFECT_TRANSFORM,
    "metronome": EFFECT_METRONOME,
    "mirrormove": EFFECT_MIRROR_MOVE,
    "recover": EFFECT_HEAL,
    "softboiled": EFFECT_HEAL,
    "rest": EFFECT_REST,
    "counter": EFFECT_COUNTER,
    "psywave": EFFECT_PSYWAVE,
    "superfang": EFFECT_SUPER_FANG,
    "jumpkick": EFFECT_CRASH,
    "highjumpkick": EFFECT_CRASH,
    "dreameater": EFFECT_DREAM_EATER,
    "swift": EFFECT_SWIFT,
}
_SECONDARY_VOLATILES = {"flinch": SECONDARY_FLINCH, "confusion": SECONDARY_CONFUSION}
# SKIP_LASTDAMAGE in the mod's scripts.js.
_KEEP_LAST_DAMAGE = frozenset(
    [
        "confuseray",
        "conversion",
        "counter",
        "focusenergy",
        "glare",
        "haze",
        "leechseed",
        "lightscreen",
        "mimic",
        "mist",
        "poisongas",
        "poisonpowder",
        "recover",
        "reflect",
        "rest",
        "softboiled",
        "splash",
        "stunspore",
        "substitute",
        "supersonic",
        "teleport",
        "thunderwave",
        "toxic",
        "transform",
    ]
)

MOVE_NUMBERS: Final = {move["id"]: int(move["num"]) for move in RULES["moves"]}
SPECIES_NUMBERS: Final = {species["id"]: int(species["num"]) for species in RULES["species"]}
STRUGGLE: Final = 165
TRANSFORM: Final = 144
COUNTER: Final = 68
METRONOME_MOVE: Final = 118
MIRROR_MOVE: Final = 119
FISSURE: Final = 90
NOMOVE_ROW: Final = 166
NUM_MOVES: Final = 167


def _effect_of(move: dict[str, Any]) -> int:
    if move["id"] in _BY_MOVE:
        return _BY_MOVE[move["id"]]
    if move["self_volatile"]:
        return _BY_SELF_VOLATILE[move["self_volatile"]]
    return _BY_VOLATILE[move["volatile"]] if move["volatile"] else EFFECT_NONE


def _divisor(part: list[int]) -> int:
    return part[1] // part[0] if part[0] else 0


def _secondary(entry: dict[str, Any]) -> tuple[int, int, int]:
    if entry["status"]:
        return SECONDARY_STATUS, entry["status"], 0
    if entry["volatile"]:
        return _SECONDARY_VOLATILES[entry["volatile"]], 0, 0
    ((stat, by),) = entry["boosts"]
    return SECONDARY_BOOST, stat, by


def _row(move: dict[str, Any]) -> dict[int, int]:
    row = {
        TYPE: move["type"],
        CATEGORY: move["category"],
        POWER: move["power"],
        ACC: move["accuracy"],
        PRIORITY: move["priority"],
        AT_SELF: move["self"],
        IGNORES_IMMUNITY: move["ignores_immunity"],
        CRIT_RATIO: move["crit_ratio"],
        HITS: move["hits"],
        OHKO: move["ohko"],
        FIXED: move["fixed"],
        DRAIN: _divisor(move["drain"]),
        RECOIL: _divisor(move["recoil"]),
        EXPLODES: move["explodes"],
        TWO_TURNS: move["two_turns"],
        GIVES_STATUS: move["status"],
        EFFECT: _effect_of(move),
        MAX_PP: int(move["pp"]),
        KEEPS_LAST_DAMAGE: move["id"] in _KEEP_LAST_DAMAGE,
        FLIES: move["id"] in ("fly", "dig"),
    }
    if move["boosts"]:
        ((row[BOOST_STAT], row[BOOST_BY]),) = move["boosts"]
    if move["secondary"]:
        row[CHANCE] = move["secondary"]["chance"]
        row[SECONDARY], row[SECONDARY_WHAT], row[SECONDARY_BY] = _secondary(move["secondary"])
    return row


def _moves() -> np.ndarray[Any, np.dtype[np.int16]]:
    table = np.zeros((NUM_MOVES, NUM_COLUMNS), np.int16)
    for move in RULES["moves"]:
        for column, value in _row(move).items():
            table[move["num"], column] = value
    # runMove in the mod's scripts.js: Fissure's animation, 102 power, no type, Special, accuracy 100 * 81 / 256.
    nomove = {POWER: 102, CATEGORY: SPECIAL, ACC: int(100 * 81 / 256 * 255 / 100), CRIT_RATIO: 1}
    for column, value in (nomove | {HITS: 1}).items():
        table[NOMOVE_ROW, column] = value
    return table


def _species(column: str, size: int) -> np.ndarray[Any, np.dtype[np.int16]]:
    table = np.zeros((len(RULES["species"]) + 1, size), np.int16)
    for species in RULES["species"]:
        table[species["num"], : len(species[column])] = species[column]
    return table


MOVE_TABLE: Final = _moves()
SPECIES_BASE: Final = _species("base", 5)
SPECIES_TYPES: Final = _species("types", 2)
CHART: Final = np.array(RULES["chart"], np.int16)
STATUS_IMMUNE: Final = np.array(RULES["status_immune"], np.int16)
METRONOME: Final = np.array(RULES["metronome"], np.int16)

BOOST_FACTORS: Final = np.array(
    [25 / 100, 28 / 100, 33 / 100, 40 / 100, 50 / 100, 66 / 100, 1, 1.5, 2, 2.5, 3, 3.5, 4],
    np.float64,
)
"""What a stat is multiplied with, by stages + 6 (boostBy in the mod's scripts.js; tryMoveHit's table for accuracy is the same)."""
