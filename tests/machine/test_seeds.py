"""Seeds: keyed by names, told apart by type and border, the same for ever."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from psro.machine.seeds import rng_from, seed_from

PARTS = st.lists(st.text(max_size=5) | st.integers(-3, 3), max_size=4)


def test_the_values_are_frozen():
    assert seed_from("phase1", 0, "matchup") == 8542106689317814044
    assert int(rng_from("phase1", 0).integers(1 << 30)) == 97628484


@given(PARTS, PARTS)
def test_different_parts_give_different_seeds(a, b):
    assert (seed_from(*a) == seed_from(*b)) == (a == b)
    assert 0 <= seed_from(*a) < 1 << 63


@pytest.mark.parametrize("part", [1.0, None, True, ("a",)])
def test_other_types_are_refused(part):
    with pytest.raises(TypeError, match="str or int"):
        seed_from(part)
