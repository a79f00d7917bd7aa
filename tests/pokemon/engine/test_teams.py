"""Packed teams in lanes."""

import numpy as np
import pytest

from psro.pokemon.engine.layout import LANE_SIZE, SEED
from psro.pokemon.engine.tables import MOVE_NUMBERS
from psro.pokemon.engine.teams import new_lane, unpack_set, unpack_team, write_seed


def test_a_set_without_spreads_is_trained_to_the_full() -> None:
    tauros = unpack_set("Tauros||||bodyslam,hyperbeam,blizzard,earthquake|||||||")
    assert tauros.stats == (353, 298, 288, 318, 238)
    assert tauros.moves == tuple(
        MOVE_NUMBERS[move] for move in ("bodyslam", "hyperbeam", "blizzard", "earthquake")
    )
    assert tauros.level == 100


def test_spreads_and_level_count() -> None:
    weak = unpack_set("Mew||||pound||0,0,0,0,0,0||0,0,0,0,0,0||5|")
    assert weak.stats == (25, 15, 15, 15, 15)


@pytest.mark.parametrize(
    ("packed", "message"),
    [
        ("Umbreon||||pound|||||||", "no Gen 1 species 'umbreon'"),
        ("Mew||||crunch|||||||", "no Gen 1 move 'crunch'"),
        ("Mew", "not a packed set"),
    ],
)
def test_what_gen_1_does_not_have_is_refused(packed: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        unpack_set(packed)


def test_a_team_has_at_most_six() -> None:
    with pytest.raises(ValueError, match="one to six"):
        unpack_team("]".join(["Mew||||pound|||||||"] * 7))


def test_a_seed_is_sixteen_hex_digits() -> None:
    lane = np.zeros(LANE_SIZE, np.int16)
    write_seed(lane, "gen5,0123456789abcdef")
    assert (lane[SEED : SEED + 4].view(np.uint16) == [0x0123, 0x4567, 0x89AB, 0xCDEF]).all()
    with pytest.raises(ValueError, match="sixteen hex digits"):
        new_lane("1,2,3,4", "Mew||||pound|||||||", "Mew||||pound|||||||")
