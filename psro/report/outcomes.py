"""Single battles of match results: what averages hide, by team and by length.

A win rate of 50 % may be 15 % with one team and 60 % with another.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from psro.game.battles import Outcome
from psro.metagame.intervals import win_rate_interval
from psro.metagame.payoffs import OutcomeCounts
from psro.report.record import Json, read_json
from psro.report.text import BRACKETS, Table, count_text, fixed, interval_text, percent_text

LEAST_BATTLES = 8
"""Starts (teams) with fewer battles are not listed: their intervals say nothing."""
NUM_SHOWN = 5
"""So many of the worst and of the best starts are listed."""


@dataclass(frozen=True)
class SeenBattle:
    """One battle as the policy saw it that the match was played for."""

    opponent: str
    pool: str
    score: float
    """1 a win, 0.5 a tie, 0 a loss"""
    num_turns: int
    start: str
    """Name of what it started from (its team); empty where the game has no starts."""
    opponent_start: str
    seed: int = 0
    file: str = ""
    """Where it stands, relative to the iteration or certificate directory."""
    place: int = 0
    """Among the battles of its file."""

    def mirrored(self) -> "SeenBattle":
        """As the other side saw it; `opponent` still names that other side's policy."""
        return replace(
            self, score=1 - self.score, start=self.opponent_start, opponent_start=self.start
        )

    @property
    def counts(self) -> OutcomeCounts:
        """This one battle."""
        return OutcomeCounts(int(self.score == 1), int(self.score == 0.5), int(self.score == 0))


def battles_of(root: Path, label: str) -> list[SeenBattle]:
    """Those of the match called `label` under an iteration or certificate directory; none if exact."""
    return [
        battle
        for path in sorted((root / "matchups").glob(f"{label}_[0-9]*.json"))
        if path.stem.rpartition("_")[0] == label
        for battle in battles_in(path)
    ]


def battles_in(path: Path) -> list[SeenBattle]:
    """Those of one match unit's result, in its order."""
    return list(_seen(read_json(path), f"matchups/{path.name}"))


def starts_table(title: str, battles: Sequence[SeenBattle]) -> Table | None:
    """Win rates by own start, the worst first; None where no start was played often enough."""
    counts: dict[str, OutcomeCounts] = {}
    for battle in battles:
        if battle.start:
            counts[battle.start] = counts.get(battle.start, OutcomeCounts()) + battle.counts
    often = {name: c for name, c in counts.items() if c.num_battles >= LEAST_BATTLES}
    if not often:
        return None
    names = sorted(often, key=lambda name: (often[name].win_rate, name))
    shown = names if len(names) <= 2 * NUM_SHOWN else names[:NUM_SHOWN] + names[-NUM_SHOWN:]
    note = f"of {count_text(len(counts), 'team')}"
    if len(often) < len(counts):
        note += f", {len(often)} played {LEAST_BATTLES} battles or more"
    if len(shown) < len(names):
        note += f"; the {NUM_SHOWN} worst and {NUM_SHOWN} best, which lean outwards"
    rows = tuple(
        (
            name,
            interval_text(win_rate_interval(often[name]), percent=True),
            f"{often[name].num_battles:,}",
        )
        for name in shown
    )
    return Table(title, ("its team", f"win rate {BRACKETS}", "battles"), rows, note)


def length_words(battles: Sequence[SeenBattle]) -> str:
    """`17.3 turns on average, 0.5 % ties`; empty without battles. Stalling shows here."""
    if not battles:
        return ""
    mean = sum(battle.num_turns for battle in battles) / len(battles)
    ties = sum(battle.score == 0.5 for battle in battles) / len(battles)
    return f"{fixed(mean, 1)} turns on average, {percent_text(ties)} ties"


def _seen(result: Json, file: str) -> Iterable[SeenBattle]:
    first = result["first"]
    for place, row in enumerate(result["outcomes"]):
        outcome = Outcome.from_json(row)
        if first in outcome.policies:
            side = outcome.policies.index(first)
        else:  # a mixture: the outcome names the member it drew, the tally the opponents
            side = 1 if outcome.policies[0] in result["tally"] else 0
        yield SeenBattle(
            outcome.policies[1 - side],
            result["pool"],
            outcome.score if side == 0 else 1 - outcome.score,
            outcome.num_turns,
            outcome.starts[side],
            outcome.starts[1 - side],
            outcome.seed,
            file,
            place,
        )
