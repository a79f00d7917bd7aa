"""What a policy sees as arrays: a named observation space."""

from dataclasses import asdict, dataclass, field, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

ArrayKind = Literal["numbers", "ids", "action_numbers", "action_ids"]


@dataclass(frozen=True)
class ArraySpec:
    """One array of an observation; `shape` is that of a single decision, without the batch axis."""

    name: str
    shape: tuple[int, ...]
    dtype: str
    kind: ArrayKind
    """numbers [n] · ids [n] in [0, vocabulary) · action_numbers [num_actions, n] · action_ids [num_actions, n]"""
    vocabulary: int = 0
    """Number of distinct ids; 0 for numbers."""


@dataclass(frozen=True)
class ObservationSpec:
    """A named observation space. Its name is the `view` that policies declare."""

    name: str
    arrays: tuple[ArraySpec, ...]
    num_actions: int
    layout: str = ""
    """Digest of what stands where in the arrays, in the views whose shapes do not tell: shards are read long after they are written."""
    is_first_layout: bool = field(default=False, compare=False)
    """Whether a shard that names no layout, as none did at first, is of this one. Never written."""

    def reads(self, recorded: "ObservationSpec") -> bool:
        """Whether what was recorded in `recorded` means here what it meant there."""
        unnamed = self.is_first_layout and not recorded.layout
        return self == (replace(recorded, layout=self.layout) if unnamed else recorded)

    def empty(self, num_decisions: int) -> dict[str, NDArray[Any]]:
        """Zeroed arrays [num_decisions, *shape], one per ArraySpec."""
        return {a.name: np.zeros((num_decisions, *a.shape), a.dtype) for a in self.arrays}

    def check(self, observations: dict[str, NDArray[Any]], num_decisions: int) -> None:
        """Raises ValueError where names, shapes or dtypes are not this spec's."""
        expected = {a.name for a in self.arrays}
        if set(observations) != expected:
            raise ValueError(
                f"observation {self.name}: arrays {sorted(observations)}, not {sorted(expected)}"
            )
        for a in self.arrays:
            got = observations[a.name]
            if got.shape != (num_decisions, *a.shape) or got.dtype != np.dtype(a.dtype):
                raise ValueError(
                    f"observation {self.name}.{a.name}: {got.dtype}{got.shape}, "
                    f"not {a.dtype}{(num_decisions, *a.shape)}"
                )

    def to_json(self) -> dict[str, Any]:
        """A JSON-able dict; `from_json` reads it back equal."""
        written = {
            "name": self.name,
            "arrays": [asdict(a) | {"shape": list(a.shape)} for a in self.arrays],
            "num_actions": self.num_actions,
        }
        return written | ({"layout": self.layout} if self.layout else {})

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "ObservationSpec":
        """The spec that `to_json` wrote."""
        arrays = tuple(ArraySpec(**(a | {"shape": tuple(a["shape"])})) for a in data["arrays"])
        return cls(data["name"], arrays, data["num_actions"], data.get("layout", ""))
