"""What is said where a checkpoint does not fit."""

from dataclasses import asdict, replace

import pytest

from psro.machine.errors import UserError
from psro.oracle.metamon.reading import read_state
from psro.oracle.models.metamon import MetamonAgent
from psro.oracle.models.metamon.fitting import fill, shape_of
from tests.oracle.models.metamon.golden import KINDS, checkpoint, config_of, num_tokens


@pytest.mark.parametrize("kind", KINDS)
def test_a_state_dict_tells_its_shape(kind: str) -> None:
    told = shape_of(read_state(checkpoint(kind)))
    assert told.pop("num_tokens") == num_tokens(kind)
    assert told.pop("num_discounts") == 7
    config = asdict(config_of(kind))
    assert told == {name: config[name] for name in told}


def test_another_architecture_is_named_with_what_would_fit() -> None:
    wrong = replace(config_of("tiny"), num_layers=1, head_width=8)
    made = MetamonAgent(wrong, num_tokens("tiny"), seed=0)
    with pytest.raises(UserError) as raised:
        fill(made, read_state(checkpoint("tiny")), "x.pt")
    message = str(raised.value)
    assert "x.pt do not fit this model: " in message
    assert (
        "(here [8, 12], there [7, 12])" in message
        or "(here [3, 12, 8], there [3, 12, 7])" in message
    )
    assert " more. They fit with {num_layers: 2, head_width: 7}" in message
    assert "\n" not in message


def test_another_tokenizer_is_named() -> None:
    made = MetamonAgent(config_of("tiny"), 12, seed=0)
    with pytest.raises(
        UserError, match=rf"of a tokenizer of {num_tokens('tiny') - 1} words, not 11"
    ):
        fill(made, read_state(checkpoint("tiny")), "x.pt")


def test_the_other_critics_are_named() -> None:
    made = MetamonAgent(config_of("tiny_two_hot"), num_tokens("tiny"), seed=0)
    with pytest.raises(UserError, match=r"They fit with \{critics: scalar\}"):
        fill(made, read_state(checkpoint("tiny")), "x.pt")


def test_tensors_of_something_else() -> None:
    made = MetamonAgent(config_of("tiny"), num_tokens("tiny"), seed=0)
    with pytest.raises(UserError, match=r"They are no metamon agent's: .* is missing"):
        fill(made, {"weight": made.state_dict()["popart.mu"]}, "x.pt")


def test_weights_that_are_not_finite() -> None:
    made = MetamonAgent(config_of("tiny"), num_tokens("tiny"), seed=0)
    state = read_state(checkpoint("tiny"))
    state["popart.mu"] = state["popart.mu"] / 0
    with pytest.raises(UserError, match=r"not finite: popart\.mu"):
        fill(made, state, "x.pt")


@pytest.mark.parametrize("kind", KINDS)
def test_thirteen_actions_are_told(kind: str) -> None:
    config = config_of(kind)
    made = MetamonAgent(replace(config, num_actions=13), num_tokens(kind), seed=0)
    nine = MetamonAgent(config, num_tokens(kind), seed=0)
    with pytest.raises(UserError, match=r"They fit with \{num_actions: 13\}"):
        fill(nine, made.state_dict(), "x.pt")


def test_what_weights_do_not_tell_is_said() -> None:
    wrong = replace(config_of("tiny"), turn_width=16)
    made = MetamonAgent(wrong, 12, seed=0)
    with pytest.raises(
        UserError,
        match=rf"fit with \{{turn_width: 8\}} and the turn_heads .*, by a tokenizer of {num_tokens('tiny') - 1} words",
    ):
        fill(made, read_state(checkpoint("tiny")), "x.pt")
