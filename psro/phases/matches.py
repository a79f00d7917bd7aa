"""Battles of one policy against others: what SELECT, MEASURE, TOURNAMENT and the showcase play.

A match unit plays `first` against opponents, each as often as its weight says: a stratified sample of
"first against the mixture". Sides alternate.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import orjson

from psro.game.battles import Job, Outcome
from psro.game.mixture import expected_score
from psro.game.protocols import ReportProgress, ShouldStop
from psro.machine.seeds import rng_from, seed_from
from psro.machine.units import Unit
from psro.metagame.payoffs import OutcomeCounts
from psro.phases import layout
from psro.phases.workbench import PlayMode, Workbench

KIND = "match"


@dataclass(frozen=True)
class Match:
    """A policy, whom it meets, and how often."""

    label: str
    """Names the result files: select_0_epoch_4, measure_3, tournament_a_b, ..."""
    first: str
    first_directory: str
    opponents: Mapping[str, float]
    """Name → probability of meeting it."""
    num_battles: int
    pool: str
    seed_parts: tuple[str | int, ...]
    """What the battles' seeds are keyed by; matches with equal parts share teams and dice."""


@dataclass(frozen=True)
class MatchTally:
    """What came of a match, from `first`'s point of view."""

    by_opponent: Mapping[str, OutcomeCounts]
    exact: Mapping[str, float]
    """Opponent → expected score, where the game computes it; then no battles were played."""
    num_failures: int

    @property
    def total(self) -> OutcomeCounts:
        """All battles together."""
        total = OutcomeCounts()
        for counts in self.by_opponent.values():
            total = total + counts
        return total

    def score_against(self, weights: Mapping[str, float]) -> float:
        """The score against the mixture: Σ weight · score over its opponents, renormalised to those met.

        Raises ValueError where none was met.
        """
        known = self.exact or {
            name: counts.win_rate for name, counts in self.by_opponent.items() if counts.num_battles
        }
        met = {name: weight for name, weight in weights.items() if name in known}
        if not sum(met.values()):
            raise ValueError(f"none of {sorted(weights)} was met")
        return sum(weight * known[name] for name, weight in met.items()) / sum(met.values())

    def to_json(self) -> dict[str, Any]:
        """For summaries."""
        return {
            "by_opponent": {name: asdict(counts) for name, counts in self.by_opponent.items()},
            "exact": dict(self.exact),
            "num_battles": self.total.num_battles,
            "num_failures": self.num_failures,
        }


def plan(match: Match, root: str, battles_per_unit: int, temperature: float) -> list[Unit]:
    """The units of a match; result files under `root`/matchups."""
    if any(weight > 0 for name, weight in match.opponents.items() if name == match.first):
        raise ValueError(f"match {match.label}: {match.first} would meet itself")
    met = allocate_opponents(match.opponents, match.num_battles)
    num_units = len(split(match.num_battles, battles_per_unit))
    return [
        Unit(
            key=f"{root}/{match.label}/{index}",
            kind=KIND,
            payload={
                "first": match.first,
                "first_directory": match.first_directory,
                # Every n-th, so that each unit meets a like mixture.
                "opponents": dict(sorted(Counter(met[index::num_units]).items())),
                "pool": match.pool,
                "seed_parts": [*match.seed_parts, index],
                "temperature": temperature,
            },
            result=layout.match(root, match.label, index),
        )
        for index in range(num_units)
    ]


def play(
    bench: Workbench, unit: Unit, report_progress: ReportProgress, should_stop: ShouldStop
) -> bytes:
    """Does a match unit: the bytes of its result file."""
    payload = unit.payload
    first, opponents = payload["first"], payload["opponents"]
    mode = PlayMode(temperature=payload["temperature"])
    policies = {name: bench.policy(layout.policy(name), mode) for name in opponents}
    learner = bench.policy(payload["first_directory"], mode)
    exact = {name: expected_score(bench.game, learner, policy) for name, policy in policies.items()}
    result: dict[str, Any] = {"unit": unit.key, "first": first, "pool": payload["pool"]}
    known = {name: score for name, score in exact.items() if score is not None}
    if known:
        assert len(known) == len(exact), "a game's values are exact for all policies or for none"
        return _encode(result | {"exact": known, "tally": {}, "outcomes": [], "failures": []})
    jobs = []
    met = [name for name, num_battles in opponents.items() for _ in range(num_battles)]
    for index, opponent in enumerate(met):
        seed = seed_from(bench.settings.seed, *payload["seed_parts"], index)
        pair = (first, opponent) if index % 2 == 0 else (opponent, first)
        jobs.append(Job(seed, pair, payload["pool"]))
    played = bench.arena.play(
        jobs, {**policies, first: learner}, bench.oracle.view, report_progress, should_stop
    )
    tally = tally_outcomes(first, jobs, played.outcomes)
    return _encode(
        result
        | {
            "exact": {},
            "tally": {name: asdict(counts) for name, counts in sorted(tally.items())},
            "outcomes": [outcome.to_json() for outcome in played.outcomes],
            "failures": [asdict(failure) for failure in played.failures],
        }
    )


def read(results: Sequence[bytes]) -> MatchTally:
    """The tally of a match's result files."""
    by_opponent: dict[str, OutcomeCounts] = {}
    exact: dict[str, float] = {}
    num_failures = 0
    for data in results:
        result = orjson.loads(data)
        exact.update(result["exact"])
        num_failures += len(result["failures"])
        for name, counts in result["tally"].items():
            by_opponent[name] = by_opponent.get(name, OutcomeCounts()) + OutcomeCounts(**counts)
    return MatchTally(by_opponent, exact, num_failures)


def tally_outcomes(
    first: str, jobs: Sequence[Job], outcomes: Sequence[Outcome]
) -> dict[str, OutcomeCounts]:
    """Opponent → outcomes of `first` against it, whichever side it sat on; broken battles are absent.

    Names are the jobs': an outcome names a mixture's drawn member instead.
    """
    pairs = {job.seed: job.policies for job in jobs}
    tally: dict[str, OutcomeCounts] = {}
    for outcome in outcomes:
        pair = pairs[outcome.seed]
        own_side = pair.index(first)
        score = outcome.score if own_side == 0 else 1 - outcome.score
        counts = OutcomeCounts(int(score == 1), int(score == 0.5), int(score == 0))
        if counts.num_battles != 1:
            raise ValueError(f"battle {outcome.seed}: score {score} is no win, tie or loss")
        opponent = pair[1 - own_side]
        tally[opponent] = tally.get(opponent, OutcomeCounts()) + counts
    return tally


def allocate_opponents(weights: Mapping[str, float], num_battles: int) -> list[str]:
    """One name per battle: shares by weight (largest remainder), everyone with weight at least once.

    Raises ValueError where there are fewer battles than opponents.
    """
    names = sorted(name for name, weight in weights.items() if weight > 0)
    if num_battles < len(names):
        raise ValueError(f"{num_battles} battles are too few to meet {len(names)} opponents")
    total = sum(weights[name] for name in names)
    shares = {name: (num_battles - len(names)) * weights[name] / total for name in names}
    counts = {name: 1 + int(share) for name, share in shares.items()}
    by_remainder = sorted(names, key=lambda name: (int(shares[name]) - shares[name], name))
    for name in by_remainder[: num_battles - sum(counts.values())]:
        counts[name] += 1
    return [name for name in names for _ in range(counts[name])]


def draw_opponents(
    weights: Mapping[str, float], num_battles: int, *seed_parts: str | int
) -> list[str]:
    """One name per battle, drawn by weight (weights need not sum to one)."""
    names = sorted(weights)
    probabilities = np.array([weights[name] for name in names], np.float64)
    rng = rng_from(*seed_parts)
    draws = rng.choice(len(names), size=num_battles, p=probabilities / probabilities.sum())
    return [names[draw] for draw in draws]


def split(num_battles: int, battles_per_unit: int) -> list[int]:
    """Sizes of as few units as hold them, as equal as can be."""
    num_units = -(-num_battles // battles_per_unit)
    return [(num_battles + index) // num_units for index in range(num_units)]


def _encode(result: dict[str, Any]) -> bytes:
    return orjson.dumps(result)
