"""Where a run is: a phase of the algorithm's own enum, an iteration and a round."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, Generic, TypeVar

from psro.machine.errors import UserError

PhaseT = TypeVar("PhaseT", bound=Enum)


@dataclass(frozen=True)
class Position(Generic[PhaseT]):
    """A state of the state machine; iteration and round count from 0."""

    phase: PhaseT
    iteration: int = 0
    round: int = 0

    def to_json(self) -> dict[str, Any]:
        """The position as a JSON object; the phase by its name."""
        return {"phase": self.phase.name, "iteration": self.iteration, "round": self.round}

    @classmethod
    def from_json(cls, value: Mapping[str, Any], phases: type[PhaseT]) -> "Position[PhaseT]":
        """The inverse of `to_json`. Raises: UserError for a phase this algorithm lacks."""
        name = value["phase"]
        if name not in phases.__members__:
            raise UserError(
                f"the run is in phase {name!r}, which {phases.__name__} does not have "
                f"(it has {', '.join(phases.__members__)}): go on with the code version that "
                "wrote it (manifest.json names it) or start a new run"
            )
        return cls(phases[name], value["iteration"], value["round"])

    def __str__(self) -> str:
        return f"{self.phase.name}, iteration {self.iteration}, round {self.round}"
