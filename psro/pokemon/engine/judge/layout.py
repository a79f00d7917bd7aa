"""Names and places of the integers in a judge's dump; README.md explains them, dump.js writes them.

Place p of a dump has the name NAMES[p]; a side's entries begin at SIDE + side · SIDE_SIZE, those of its Pokémon at POKEMON within
the side, of its active Pokémon at ACTIVE within the side.
"""

from collections.abc import Iterator

STATS = ("atk", "def", "spe", "spa")

VOLATILES: dict[str, tuple[str, ...]] = {
    "confusion": ("time",),
    "flinch": (),
    "mustrecharge": (),
    "partialtrappinglock": ("move", "duration", "total_duration", "damage", "locked"),
    "partiallytrapped": ("duration", "maybe_locked", "source"),
    "fakepartiallytrapped": ("duration", "counterpart"),
    "lockedmove": ("move", "time", "accuracy"),
    "twoturnmove": ("move",),
    "invulnerability": (),
    "bide": ("damage", "time"),
    "disable": ("move", "slot", "time"),
    "rage": ("accuracy",),
    "substitute": ("hp",),
    "residualdmg": ("counter",),
    "leechseed": (),
    "focusenergy": (),
    "mist": (),
    "lightscreen": (),
    "reflect": (),
}
"""What the dump holds of each volatile, after the entry that says whether it is there."""

BATTLE_ENTRIES = (
    "turn",
    "ended",
    "winner",
    *(f"seed.{word}" for word in range(4)),
    "draws",
    "last_damage",
)
POKEMON_ENTRIES = (
    *("hp", "max_hp", "status", "sleep_turns", "self_inflicted", "sub_broken"),
    *(f"pp.{slot}" for slot in range(4)),
)


def _active_entries() -> Iterator[str]:
    yield from ("species", "type.0", "type.1", "transformed")
    for kind in ("stored", "modified"):
        yield from (f"{kind}.{stat}" for stat in STATS)
    yield "speed"
    yield from (f"boost.{stat}" for stat in (*STATS, "accuracy", "evasion"))
    for kind in ("move", "pp"):
        yield from (f"{kind}.{slot}" for slot in range(4))
    yield "last_move"
    for volatile, fields in VOLATILES.items():
        yield volatile
        yield from (f"{volatile}.{field}" for field in fields)


ACTIVE_ENTRIES = tuple(_active_entries())


def _side_entries() -> Iterator[str]:
    yield "request"
    yield from (f"legal.{choice}" for choice in range(10))
    yield from ("maybe_locked", "active_slot", "last_selected_move", "last_selected_slot")
    yield from ("last_enemy_selected_move", "last_enemy_move")
    for slot in range(6):
        yield from (f"pokemon.{slot}.{entry}" for entry in POKEMON_ENTRIES)
    yield from (f"active.{entry}" for entry in ACTIVE_ENTRIES)


SIDE_ENTRIES = tuple(_side_entries())

NAMES = (
    *BATTLE_ENTRIES,
    *(f"side.{side}.{entry}" for side in range(2) for entry in SIDE_ENTRIES),
)
PLACES = {name: place for place, name in enumerate(NAMES)}

SIZE = len(NAMES)
SIDE = len(BATTLE_ENTRIES)
SIDE_SIZE = len(SIDE_ENTRIES)
POKEMON = SIDE_ENTRIES.index("pokemon.0.hp")
ACTIVE = SIDE_ENTRIES.index("active.species")
