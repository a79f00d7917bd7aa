"""The persisted state machine: manifest, journal, units, executors; generic over any phase enum.

What others use (import from the module named; all of it is documented there):

    compiled    Compiler(name, sources).kernel(signature) · rule: by numba, cached by the hash of the sources
    errors      UserError(one line) · Preempted · UnitError(unit_key, message)
    exit_codes  DONE 0 · INTERNAL_ERROR 1 · USER_ERROR 2 · PREEMPTED 75 · exit_code_for(error) -> int
    seeds       seed_from(*parts: str | int) -> int · rng_from(*parts) -> numpy Generator
    durable     atomic_write(path, data) · sha256_of(path)
    canonical   canonical_json(value) -> str · digest(value) -> str
    signals     StopFlag(): install/uninstall or `with`; is_set() · is_urgent · reason · set(reason)
                · raise_if_set() · seconds_since · exit_within_s
    units       Unit(key, kind, payload, result) · UnitOutput(main: bytes, side_files: tuple[str, ...])
                · Progress(done, total, label, metrics)
                · protocols WorkerContext, WorkerFactory, ProgressSink, StopSignal
    executors   SerialExecutor(directory, factory, config_payload)
                ProcessExecutor(directory, factory, config_payload, num_workers, drain_s, hang_s)
                both: alone_hint; close()
                executors.slurm.executor: SlurmExecutor(..., config: SlurmConfig, inner, stamp), on many machines
    incidents   read_incidents(directory): workers that died or hung, over all of a run · in_words
    failed_unit read_failed_unit(directory): the unit that a run stopped at
    position    Position(phase, iteration=0, round=0)
    run         Run: .directory .position .stop · execute(units, label) -> {key: Path}
                · commit(relative, data, replace=False) -> Path · read(relative) -> bytes
                · verified(relative) -> Path · committed(relative) -> bool · path(relative) -> Path
                · committed_files() · release(paths, tell)
    engine      Algorithm(name, start, terminal, handlers: {phase: run -> Position}, reopen=None,
                          tidy=None, reads)
                RunSpec(directory, config, code_version, versions, extendable, initial_files)
                Machine(algorithm, spec, executor, stop, listeners).run() -> Position
    events      RunListener: on_start on_phase on_units on_progress on_worker_death on_commit
                on_boundary on_stop
    manifest    Manifest.load(directory) · raised_keys(old, new, extendable) · schema: its versions
    environment here(packages) -> {name: value}: what bits may depend on
    recovery    last_good_state: when manifest and journal do not fit · repair: damaged files again
    journal     Journal · JournalRecord(artifacts, position, unit, released)      lock  RunLock(directory)

The way to drive it:

    def make_context(payload) -> WorkerContext: ...            # module level: it is pickled
    executor = ProcessExecutor(directory, make_context, payload, num_workers=2)
    try:
        with StopFlag() as stop:
            Machine(algorithm, spec, executor, stop, [listener]).run()
    finally:
        executor.close()

A handler plans units, executes them, reads the results, commits what it derives, and returns the
next position. It may be killed anywhere and then starts again, so it must be a pure function of
config, committed files and `run.position`:

    def tournament(run):
        results = run.execute([Unit("t0/a-b", "matchup", {...}, "iteration_0/matchups/a-b.json")],
                              "matchups")
        run.commit("iteration_0/matrix.json", derive(results))
        return Position(Phase.SOLVE, run.position.iteration)

Unit payloads are small, JSON-able, hold relative paths, and nothing operational (workers, device):
they are stored in the journal and compared on resume.
"""
