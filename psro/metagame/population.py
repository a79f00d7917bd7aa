"""The population Π: who takes part in the meta-game, in the order they joined."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Member:
    """One policy of the population."""

    name: str
    """Unique in the population; the key of everything that is said about this policy."""
    kind: str
    """What sort of policy it is, in the run's own words (`heuristic`, `neural`, `best_response`, ...)."""
    iteration: int
    """The iteration that added it; 0 for the founding population."""

    def __post_init__(self) -> None:
        if not self.name:
            raise ValueError("a population member needs a name")
        if self.iteration < 0:
            raise ValueError(f"policy {self.name!r}: iteration {self.iteration} is negative")


@dataclass(frozen=True)
class Population:
    """An ordered set of members; row i of every interaction matrix is member i."""

    members: tuple[Member, ...] = ()

    def __post_init__(self) -> None:
        seen: set[str] = set()
        for name in self.names:
            if name in seen:
                raise ValueError(
                    f"policy {name!r} is in the population twice; names must be unique"
                )
            seen.add(name)

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(member.name for member in self.members)

    def __len__(self) -> int:
        return len(self.members)

    def __iter__(self) -> Iterator[Member]:
        return iter(self.members)

    def __contains__(self, name: object) -> bool:
        return name in self.names

    def index(self, name: str) -> int:
        """The row of `name`. Raises ValueError, listing the members, if there is no such policy."""
        for row, member in enumerate(self.members):
            if member.name == name:
                return row
        choices = ", ".join(self.names) or "(the population is empty)"
        raise ValueError(f"no policy {name!r} in the population; choose from: {choices}")

    def member(self, name: str) -> Member:
        """The member called `name`; raises as `index` does."""
        return self.members[self.index(name)]

    def append(self, name: str, kind: str, iteration: int) -> "Population":
        """A population with one more member, last. Raises ValueError if the name is taken."""
        return Population((*self.members, Member(name, kind, iteration)))

    def to_json(self) -> dict[str, Any]:
        return {"members": [asdict(member) for member in self.members]}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "Population":
        """The inverse of `to_json`. Raises ValueError on missing or unknown fields."""
        try:
            return cls(tuple(Member(**member) for member in data["members"]))
        except (KeyError, TypeError) as error:
            raise ValueError(f"not a population: {error}") from error
