"""The array views that arenas supply and that shards are expanded to: each a function of sighting records."""

from collections.abc import Callable, Mapping
from functools import cache
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from psro.game.spec import ObservationSpec
from psro.pokemon.observations.metamon import MetamonObservation
from psro.pokemon.observations.records.spec import RECORD_SPEC, RECORD_VIEW
from psro.pokemon.observations.structured import StructuredObservation

Records = NDArray[np.int16]
"""[N, WIDTH], one row a decision: observations/records/record.py."""

SPECS: Mapping[str, ObservationSpec] = MappingProxyType(
    {
        RECORD_VIEW: RECORD_SPEC,
        "structured": StructuredObservation.spec,
        "metamon": MetamonObservation().spec,
    }
)


def spec_of(view: str) -> ObservationSpec:
    """The arrays of an array view. Raises ValueError for any other name, listing the choices."""
    if view not in SPECS:
        raise ValueError(f"unknown array view {view!r}; choose from {', '.join(SPECS)}")
    return SPECS[view]


def write_view(view: str, records: Records) -> dict[str, NDArray[Any]]:
    """The decisions of `records` as arrays [N, …] of their own, as `spec_of(view)` says. Does not hold the GIL."""
    spec = spec_of(view)
    if view == RECORD_VIEW:
        return {RECORD_VIEW: records.copy()}
    rows = spec.empty(len(records))
    # Kernels take writable arrays alone; a shard's are not.
    _writer(view)(np.require(records, requirements=["C", "W"]), rows)
    return rows


@cache
def _writer(view: str) -> Callable[[Records, Mapping[str, NDArray[Any]]], None]:
    # Importing a kernel compiles it, or loads it from the cache: only what is used.
    if view == "structured":
        from psro.pokemon.observations.records.structured import write_structured

        return write_structured
    from psro.pokemon.observations.records.metamon import MetamonKernel

    return MetamonKernel().write
