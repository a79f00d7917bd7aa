"""Kuhn and Leduc behind game's protocols."""

from typing import Any

import numpy as np
import pytest

from psro.toys.tree_game import VIEW, PokerConfig, TabularPolicy, TreeGame
from tests.game.conformance import (
    check_results_are_whole,
    check_same_jobs_same_bytes,
    jobs_between,
    play,
)


def policies(game: TreeGame) -> list[TabularPolicy]:
    uniform = game.make_policy("uniform", "uniform", {})
    kind, arguments, _ = game.best_response([uniform], [1.0])
    return [uniform, game.make_policy("response", kind, arguments)]


@pytest.mark.parametrize("variant", ["kuhn", "leduc"])
def test_conformance(variant: str) -> None:
    game = TreeGame(PokerConfig(variant=variant))
    check_same_jobs_same_bytes(game, VIEW, policies(game))
    jobs = jobs_between("response", "uniform", 60)
    check_results_are_whole(play(game.make_arena(), jobs, policies(game), VIEW), jobs)


def test_sampled_scores_agree_with_the_exact_one() -> None:
    game = TreeGame(PokerConfig(variant="leduc"))
    uniform, response = policies(game)
    exact = game.exact_score(response, uniform)
    assert exact == game.best_response([uniform], [1.0])[2]
    assert exact is not None
    assert exact + game.exact_score(uniform, response) == pytest.approx(1)  # type: ignore[operator]
    # NashConv of uniform play, 4.747 chips.
    assert 4 * 13 * (exact - 0.5) == pytest.approx(4.7472222222)
    result = play(
        game.make_arena(), jobs_between("response", "uniform", 3000), [uniform, response], VIEW
    )
    scores = [outcome.score for outcome in result.outcomes]
    assert np.mean(scores) == pytest.approx(exact, abs=4 * np.std(scores) / len(scores) ** 0.5)
    assert np.mean(scores) > 0.5


def test_rewards_add_up_to_the_chips_and_results_are_drawn_with_their_chance() -> None:
    game = TreeGame(PokerConfig())
    jobs = jobs_between("response", "uniform", 3000)
    found = play(game.make_arena(), jobs, policies(game), VIEW)
    assert found.trajectories is not None
    earned = np.add.reduceat(found.trajectories.rewards, found.trajectories.offsets[:-1])
    # One chip or two of two, won or lost; counts know only wins and losses.
    assert set(earned.tolist()) == {-1.0, -0.5, 0.5, 1.0}
    scores = np.array([episode.score for episode in found.trajectories.episodes])
    assert set(scores.tolist()) == {0.0, 1.0}
    for chips in (-1.0, -0.5, 0.5, 1.0):
        rate = scores[earned == chips].mean()
        assert rate == pytest.approx((1 + chips) / 2, abs=0.05)


@pytest.mark.parametrize(
    ("kind", "arguments", "message"),
    [
        ("neural", {}, r"\['pure', 'tabular', 'uniform'\]"),
        ("pure", {"actions": {"J/": "call"}}, "each of the 12 information sets of kuhn"),
        ("pure", {"actions": {"J/": "shove"}}, "no action 'shove'"),
        ("tabular", {"strategy": {"everywhere": [1, 0, 0]}}, r"at \S+ it plays \[1.0, 0.0, 0.0\]"),
    ],
)
def test_what_is_no_strategy_is_refused(kind: str, arguments: dict[str, Any], message: str) -> None:
    game = TreeGame(PokerConfig())
    if "everywhere" in arguments.get("strategy", {}):
        row = arguments["strategy"]["everywhere"]
        arguments = {"strategy": dict.fromkeys(game.tree.infosets, row)}
    with pytest.raises(ValueError, match=message):
        game.make_policy("x", kind, arguments)


def test_an_unknown_variant_is_refused_with_the_choices() -> None:
    with pytest.raises(ValueError, match=r"\['kuhn', 'leduc'\]"):
        PokerConfig(variant="holdem")
