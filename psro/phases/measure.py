"""MEASURE: fresh battles of the selected response against pure σ; the gain."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from psro.machine.run import Run
from psro.machine.units import Unit
from psro.metagame.exploitability import EQUILIBRIUM_TOLERANCE, EXACT_ORACLE, headline_of_looks
from psro.phases import matches, select
from psro.phases.matches import Match
from psro.phases.response import Response, meta_strategy, support
from psro.phases.workbench import Workbench


@dataclass(frozen=True)
class Measured:
    """What a response was found to gain against σ."""

    selected: select.Selected
    win_rate: Mapping[str, float]
    """estimate, low, high, level of w(BR, σ)."""
    satisfies: bool
    """Whether the interval lies above ½ and the gain reaches psro.wanted_gain."""


def measure(
    run: Run[Any],
    bench: Workbench,
    responses: Sequence[Response],
    round_index: int,
    num_battles: int,
) -> list[Measured]:
    """What each selected after round `round_index`, in `num_battles` battles; commits measurement_<round>.json.

    A response that was trained further is measured again, on other battles; the headline is the
    largest gain of all looks so far, its interval simultaneous. What other responses gain against
    this σ (an extended run has a certificate of it) is not looked at: a measurement is the same
    whether the run was extended or asked for so many iterations at once. psro_summary.json pools.
    """
    chosen = [select.read(run, response, round_index) for response in responses]
    plans = [
        plan(run, bench, response, "measure", round_index, selected.directory, num_battles)
        for response, selected in zip(responses, chosen, strict=True)
    ]
    run.execute([unit for units in plans for unit in units], "measure")
    return [
        _conclude(run, bench, response, round_index, selected, units)
        for response, selected, units in zip(responses, chosen, plans, strict=True)
    ]


def _conclude(
    run: Run[Any],
    bench: Workbench,
    response: Response,
    round_index: int,
    selected: select.Selected,
    units: Sequence[Unit],
) -> Measured:
    sigma = meta_strategy(run, response.basis)
    tally = matches.read([run.read(unit.result) for unit in units])
    budget = budget_of(bench, round_index + 1)
    mine = {
        "name": f"{response.name} after {_counted(round_index + 1, 'round')}",
        "directory": selected.directory,
        "selected": {"label": selected.label, "round": selected.round, "score": selected.score},
        "budget": budget,
        "tally": tally.to_json(),
    }
    looks = [*_earlier(run, response, round_index), mine]
    headline = headline_of_looks(looks, sigma)
    gain = headline.gains[-1][1]
    beats_sigma = gain.gain.low > EQUILIBRIUM_TOLERANCE
    data: dict[str, Any] = {
        "sigma_of": response.basis,
        "looks": looks,
        "gain": gain.to_json(),
        "beats_sigma": beats_sigma,
        "satisfies": beats_sigma and gain.gain.estimate >= bench.settings.psro.wanted_gain,
        "exploitability": headline.to_json(),
    }
    run.commit(_path(response, round_index), orjson.dumps(data, option=orjson.OPT_INDENT_2))
    return Measured(selected, data["gain"]["win_rate"], data["satisfies"])


def plan(
    run: Run[Any],
    bench: Workbench,
    response: Response,
    what: str,
    index: int,
    directory: str,
    num_battles: int,
) -> list[Unit]:
    """Battles of the policy in `directory` against pure σ, with teams and dice that `what` and `index` key."""
    match = Match(
        label=f"{what}_{index}",
        first=response.name,
        first_directory=directory,
        opponents=support(meta_strategy(run, response.basis)),
        num_battles=num_battles,
        pool=bench.game.pools[0],
        seed_parts=(response.root, what, index),
    )
    return matches.plan(
        match,
        response.root,
        bench.settings.psro.battles_per_unit,
        bench.settings.tournament.temperature,
    )


def read_last(run: Run[Any], response: Response, num_rounds: int) -> dict[str, Any]:
    """The newest measurement of a response that trained for at most `num_rounds`, as committed."""
    for index in reversed(range(num_rounds)):
        if run.committed(_path(response, index)):
            data: dict[str, Any] = orjson.loads(run.read(_path(response, index)))
            return data
    raise AssertionError(f"{response.root}: MEASURE comes before this")


def budget_of(bench: Workbench, num_rounds: int) -> dict[str, Any]:
    """What a response cost: battles collected and in words."""
    if not bench.oracle.needs_data:
        return {"num_battles": 0, "words": EXACT_ORACLE}
    battles = num_rounds * bench.settings.psro.collect.num_battles
    return {
        "num_battles": battles,
        "words": f"{_counted(num_rounds, 'round')}, {battles} battles collected",
    }


def _earlier(run: Run[Any], response: Response, round_index: int) -> list[dict[str, Any]]:
    """What was measured after earlier rounds; never its own file, so that a killed phase repeats."""
    for index in reversed(range(round_index)):
        if run.committed(_path(response, index)):
            return list(orjson.loads(run.read(_path(response, index)))["looks"])
    return []


def _path(response: Response, round_index: int) -> str:
    return f"{response.root}/measurement_{round_index}.json"


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
