"""PSRO as a table of phases (Lanctot et al. 2017, algorithm 1), its oracle offline and in rounds.

BOOTSTRAP → TOURNAMENT → SOLVE →
  ( ( COLLECT → TRAIN → SELECT ) × rounds → MEASURE → TOURNAMENT → SOLVE ) × iterations
  → CERTIFY → REPORT → DONE
"""

from collections.abc import Callable
from enum import Enum
from pathlib import Path
from typing import Any

import orjson

from psro.machine.engine import Algorithm
from psro.machine.position import Position
from psro.machine.run import Run
from psro.metagame.nash import MetaSolver
from psro.metagame.population import Population
from psro.phases import measure, prune, response, rounds, select, solve, summary, tournament, train
from psro.phases.bootstrap import bootstrap, founding_population
from psro.phases.certify import certify
from psro.phases.workbench import Workbench


class Phase(Enum):
    """The states of PSRO."""

    BOOTSTRAP = "bootstrap"
    TOURNAMENT = "tournament"
    SOLVE = "solve"
    COLLECT = "collect"
    TRAIN = "train"
    SELECT = "select"
    MEASURE = "measure"
    CERTIFY = "certify"
    REPORT = "report"
    DONE = "done"


At = Position[Phase]
WriteReport = Callable[[Path], object]
"""Draws report/ from the files of a run directory."""


class PSRO:
    """What each phase does and where it goes next."""

    def __init__(self, bench: Workbench, solver: MetaSolver, write_report: WriteReport):
        self.bench = bench
        self.solver = solver
        self.write_report = write_report
        self.config = bench.settings.psro

    def algorithm(self) -> Algorithm[Phase]:
        """The table."""
        return Algorithm(
            name="psro",
            start=At(Phase.BOOTSTRAP),
            terminal=Phase.DONE,
            handlers={
                Phase.BOOTSTRAP: self._bootstrap,
                Phase.TOURNAMENT: self._tournament,
                Phase.SOLVE: self._solve,
                Phase.COLLECT: self._collect,
                Phase.TRAIN: self._train,
                Phase.SELECT: self._select,
                Phase.MEASURE: self._measure,
                Phase.CERTIFY: self._certify,
                Phase.REPORT: self._report,
            },
            reopen=self._reopen,
            tidy=self._tidy,
            reads=train.reads,
        )

    def _bootstrap(self, run: Run[Phase]) -> At:
        bootstrap(run, self.bench)
        return At(Phase.TOURNAMENT)

    def _tournament(self, run: Run[Phase]) -> At:
        iteration = run.position.iteration
        population = self._population(run, iteration)
        tournament.play(run, self.bench, self.solver, population, iteration)
        return At(Phase.SOLVE, iteration, run.position.round)

    def _solve(self, run: Run[Phase]) -> At:
        iteration, round_index = run.position.iteration, run.position.round
        about: dict[str, Any] = {}
        converged = False
        if iteration > 0:
            about = summary.of_response(run, self.bench, iteration, round_index)
            converged = self.config.on_no_gain == "stop" and not about["response"]["satisfies"]
            about["converged"] = converged
        population = self._population(run, iteration)
        solve.solve(run, self.bench, self.solver, population, iteration, about)
        if iteration < self.config.num_iterations and not converged:
            return At(Phase.COLLECT, iteration + 1, 0)
        if self.bench.settings.certificate.enabled:
            return At(Phase.CERTIFY, iteration)
        return At(Phase.REPORT, iteration)

    def _collect(self, run: Run[Phase]) -> At:
        at = run.position
        rounds.collect_round(run, self.bench, [response.of_iteration(at.iteration)], at.round)
        return At(Phase.TRAIN, at.iteration, at.round)

    def _train(self, run: Run[Phase]) -> At:
        at = run.position
        rounds.train_round(run, self.bench, [response.of_iteration(at.iteration)], at.round)
        return At(Phase.SELECT, at.iteration, at.round)

    def _select(self, run: Run[Phase]) -> At:
        at = run.position
        select.select(run, self.bench, [response.of_iteration(at.iteration)], at.round)
        last = self.config.rounds - 1
        if at.round == last or at.round == last + self.config.extra_rounds:
            return At(Phase.MEASURE, at.iteration, at.round)
        return At(Phase.COLLECT, at.iteration, at.round + 1)

    def _measure(self, run: Run[Phase]) -> At:
        at = run.position
        task = response.of_iteration(at.iteration)
        (measured,) = measure.measure(
            run, self.bench, [task], at.round, self.config.measure_battles
        )
        chosen = measured.selected
        may_train_more = (
            self.config.on_no_gain == "train_more"
            and at.round < self.config.rounds - 1 + self.config.extra_rounds
        )
        if not measured.satisfies and may_train_more:
            return At(Phase.COLLECT, at.iteration, at.round + 1)
        provenance = {
            "iteration": at.iteration,
            "rounds": at.round + 1,
            "round": chosen.round,
            "candidate": chosen.label,
            "trained_against": f"{task.basis}/meta_strategy.json",
        }
        response.copy_policy(run, chosen.directory, task.name, provenance)
        return At(Phase.TOURNAMENT, at.iteration, at.round)

    def _certify(self, run: Run[Phase]) -> At:
        certify(run, self.bench, run.position.iteration)
        return At(Phase.REPORT, run.position.iteration)

    def _report(self, run: Run[Phase]) -> At:
        iteration = run.position.iteration
        data = summary.of_run(run, self.bench, iteration)
        run.commit(
            "psro_summary.json", orjson.dumps(data, option=orjson.OPT_INDENT_2), replace=True
        )
        self.write_report(run.directory)
        return At(Phase.DONE, iteration)

    def _reopen(self, reached: At) -> At | None:
        """A finished run whose psro.num_iterations was raised goes on after its last iteration."""
        finished = reached.phase in (Phase.CERTIFY, Phase.REPORT, Phase.DONE)
        if finished and reached.iteration < self.config.num_iterations:
            return At(Phase.COLLECT, reached.iteration + 1, 0)
        return None

    def _tidy(self, run: Run[Phase]) -> None:
        """Releases the shards that no phase from here on reads, if the config says so."""
        if self.config.shards == "prune":
            at = run.position
            ends = at.phase in (Phase.CERTIFY, Phase.REPORT, Phase.DONE)
            over = prune.Over(
                founding=at.phase is not Phase.BOOTSTRAP,
                iterations=at.iteration if ends else at.iteration - 1,
                certificates=at.iteration
                if ends and at.phase is not Phase.CERTIFY
                else at.iteration - 1,
            )
            prune.prune(run, over, keeps_replay=self.config.replay_weight > 0)

    def _population(self, run: Run[Phase], iteration: int) -> Population:
        """Π with this iteration's response in it."""
        if iteration == 0:
            return founding_population(self.bench)
        before = response.population(run, response.of_iteration(iteration).basis)
        name = response.of_iteration(iteration).name
        return before.append(name, "best_response", iteration)
