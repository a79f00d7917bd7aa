"""The machine: drives an algorithm from phase to phase, through kills and restarts, to its end."""

import functools
import logging
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Generic

from psro.machine import faults, manifest
from psro.machine.canonical import as_json
from psro.machine.durable import sweep_temporaries
from psro.machine.errors import Preempted, UserError
from psro.machine.events import RunListener
from psro.machine.executors.protocol import Executor
from psro.machine.identity import Identity
from psro.machine.journal import Journal
from psro.machine.lock import LockLost, RunLock
from psro.machine.manifest import CODE, Environment, Manifest, Transition, raised_keys
from psro.machine.position import PhaseT, Position
from psro.machine.recovery import GoodState, last_good_state, require_no_lost_end
from psro.machine.repair import repair
from psro.machine.run import Reads, Run, reads_nothing
from psro.machine.signals import StopFlag

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Algorithm(Generic[PhaseT]):
    """A table of phases.

    start, terminal: where a run begins, and the phase in which it is over.
    handlers: what each phase but the terminal one does; it returns where to go next. A handler
        may be killed anywhere and is then called again from its beginning, so it must be a pure
        function of config, committed files and `run.position`.
    reopen: called when a run goes on with raised extendable config keys, with the position
        reached; returns the position to go on from, or None to go on from where it is.
    tidy: called before each phase, and when a run that is done is started again; it may `release` what no phase
        from `run.position` on reads. It changes no result: only what is kept.
    reads: which files of other units a unit reads, as far as `tidy` may release them.
    """

    name: str
    start: Position[PhaseT]
    terminal: PhaseT
    handlers: Mapping[PhaseT, Callable[[Run[PhaseT]], Position[PhaseT]]]
    reopen: Callable[[Position[PhaseT]], Position[PhaseT] | None] | None = None
    tidy: Callable[[Run[PhaseT]], None] | None = None
    reads: Reads = reads_nothing

    def __post_init__(self) -> None:
        phases = set(self.phases)
        if set(self.handlers) != phases - {self.terminal}:
            names = sorted(p.name for p in (phases - {self.terminal}) ^ set(self.handlers))
            raise ValueError(f"{self.name}: every phase but the terminal one has one handler: "
                             f"{names}")  # fmt: skip

    @property
    def phases(self) -> type[PhaseT]:
        """The enum of the phases."""
        return type(self.terminal)


@dataclass(frozen=True)
class RunSpec:
    """What a run is.

    config: the semantic fields, flat ({"oracle.num_epochs": 3}), JSON-able values.
    extendable: keys of it whose number may be raised later.
    versions: what bits may depend on besides config and code: of Python and libraries, the
    processor, the device. initial_files: {relative path: bytes} committed first (config.yaml), and
    again, replaced, when the run is extended. anew: what another run is told apart by, in messages.
    """

    directory: Path
    config: Mapping[str, Any]
    code_version: str
    versions: Mapping[str, str]
    extendable: frozenset[str] = frozenset()
    initial_files: Mapping[str, bytes] = field(default_factory=dict)
    anew: str = "another name or seed"

    @property
    def environment(self) -> Environment:
        """The versions, the code's among them."""
        return {**self.versions, CODE: self.code_version}


class Machine(Generic[PhaseT]):
    """Drives one run; `Machine(...).run()`. The caller closes the executor."""

    def __init__(
        self,
        algorithm: Algorithm[PhaseT],
        spec: RunSpec,
        executor: Executor,
        stop: StopFlag,
        listeners: Sequence[RunListener] = (),
    ) -> None:
        self._algorithm = algorithm
        self._spec = spec
        self._executor = executor
        self._stop = stop
        self._listeners = tuple(listeners)
        self._identity = Identity.of_this_process()
        self._lock = RunLock(spec.directory, self._identity)

    def run(self) -> Position[PhaseT]:
        """Start the run, or go on from where it is, to its end.

        Returns: the terminal position; at once if the run is done already.
        Raises: Preempted at a safe point after a stop; UserError; UnitError; whatever a handler
        raises. The run can be resumed after each of them.
        """
        with self._lock:
            if num_swept := sweep_temporaries(self._spec.directory):
                logger.info("deleted %d half-written files of a killed process", num_swept)
            journal = Journal(self._spec.directory, self._lock.require_held)
            try:
                good = last_good_state(self._spec.directory, journal, self._spec.extendable)
                before = good.manifest
                state, note = self._fresh() if before is None else self._resumed(before, good)
                # Only now: a start that refuses changes nothing.
                if good.warning:
                    logger.warning("%s", good.warning)
                journal.mend()
                return self._drive(state, journal, before, note, good.note)
            finally:
                journal.close()

    def _fresh(self) -> tuple[Manifest, str]:
        state = Manifest(
            run_id=uuid.uuid4().hex[:12],
            algorithm=self._algorithm.name,
            environments=(self._spec.environment,),
            config=as_json(dict(self._spec.config)),
            position=self._algorithm.start.to_json(),
            status=manifest.RUNNING,
        )
        return state, f"fresh start at {self._algorithm.start}"

    def _resumed(self, before: Manifest, good: GoodState) -> tuple[Manifest, str]:
        """The state to go on with, after everything that could forbid it was checked."""
        spec, algorithm = self._spec, self._algorithm
        if before.algorithm != algorithm.name:
            raise UserError(
                f"{spec.directory} is a run of algorithm {before.algorithm!r}, not "
                f"{algorithm.name!r}: go on with that one, or choose another run name"
            )
        raised = raised_keys(before.config, spec.config, spec.extendable, spec.anew)
        position = Position.from_json(before.position, algorithm.phases)
        note = f"going on from {position}"
        changed = self._changed(before)
        if changed and (raised or position.phase is not algorithm.terminal):
            logger.warning(
                "going on elsewhere than where this run was: %s. Bits may differ from here on",
                "; ".join(changed),
            )
            note += "".join(f"; {change}" for change in changed)
        if raised:
            require_no_lost_end(spec.directory, good, algorithm.phases, algorithm.reopen)
            note += "; extended: " + ", ".join(f"{k} {a} -> {b}" for k, (a, b) in raised.items())
            again = algorithm.reopen(position) if algorithm.reopen else None
            if again is not None:
                position = again
                note += f"; reopened at {position}"
            elif position.phase is algorithm.terminal and algorithm.reopen is None:
                raise UserError(
                    f"{spec.directory} is done and {algorithm.name} cannot be extended: choose "
                    "another run name"
                )
        elif position.phase is algorithm.terminal:
            note = "this run is done already; raise " + (
                f"{' or '.join(sorted(spec.extendable))} to extend it, or choose"
                if spec.extendable
                else "nothing, but choose"
            ) + f" {spec.anew} for a new one"  # fmt: skip
        state = replace(
            before.moved_to(spec.environment),
            config=as_json(dict(spec.config)),
            position=position.to_json(),
            status=manifest.DONE if position.phase is algorithm.terminal else manifest.RUNNING,
        )
        return state, note

    def _changed(self, before: Manifest) -> list[str]:
        """What of the environment is not as it was, each in words; not what nobody noted then."""
        old, new = before.environments[before.environment], self._spec.environment
        return [
            f"{name} {value} -> {new.get(name, '(none)')}"
            for name, value in sorted(old.items())
            if value != new.get(name)
        ]

    def _from_elsewhere(self, state: Manifest, journal: Journal) -> frozenset[str]:
        """What the driver has committed since the last boundary, if the run has moved since then."""
        boundary = (state.journal, None)  # None: schema version 1 did not say
        since = {entry.environment for entry in state.history if entry.journal in boundary}
        if since <= {state.environment}:
            return frozenset()
        return journal.paths_of_driver_since(state.journal)

    def _drive(
        self,
        state: Manifest,
        journal: Journal,
        before: Manifest | None,
        note: str,
        recovered: str,
    ) -> Position[PhaseT]:
        terminal = self._algorithm.terminal
        position = Position.from_json(state.position, self._algorithm.phases)
        make_run = functools.partial(
            Run,
            self._spec.directory,
            position,
            journal,
            self._executor,
            self._stop,
            reads=self._algorithm.reads,
        )
        # Before the listeners hear anything: they read committed files.
        repaired = repair(
            make_run(repairs=True), journal, self._algorithm.handlers, self._spec.initial_files
        )
        note += f"; {recovered}" if recovered else ""
        note += f"; damaged and computed again: {repaired}" if repaired else ""
        is_done = (
            before is not None and position.phase is terminal and state.config == before.config
        )
        if is_done:
            self._tidy(make_run())
            # They read the manifest, too.
            if recovered or repaired:
                state = self._save(state, note)
        run = make_run(self._listeners, self._from_elsewhere(state, journal))
        logger.info("%s: %s", self._spec.directory, note)
        run.emit(lambda to: to.on_start(position, before is not None, note))
        if is_done:
            return position
        if before is None:
            state = self._save(state, note)
            self._commit_initial_files(run, replace_them=False)
        else:
            # The other way round: a kill in between is then an extension that starts again.
            self._commit_initial_files(run, replace_them=before.config != state.config)
            state = self._save(state, note)
        try:
            while run.position.phase is not terminal:
                self._stop.raise_if_set()
                state = self._step(run, state, journal)
        except Preempted as stopped:
            self._end(run, state, manifest.PREEMPTED, f"stopped by {stopped}")
            raise
        except Exception as error:
            first_line = (str(error).splitlines() or [""])[0]
            self._end(run, state, manifest.FAILED, f"{type(error).__name__}: {first_line}", error)
            raise
        run.emit(lambda to: to.on_stop(run.position, manifest.DONE, "done"))
        return run.position

    def _commit_initial_files(self, run: Run[PhaseT], replace_them: bool) -> None:
        for relative, data in self._spec.initial_files.items():
            if replace_them or not run.committed(relative):
                run.commit(relative, data, replace=replace_them)

    def _step(self, run: Run[PhaseT], state: Manifest, journal: Journal) -> Manifest:
        finished = run.position
        run.emit(lambda to: to.on_phase(finished))
        self._tidy(run)
        following = self._algorithm.handlers[finished.phase](run)
        if not isinstance(following, Position):
            raise TypeError(f"the handler of {finished} returned {following!r}, not a Position")
        done = following.phase is self._algorithm.terminal
        faults.point("boundary.before")
        state = self._save(
            replace(
                state,
                position=following.to_json(),
                journal=journal.mark,
                status=manifest.DONE if done else manifest.RUNNING,
            ),
            f"finished {finished}",
        )
        faults.point("boundary.after")
        run.position = following
        run.emit(lambda to: to.on_boundary(finished, following))
        return state

    def _tidy(self, run: Run[PhaseT]) -> None:
        if self._algorithm.tidy is not None:
            self._algorithm.tidy(run)

    def _save(self, state: Manifest, note: str) -> Manifest:
        self._lock.require_held()
        me = self._identity
        entry = Transition(
            time=datetime.now(UTC).isoformat(timespec="seconds"),
            host=me.host,
            pid=me.pid,
            job_id=me.job_id,
            restart_count=me.restart_count,
            position=dict(state.position),
            note=note,
            environment=state.environment,
            config_hash=state.config_hash,
            journal=state.journal,
        )
        state = replace(state, history=(*state.history, entry))
        state.save(self._spec.directory)
        return state

    def _end(
        self,
        run: Run[PhaseT],
        state: Manifest,
        status: str,
        note: str,
        reason: Exception | None = None,
    ) -> None:
        """Note how this process ended; the run's own error matters more than a failing note or view."""
        try:
            if not isinstance(reason, LockLost):
                self._save(replace(state, status=status), note)
        except (OSError, UserError) as error:
            # One full disk is said once.
            same = reason is not None and _errno(reason) == _errno(error) is not None
            level = logging.DEBUG if same else logging.WARNING
            logger.log(level, "could not note %r in the manifest: %s", status, error)
        for listener in self._listeners:
            try:
                listener.on_stop(run.position, status, note)
            except Exception:
                logger.exception("%s failed at the stop of the run", type(listener).__name__)


def _errno(error: BaseException | None) -> int | None:
    """What the system said, if an error of the system is at the bottom of `error`."""
    while error is not None and not isinstance(error, OSError):
        error = error.__cause__
    return error.errno if error is not None else None
