"""AMAGO's loss, against its own code's figures and against what it says."""

import json
from dataclasses import replace
from typing import Any

import pytest
import torch

from psro.oracle.amago.config import AmagoTrainingConfig
from psro.oracle.amago.objective import filter_weights, loss_of
from psro.oracle.amago.windows import Windows
from psro.oracle.models.metamon import MetamonAgent
from psro.oracle.models.metamon.heads import PopArt, TwoHotCritics
from tests.oracle.models.metamon.golden import GOLDEN, KINDS, agent, arrays

FIGURES: dict[str, Any] = json.loads((GOLDEN / "tiny/losses.json").read_text())


def fresh(kind: str) -> MetamonAgent:
    made = MetamonAgent(agent(kind).config, agent(kind).num_tokens, seed=0)
    made.load_state_dict(agent(kind).state_dict())
    return made.eval()


def windows_of(kind: str) -> Windows:
    """The golden battles' first decisions, as the figures were made of them."""
    theirs = arrays(kind)
    shown = theirs["previous"][:, 1:, 1:]
    actions = shown.argmax(-1)
    rows = torch.arange(actions.numel()).view_as(actions)
    return Windows(
        words=theirs["words"],
        numbers=theirs["numbers"],
        previous=theirs["previous"],
        times=theirs["times"],
        actions=torch.where(rows % 3 == 1, rows % 9, actions),
        rewards=theirs["previous"][:, 1:, 0],
        done=torch.zeros_like(actions, dtype=torch.float32),
        real=theirs["real"][:, 1:],
        legal_mask=torch.ones(*theirs["times"].shape, 9, dtype=torch.bool),
    )


@pytest.mark.parametrize("name", FIGURES)
def test_losses_and_gradients_of_their_code(name: str) -> None:
    settings = AmagoTrainingConfig(**FIGURES[name]["settings"])
    ours = fresh("tiny")
    torch.manual_seed(7)
    loss, _ = loss_of(ours, windows_of("tiny"), settings)
    loss.backward()
    norm = torch.cat([p.grad.flatten() for p in ours.trained() if p.grad is not None]).norm()
    assert float(loss.detach()) == pytest.approx(FIGURES[name]["loss"], rel=1e-4)
    assert float(norm) == pytest.approx(FIGURES[name]["gradient_norm"], rel=1e-4)
    assert ours.popart.mu.flatten().tolist() == pytest.approx(FIGURES[name]["mu"], rel=1e-5)


@pytest.mark.parametrize("kind", KINDS)
def test_unknown_actions_count_for_nothing(kind: str) -> None:
    windows, settings = windows_of(kind), AmagoTrainingConfig(filter="none")
    other = windows.actions.clone()
    other[0, 2] = (other[0, 2] + 1) % 9
    masked = [
        replace(
            windows, actions=actions.index_put((torch.tensor(0), torch.tensor(2)), torch.tensor(-1))
        )
        for actions in (windows.actions, other)
    ]
    with torch.no_grad():
        first, second = (float(loss_of(fresh(kind), one, settings)[0]) for one in masked)
        whole = float(loss_of(fresh(kind), windows, settings)[0])
    assert first == second != whole


@pytest.mark.parametrize("kind", KINDS)
def test_steps_of_the_loss_raise_what_is_imitated(kind: str) -> None:
    ours, settings = fresh(kind), AmagoTrainingConfig(filter="none")
    optimizer = torch.optim.AdamW(ours.trained(), lr=1e-2)
    losses = []
    for _ in range(15):
        loss, _ = loss_of(ours, windows_of(kind), settings)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(float(loss.detach()))
    assert losses[-1] < losses[0] - 0.1


@pytest.mark.parametrize("kind", KINDS)
def test_critics_learn_the_targets_without_moving_them(kind: str) -> None:
    ours, settings = fresh(kind), AmagoTrainingConfig(reward_multiplier=1.0)
    ours.follow(1.0)
    ours.popart._t.fill_(1e5)  # settled: the loss keeps its unit
    targets = [p.clone() for p in ours.target_critics.parameters()]
    optimizer = torch.optim.AdamW(ours.trained(), lr=3e-3)
    losses = []
    for step in range(15):
        torch.manual_seed(step)
        loss, parts = loss_of(ours, windows_of(kind), settings)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(float(parts["critic_loss"]))
    assert losses[-1] < losses[0]
    assert all(
        torch.equal(a, b) for a, b in zip(targets, ours.target_critics.parameters(), strict=True)
    )
    ours.follow(0.5)
    now, then = next(iter(ours.target_critics.parameters())), targets[0]
    assert torch.allclose(now, (then + next(iter(ours.critics.parameters()))) / 2)


def test_the_online_part_moves_the_actor_and_not_the_critics() -> None:
    for kind in KINDS:
        ours = fresh(kind)
        settings = AmagoTrainingConfig(offline_weight=0.0, online_weight=1.0, critic_weight=0.0)
        torch.manual_seed(3)
        loss_of(ours, windows_of(kind), settings)[0].backward()
        assert any(
            bool(p.grad.abs().sum() > 0) for p in ours.actor.parameters() if p.grad is not None
        )
        assert all(p.grad is None or not bool(p.grad.any()) for p in ours.critics.parameters())
        assert all(p.grad is None for p in ours.maximized_critics.parameters())


def test_filters() -> None:
    advantage = torch.tensor([-1000.0, -1.0, 0.0, 1.0, 1000.0])
    binary = filter_weights(advantage, AmagoTrainingConfig())
    assert binary.tolist() == [0, 0, 0, 1, 1]
    weights = filter_weights(advantage, AmagoTrainingConfig(filter="exponential", beta=2.0))
    assert weights.tolist() == pytest.approx([1e-7, 0.1353353, 1, 7.389056, 100])


def test_two_hot_labels_have_the_return_as_their_mean() -> None:
    critics = agent("tiny_two_hot").critics
    assert isinstance(critics, TwoHotCritics)
    returns = torch.tensor([-1100.0, -1099.0, -3.0, 0.0, 220.0, 1000.0, 1100.0, 5000.0])
    labels = critics.labels(returns)
    assert torch.allclose(labels.sum(-1), torch.ones(8))
    assert ((labels > 0).sum(-1) <= 2).all()
    assert torch.allclose((labels * critics.bins).sum(-1), returns.clamp(max=1100), atol=1e-2)


def test_popart_keeps_what_it_gives_out_while_its_statistics_move() -> None:
    popart, raw = PopArt(2), torch.randn(4, 2, 1)
    before = popart.values(raw)
    for _ in range(30):
        popart.update(torch.randn(50, 2) * 20 + 7, torch.ones(50))
    assert torch.allclose(popart.values(raw), before, atol=1e-3)
    assert popart.mu.flatten().tolist() == pytest.approx([7, 7], abs=2.5)
    popart.update(torch.full((3, 2), 1e9), torch.zeros(3))
    assert torch.allclose(popart.values(raw), before, atol=1e-3)


@pytest.mark.parametrize("kind", KINDS)
def test_an_actor_that_knows_of_legality_learns_nothing_of_illegal_actions(kind: str) -> None:
    """Of metamon's MetamonMaskedActor: no gradient goes to the logits of what was never legal."""
    config = replace(agent(kind).config, num_actions=13, masks_illegal=True)
    ours = MetamonAgent(config, agent(kind).num_tokens, seed=0)
    nine = windows_of(kind)
    shown = torch.nn.functional.pad(nine.previous, (0, 4))
    legal = torch.nn.functional.pad(nine.legal_mask, (0, 4))
    windows = replace(nine, previous=shown, legal_mask=legal)
    torch.manual_seed(5)
    loss, _ = loss_of(ours, windows, AmagoTrainingConfig(filter="none"))
    loss.backward()
    moved = ours.actor.base.out_layer.bias.grad
    assert moved is not None
    assert (moved.view(-1, 13)[:, 9:] == 0).all()
    assert (moved.view(-1, 13)[:, :9] != 0).any()
