"""The view that is the record itself: what a policy is handed that reads records, and what a shard of records holds."""

from psro.game.spec import ArraySpec, ObservationSpec
from psro.pokemon.observations.layout import NUM_ACTIONS
from psro.pokemon.observations.records.record import WIDTH

RECORD_VIEW = "record"
"""Observations are {"record": int16 [B, WIDTH]}."""
RECORD_SPEC = ObservationSpec(
    RECORD_VIEW, (ArraySpec("record", (WIDTH,), "int16", "numbers"),), NUM_ACTIONS
)
