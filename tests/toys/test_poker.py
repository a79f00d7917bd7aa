"""Kuhn and Leduc: their rules, by hands played out."""

import pytest

from psro.toys.poker import CALL, FOLD, KUHN, LEDUC, RAISE, Hand, Rules
from psro.toys.tree import CHANCE, TERMINAL

JACK, QUEEN, KING = range(3)


def played(rules: Rules, cards: str, *actions: int) -> Hand:
    """The hand with these cards after these actions."""
    hand, left = Hand(rules), ["JQK".index(card) for card in cards]
    for action in (*actions, None):
        while hand.turn == CHANCE:
            card = left.pop(0)
            hand = next(after for _, after in hand.draws() if after.cards[-1] == card)
        if action is not None:
            hand = dict(hand.choices())[action]
    return hand


@pytest.mark.parametrize(
    ("rules", "cards", "actions", "chips"),
    [
        (KUHN, "KQ", (CALL, CALL), 1),
        (KUHN, "JQ", (CALL, CALL), -1),
        (KUHN, "KQ", (RAISE, CALL), 2),
        (KUHN, "JQ", (RAISE, FOLD), 1),
        (KUHN, "KJ", (CALL, RAISE, FOLD), -1),
        (KUHN, "KJ", (CALL, RAISE, CALL), 2),
        # Ante 1, bets of 2 and 4.
        (LEDUC, "KQJ", (CALL, CALL, CALL, CALL), 1),
        (LEDUC, "KQQ", (CALL, CALL, CALL, CALL), -1),
        (LEDUC, "KKJ", (RAISE, CALL, RAISE, CALL), 0),
        (LEDUC, "KQJ", (RAISE, CALL, CALL, RAISE, CALL), 7),
        (LEDUC, "KQK", (RAISE, RAISE, CALL, RAISE, RAISE, CALL), 13),
        (LEDUC, "JQ", (RAISE, RAISE, FOLD), -3),
        (LEDUC, "JQK", (RAISE, CALL, RAISE, RAISE, FOLD), -7),
        (LEDUC, "JQK", (RAISE, CALL, CALL, RAISE, FOLD), -3),
    ],
)
def test_what_a_hand_wins(rules: Rules, cards: str, actions: tuple[int, ...], chips: float) -> None:
    hand = played(rules, cards, *actions)
    assert (hand.turn, hand.chips()) == (TERMINAL, chips)


def test_what_may_be_done() -> None:
    may = lambda *args: [action for action, _ in played(*args).choices()]  # noqa: E731
    assert may(KUHN, "KQ") == [CALL, RAISE]
    assert may(KUHN, "KQ", RAISE) == [FOLD, CALL]
    assert may(LEDUC, "KQ", RAISE) == [FOLD, CALL, RAISE]
    assert may(LEDUC, "KQ", RAISE, RAISE) == [FOLD, CALL]
    assert may(LEDUC, "KQJ", CALL, RAISE, RAISE, CALL) == [CALL, RAISE]


def test_a_seat_knows_its_card_the_public_one_and_the_bets() -> None:
    assert played(LEDUC, "KQJ", CALL, RAISE, CALL, CALL).infoset == "QJ/crc/c"
    one, other = played(KUHN, "KQ", RAISE), played(KUHN, "JQ", RAISE)
    assert one.infoset == other.infoset
    assert one.features() == other.features()


def test_the_cards_that_are_left_are_drawn() -> None:
    assert [(chance, hand.cards) for chance, hand in Hand(KUHN, (QUEEN,)).draws()] == [
        (0.5, (QUEEN, JACK)), (0.5, (QUEEN, KING)),
    ]  # fmt: skip
    third = Hand(LEDUC, (KING, KING), ((CALL, CALL), ()))
    assert [(chance, hand.cards[2]) for chance, hand in third.draws()] == [
        (0.5, JACK),
        (0.5, QUEEN),
    ]
