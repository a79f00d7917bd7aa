"""Units: the smallest pieces of work that are committed whole, and what runs them.

A unit is a pure function of the frozen config, committed artifacts and its own fields: it gives
the same bytes on any worker, at any time, in any order. So resume, parallelism and repair are
one mechanism: run the units that have no committed result.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from psro.machine.artifacts import check_relative
from psro.machine.canonical import as_json, canonical_json


@dataclass(frozen=True)
class Unit:
    """One piece of work.

    key: its name, unique in the run; part of its seeds.
    kind: what sort of work it is; the worker context looks at it ("matchup", "collect", "train").
    payload: what to do, JSON-able and small (it is stored in the journal): ids, counts, and paths
        relative to the run directory. Held as it comes back from JSON (lists, not tuples).
    result: where the main result goes, relative to the run directory.
    """

    key: str
    kind: str
    payload: Mapping[str, Any]
    result: str

    def __post_init__(self) -> None:
        if not self.key or not self.kind:
            raise ValueError(f"a unit needs a key and a kind: {self.key!r}, {self.kind!r}")
        check_relative(self.result)
        object.__setattr__(self, "payload", as_json(dict(self.payload)))

    def to_json(self) -> dict[str, Any]:
        """The unit as a JSON object."""
        return {
            "key": self.key,
            "kind": self.kind,
            "payload": self.payload,
            "result": self.result,
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> "Unit":
        """The inverse of `to_json`."""
        return cls(value["key"], value["kind"], value["payload"], value["result"])

    def same_work_as(self, other: "Unit") -> bool:
        """True if both ask for the same work in the same place."""
        return canonical_json(self.to_json()) == canonical_json(other.to_json())


@dataclass(frozen=True)
class UnitOutput:
    """What a unit with more than one file returns.

    main: the bytes of the main result, which the worker writes last to `unit.result`.
    side_files: paths, relative to the run directory, of the files the unit has already written
        itself by `atomic_write` (weights, shards). They are hashed and committed with the main
        result in one journal line. Name them in the main result too.
    """

    main: bytes
    side_files: tuple[str, ...] = ()


@dataclass(frozen=True)
class Progress:
    """How far a unit is: `done` of `total`, counted in `label` ("battles", "steps").

    metrics: anything to show beside it (losses, rates). A view only: what must survive goes
    into the result.
    """

    done: int
    total: int
    label: str
    metrics: Mapping[str, float] = field(default_factory=dict)


class ProgressSink(Protocol):
    """What a unit calls to say how far it is: `progress(done, total, "battles", loss=0.3)`."""

    def __call__(self, done: int, total: int, label: str, **metrics: float) -> None: ...


class StopSignal(Protocol):
    """What a unit polls at its safe points (after a step, a batch of battles)."""

    def is_set(self) -> bool:
        """True once the run is to stop."""
        ...

    def raise_if_set(self) -> None:
        """Raise Preempted if the run is to stop; save what the unit can resume from before."""
        ...


class WorkerContext(Protocol):
    """What a worker is initialised to: holds policies, arenas, models; loads by path, lazily."""

    def run(self, unit: Unit, progress: ProgressSink, stop: StopSignal) -> bytes | UnitOutput:
        """Do the unit.

        Returns: the bytes of the main result, or a UnitOutput if it wrote side files.
        Raises: Preempted from `stop.raise_if_set()`; UserError for what the user can put right;
        anything else is a bug, stops the run and is shown with its traceback.
        """
        ...

    def close(self) -> None:
        """Let go of child processes and files."""
        ...


class WorkerFactory(Protocol):
    """Makes the context in the worker's process; must be picklable (a module-level function)."""

    def __call__(self, config_payload: Any) -> WorkerContext: ...
