"""The root schema, and how composed YAML becomes it: strictly, once, with no DictConfig below main.

Sections whose schema depends on a choice (game, oracle, model, meta_solver) are checked against the schema that
wiring's registry gives for their `name`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, is_dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from psro.machine.errors import UserError
from psro.machine.executors.processes import HANG_S
from psro.machine.executors.slurm.config import SlurmConfig
from psro.machine.signals import DRAIN_S
from psro.metagame.nash import NashSolver
from psro.phases.config import (
    CertificateConfig,
    PopulationConfig,
    PSROConfig,
    ReplayDataConfig,
    TournamentConfig,
)

LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")
SHORTEST_HANG_S = 30.0
"""A worker needs seconds to start, on a machine that is busy many."""
EXTENDABLE = frozenset({"psro.num_iterations"})
"""Raising these extends a run."""


@dataclass
class ExecutorConfig:
    """Who runs the units; results do not depend on it."""

    name: str = "processes"
    """serial (in this process), processes, or slurm (workers on a cluster)."""
    num_workers: int = 2
    """processes: how many; slurm: how many of the driver's own, for what is not spread."""
    drain_s: float = DRAIN_S
    """After a stop signal: seconds that running units have to reach a safe point; then their workers are
    killed, which is as safe. The whole process is gone LAST_RESORT_S (machine/signals.py) later."""
    hang_s: float | None = HANG_S
    """processes: seconds without a sign of life (a unit gives one at every battle step and optimizer step)
    after which a worker counts as hung and is replaced. Also for its start. 0 or null: never."""
    slurm: SlurmConfig = field(default_factory=SlurmConfig)

    def __post_init__(self) -> None:
        if self.num_workers < 1:
            raise ValueError(f"executor.num_workers is {self.num_workers}, but must be at least 1")
        if not 0 <= self.drain_s <= LONGEST_DRAIN_S:
            raise ValueError(
                f"executor.drain_s is {self.drain_s:g}; seconds, 0 to {LONGEST_DRAIN_S:,} (a day)"
            )
        if self.hang_s and self.hang_s < SHORTEST_HANG_S:
            raise ValueError(
                f"executor.hang_s is {self.hang_s:g}; at least {SHORTEST_HANG_S:g} seconds, so that "
                "healthy workers are not taken for hung ones, or 0 for never"
            )


LONGEST_DRAIN_S = 86_400


@dataclass
class DebugConfig:
    """What to show of the inside."""

    log_level: str = "WARNING"
    """DEBUG, INFO, WARNING or ERROR, on standard error. What goes on is told on standard output anyway."""

    def __post_init__(self) -> None:
        if self.log_level not in LOG_LEVELS:
            raise ValueError(f"debug.log_level is {self.log_level!r}; choose one of {LOG_LEVELS}")


@dataclass
class ReportConfig:
    """What is drawn beside the results."""

    replays: bool = True
    """Of each best response a win, a loss and the longest battle of its measurement, to watch. Where the game can; needs Node."""


@dataclass
class Config:
    """Everything a run is told."""

    name: str = "psro"
    """Of the run: runs/<name>/seed_<seed>."""
    seed: int = 0
    """Every random number of the run is keyed by it."""
    runs_directory: str = "runs"
    """Where runs lie."""
    game: Any = None
    """Schema by game.name: see wiring.GAMES."""
    oracle: Any = None
    """Schema by oracle.name: see wiring.ORACLES."""
    population: PopulationConfig = field(default_factory=PopulationConfig)
    psro: PSROConfig = field(default_factory=PSROConfig)
    tournament: TournamentConfig = field(default_factory=TournamentConfig)
    certificate: CertificateConfig = field(default_factory=CertificateConfig)
    replay_data: ReplayDataConfig | None = None
    """Recorded battles from outside; null: none."""
    meta_solver: Any = field(default_factory=NashSolver)
    """What turns the interaction matrix into σ; schema by meta_solver.name: see wiring.META_SOLVERS."""
    executor: ExecutorConfig = field(default_factory=ExecutorConfig)
    debug: DebugConfig = field(default_factory=DebugConfig)
    report: ReportConfig = field(default_factory=ReportConfig)

    def __post_init__(self) -> None:
        if not self.runs_directory:
            raise ValueError("runs_directory is empty; the folder where runs lie, `.` for this one")
        parts = Path(self.name).parts
        if not parts or ".." in parts or Path(self.name).is_absolute():
            raise ValueError(
                f"name is {self.name!r}; the name of a folder below runs_directory, which says where runs lie"
            )


OPERATIONAL_SECTIONS = frozenset({"name", "runs_directory", "executor", "debug", "report"})
"""May change on resume; fields elsewhere may say so in their metadata."""

Schemas = Mapping[str, Mapping[str, type]]
"""Section → name → its dataclass."""


def parse_config(composed: DictConfig | dict[str, Any], schemas: Schemas) -> Config:
    """The typed config. Raises UserError naming the key, what is wrong and the choices."""
    created = OmegaConf.create(composed)
    if missing := sorted(OmegaConf.missing_keys(created)):
        raise UserError(f"config: {missing[0]} has no default here: give {missing[0]}=<value>")
    plain = OmegaConf.to_container(created, resolve=True)
    assert isinstance(plain, dict)
    raw = {str(key): value for key, value in plain.items()}
    chosen = {section: raw.pop(section, None) for section in schemas}
    config: Config = typed(Config, raw, "")
    for section, choices in schemas.items():
        if chosen[section] is not None or getattr(config, section) is None:
            setattr(config, section, _chosen(section, chosen[section], choices))
    return config


def to_plain(config: Config) -> dict[str, Any]:
    """Nested dicts, lists and scalars; `parse_config` reads them back equal."""
    return asdict(config)


def semantic_fields(config: Config) -> dict[str, Any]:
    """Dotted key → value of every field that results depend on: what the config hash covers."""
    flat: dict[str, Any] = {}
    for entry in fields(config):
        # An optional section that is not taken leaves no trace: runs from before there was one go on.
        taken = getattr(config, entry.name) is not None
        if taken and entry.name not in OPERATIONAL_SECTIONS:
            _flatten(entry.name, getattr(config, entry.name), flat)
    return flat


def _flatten(key: str, value: Any, flat: dict[str, Any]) -> None:
    if is_dataclass(value) and not isinstance(value, type):
        for entry in fields(value):
            if not entry.metadata.get("operational"):
                _flatten(f"{key}.{entry.name}", getattr(value, entry.name), flat)
    elif isinstance(value, dict) and value:
        flat[f"{key}.names"] = list(value)  # their order is that of the population
        for name, item in value.items():
            _flatten(f"{key}.{name}", item, flat)
    elif isinstance(value, list) and value and all(is_dataclass(item) for item in value):
        flat[f"{key}.names"] = [item.name for item in value]
        for item in value:
            _flatten(f"{key}.{item.name}", item, flat)
    else:
        flat[key] = value


def _chosen(section: str, value: Any, choices: Mapping[str, type]) -> Any:
    if not isinstance(value, dict) or "name" not in value:
        raise UserError(
            f"config: no {section} was chosen; give +experiment=<name>, or {section}=<one of "
            f"{', '.join(sorted(choices))}>"
        )
    name = value["name"]
    if name not in choices:
        raise UserError(
            f"config: {section}.name is {name!r}; choose one of {', '.join(sorted(choices))}"
        )
    return typed(choices[name], value, f"{section}.")


def typed(schema: type, value: dict[str, Any], prefix: str) -> Any:
    """`value` as `schema`; every key must be a field of it, of the field's type."""
    _refuse_unknown(schema, value, prefix)
    try:
        return OmegaConf.to_object(OmegaConf.merge(OmegaConf.structured(schema), value))
    except OmegaConfBaseException as error:
        reason = (str(error.msg or error).splitlines() or ["?"])[0]
        raise UserError(f"config: {prefix}{error.full_key or ''}: {reason}") from error
    except (ValueError, TypeError) as error:
        raise UserError(f"config: {error}") from error


def _refuse_unknown(schema: type, value: dict[str, Any], prefix: str) -> None:
    known = {entry.name: entry for entry in fields(schema)}
    for key, item in value.items():
        if key not in known:
            raise unknown_key(prefix, key, known)
        nested = known[key].type
        if isinstance(nested, type) and is_dataclass(nested) and isinstance(item, dict):
            _refuse_unknown(nested, item, f"{prefix}{key}.")


def unknown_key(
    prefix: str, key: str, known: Iterable[str], elsewhere: Sequence[str] = ()
) -> UserError:
    """The error for a key that is none of `known` below `prefix` ("psro."), with the nearest that is one.

    `elsewhere`: whole keys that end in this one. At the root the group `experiment` is a choice too.
    """
    known = sorted(known)
    near = get_close_matches(key, known if prefix else [*known, "experiment"], n=1)
    meant = [f"{prefix}{near[0]}"] if near else list(elsewhere[:1])
    if not prefix and near == ["experiment"]:
        meant = ["+experiment=<name>"]
    hint = f"; did you mean {meant[0]}?" if meant else "."
    return UserError(f"config: no key {prefix}{key}{hint} There are: {', '.join(known)}")


def unknown_choice(key: str, value: str, choices: Sequence[str]) -> UserError:
    """The error for a `value` of `key` that is none of `choices`."""
    return UserError(
        f"config: {key}: no {value!r}; choose one of: {', '.join(choices) or '(none)'}"
    )
