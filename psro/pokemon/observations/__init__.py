"""What array policies see of a battle: named observation spaces, each a class that writes decisions into arrays.

facts.py            species and moves as the simulator has them (gen1.json, written by make_tables.js)
estimates.py        what a move would do: damage as a distribution, cached
sighting.py         one Pokémon, in the terms the damage formulas need
standing.py         both teams at one decision
layout.py           names of the structured view's features, in order
*_features.py       its blocks
structured.py       the `structured` view: what is trained here
metamon.py          the `metamon` view: words and numbers as metamon lays them out
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Protocol

from numpy.typing import NDArray

from psro.game.spec import ObservationSpec
from psro.pokemon.observations.metamon import MetamonObservation
from psro.pokemon.observations.structured import StructuredObservation
from psro.pokemon.state import BattleState


class Observation(Protocol):
    """An array view of a battle."""

    spec: ObservationSpec

    def write(self, state: BattleState, rows: Mapping[str, NDArray[Any]], row: int) -> None:
        """Fills row `row` of arrays made by `spec.empty` with the decision that `state` stands for."""
        ...


OBSERVATIONS: Mapping[str, type[Observation]] = MappingProxyType(
    {"structured": StructuredObservation, "metamon": MetamonObservation}
)


def make_observation(view: str) -> Observation:
    """The observation of an array view. Raises ValueError for any other name, listing the choices."""
    if view not in OBSERVATIONS:
        raise ValueError(f"unknown array view {view!r}; choose from {', '.join(OBSERVATIONS)}")
    return OBSERVATIONS[view]()
