"""Who chooses, and from what."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

Observations = Mapping[str, NDArray[Any]] | Sequence[Any]


@dataclass(frozen=True)
class Decisions:
    """B decision points of as many battles, asked of one policy in one batch."""

    observations: Observations
    """Array views: name → [B, ...]. State views: B objects of the game's state class."""
    legal_mask: NDArray[np.bool_]
    """[B, num_actions]; every row has at least one True."""
    seeds: NDArray[np.uint64]
    """[B], keyed by battle, side and decision; what a random choice is drawn with."""
    episodes: NDArray[np.int64]
    """[B], one id per battle and side, the same at every decision of it."""

    def __len__(self) -> int:
        return len(self.seeds)


@runtime_checkable
class Policy(Protocol):
    """Chooses actions. A pure function of the decisions asked so far in each episode."""

    name: str
    view: str
    """The view of a battle it needs: a named observation space or a state view of the game."""

    def act(self, decisions: Decisions) -> NDArray[np.int64]:
        """The chosen actions [B], each legal."""
        ...

    def for_battle(self, seed: int) -> "Policy":
        """Who plays the battle keyed by `seed`: itself, or the drawn member of a mixture."""
        ...

    def forget(self, episodes: Sequence[int]) -> None:
        """These episodes are over: drop what was remembered of them."""
        ...


class BasePolicy:
    """A policy that plays every battle itself and remembers nothing."""

    name: str
    view: str

    def for_battle(self, seed: int) -> "Policy":
        """Itself."""
        return self  # type: ignore[return-value]  # subclasses bring `act`

    def forget(self, episodes: Sequence[int]) -> None:
        """Nothing is remembered."""


@dataclass(frozen=True)
class PolicyRecord:
    """A policy as its policy.json names it: which registered class, with which arguments and files."""

    name: str
    kind: str
    """A name of wiring's policy registry: the game's own policies, or neural."""
    view: str
    arguments: dict[str, Any] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)
    """File name beside policy.json → sha256."""
    provenance: dict[str, Any] = field(default_factory=dict)
    """Where it came from: iteration, round, seed, training budget."""

    def to_json(self) -> dict[str, Any]:
        """A JSON-able dict."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "PolicyRecord":
        """The record that `to_json` wrote."""
        return cls(**data)


def uniform_from(seeds: NDArray[np.uint64]) -> NDArray[np.float64]:
    """One uniform in [0, 1) per seed: the finaliser of splitmix64 (Steele et al. 2014), top 53 bits."""
    z = mix(seeds, 0)
    return (z >> np.uint64(11)).astype(np.float64) * 2.0**-53


def mix(seeds: NDArray[np.uint64], stream: int) -> NDArray[np.uint64]:
    """A further seed per seed, for the numbered `stream`: splitmix64's step."""
    with np.errstate(over="ignore"):
        gamma = np.uint64((0x9E3779B97F4A7C15 * (stream + 1)) % 2**64)
        z = seeds + gamma
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return z ^ (z >> np.uint64(31))


def choose_from(
    probabilities: NDArray[np.floating[Any]], seeds: NDArray[np.uint64]
) -> NDArray[np.int64]:
    """One action per row [B, A] of `probabilities` (rows need not sum to one), by inverse CDF.

    Actions of probability zero are never chosen. Raises ValueError for a row without any mass.
    """
    cumulative = np.cumsum(probabilities, axis=1, dtype=np.float64)
    total = cumulative[:, -1:]
    if not (total > 0).all():
        raise ValueError("a row of probabilities has no mass (or is not a number)")
    above = cumulative > uniform_from(seeds)[:, None] * total
    return above.argmax(axis=1).astype(np.int64)
