"""Kuhn and Leduc poker, one game at two sizes: an ante, a private card each, rounds of limit betting.

Kuhn (1950): three cards, one round, a bet of 1. Leduc (Southey et al. 2005, "Bayes' Bluff"): three ranks in two
suits, two rounds with bets of 2 and 4, at most one raise a bet, and a public card between them that makes pairs.
Suits never matter, so cards are their ranks, drawn without replacement.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from psro.toys.tree import CHANCE, TERMINAL

FOLD, CALL, RAISE = range(3)
ACTIONS = ("fold", "call", "raise")
"""To call nothing is to check, to raise nothing is to bet."""
RANKS = "JQK"
_LETTERS = "fcr"


@dataclass(frozen=True)
class Rules:
    """bets: the size of a bet, by round. max_raises: bets and raises a round. suits: how often each rank is there."""

    bets: tuple[int, ...]
    max_raises: int
    suits: int


KUHN = Rules(bets=(1,), max_raises=1, suits=1)
LEDUC = Rules(bets=(2, 4), max_raises=2, suits=2)
_MAX_BETS = 4
"""The most actions of a round that is not over: check, bet, raise, and room for one."""


@dataclass(frozen=True)
class Hand:
    """tree.State. `cards`: of the seats, then the public one. `bets`: each round's actions. `paid`: by each seat."""

    rules: Rules
    cards: tuple[int, ...] = ()
    bets: tuple[tuple[int, ...], ...] = ((),)
    paid: tuple[int, int] = (1, 1)

    @property
    def turn(self) -> int:
        """See tree.State."""
        if self._is_folded or (self._is_round_over and len(self.bets) == len(self.rules.bets)):
            return TERMINAL
        if len(self.cards) < 1 + len(self.bets):
            return CHANCE
        return len(self.bets[-1]) % 2

    @property
    def infoset(self) -> str:
        """The seat's card, the public one, and all bets: "Q/cr", "QK/crc/r"."""
        public = [RANKS[card] for card in self.cards[2:]]
        rounds = ["".join(_LETTERS[action] for action in actions) for actions in self.bets]
        return "/".join(["".join([RANKS[self.cards[self.turn]], *public]), *rounds])

    def features(self) -> tuple[float, ...]:
        """One-hot: own card, public card, and what was done at each place of each round."""
        numbers = [float(self.cards[self.turn] == rank) for rank in range(len(RANKS))]
        public = self.cards[2] if len(self.cards) > 2 else None
        numbers += [float(public == rank) for rank in range(len(RANKS))]
        for number in range(len(self.rules.bets)):
            actions = self.bets[number] if number < len(self.bets) else ()
            for place in range(_MAX_BETS):
                done = actions[place] if place < len(actions) else None
                numbers += [float(done == action) for action in (CALL, RAISE)]
        return (*numbers, float(self.turn))

    def draws(self) -> "Sequence[tuple[float, Hand]]":
        """The next card: first seat 0's, then seat 1's, then the public one."""
        left = [self.rules.suits - self.cards.count(rank) for rank in range(len(RANKS))]
        return [
            (count / sum(left), replace(self, cards=(*self.cards, rank)))
            for rank, count in enumerate(left)
            if count
        ]

    def choices(self) -> "Sequence[tuple[int, Hand]]":
        """Fold only to a bet; raise while the round's limit allows."""
        seat, other = self.turn, 1 - self.turn
        owed = self.paid[other] - self.paid[seat]
        found = [(FOLD, self._after(FOLD, 0))] if owed else []
        found.append((CALL, self._after(CALL, owed)))
        if self.bets[-1].count(RAISE) < self.rules.max_raises:
            found.append((RAISE, self._after(RAISE, owed + self.rules.bets[len(self.bets) - 1])))
        return found

    def chips(self) -> float:
        """What seat 0 won."""
        if self._is_folded:
            # Who folded acted last.
            loser = (len(self.bets[-1]) - 1) % 2
            return float(self.paid[1] if loser == 1 else -self.paid[0])
        first, second = (self._strength(seat) for seat in (0, 1))
        return 0.0 if first == second else float(self.paid[1] if first > second else -self.paid[0])

    @property
    def _is_folded(self) -> bool:
        return self.bets[-1][-1:] == (FOLD,)

    @property
    def _is_round_over(self) -> bool:
        actions = self.bets[-1]
        return len(actions) >= 2 and actions[-1] == CALL

    def _after(self, action: int, payment: int) -> "Hand":
        paid = list(self.paid)
        paid[self.turn] += payment
        after = replace(
            self, bets=(*self.bets[:-1], (*self.bets[-1], action)), paid=(paid[0], paid[1])
        )
        if after._is_round_over and len(after.bets) < len(self.rules.bets):
            after = replace(after, bets=(*after.bets, ()))
        return after

    def _strength(self, seat: int) -> int:
        card = self.cards[seat]
        return card + (len(RANKS) if card in self.cards[2:] else 0)
