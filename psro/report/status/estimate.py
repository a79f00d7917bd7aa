"""When a run will be over: what is left to do, priced at what the same work took of late.

The newest passes count, not all: later iterations are slower (better policies play longer battles), and a
resumed run may have other cores. Time in a queue is not foreseen.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import linear_regression, mean
from typing import Any

from psro.report.status.lives import At, Stay
from psro.report.status.schedule import ENDING, ROUND_PHASES, Schedule
from psro.report.text import count_text

MANY_GROUPS = ("BOOTSTRAP", "CERTIFY")
"""Phases with more than one group of units: the end of a group is not theirs."""
NUM_NEWEST = 3
"""So many of the newest passes of a phase make its price."""


@dataclass(frozen=True)
class Estimate:
    """Running time left, in seconds; all None while nothing can be said."""

    basis: str
    """What it rests on, or why there is none, in words."""
    low: float | None = None
    """Iterations of the fewest rounds, as fast as of late."""
    expected: float | None = None
    """As many take extra rounds as did before; halfway between no slower and ever slower."""
    high: float | None = None
    """Every iteration takes its extra rounds, and what took longer each time goes on to do so."""


def estimate(
    config: Mapping[str, Any], at: At, stays: Sequence[Stay], group_seconds_left: float | None
) -> Estimate:
    """What is left of a run at `at`, whose positions took `stays` so far.

    group_seconds_left: of the group of units that runs now, where that is known.
    """
    schedule = Schedule.of(config)
    if schedule is None:
        return Estimate("unknown: the phases of this algorithm are not foreseen")
    solved = [stay.at for stay in stays if stay.is_finished and stay.at.phase == "SOLVE"]
    num_rounds = [solve.round + 1 for solve in solved if solve.iteration]
    if not num_rounds:
        return Estimate("unknown until the first iteration is finished")
    begun = [at.round + 1] if at.phase in (*ROUND_PHASES, "MEASURE") else []
    spent = sum(stay.seconds for stay in stays if stay.at == at)

    def left(longest: bool, slowing: bool) -> float:
        steps = list(schedule.steps_after(at, longest))
        most = max([*num_rounds, *begun, *(step.round + 1 for step in steps)])
        prices = Prices(stays, schedule, most, slowing)
        here = prices.of(at) - spent
        if group_seconds_left is not None:
            in_more_groups = here if at.phase in MANY_GROUPS else 0.0
            here = max(group_seconds_left, in_more_groups)
        return max(0.0, here) + sum(map(prices.of, steps))

    share = 1.0 if schedule.may_stop else mean(num > schedule.rounds for num in num_rounds)
    shortest, longest = left(False, slowing=False), left(True, slowing=False)
    shortest_slowing, longest_slowing = left(False, slowing=True), left(True, slowing=True)
    expected = (1 - share) * mean([shortest, shortest_slowing])
    expected += share * mean([longest, longest_slowing])
    later_if = []
    if schedule.extra_rounds and longest > shortest:
        most = schedule.rounds + schedule.extra_rounds
        later_if.append(f"iterations take {most} rounds, not {schedule.rounds}")
    if longest_slowing > longest:
        later_if.append("phases go on getting slower as they did")
    basis = _words(at, schedule, len(num_rounds), later_if)
    return Estimate(basis, shortest, expected, longest_slowing)


class Prices:
    """Seconds that a step takes, by the newest of its kind."""

    def __init__(
        self, stays: Sequence[Stay], schedule: Schedule, most_rounds: int, slowing: bool
    ) -> None:
        """`most_rounds`: the most that any response will have got; the certificate's gets as many.
        `slowing`: steps that took longer from iteration to iteration go on to do so."""
        self._schedule = schedule
        self._most_rounds = most_rounds
        self._slowing = slowing
        self._passes: dict[tuple[str, int], list[tuple[int, float]]] = {}
        """(phase, round) → (iteration, seconds) of each pass; round 0 for what comes once an iteration.
        Of tournaments, the seconds per matchup."""
        for stay in stays:
            if stay.is_finished:
                phase, iteration, index = stay.at
                seconds = stay.seconds
                if phase == "TOURNAMENT":
                    seconds /= schedule.num_new_pairs(iteration)
                key = (phase, index if phase in ROUND_PHASES else 0)
                self._passes.setdefault(key, []).append((iteration, seconds))

    def of(self, at: At) -> float:
        """Seconds of the whole step."""
        if at.phase == "CERTIFY":
            # Responses to one σ more, each as an iteration after the last would be.
            iteration = at.iteration + 1
            num_rounds = self._schedule.certificate_rounds or self._most_rounds
            rounds = [At(phase, iteration, i) for phase in ROUND_PHASES for i in range(num_rounds)]
            measurements = (
                self._schedule.num_certificate_battles(num_rounds) / self._schedule.measure_battles
            )
            measured = measurements * self.of(At("MEASURE", iteration, 0))
            return self._schedule.certificate_responses * sum(map(self.of, rounds)) + measured
        if at.phase == "TOURNAMENT":
            return self._schedule.num_new_pairs(at.iteration) * self._newest(at, 0)
        if at.phase not in ROUND_PHASES:
            return self._newest(at, 0)
        # A first round trains on less; a later one that was never seen is taken for the last that was.
        return self._newest(at, max(i for p, i in self._passes if p == at.phase and i <= at.round))

    def _newest(self, at: At, index: int) -> float:
        # The report is seconds, and never seen before: it costs nothing here.
        newest = self._passes.get((at.phase, index), [(0, 0.0)])[-NUM_NEWEST:]
        iterations, seconds = [i for i, _ in newest], [s for _, s in newest]
        if not self._slowing or len(set(iterations)) < 2:
            return mean(seconds)
        slope, intercept = linear_regression(iterations, seconds)
        return max(mean(seconds), slope * at.iteration + intercept)


def _words(at: At, schedule: Schedule, num_seen: int, later_if: Sequence[str]) -> str:
    if at.phase in ENDING:
        left = [f"the rest of {at.phase}"]
    else:
        left = [] if at.phase == "SOLVE" else [f"the rest of iteration {at.iteration}"]
        if (later := schedule.num_iterations - at.iteration) > 0:
            left.append(f"{count_text(later, 'iteration')} more")
        if schedule.certifies:
            left.append("the certificate")
    words = f"{' + '.join(left)}, by what the phases of {count_text(num_seen, 'iteration')} took"
    if later_if:
        words += f"; the later figure if {' and '.join(later_if)}"
    if schedule.may_stop and at.phase not in ENDING:
        words += "; the earlier if this response gains nothing"
    return words
