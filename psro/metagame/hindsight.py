"""What policies that joined later gain against an earlier σ, whom none of them was trained to beat.

Their tournament battles against σ's members were played after σ was chosen, so they are fresh to it. A later
member often gains more than the response that was trained on purpose: exploitability as it was known then is a
lower bound, and this is another.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from psro.metagame.exploitability import best_response_gain
from psro.metagame.intervals import LEVEL, Interval, bonferroni_level, largest_of
from psro.metagame.payoffs import PayoffTable


@dataclass(frozen=True)
class Hindsight:
    """The largest gain of a later member."""

    member: str
    gain: Interval
    """In win rate above ½; simultaneous over the members it is the largest of."""
    num_members: int
    is_exact: bool

    def to_json(self) -> dict[str, Any]:
        return {
            **self.gain.to_json(),
            "member": self.member,
            "num_members": self.num_members,
            "exact": self.is_exact,
        }


def in_hindsight(
    table: PayoffTable, sigma: Mapping[str, float], later: Sequence[str], level: float = LEVEL
) -> Hindsight | None:
    """The best of `later`, members that σ (name → weight) was chosen without; None if there are none.

    Raises ValueError where a member did not meet one that σ uses.
    """
    if not later:
        return None
    used = {name: weight for name, weight in sigma.items() if weight > 0}
    each = bonferroni_level(level, len(later))
    gains = [
        best_response_gain(
            [table.cell(member, name) for name in used], np.array(list(used.values())), each
        )
        for member in later
    ]
    best = int(np.argmax([gain.gain.estimate for gain in gains]))
    return Hindsight(
        later[best],
        largest_of([gain.gain for gain in gains], level),
        len(later),
        all(gain.num_battles == 0 for gain in gains),
    )
