"""The Nash mixture as a policy: one member is drawn per battle and plays it to the end."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from psro.game.policies import Decisions, Policy
from psro.game.protocols import Game
from psro.machine.seeds import rng_from

MIXTURE = "mixture"
"""Kind of a mixture's policy.json: `weights`, name → probability, over the directories beside its own."""


class MixturePolicy:
    """Draws one policy per battle with probability `weights`; it never acts itself."""

    view = "none"

    def __init__(self, name: str, members: Mapping[str, Policy], weights: Mapping[str, float]):
        """`weights`: name → probability, summing to one. Raises ValueError where they do not fit."""
        unknown = sorted(set(weights) - set(members))
        if unknown:
            raise ValueError(f"mixture {name}: no members {unknown}; there are {sorted(members)}")
        total = sum(weights.values())
        if abs(total - 1) > 1e-9 or min(weights.values()) < 0:
            raise ValueError(f"mixture {name}: weights {dict(weights)} are no probabilities")
        self.name = name
        self.members = {member: members[member] for member, weight in weights.items() if weight > 0}
        self.weights = {member: weights[member] / total for member in self.members}
        """Of the members that are played; they add up to one."""
        self._cumulative = np.cumsum([weights[member] for member in self.members]) / total

    def for_battle(self, seed: int) -> Policy:
        """The member drawn for the battle keyed by `seed`."""
        draw = rng_from(seed, "mixture", self.name).random()
        index = int(np.searchsorted(self._cumulative, draw, side="right"))
        return list(self.members.values())[min(index, len(self.members) - 1)].for_battle(seed)

    def act(self, decisions: Decisions) -> NDArray[np.int64]:
        """Raises: a mixture plays through the member that `for_battle` drew."""
        raise TypeError(f"mixture {self.name} was asked to act; ask for_battle(seed) who plays")

    def forget(self, episodes: Sequence[int]) -> None:
        """Members forget for themselves."""


def expected_score(game: Game, first: Policy, second: Policy) -> float | None:
    """The expected score of `first` where the game tells it exactly, else None; of a mixture, its members' mean.

    Members are drawn once a battle, and independently, so scores are linear in either mixture.
    """
    total = 0.0
    for own, own_weight in _drawn(first):
        for other, weight in _drawn(second):
            score = game.exact_score(own, other)
            if score is None:
                return None
            total += own_weight * weight * score
    return total


def _drawn(policy: Policy) -> Sequence[tuple[Policy, float]]:
    """Who may play a battle, with what probability."""
    if not isinstance(policy, MixturePolicy):
        return [(policy, 1.0)]
    return [
        (player, share * policy.weights[name])
        for name, member in policy.members.items()
        for player, share in _drawn(member)
    ]
