"""What is known of a response and of a run, gathered from committed files."""

from typing import Any

import orjson

from psro.machine.run import Run
from psro.metagame.exploitability import headlines_of_looks
from psro.metagame.hindsight import in_hindsight
from psro.metagame.payoffs import PayoffTable
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
    """psro_summary.json: one row per iteration, every certificate, how exploitable each σ is known to be.

    `certificate` is the last of `certificates`; a run that was extended has more than one.
    """
    iterations = [
        orjson.loads(run.read(f"{layout.iteration(index)}/iteration_summary.json"))
        for index in range(num_iterations + 1)
    ]
    paths = {
        index: f"{layout.certificate(index)}/certificate.json"
        for index in range(num_iterations + 1)
    }
    certificates = {
        index: orjson.loads(run.read(path)) for index, path in paths.items() if run.committed(path)
    }
    return {
        "game": bench.game.name,
        "seed": bench.settings.seed,
        "num_iterations": num_iterations,
        "iterations": iterations,
        "certificate": certificates[num_iterations] if bench.settings.certificate.enabled else None,
        "certificates": list(certificates.values()),
        "exploitability": _exploitability(run, iterations, certificates),
    }


def _exploitability(
    run: Run[Any], iterations: list[dict[str, Any]], certificates: dict[int, dict[str, Any]]
) -> list[dict[str, Any]]:
    """The headline of every σ that a response was trained against, over all that are known.

    They are the looks at the next iteration's response and those at the certificate's, and those of an equal σ.
    `later_members` says what the best of the policies that joined after it gains; null where none did.
    """
    measured = {}
    for index in range(len(iterations)):
        looks: list[dict[str, Any]] = []
        if index + 1 < len(iterations):
            num_rounds = iterations[index + 1]["response"]["rounds"]
            looks += measure.read_last(run, response.of_iteration(index + 1), num_rounds)["looks"]
        if index in certificates:
            looks += certificates[index]["looks"]
        measured[index] = looks, response.meta_strategy(run, layout.iteration(index))
    last = layout.iteration(len(iterations) - 1)
    table = PayoffTable.from_json(orjson.loads(run.read(f"{last}/interaction_matrix.json")))
    rows = []
    for index, headline in headlines_of_looks(measured).items():
        sigma = measured[index][1]
        later = [name for name in table.population.names if name not in sigma]
        known = in_hindsight(table, sigma, later)
        extra = {"later_members": known.to_json() if known else None}
        rows.append({"iteration": index, **headline.to_json(), **extra})
    return rows
