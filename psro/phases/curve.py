"""The learning curve of a response: what the best candidate so far gains, in battles of its own, against its budget.

Its points are measured after every round with teams and dice that neither training nor choosing saw, and that differ from
point to point. Their intervals are each point's own: the number to quote is MEASURE's.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import orjson

from psro.machine.run import Run
from psro.metagame.exploitability import KnownResponse, best_response_gain
from psro.phases import layout, matches, measure, response, select
from psro.phases.response import Response
from psro.phases.workbench import Workbench

START = 0
"""The point before the first round, where there is a policy to start from; point r + 1 is that after round r."""


def trace(
    run: Run[Any],
    bench: Workbench,
    responses: Sequence[Response],
    round_index: int,
    num_battles: int,
) -> None:
    """Measures the points that a round adds to each curve and commits curve_<round>.json: all points so far.

    num_battles: of each point; 0: there are no curves. None are played where the choice is the one before.
    """
    if not num_battles:
        return
    units = [
        unit
        for task in responses
        for point, directory in _new_points(run, bench, task, round_index).items()
        for unit in measure.plan(run, bench, task, "curve", point, directory, num_battles)
    ]
    run.execute(units, "learning curve")
    for task in responses:
        _commit(run, bench, task, round_index, num_battles)


def _commit(
    run: Run[Any], bench: Workbench, task: Response, round_index: int, num_battles: int
) -> None:
    points = [] if round_index == 0 else read(run, task, round_index - 1)
    selected = select.read(run, task, round_index)
    for point, directory in _new_points(run, bench, task, round_index).items():
        units = measure.plan(run, bench, task, "curve", point, directory, num_battles)
        tally = matches.read([run.read(unit.result) for unit in units])
        points.append(_point(run, bench, task, point, directory, tally))
    if points[-1]["round"] != round_index + 1:
        points.append({**points[-1], **_budget(run, bench, task, round_index + 1)})
    points[-1]["selected"] = {
        "label": selected.label,
        "round": selected.round,
        "score": selected.score,
    }
    run.commit(_path(task, round_index), orjson.dumps(points, option=orjson.OPT_INDENT_2))


def read(run: Run[Any], task: Response, round_index: int) -> list[dict[str, Any]]:
    """The points up to a round; none where none were wanted."""
    path = _path(task, round_index)
    if not run.committed(path):
        return []
    points: list[dict[str, Any]] = orjson.loads(run.read(path))
    return points


def num_updates(run: Run[Any], bench: Workbench, task: Response, num_rounds: int) -> int:
    """Optimizer steps of a response's trainings so far."""
    if not bench.oracle.needs_data:
        return 0
    return sum(
        orjson.loads(
            run.read(
                f"{layout.oracle(task.root, layout.round_group(index))}/{layout.TRAINING_CURVE}"
            )
        )["num_steps"]
        for index in range(num_rounds)
    )


def _new_points(
    run: Run[Any], bench: Workbench, task: Response, round_index: int
) -> dict[int, str]:
    """Point → the directory of the policy that is to be measured."""
    points = {}
    chosen = select.read(run, task, round_index).directory
    if round_index == 0:
        start = response.start_of(run, task, bench.settings.psro)
        if start is not None:
            points[START] = layout.policy(start)
        points[1] = chosen
    elif chosen != select.read(run, task, round_index - 1).directory:
        points[round_index + 1] = chosen
    return points


def _point(
    run: Run[Any],
    bench: Workbench,
    task: Response,
    point: int,
    directory: str,
    tally: matches.MatchTally,
) -> dict[str, Any]:
    sigma = response.meta_strategy(run, task.basis)
    look = {"name": task.name, "budget": {"words": ""}, "tally": tally.to_json()}
    known = KnownResponse.from_json(look, list(sigma))
    gain = best_response_gain(known.results, np.array(list(sigma.values())))
    return {
        **_budget(run, bench, task, point),
        "directory": directory,
        "num_failures": tally.num_failures,
        **gain.to_json(),
        "selected": None,
    }


def _budget(run: Run[Any], bench: Workbench, task: Response, num_rounds: int) -> dict[str, int]:
    return {
        "round": num_rounds,
        "num_battles_trained": measure.budget_of(bench, num_rounds)["num_battles"],
        "num_updates": num_updates(run, bench, task, num_rounds),
    }


def _path(task: Response, round_index: int) -> str:
    return f"{task.root}/curve_{round_index}.json"
