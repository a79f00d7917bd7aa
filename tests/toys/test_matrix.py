"""The matrix game behind game's protocols."""

import numpy as np
import pytest

from psro.toys.matrix import VIEW, MatrixConfig, MatrixGame
from tests.game.conformance import (
    check_results_are_whole,
    check_same_jobs_same_bytes,
    jobs_between,
    play,
)


def policies(game: MatrixGame) -> list:
    return [
        game.make_policy("rock", "pure", {"action": "rock"}),
        game.make_policy("mixed", "mixed", {"weights": [1, 2, 1]}),
    ]


def test_conformance() -> None:
    game = MatrixGame(MatrixConfig())
    check_same_jobs_same_bytes(game, VIEW, policies(game))
    jobs = jobs_between("rock", "mixed", 50)
    check_results_are_whole(play(game.make_arena(), jobs, policies(game), VIEW), jobs)


def test_sampled_scores_agree_with_the_exact_one() -> None:
    game = MatrixGame(MatrixConfig())
    rock, mixed = policies(game)
    result = play(game.make_arena(), jobs_between("rock", "mixed", 4000), [rock, mixed], VIEW)
    exact = game.exact_score(rock, mixed)
    assert exact == 0.5 * 0.25 + 0 * 0.5 + 1 * 0.25
    assert np.mean([outcome.score for outcome in result.outcomes]) == pytest.approx(exact, abs=0.03)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"scores": [[0.5, 0.2], [0.2, 0.5]], "actions": ["a", "b"]}, "must be 1"),
        ({"actions": ["a"]}, "names 1 actions"),
        ({"scores": [[0.5, 2], [-1, 0.5]], "actions": ["a", "b"]}, r"in \[0, 1\]"),
    ],
)
def test_a_matrix_that_is_no_symmetric_game_is_refused(change: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        MatrixConfig(**change)


def test_unknown_policies_are_refused_with_the_choices() -> None:
    game = MatrixGame(MatrixConfig())
    with pytest.raises(ValueError, match=r"\['mixed', 'pure'\]"):
        game.make_policy("x", "neural", {})
    with pytest.raises(ValueError, match="rock"):
        game.make_policy("x", "pure", {"action": "lizard"})
