"""What fresh responses to one σ gain, each and the largest of them, and what they cost: the result of an exploitation, and the
certificate's."""

from collections.abc import Sequence
from typing import Any

from psro.machine.run import Run
from psro.metagame.exploitability import headline_of_looks
from psro.phases import curve, measure, response
from psro.phases.response import Response
from psro.phases.workbench import Workbench


def gains_of(
    run: Run[Any], bench: Workbench, responses: Sequence[Response], num_rounds: int
) -> dict[str, Any]:
    """After MEASURE of round `num_rounds`. The headline's interval is simultaneous over all responses (and all looks at them)."""
    sigma = response.meta_strategy(run, responses[0].basis)
    looks: list[dict[str, Any]] = []
    rows = []
    for task in responses:
        measured = measure.read_last(run, task, num_rounds)
        looks += measured["looks"]
        rows.append(
            {
                "name": task.name,
                "root": task.root,
                "start": task.start or bench.settings.psro.start,
                "started_from": response.start_of(run, task, bench.settings.psro),
                "selected": measured["looks"][-1]["selected"],
                "num_rounds": num_rounds,
                "num_battles": measured["looks"][-1]["budget"]["num_battles"],
                "num_updates": curve.num_updates(run, bench, task, num_rounds),
                "measured": measured["gain"],
                "curve": curve.read(run, task, num_rounds - 1),
            }
        )
    headline = headline_of_looks(looks, sigma)
    gains = headline.gains
    best = max(range(len(looks)), key=lambda place: gains[place][1].gain.estimate)
    return {
        "oracle": "learning" if bench.oracle.needs_data else "exact",
        "budget": {
            "num_exploiters": len(rows),
            "rounds": num_rounds,
            "battles_per_round": bench.settings.psro.collect.num_battles
            if bench.oracle.needs_data
            else 0,
            "num_battles": sum(row["num_battles"] for row in rows),
            "num_updates": sum(row["num_updates"] for row in rows),
        },
        "exploitability": headline.to_json(),
        "largest": {"name": looks[best]["name"], **gains[best][1].to_json()},
        "exploiters": rows,
        "looks": looks,
    }
