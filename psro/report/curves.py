"""The points of TensorBoard's curves, from committed files: pure functions.

Tags: measures/<measure>[/low, /high] · response/… · sigma/<policy> · win_rate/{best_response, sigma}/vs/<opponent> ·
ratings/<policy> · population/size · time/<phase>_seconds, by iteration; oracle/<metric> by optimizer step, one TensorBoard run per response or base policy, so
that they lie over each other; selection/score by round; throughput/[certificate/]<work>_<battles or steps>_per_second
by iteration. measures/exploitability is the largest gain known against the σ of a step, measures/best_response_gain the
same before it is floored at 0; both may change when another response is measured against that σ.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from psro.metagame.intervals import win_rate_interval
from psro.metagame.payoffs import OutcomeCounts, PayoffTable
from psro.metagame.ratings import can_be_rated, elo_estimates
from psro.report.headlines import Headlines
from psro.report.record import Certificate, Iteration, Json, RunRecord, Selection, Training
from psro.report.timings import Span, phase_seconds, throughputs

CERTIFY = "CERTIFY"
"""The phase whose work is no iteration's."""
REPORT = "REPORT"
MAIN = ""
"""The TensorBoard run of everything that is told by iteration."""


@dataclass(frozen=True)
class Point:
    """One value of one curve."""

    run: str
    """Directory of the TensorBoard run, below <run>/tensorboard."""
    tag: str
    step: int
    value: float
    time: float
    """Seconds since the epoch."""


def iteration_points(iteration: Iteration) -> Iterator[Point]:
    """What SOLVE tells of σ and of the response."""
    step, summary = iteration.index, iteration.summary
    values: dict[str, float] = {"population/size": len(summary["population"])}
    for name in ("restricted_exploitability", "best_matchup_margin"):
        values |= _with_bounds(f"measures/{name}", summary[name]["posterior"])
        values[f"measures/{name}"] = summary[name]["plug_in"]
    for name, weight in iteration.weights.items():
        values[f"sigma/{name}"] = weight
    for row in iteration.analysis["policies"]:
        # (Mσ)_i is the member's own win rate against σ: σ's against it is the complement.
        values[f"win_rate/sigma/vs/{row['name']}"] = 1 - row["payoff_against_sigma"]["estimate"]
    if "response" in summary:
        response = summary["response"]
        values |= _with_bounds(
            "response/win_rate_against_sigma", response["best_response_gain"]["win_rate"]
        )
        values["response/rounds"] = response["rounds"]
        values["response/num_battles_collected"] = response["budget"]["num_battles"]
        values["response/broken_battles"] = response["tally"]["num_failures"]
        values |= _matchups("win_rate/best_response/vs", iteration.matrix, response["name"])
    for tag, value in values.items():
        yield Point(MAIN, tag, step, float(value), iteration.time)


def rating_points(iteration: Iteration) -> Iterator[Point]:
    """The ratings of the population as it was then, in Elo points; none where payoffs are exact."""
    table = PayoffTable.from_json(iteration.matrix)
    if can_be_rated(table):
        for name, rating in zip(table.population.names, elo_estimates(table), strict=True):
            yield Point(MAIN, f"ratings/{name}", iteration.index, float(rating), iteration.time)


def headline_points(record: RunRecord, known: Headlines) -> Iterator[Point]:
    """How exploitable every σ is known to be, at the time of the last response that was measured against it."""
    # That of its own, where only responses to an equal σ are known.
    times = {iteration.index: iteration.time for iteration in record.iterations}
    times |= {iteration.index - 1: iteration.time for iteration in record.iterations}
    for certificate in record.certificates:
        step = certificate.iteration
        times[step] = max(certificate.time, times.get(step, 0.0))
    for step, headline in known.items():
        values = _with_bounds("measures/exploitability", headline)
        largest = headline["gains"][headline["response"]]["gain"]
        values |= _with_bounds("measures/best_response_gain", largest)
        for tag, value in values.items():
            yield Point(MAIN, tag, step, value, times[step])


def certificate_points(certificate: Certificate) -> Iterator[Point]:
    """What the certificate tells of its own response, and of the final mixture."""
    data, step, time = certificate.data, certificate.iteration, certificate.time
    for tag, value in _with_bounds(
        "certificate/win_rate_against_sigma", data["gain"]["win_rate"]
    ).items():
        yield Point(MAIN, tag, step, value, time)
    for row in data["showcase"]:
        tag = f"showcase/{row['pool']}/vs/{row['opponent']}"
        for name, value in _with_bounds(tag, row["win_rate"]).items():
            yield Point(MAIN, name, step, value, time)


def training_points(trainings: Sequence[Training]) -> Iterator[Point]:
    """The oracle's curves; the rounds of one response follow one another on the axis of steps."""
    steps_before: dict[str, int] = {}
    for training in trainings:
        run = f"training/{training.series}"
        begins = steps_before.get(run, 0)
        for point in training.curve["points"]:
            for name, value in point.items():
                if name != "step":
                    tag = f"oracle/{name}"
                    yield Point(run, tag, begins + int(point["step"]), value, training.time)
        steps_before[run] = begins + int(training.curve["num_steps"])


def selection_points(selection: Selection) -> Iterator[Point]:
    """The best candidate of each round, by its score against σ."""
    best: dict[int, float] = {}
    for row in selection.data["candidates"]:
        best[row["round"]] = max(row["score"], best.get(row["round"], 0.0))
    for index, score in best.items():
        tag = "selection/score_against_sigma"
        yield Point(f"training/{selection.root}", tag, index + 1, score, selection.time)


def throughput_points(spans: Sequence[Span]) -> Iterator[Point]:
    """Work per second of every kind of group, by iteration; the certificate's apart, for it comes later."""
    for iteration, certifies in sorted({(s.iteration, s.phase == CERTIFY) for s in spans}):
        of_it = [s for s in spans if (s.iteration, s.phase == CERTIFY) == (iteration, certifies)]
        ended = max(span.ended for span in of_it)
        for total in throughputs(of_it):
            kind = "certificate/" * certifies + total.label.replace(" ", "_")
            tag = f"throughput/{kind}_{total.counted_in}_per_second"
            yield Point(MAIN, tag, iteration, total.per_second, ended)


def time_points(spans: Sequence[Span]) -> Iterator[Point]:
    """Wall seconds of every phase, by iteration."""
    for iteration in sorted({span.iteration for span in spans}):
        of_it = [span for span in spans if span.iteration == iteration]
        ended = max(span.ended for span in of_it)
        for phase, seconds in phase_seconds(of_it).items():
            if phase == REPORT:  # comes after the last that is told while a run goes on
                continue
            yield Point(MAIN, f"time/{phase.lower()}_seconds", iteration, seconds, ended)


def _with_bounds(tag: str, interval: Json) -> dict[str, float]:
    return {
        tag: interval["estimate"],
        f"{tag}/low": interval["low"],
        f"{tag}/high": interval["high"],
    }


def _matchups(prefix: str, matrix: Json, name: str) -> dict[str, float]:
    """Win rates of `name` against everyone before it, from the tournament."""
    rates = {}
    for cell in matrix["cells"]:
        if name not in (cell["row"], cell["column"]):
            continue
        own = cell["row"] == name
        opponent = cell["column"] if own else cell["row"]
        if "exact" in cell:
            scale = matrix["scale"]
            rate = (cell["exact"] - scale["low"]) / (scale["high"] - scale["low"])
        else:
            counts = OutcomeCounts(cell["wins"], cell["ties"], cell["losses"])
            rate = win_rate_interval(counts).estimate
        rates[f"{prefix}/{opponent}"] = rate if own else 1 - rate
    return rates
