"""The view that is the record itself: what a policy is handed that reads records, and what a shard of records holds."""

import hashlib

import orjson

from psro.game.spec import ArraySpec, ObservationSpec
from psro.pokemon.observations.facts import MOVES, SPECIES
from psro.pokemon.observations.layout import NUM_ACTIONS, STATUSES, TYPES
from psro.pokemon.observations.records import record

RECORD_VIEW = "record"
"""Observations are {"record": int16 [B, WIDTH]}."""
MEANING = 1
"""Raise it when a place of the record comes to mean something else and no constant of record.py changes."""

FIRST_LAYOUT = "e9777ae57ccdf41b"
"""The digest of the layout that records had when shards did not name it yet. Shards that name none are of this one."""


def layout_digest() -> str:
    """Of all that a record's numbers are read by: record.py's constants, and how species, moves, types and statuses are counted."""
    constants = {
        name: value
        for name, value in vars(record).items()
        if name.isupper() and isinstance(value, int | tuple)
    }
    numbered = {one.id: one.number for one in SPECIES.values()}
    numbered |= {move.id: move.number for move in MOVES.values()}
    told = {"meaning": MEANING, "types": TYPES, "statuses": STATUSES, "numbers": numbered}
    return hashlib.sha256(
        orjson.dumps(told | {"constants": constants}, option=orjson.OPT_SORT_KEYS)
    ).hexdigest()[:16]


def record_spec() -> ObservationSpec:
    """Of this program's records."""
    digest = layout_digest()
    array = ArraySpec("record", (record.WIDTH,), "int16", "numbers")
    return ObservationSpec(RECORD_VIEW, (array,), NUM_ACTIONS, digest, digest == FIRST_LAYOUT)


RECORD_SPEC = record_spec()
