"""Kuhn and Leduc behind the games' language: tabular policies, exact payoffs, exact best responses.

A battle is one hand. Who sits in which seat is drawn, so the game is symmetric: the score of a strategy is
½ + (what it wins in seat 0 + what it wins in seat 1) / (4 · the most that can be won), in chips; with one
strategy fixed, a gain g in score over both seats is a NashConv of 4 · max_chips · g chips.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from psro.game.policies import BasePolicy, Decisions, Policy, choose_from
from psro.game.protocols import Arena
from psro.game.recording import RecordedAsSeen
from psro.game.spec import ArraySpec, ObservationSpec
from psro.toys.poker import ACTIONS, KUHN, LEDUC, Hand
from psro.toys.tree import GameTree, Strategy
from psro.toys.tree_arena import TreeArena

VIEW = "infoset"
"""The one array view: which information set it is, as an id and as numbers."""
VARIANTS = {"kuhn": KUHN, "leduc": LEDUC}


@dataclass
class PokerConfig:
    """`game=kuhn`, `game=leduc`."""

    name: str = "poker"
    variant: str = "kuhn"
    """kuhn (12 information sets) or leduc (288)."""

    def __post_init__(self) -> None:
        if self.variant not in VARIANTS:
            raise ValueError(f"game.variant: no {self.variant!r}; choose one of {sorted(VARIANTS)}")


class TabularPolicy(BasePolicy):
    """Plays the behaviour probabilities strategy[infoset]."""

    view = VIEW

    def __init__(self, name: str, strategy: Strategy):
        self.name = name
        self.strategy = strategy

    def act(self, decisions: Decisions) -> NDArray[np.int64]:
        """[B] actions drawn from the rows of the strategy."""
        assert isinstance(decisions.observations, Mapping)
        infosets = decisions.observations["ids"][:, 0]
        return choose_from(self.strategy[infosets], decisions.seeds)


class TreeGame(RecordedAsSeen):
    """psro.game.protocols.Game on a tree."""

    name = "poker"
    views = frozenset({VIEW})
    pools: tuple[str, ...] = ("training",)
    num_actions = len(ACTIONS)

    def __init__(self, config: PokerConfig):
        self.config = config
        self.tree = GameTree(Hand(VARIANTS[config.variant]), self.num_actions)

    def check(self) -> None:
        """Nothing can be missing."""

    def observation_spec(self, view: str) -> ObservationSpec:
        """One id and its numbers. Raises ValueError for any other view than `infoset`."""
        if view != VIEW:
            raise ValueError(f"{self.config.variant} has no view {view!r}; there is {VIEW!r}")
        numbers = ArraySpec("numbers", self.tree.features.shape[1:], "float32", "numbers")
        ids = ArraySpec("ids", (1,), "int16", "ids", self.tree.num_infosets)
        return ObservationSpec(VIEW, (numbers, ids), self.num_actions)

    def policy_kinds(self) -> Mapping[str, str]:
        """uniform {}, pure {actions: {infoset: action}} and tabular {strategy: {infoset: [probabilities]}}."""
        return dict.fromkeys(("uniform", "pure", "tabular"), VIEW)

    def make_policy(self, name: str, kind: str, arguments: Mapping[str, Any]) -> TabularPolicy:
        """A tabular policy. Raises ValueError for an unknown kind, or what is no strategy of this game."""
        if kind == "uniform":
            return TabularPolicy(name, self.tree.uniform())
        if kind == "pure":
            rows = {
                key: self._one_hot(name, action) for key, action in arguments["actions"].items()
            }
        elif kind == "tabular":
            rows = {key: np.array(row, np.float64) for key, row in arguments["strategy"].items()}
        else:
            raise ValueError(
                f"policy {name}: {self.config.variant} has no policy {kind!r}; there are "
                f"{sorted(self.policy_kinds())}"
            )
        return TabularPolicy(name, self._strategy(name, rows))

    def make_arena(self, evidence: Path = Path("audit")) -> Arena:
        """An arena on this game's tree."""
        return TreeArena(self.tree, self.observation_spec(VIEW))

    def exact_score(self, first: Policy, second: Policy) -> float | None:
        """The score of `first` over both seats, or None where a policy is not tabular."""
        if not isinstance(first, TabularPolicy) or not isinstance(second, TabularPolicy):
            return None
        return self._score(first.strategy, second.strategy)

    def best_response(
        self, opponents: Sequence[Policy], weights: Sequence[float]
    ) -> tuple[str, dict[str, Any], float]:
        """toys.exact.ExactGame: a pure strategy for both seats."""
        strategies = []
        for opponent in opponents:
            assert isinstance(opponent, TabularPolicy)
            strategies.append(opponent.strategy)
        mixture = list(zip(weights, strategies, strict=True))
        response = sum(
            (self.tree.best_response(mixture, seat) for seat in (0, 1)),
            start=np.zeros_like(self.tree.uniform()),
        )
        score = sum(weight * self._score(response, strategy) for weight, strategy in mixture)
        names = [ACTIONS[action] for action in np.argmax(response, axis=1)]
        return "pure", {"actions": dict(zip(self.tree.infosets, names, strict=True))}, score

    def fingerprint(self) -> dict[str, str]:
        """Nothing beyond the config."""
        return {}

    def _score(self, first: Strategy, second: Strategy) -> float:
        won = self.tree.value(first, second) - self.tree.value(second, first)
        return 0.5 + won / (4 * self.tree.max_chips)

    def _one_hot(self, name: str, action: str) -> NDArray[np.float64]:
        if action not in ACTIONS:
            raise ValueError(f"policy {name}: no action {action!r}; there are {ACTIONS}")
        return np.eye(self.num_actions)[ACTIONS.index(action)]

    def _strategy(self, name: str, rows: Mapping[str, NDArray[np.float64]]) -> Strategy:
        tree = self.tree
        if set(rows) != set(tree.infosets):
            odd = sorted(set(rows) ^ set(tree.infosets))
            raise ValueError(
                f"policy {name}: a strategy names each of the {tree.num_infosets} information sets of "
                f"{self.config.variant}; missing or unknown: {', '.join(odd[:5])}"
            )
        strategy = np.zeros((tree.num_infosets, self.num_actions))
        for number, key in enumerate(tree.infosets):
            row = rows[key]
            fits = row.shape == (self.num_actions,) and (row >= 0).all() and row.sum() > 0
            if not fits or row[~tree.legal[number]].any():
                legal = [ACTIONS[action] for action in np.flatnonzero(tree.legal[number])]
                raise ValueError(
                    f"policy {name}: at {key} it plays {row.tolist()} of {ACTIONS}; legal there: {legal}"
                )
            strategy[number] = row / row.sum()
        return strategy
