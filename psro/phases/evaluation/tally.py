"""What came of a matchup's units: outcomes as `first` saw them, by either side's team."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from psro.game.battles import Outcome
from psro.machine.seeds import seed_from
from psro.machine.units import Unit
from psro.metagame.intervals import win_rate_interval
from psro.metagame.payoffs import OutcomeCounts

TeamCounts = dict[str, OutcomeCounts]
"""Name of a start (a team) → outcomes of the policy that is looked at."""


@dataclass(frozen=True)
class Seen:
    """One battle as one of the two policies saw it."""

    score: float
    num_turns: int
    start: str
    opponent_start: str


def seen_battles(run_seed: int, unit: Unit, result: bytes) -> Iterator[tuple[Seen, Seen]]:
    """Every battle of a match unit: as its `first` saw it, as the opponent did.

    Whose side was whose is known from the battle's place, not from its names: a mixture's battles name the member it drew.
    """
    payload = unit.payload
    num_battles = sum(payload["opponents"].values())
    places = {
        seed_from(run_seed, *payload["seed_parts"], index): index for index in range(num_battles)
    }
    for row in orjson.loads(result)["outcomes"]:
        outcome = Outcome.from_json(row)
        side = places[outcome.seed] % 2  # psro/phases/matches.py: sides alternate
        score = outcome.score if side == 0 else 1 - outcome.score
        own, other = outcome.starts[side], outcome.starts[1 - side]
        yield (
            Seen(score, outcome.num_turns, own, other),
            Seen(1 - score, outcome.num_turns, other, own),
        )


def counts_of(battles: Sequence[Seen]) -> OutcomeCounts:
    """Their outcomes."""
    scores = [battle.score for battle in battles]
    return OutcomeCounts(scores.count(1.0), scores.count(0.5), scores.count(0.0))


def by_team(battles: Sequence[Seen]) -> dict[str, TeamCounts]:
    """own, opposing → name of the team → outcomes; empty where the game has no teams."""
    grouped: dict[str, dict[str, list[Seen]]] = {"own": {}, "opposing": {}}
    for battle in battles:
        for which, name in (("own", battle.start), ("opposing", battle.opponent_start)):
            if name:
                grouped[which].setdefault(name, []).append(battle)
    return {
        which: {name: counts_of(group) for name, group in sorted(groups.items())}
        for which, groups in grouped.items()
        if groups
    }


def as_row(counts: OutcomeCounts) -> dict[str, Any]:
    """Counts with their win rate and its interval, JSON-able; the rate is null where nothing was played."""
    rate = win_rate_interval(counts).to_json() if counts.num_battles else None
    return {
        "wins": counts.wins,
        "ties": counts.ties,
        "losses": counts.losses,
        "win_rate": rate,
    }
