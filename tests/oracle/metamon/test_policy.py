"""A metamon agent plays what its actor says, remembers what it did, and forgets what is over."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from psro.game.policies import Decisions
from psro.oracle.metamon.policy import MetamonPolicy
from psro.oracle.models.metamon import MetamonAgent
from tests.oracle.models.metamon.golden import agent, arrays, config_of


class GoldenReader:
    """Hands out the golden battles: an observation is (battle, decision), a snapshot what had been earned."""

    view = "golden"

    def read(self, observations: Mapping[str, Any]) -> tuple[Any, Any, Any]:
        battle, time = observations["where"].T
        theirs = arrays("tiny")
        earned = theirs["previous"][..., 0].cumsum(1)
        return (
            theirs["words"][battle, time].numpy(),
            theirs["numbers"][battle, time].numpy(),
            earned[battle, time].numpy()[:, None].astype(np.float64),
        )

    def reward(self, before: Any, after: Any) -> Any:
        return (after - before)[:, 0]


def asked(battles: list[int], time: int, legal: np.ndarray | None = None) -> Decisions:
    num = len(battles)
    return Decisions(
        {"where": np.array([[b % 10, time] for b in battles])},
        np.ones((num, 9), np.bool_) if legal is None else legal,
        np.arange(num, dtype=np.uint64) + np.uint64(100 * time),
        np.array(battles),
    )


def policy(**settings: Any) -> MetamonPolicy:
    return MetamonPolicy("m", agent("tiny"), GoldenReader(), **settings)


def test_it_sees_what_metamons_agent_saw() -> None:
    """Over golden battles, its last actions being theirs: the same chances, so the same words, rewards and actions before."""
    theirs, playing = arrays("tiny"), policy()
    for time in range(theirs["real"].shape[1]):
        running = [b for b in (0, 1) if theirs["real"][b, time]]
        for battle in running if time else ():
            playing._episodes[battle].action = int(theirs["previous"][battle, time, 1:].argmax())
        chances = playing._decide(asked(running, time))
        assert np.allclose(chances, theirs["actor"][running, time, -1].numpy(), atol=1e-5)


def test_greedy_and_sampled_play_are_the_actors() -> None:
    theirs = arrays("tiny")
    wanted = theirs["actor"][:, 0, -1].numpy()
    assert (policy(temperature=0.0).act(asked([0, 1], 0)) == wanted.argmax(1)).all()
    chances = policy()._decide(asked([0, 1], 0))
    assert np.allclose(chances, wanted, atol=1e-6)
    colder = policy(temperature=0.5)._decide(asked([0, 1], 0))
    assert np.allclose(colder, wanted**2 / (wanted**2).sum(1, keepdims=True), atol=1e-6)


def test_illegal_actions_are_never_played() -> None:
    legal = np.zeros((2, 9), np.bool_)
    legal[0, [2, 5]] = legal[1, 8] = True
    for settings in ({"temperature": 0.0}, {}, {"epsilon": 0.5}):
        chances = policy(**settings)._decide(asked([0, 1], 0, legal))
        assert (chances[~legal] == 0).all()
        assert np.allclose(chances.sum(1), 1)


def test_battles_do_not_meet_however_they_are_laid_out() -> None:
    """Asked one at a time, together, or with a slot that another battle had before: the same chances."""
    alone, together, reused = policy(), policy(), policy()
    reused.act(asked([20], 0))
    reused.forget([20])
    for time in range(5):
        legal = np.zeros((2, 9), np.bool_)
        legal[:, time] = True  # so that all play alike
        first = np.concatenate([alone._decide(asked([b], time)) for b in (0, 1)])
        for one in (together, reused):
            assert np.allclose(one._decide(asked([1, 0], time))[::-1], first, atol=1e-6)
        for one in (alone, together, reused):
            for battle in one._episodes.values():
                battle.action = time


def test_more_battles_than_slots_and_forgetting() -> None:
    playing = policy()
    playing.act(asked([10 * n for n in range(20)], 0))
    assert playing._room().num_slots >= 20
    playing.forget([10 * n for n in range(20)])
    assert not playing._episodes
    playing.act(asked([10 * n for n in range(30, 50)], 0))
    assert playing._room().num_slots < 64


def test_what_cannot_be_played() -> None:
    with pytest.raises(ValueError, match="temperature is -1"):
        policy(temperature=-1.0)
    with pytest.raises(ValueError, match="reads the arrays of golden"):
        policy().act(
            Decisions(
                [object()], np.ones((1, 9), np.bool_), np.zeros(1, np.uint64), np.zeros(1, np.int64)
            )
        )


def test_weights_that_are_no_good_are_named() -> None:
    playing = policy()
    broken = np.full((1, 9), np.nan)
    with pytest.raises(ValueError, match="its weights are no good"):
        playing._chances(broken, np.ones((1, 9), np.bool_))


@pytest.mark.parametrize("kind", ["tiny", "tiny_two_hot"])
def test_a_network_of_thirteen_actions_plays_the_nine(kind: str) -> None:
    config = replace(config_of(kind), num_actions=13)
    made = MetamonAgent(config, agent(kind).num_tokens, seed=1)
    assert made.values(torch.zeros(2, config.width)).shape[-1] == 13
    playing = MetamonPolicy("m", made, GoldenReader())
    for time in range(3):
        actions = playing.act(asked([0, 1], time))
        assert ((actions >= 0) & (actions < 9)).all()
    shown = playing._previous([playing._episodes[0]], np.zeros((1, 1)))
    assert shown.shape == (1, 14)
    assert shown[0, 10:].tolist() == [0, 0, 0, 0], "nobody terastallises"


def test_illegal_actions_may_be_taken_out_before_the_softmax() -> None:
    """A sure preference for what is illegal hides what the actor thinks of the rest, unless it is masked first."""
    config = replace(config_of("tiny"), num_actions=13, masks_illegal=True)
    made = MetamonAgent(config, agent("tiny").num_tokens, seed=1)
    with torch.no_grad():
        made.actor.base.out_layer.weight.zero_()
        made.actor.base.out_layer.bias.copy_(
            torch.tensor([2.0, 1.0] + [0.0] * 7 + [50.0] * 4).repeat(7)
        )
    legal = np.zeros((1, 9), np.bool_)
    legal[0, :2] = True
    wanted = np.exp([2.0, 1.0]) / np.exp([2.0, 1.0]).sum()
    chances = MetamonPolicy("m", made, GoldenReader())._decide(asked([0], 0, legal))
    assert np.allclose(chances[0, :2], wanted, atol=1e-3)
    made.config.masks_illegal = False
    chances = MetamonPolicy("m", made, GoldenReader())._decide(asked([0], 0, legal))
    assert np.allclose(chances[0, :2], 0.5), "clipped both"
