"""What the report says in sentences of σ: only what holds for the solver that chose it."""

from dataclasses import replace

import numpy as np

from psro.metagame.nash import NashSolver
from psro.report.charts.meta_game import sigma_weights
from psro.report.findings import findings_of
from psro.report.result import NASH, result_sentences


def test_a_sigma_that_is_no_equilibrium_is_not_said_to_be_one(finished_run):
    findings = findings_of(finished_run)
    assert "no single one of them beats" in result_sentences(findings)[0]
    assert "only equilibrium" in sigma_weights(findings.last).caption
    measure = findings.last.analysis["restricted_exploitability"] | {"plug_in": 0.004}
    analysis = findings.last.analysis | {
        "solver": "robust_nash/0",
        "restricted_exploitability": measure,
    }
    last = replace(findings.last, analysis=analysis)
    record = replace(findings.record, iterations=(*findings.record.iterations[:-1], last))
    assert "no single one" not in result_sentences(replace(findings, record=record))[0]
    caption = sigma_weights(last).caption
    assert "no equilibrium of these very win rates" in caption
    assert "robust_nash/0" in caption
    assert "only equilibrium" not in caption


def test_the_solver_whose_sigma_nobody_beats_is_known_by_its_description():
    assert NashSolver().solve(np.full((2, 2), 0.5)).solver.startswith(NASH)
