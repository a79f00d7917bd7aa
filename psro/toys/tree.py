"""Two-player zero-sum games of chance and hidden cards as trees: what strategies earn, best responses, exactly.

A strategy is an array [num_infosets, num_actions] of behaviour probabilities for both seats at once (an
information set belongs to one seat). Best responses by backward induction over information sets: perfect
recall is taken for granted (Koller, Megiddo & von Stengel 1996 for the sequence form behind it).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Strategy = NDArray[np.float64]

CHANCE, TERMINAL = 2, 3
"""Beside the seats 0 and 1, whose turn it may be."""
_TIE_DIGITS = 12
"""Values that agree so far are equal: the choice among them must not hang on rounding."""


class State(Protocol):
    """A point of the game, immutable."""

    @property
    def turn(self) -> int:
        """0 or 1 (a seat), CHANCE or TERMINAL."""
        ...

    @property
    def infoset(self) -> str:
        """What the seat whose turn it is knows."""
        ...

    def features(self) -> tuple[float, ...]:
        """The same as numbers, for a network; as many at every decision."""
        ...

    def draws(self) -> "Sequence[tuple[float, State]]":
        """CHANCE: probabilities and what follows."""
        ...

    def choices(self) -> "Sequence[tuple[int, State]]":
        """A seat's legal actions, ascending, and what follows."""
        ...

    def chips(self) -> float:
        """TERMINAL: what seat 0 won."""
        ...


@dataclass
class Node:
    """A state in the tree. `children` are indices: of actions (−1: illegal), or of chance's draws."""

    turn: int
    infoset: int
    """−1 where no seat decides."""
    children: list[int]
    chips: float
    """Of seat 0, where the game has ended."""
    chances: NDArray[np.float64]
    """Of chance's draws."""


class GameTree:
    """All that can happen from `root` on. Parents come before their children."""

    def __init__(self, root: State, num_actions: int):
        self.num_actions = num_actions
        self.nodes: list[Node] = []
        self.infosets: list[str] = []
        """Their names, in the order they were met."""
        self._number: dict[str, int] = {}
        self._rows: list[tuple[float, ...]] = []
        self._masks: list[list[bool]] = []
        self._seats: list[int] = []
        self._grow(root)
        self.features = np.array(self._rows, np.float32)
        """[num_infosets, num_features]"""
        self.legal = np.array(self._masks, np.bool_)
        """[num_infosets, num_actions]"""
        self.max_chips = max(abs(node.chips) for node in self.nodes)
        """The most that can be won."""
        self._members: list[list[int]] = [[] for _ in self.infosets]
        for index, node in enumerate(self.nodes):
            if node.turn < CHANCE:
                self._members[node.infoset].append(index)

    @property
    def num_infosets(self) -> int:
        return len(self.infosets)

    def uniform(self) -> Strategy:
        """Every legal action alike."""
        return self.legal / self.legal.sum(axis=1, keepdims=True)

    def value(self, first: Strategy, second: Strategy) -> float:
        """Chips that `first`, in seat 0, wins of `second` on average."""
        reach = self._reach([(1.0, first)], seat=0) * self._reach([(1.0, second)], seat=1)
        return float(
            sum(r * node.chips for r, node in zip(reach * self._luck, self.nodes, strict=True))
        )

    def best_response(self, mixture: Sequence[tuple[float, Strategy]], seat: int) -> Strategy:
        """A pure strategy for `seat`'s information sets, zeros elsewhere.

        mixture: weights, adding up to 1, and strategies of the other seat, one of which is drawn for a
        game. Among equal actions, so too where the other seat never lets it come to, the one that is best
        against uniform play, then the first: a response that plays well off the path is worth more to a
        population (docs/results.md).
        """
        # How often chance and the other seat come to a node; this seat does what it takes to be there.
        others = [self._reach(mixture, 1 - seat), self._reach([(1.0, self.uniform())], 1 - seat)]
        reach = (self._luck * np.array(others)).T
        sign = 1.0 if seat == 0 else -1.0
        chosen: dict[int, int] = {}
        known: dict[int, NDArray[np.float64]] = {}

        def worth(index: int) -> NDArray[np.float64]:
            """Against the mixture, and against uniform play."""
            if index not in known:
                node = self.nodes[index]
                if node.turn == TERMINAL:
                    known[index] = sign * node.chips * reach[index]
                elif node.turn == seat:
                    known[index] = worth(node.children[best_action(node.infoset)])
                else:
                    below = [worth(child) for child in node.children if child >= 0]
                    known[index] = np.sum(below, axis=0)
            return known[index]

        def best_action(infoset: int) -> int:
            if infoset not in chosen:
                members = self._members[infoset]
                totals = [
                    (
                        *np.round(
                            np.sum(
                                [worth(self.nodes[m].children[action]) for m in members], axis=0
                            ),
                            _TIE_DIGITS,
                        ),
                        -action,
                    )
                    for action in np.flatnonzero(self.legal[infoset])
                ]
                chosen[infoset] = int(-max(totals)[-1])
            return chosen[infoset]

        response = np.zeros((self.num_infosets, self.num_actions))
        for infoset in np.flatnonzero(np.array(self._seats) == seat):
            response[infoset, best_action(int(infoset))] = 1.0
        return response

    def _reach(self, mixture: Sequence[tuple[float, Strategy]], seat: int) -> NDArray[np.float64]:
        """[nodes] The probability that the choices of `seat`, drawn from `mixture`, allow each."""
        total = np.zeros(len(self.nodes))
        for weight, strategy in mixture:
            reach = np.zeros(len(self.nodes))
            reach[0] = weight
            for index, node in enumerate(self.nodes):
                for place, child in enumerate(node.children):
                    if child >= 0:
                        acts = node.turn == seat
                        reach[child] = reach[index] * (
                            strategy[node.infoset, place] if acts else 1.0
                        )
            total += reach
        return total

    def _grow(self, root: State) -> None:
        """Depth first, parents before their children."""
        self._luck_of: list[float] = []
        self._add(root, 1.0)
        self._luck = np.array(self._luck_of)

    def _add(self, state: State, luck: float) -> int:
        node = Node(state.turn, -1, [], 0.0, np.empty(0))
        index = len(self.nodes)
        self.nodes.append(node)
        self._luck_of.append(luck)
        if state.turn == TERMINAL:
            node.chips = state.chips()
        elif state.turn == CHANCE:
            draws = state.draws()
            node.chances = np.array([chance for chance, _ in draws])
            node.children = [self._add(after, luck * chance) for chance, after in draws]
        else:
            node.infoset = self._infoset(state)
            node.children = [-1] * self.num_actions
            for action, after in state.choices():
                node.children[action] = self._add(after, luck)
        return index

    def _infoset(self, state: State) -> int:
        name = state.infoset
        if name not in self._number:
            self._number[name] = len(self.infosets)
            self.infosets.append(name)
            self._rows.append(state.features())
            legal = {action for action, _ in state.choices()}
            self._masks.append([action in legal for action in range(self.num_actions)])
            self._seats.append(state.turn)
        return self._number[name]
