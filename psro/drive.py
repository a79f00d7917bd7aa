"""What front doors share: an algorithm driven by the machine, and what a run is made of."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from psro import report, wiring
from psro.config import Config, semantic_fields, to_plain
from psro.game.replays import Watchable
from psro.machine.engine import Algorithm, Machine, RunSpec
from psro.machine.events import RunListener
from psro.machine.position import PhaseT
from psro.machine.signals import StopFlag
from psro.phases.workbench import Workbench
from psro.report.samples import SampleListener, can_be_played_again


def drive(
    algorithm: Algorithm[PhaseT],
    config: Config,
    directory: Path,
    semantic: Mapping[str, Any],
    stop: StopFlag,
    listeners: Sequence[RunListener] = (),
    files: Mapping[str, bytes] | None = None,
    extendable: frozenset[str] = frozenset(),
    anew: str = "another name or seed",
) -> None:
    """Starts `algorithm` in `directory`, or goes on with it, to its end.

    config: says who runs the units, and workers are made from it. semantic: flat, what results depend on; `extendable` keys of it
    may be raised later. files: committed first. anew: what another run is told apart by, in messages. Raises what Machine.run raises.
    """
    spec = RunSpec(
        directory=directory,
        config=semantic,
        code_version=wiring.code_version(),
        versions=wiring.environment_of(config),
        extendable=extendable,
        initial_files=files or {},
        anew=anew,
    )
    executor = wiring.make_executor(config, directory)
    try:
        Machine(algorithm, spec, executor, stop, listeners).run()
    finally:
        executor.close()


def run_fields(config: Config, bench: Workbench) -> dict[str, Any]:
    """What a run of this config depends on, flat: its semantic fields, and what its game depends on beyond them."""
    fingerprint = {f"fingerprint.{k}": v for k, v in bench.game.fingerprint().items()}
    if bench.replay_data is not None:
        fingerprint["fingerprint.replay_data"] = bench.replay_data.digest
    return semantic_fields(config) | fingerprint


def run_files(config: Config) -> dict[str, bytes]:
    """What a run of this config begins with."""
    return {"config.yaml": yaml.safe_dump(to_plain(config), sort_keys=False).encode()}


def run_listeners(
    config: Config,
    bench: Workbench,
    stop: StopFlag,
    followers: Callable[[Path], list[RunListener]] | None = None,
) -> list[RunListener]:
    """Who tells and draws what becomes of the run in the workbench's directory: `followers` (report.listeners), and the maker of replays."""
    listeners = (followers or report.listeners)(bench.directory)
    watchable = isinstance(bench.game, Watchable) and can_be_played_again(semantic_fields(config))
    if config.report.replays and watchable:
        listeners.append(SampleListener(bench.directory, stop.is_set))
    return listeners
