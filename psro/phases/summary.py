"""What is known of a response and of a run, gathered from committed files."""

from typing import Any

import orjson

from psro.machine.run import Run
from psro.phases import layout, measure, response, rounds
from psro.phases.workbench import Workbench


def of_response(
    run: Run[Any], bench: Workbench, iteration: int, round_index: int
) -> dict[str, Any]:
    """The part of iteration_summary.json about the iteration's response."""
    task = response.of_iteration(iteration)
    measured = measure.read_last(run, task, round_index + 1)
    sigma = response.meta_strategy(run, task.basis)
    return {
        "response": {
            "name": task.name,
            "start": response.start_of(run, task, bench.settings.psro),
            "rounds": round_index + 1,
            "selected": measured["looks"][-1]["selected"],
            "budget": measured["looks"][-1]["budget"],
            "beats_sigma": measured["beats_sigma"],
            "satisfies": measured["satisfies"],
            "best_response_gain": measured["gain"],
            "tally": measured["looks"][-1]["tally"],
            "num_measurements": len(measured["looks"]),
        },
        "trained_against": {
            "iteration": iteration - 1,
            "meta_strategy": sigma,
            "opponent_mix": response.opponent_mix(sigma, bench.settings.psro.opponent_epsilon),
            "exploitability": measured["exploitability"],
        },
        "opponents_met": rounds.opponents_met(run, bench, task, round_index + 1),
    }


def of_run(run: Run[Any], bench: Workbench, num_iterations: int) -> dict[str, Any]:
    """psro_summary.json: one row per iteration, and the certificate."""
    iterations = [
        orjson.loads(run.read(f"{layout.iteration(index)}/iteration_summary.json"))
        for index in range(num_iterations + 1)
    ]
    certificate = None
    if bench.settings.certificate.enabled:
        root = response.of_certificate(num_iterations).root
        certificate = orjson.loads(run.read(f"{root}/certificate.json"))
    return {
        "game": bench.game.name,
        "seed": bench.settings.seed,
        "num_iterations": num_iterations,
        "iterations": iterations,
        "certificate": certificate,
    }
