"""Records as an array view of their own: what shards keep, and what policies by rule read."""

from psro.game.spec import ArraySpec, ObservationSpec
from psro.pokemon.choices import NUM_ACTIONS
from psro.pokemon.observations.records.record import WIDTH

RECORD_VIEW = "record"
RECORD_SPEC = ObservationSpec(
    RECORD_VIEW, (ArraySpec(RECORD_VIEW, (WIDTH,), "int16", "numbers"),), NUM_ACTIONS
)
