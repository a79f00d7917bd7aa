"""Game trees: values and best responses, against published figures and against trying everything."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from psro.toys.poker import KUHN, LEDUC, Hand
from psro.toys.tree import GameTree, Strategy

TREES = {"kuhn": GameTree(Hand(KUHN), 3), "leduc": GameTree(Hand(LEDUC), 3)}


def nash_conv(tree: GameTree, strategy: Strategy) -> float:
    """What both seats could gain against `strategy`, in chips."""
    first, second = (tree.best_response([(1.0, strategy)], seat) for seat in (0, 1))
    return tree.value(first, strategy) - tree.value(strategy, second)


# OpenSpiel 1.x: exploitability.nash_conv of the uniform policy; num_information_states by rank.
@pytest.mark.parametrize(
    ("name", "num_infosets", "expected"), [("kuhn", 12, 0.9166666666), ("leduc", 288, 4.7472222222)]
)
def test_uniform_play_is_as_exploitable_as_published(
    name: str, num_infosets: int, expected: float
) -> None:
    tree = TREES[name]
    assert tree.num_infosets == num_infosets
    assert nash_conv(tree, tree.uniform()) == pytest.approx(expected, abs=1e-9)


def test_kuhns_equilibrium_is_worth_a_loss_of_one_in_eighteen() -> None:
    """Kuhn (1950), the member of his family that bluffs most (alpha = 1/3)."""
    tree = TREES["kuhn"]
    bets = {"J/": 1 / 3, "Q/": 0, "K/": 1, "J/cr": 0, "Q/cr": 2 / 3, "K/cr": 1,
            "J/c": 1 / 3, "Q/c": 0, "K/c": 1, "J/r": 0, "Q/r": 1 / 3, "K/r": 1}  # fmt: skip
    strategy = np.zeros((12, 3))
    for number, name in enumerate(tree.infosets):
        weak, strong = (0, 1) if name.endswith("r") else (1, 2)
        strategy[number, [weak, strong]] = 1 - bets[name], bets[name]
    assert tree.value(strategy, strategy) == pytest.approx(-1 / 18, abs=1e-12)
    assert nash_conv(tree, strategy) == pytest.approx(0, abs=1e-12)


@st.composite
def mixtures(draw: st.DrawFn) -> list[tuple[float, Strategy]]:
    """Of one to three behaviour strategies of Kuhn poker, some of them pure."""
    tree = TREES["kuhn"]
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    found = []
    for _ in range(draw(st.integers(1, 3))):
        raw = rng.random((12, 3)) * tree.legal
        if draw(st.booleans()):
            raw = np.eye(3)[raw.argmax(axis=1)]
        found.append((draw(st.integers(1, 5)), raw / raw.sum(axis=1, keepdims=True)))
    total = sum(weight for weight, _ in found)
    return [(weight / total, strategy) for weight, strategy in found]


@settings(max_examples=20, deadline=None)
@given(mixtures(), st.sampled_from([0, 1]))
def test_no_pure_strategy_of_kuhn_does_better(
    mixture: list[tuple[float, Strategy]], seat: int
) -> None:
    tree = TREES["kuhn"]

    def earned(own: Strategy) -> float:
        return sum(
            weight * (tree.value(own, other) if seat == 0 else -tree.value(other, own))
            for weight, other in mixture
        )

    response = tree.best_response(mixture, seat)
    mine = np.flatnonzero(response.any(axis=1))
    assert len(mine) == 6
    tried = []
    for actions in product(*(np.flatnonzero(tree.legal[infoset]) for infoset in mine)):
        pure = np.zeros((12, 3))
        pure[mine, actions] = 1
        tried.append(earned(pure))
    assert len(tried) == 64
    assert earned(response) == pytest.approx(max(tried), abs=1e-9)


def test_among_equals_the_response_is_the_one_that_does_best_against_uniform_play() -> None:
    """Against one who never bets, what is done after a bet is all the same; but not to all."""
    tree = TREES["kuhn"]
    checks = np.zeros((12, 3))
    checks[:, 1] = 1
    response = tree.best_response([(1.0, checks)], seat=1)
    played = {tree.infosets[n]: "fcr"[int(a)] for n, a in zip(*np.nonzero(response), strict=True)}
    assert (played["J/r"], played["K/r"]) == ("f", "c")
