"""SELECT: every candidate of the round plays σ head to head; the best so far is kept.

Loss is no guide to which checkpoint is best (DESIGN.md); the candidates of one response meet the
same opponents with the same teams and dice, so their differences are paired.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from psro.machine.run import Run
from psro.machine.units import Unit
from psro.phases import matches
from psro.phases.matches import Match
from psro.phases.response import Response, candidates, meta_strategy, support
from psro.phases.workbench import Workbench


@dataclass(frozen=True)
class Selected:
    """The best candidate so far."""

    label: str
    round: int
    directory: str
    score: float
    """Against σ, on the selection battles: biased upwards by the choice; MEASURE plays fresh ones."""


def select(
    run: Run[Any], bench: Workbench, responses: Sequence[Response], round_index: int
) -> None:
    """Plays the round's candidates of each and commits selection_<round>.json."""
    plans = [plan(run, bench, response, round_index) for response in responses]
    run.execute([unit for each in plans for units in each.values() for unit in units], "select")
    for response, planned in zip(responses, plans, strict=True):
        _choose(run, response, round_index, planned)


def _choose(
    run: Run[Any], response: Response, round_index: int, plans: dict[str, list[Unit]]
) -> None:
    sigma = support(meta_strategy(run, response.basis))
    rows: list[dict[str, Any]] = []
    for candidate in candidates(run, response, round_index):
        tally = matches.read([run.read(unit.result) for unit in plans[candidate.label]])
        rows.append(
            {
                "label": candidate.label,
                "round": round_index,
                "directory": candidate.directory,
                "score": tally.score_against(sigma),
                "tally": tally.to_json(),
            }
        )
    earlier = [] if round_index == 0 else _rows(run, response, round_index - 1)
    every = earlier + rows
    best = max(every, key=lambda row: (row["score"], row["round"]))
    data = {"candidates": every, "best": best}
    run.commit(_path(response, round_index), orjson.dumps(data, option=orjson.OPT_INDENT_2))


def plan(
    run: Run[Any], bench: Workbench, response: Response, round_index: int
) -> dict[str, list[Unit]]:
    """The battles of each of the round's candidates, by its label."""
    config = bench.settings.psro
    sigma = support(meta_strategy(run, response.basis))
    return {
        candidate.label: matches.plan(
            Match(
                label=f"select_{round_index}_{candidate.label}",
                first=response.name,
                first_directory=candidate.directory,
                opponents=sigma,
                num_battles=config.select_battles,
                pool=bench.game.pools[0],
                seed_parts=(response.root, "select"),
            ),
            response.root,
            config.battles_per_unit,
            bench.settings.tournament.temperature,
        )
        for candidate in candidates(run, response, round_index)
    }


def read(run: Run[Any], response: Response, round_index: int) -> Selected:
    """What the SELECT of a round chose."""
    row = orjson.loads(run.read(_path(response, round_index)))["best"]
    return Selected(row["label"], row["round"], row["directory"], row["score"])


def _rows(run: Run[Any], response: Response, round_index: int) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = orjson.loads(run.read(_path(response, round_index)))["candidates"]
    return rows


def _path(response: Response, round_index: int) -> str:
    return f"{response.root}/selection_{round_index}.json"
