"""What the observations know about Gen 1: species and moves as the simulator has them.

Read from gen1.json, which make_tables.js writes from the installed pokemon-showdown; a test writes it anew and compares.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any

import orjson

PSEUDO_MOVES = ("recharge", "fight")
"""What a request names in place of moves when there is nothing to choose; Struggle is a real move."""


@dataclass(frozen=True)
class Species:
    """One of the 151."""

    id: str
    number: int
    """1 … 151"""
    base_hp: int
    base_attack: int
    base_defense: int
    base_special: int
    base_speed: int
    types: tuple[str, ...]
    """One or two upper-case names."""
    likely_moves: tuple[tuple[str, float], ...]
    """(move id, how often it is carried), most frequent first; empty for Magikarp and the like."""


@dataclass(frozen=True)
class Effect:
    """What a move does besides damage, at a chance."""

    chance: float
    status: str | None
    volatile: str | None
    boosts: Mapping[str, int]
    """Stages by stat: atk, def, spc, spe, accuracy, evasion."""


@dataclass(frozen=True)
class MoveFacts:
    """One of the 165 moves."""

    id: str
    number: int
    """1 … 165"""
    type: str
    category: str
    """Physical, Special or Status"""
    power: int
    """0 for moves outside the damage formula."""
    accuracy: float
    """Before the 255/256 of Gen 1; 1 for moves that do not check it."""
    never_misses: bool
    priority: int
    max_pp: int
    targets_self: bool
    fixed: str | int | None
    """Damage outside the formula: HP, level, half, psywave, ohko, counter, bide."""
    ignores_immunity: bool
    high_critical: bool
    mean_hits: float
    effect: Effect
    """The primary effect of a status move (chance 1), or a damaging move's secondary one."""
    drain: float
    recoil: float
    recharges: bool
    traps: bool
    rampages: bool
    charges: bool
    explodes: bool

    @property
    def is_attack(self) -> bool:
        """Whether it deals damage by itself."""
        return self.category != "Status"


@lru_cache(maxsize=1)
def _tables() -> dict[str, Any]:
    tables: dict[str, Any] = orjson.loads(files(__package__).joinpath("gen1.json").read_bytes())
    return tables


def _species(id: str, entry: dict[str, Any]) -> Species:
    hp, attack, defense, special, speed = entry["base"]
    return Species(
        id=id,
        number=entry["num"],
        base_hp=hp,
        base_attack=attack,
        base_defense=defense,
        base_special=special,
        base_speed=speed,
        types=tuple(entry["types"]),
        likely_moves=tuple(entry["sets"].items()),
    )


def _move(id: str, entry: dict[str, Any]) -> MoveFacts:
    # A trap's "partiallytrapped" and Bide's are told by `traps` and `fixed`.
    primary = Effect(
        1.0, entry.get("status"), entry.get("volatile"), MappingProxyType(entry.get("boosts", {}))
    )
    secondary = entry.get("secondary")
    if secondary:
        primary = Effect(
            secondary["chance"] / 100,
            secondary.get("status"),
            secondary.get("volatile"),
            MappingProxyType(secondary.get("boosts", {})),
        )
    return MoveFacts(
        id=id,
        number=entry["num"],
        type=entry["type"],
        category=entry["category"],
        power=entry["power"],
        accuracy=entry["accuracy"] / 100 if entry["accuracy"] else 1.0,
        never_misses=entry["accuracy"] == 0,
        priority=entry["priority"],
        max_pp=entry["pp"],
        targets_self=entry["self"],
        fixed=entry.get("fixed"),
        ignores_immunity=entry.get("ignores_immunity", False),
        high_critical=entry.get("crit") == "high",
        mean_hits=entry.get("hits", 1),
        effect=primary,
        drain=entry.get("drain", 0.0),
        recoil=entry.get("recoil", 0.0),
        recharges=entry.get("recharge", False),
        traps=entry.get("traps", False),
        rampages=entry.get("rampage", False),
        charges=entry.get("charge", False),
        explodes=entry.get("explodes", False),
    )


SPECIES: Mapping[str, Species] = MappingProxyType(
    {id: _species(id, entry) for id, entry in _tables()["species"].items()}
)
MOVES: Mapping[str, MoveFacts] = MappingProxyType(
    {id: _move(id, entry) for id, entry in _tables()["moves"].items()}
)

NUM_SPECIES = len(SPECIES)
NO_ID = 0
NUM_IDS = 1 + NUM_SPECIES + len(MOVES) + len(PSEUDO_MOVES)
"""The one vocabulary of ids: 0 nothing or unknown, then species, moves and pseudo-moves."""

SPECIES_ID: Mapping[str, int] = MappingProxyType({s.id: s.number for s in SPECIES.values()})
MOVE_ID: Mapping[str, int] = MappingProxyType(
    {m.id: NUM_SPECIES + m.number for m in MOVES.values()}
    | {name: NUM_IDS - len(PSEUDO_MOVES) + k for k, name in enumerate(PSEUDO_MOVES)}
)
