"""What a battle's value becomes in counts."""

import numpy as np
import pytest

from psro.game.battles import drawn_results

SEEDS = np.arange(2000, dtype=np.uint64)


@pytest.mark.parametrize("value", [0.0, 0.5, 1.0])
def test_a_win_a_tie_and_a_loss_are_what_they_are(value: float) -> None:
    assert set(drawn_results(np.full(20, value), SEEDS[:20])) == {value}


@pytest.mark.parametrize("value", [0.1, 0.25, 0.75])
def test_any_other_value_is_the_chance_of_a_win(value: float) -> None:
    drawn = drawn_results(np.full(2000, value), SEEDS)
    assert set(drawn) == {0.0, 1.0}
    assert np.mean(drawn) == pytest.approx(value, abs=0.04)
    # Each battle's by its own seed, whichever others are drawn with it.
    assert (drawn[7:9] == drawn_results(np.full(2, value), SEEDS[7:9])).all()
