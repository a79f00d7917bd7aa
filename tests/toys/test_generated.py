"""Matrix games from a seed: what their structure promises."""

from collections.abc import Callable

import numpy as np
import pytest

from psro.toys.generated import (
    DiscConfig,
    GeneratedConfig,
    RandomSymmetricConfig,
    RandomSymmetrisedConfig,
    SpinningTopConfig,
    generated_game,
)
from psro.toys.matrix import VIEW
from tests.game.conformance import check_results_are_whole, check_same_jobs_same_bytes, jobs_between
from tests.game.conformance import play as played

KINDS: list[Callable[..., GeneratedConfig]] = [
    RandomSymmetricConfig, RandomSymmetrisedConfig, DiscConfig, SpinningTopConfig,
]  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_conformance(kind: Callable[..., GeneratedConfig]) -> None:
    game = generated_game(kind())
    policies = [game.make_policy(name, "pure", {"action": name}) for name in ("s0", "s7")]
    check_same_jobs_same_bytes(game, VIEW, policies)
    jobs = jobs_between("s0", "s7", 20)
    check_results_are_whole(played(game.make_arena(), jobs, policies, VIEW), jobs)


def test_sampled_battles_are_won_as_often_as_the_score_says() -> None:
    game = generated_game(SpinningTopConfig())
    first, second = (game.make_policy(name, "pure", {"action": name}) for name in ("s0", "s7"))
    jobs = jobs_between("s0", "s7", 3000)
    outcomes = played(game.make_arena(), jobs, [first, second], VIEW).outcomes
    assert {outcome.score for outcome in outcomes} == {0.0, 1.0}
    exact = game.exact_score(first, second)
    assert np.mean([outcome.score for outcome in outcomes]) == pytest.approx(exact, abs=0.04)


@pytest.mark.parametrize("kind", KINDS)
def test_the_seed_and_nothing_else_says_which_game(kind: Callable[..., GeneratedConfig]) -> None:
    game, again, other = (generated_game(kind(seed=seed)) for seed in (3, 3, 4))
    assert game.scores.tobytes() == again.scores.tobytes()
    assert game.fingerprint() == again.fingerprint() != other.fingerprint()
    np.testing.assert_array_equal(game.scores + game.scores.T, 1.0)
    assert len(np.unique(game.scores)) > len(game.scores)


def test_the_same_seed_gives_the_same_game_tomorrow() -> None:
    """A run that is resumed after an upgrade of numpy must not find another game."""
    assert {kind().name: generated_game(kind()).fingerprint()["scores"] for kind in KINDS} == {
        "random_symmetric": "641289dae8c86da2",
        "random_symmetrised": "ab6fc3b8dda0f2bd",
        "disc": "57e76438b40112d9",
        "spinning_top": "75274cb7ba1fb589",
    }


def test_a_symmetrised_strategy_earns_what_its_two_halves_earn() -> None:
    config = RandomSymmetrisedConfig(rows=3, columns=2, seed=1)
    payoffs, scores = config.payoffs(), generated_game(config).scores
    assert scores.shape == (6, 6)
    # s5 = (2, 1) against s2 = (1, 0): it wins P[2, 0] in the first seat, and loses P[1, 1] in the second.
    assert scores[5, 2] == pytest.approx(0.5 + (payoffs[2, 0] - payoffs[1, 1]) / 4)


def test_a_disc_has_no_skill_in_it() -> None:
    scores = generated_game(DiscConfig(size=12)).scores
    advantage = scores - 0.5
    # v × w is of rank two, and whoever gains against one gains as much less against its opposite point.
    assert np.linalg.matrix_rank(advantage, tol=1e-9) == 2
    assert 0 < np.abs(advantage).max() <= 0.5


def test_a_top_is_a_ladder_at_its_ends_and_a_wheel_in_its_middle() -> None:
    config = SpinningTopConfig(size=60)
    skill, _ = config.places()
    scores = generated_game(config).scores
    logits = np.log(scores / (1 - scores))
    cycles = np.abs(logits - config.transitive * (skill[:, None] - skill[None, :])).mean(axis=1)
    middle = cycles[np.abs(skill - 0.5) < 0.1].mean()
    ends = cycles[np.abs(skill - 0.5) > 0.4].mean()
    assert middle > 1.5 * ends
    ladder = generated_game(SpinningTopConfig(size=60, cyclic=0.0)).scores
    assert ((ladder > 0.5) == (skill[:, None] > skill[None, :])).all()


@pytest.mark.parametrize(
    ("kind", "change", "message"),
    [
        (DiscConfig, {"size": 0}, r"game\.size is 0; a game has 1 to 10,000"),
        (RandomSymmetricConfig, {"size": 20_000}, r"game\.size is 20000"),
        (RandomSymmetrisedConfig, {"rows": 200, "columns": 200}, r"game\.rows · game\.columns"),
        (SpinningTopConfig, {"cyclic": -1.0}, r"game\.cyclic is -1"),
    ],
)
def test_what_is_no_game_is_refused(kind: Callable, change: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        kind(**change)
