"""What an evaluation plays: who against whom, on which pools, how often; and the units that do."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from psro.game.policies import PolicyRecord
from psro.machine.canonical import digest
from psro.machine.units import Unit
from psro.phases import layout, matches

ROOT = "evaluation"
BATTLES = "evaluation.battles"
EXTENDABLE = frozenset({BATTLES})
"""Raising it plays on: what was played stays."""


@dataclass(frozen=True)
class Gathered:
    """A policy that the evaluation takes into its own directory."""

    record: PolicyRecord
    """As it is written there: under its name in the evaluation, a mixture's members under theirs."""
    source: str
    """Where it comes from: the directory that holds policy.json, or words for what has none."""
    files: Mapping[str, str] = field(default_factory=dict)
    """Name of each of the record's files → the file to take it from."""

    @property
    def digest(self) -> str:
        """Hex sha256 of what decides how it plays: kind, arguments and the content of its files."""
        return digest([self.record.kind, self.record.arguments, self.record.files])

    def to_json(self) -> dict[str, Any]:
        """A JSON-able dict; `from_json` reads it back equal."""
        return {
            "record": self.record.to_json(),
            "source": self.source,
            "files": dict(self.files),
            "sha256": self.digest,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Gathered":
        """The policy that `to_json` wrote."""
        return cls(PolicyRecord.from_json(data["record"]), data["source"], data["files"])


@dataclass(frozen=True)
class Evaluation:
    """All of it but the game and the seed, which are the config's."""

    entrants: tuple[str, ...]
    """Names of those who are compared."""
    policies: tuple[Gathered, ...]
    """The entrants, and members of mixtures among them."""
    pairs: tuple[tuple[str, str], ...]
    """Matchups of entrants, each once."""
    pools: tuple[str, ...]
    """Of starting positions."""
    battles: int
    """Of each pair on each pool."""
    battles_per_unit: int
    temperature: float
    """At which neural policies play; 0: greedy."""

    def to_json(self) -> dict[str, Any]:
        """A JSON-able dict; `from_json` reads it back equal."""
        return {
            "entrants": list(self.entrants),
            "policies": [policy.to_json() for policy in self.policies],
            "pairs": [list(pair) for pair in self.pairs],
            "pools": list(self.pools),
            "battles": self.battles,
            "battles_per_unit": self.battles_per_unit,
            "temperature": self.temperature,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Evaluation":
        """The evaluation that `to_json` wrote. Raises KeyError, TypeError for anything else."""
        return cls(
            tuple(data["entrants"]),
            tuple(Gathered.from_json(policy) for policy in data["policies"]),
            tuple((first, second) for first, second in data["pairs"]),
            tuple(data["pools"]),
            data["battles"],
            data["battles_per_unit"],
            data["temperature"],
        )

    def semantic(self) -> dict[str, Any]:
        """Flat: what the results depend on. Policies count by what they are, not by where they lie."""
        return {
            "evaluation.pairs": [f"{first} against {second}" for first, second in self.pairs],
            "evaluation.pools": list(self.pools),
            BATTLES: self.battles,
            "evaluation.battles_per_unit": self.battles_per_unit,
            "evaluation.temperature": self.temperature,
            **{f"evaluation.policies.{p.record.name}": p.digest for p in self.policies},
        }


@dataclass(frozen=True)
class PairOnPool:
    """A matchup on one pool."""

    first: str
    second: str
    pool: str

    @property
    def label(self) -> str:
        """Names its result files."""
        return f"{self.first}__{self.second}__{self.pool}"


def matchups(evaluation: Evaluation) -> list[PairOnPool]:
    """In the order in which they are told of."""
    return [
        PairOnPool(first, second, pool)
        for pool in evaluation.pools
        for first, second in evaluation.pairs
    ]


def units_of(evaluation: Evaluation, matchup: PairOnPool) -> list[Unit]:
    """The match units of a matchup. Sizes but the last are battles_per_unit, so more battles only add units.

    Battle i of a pool has the same teams and dice in every matchup, so rows of a table can be compared.
    """
    full, rest = divmod(evaluation.battles, evaluation.battles_per_unit)
    sizes = [evaluation.battles_per_unit] * full + [rest] * bool(rest)
    units = []
    for index, size in enumerate(sizes):
        # A last unit that is not full is another than the full one that further battles would make of it.
        label = matchup.label if size == evaluation.battles_per_unit else f"{matchup.label}_{size}"
        units.append(
            Unit(
                key=f"{ROOT}/{label}/{index}",
                kind=matches.KIND,
                payload={
                    "first": matchup.first,
                    "first_directory": layout.policy(matchup.first),
                    "opponents": {matchup.second: size},
                    "pool": matchup.pool,
                    "seed_parts": [ROOT, matchup.pool, index],
                    "temperature": evaluation.temperature,
                },
                result=layout.match(ROOT, label, index),
            )
        )
    return units
