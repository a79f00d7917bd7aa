"""Rounding to float16 against numpy's."""

import numba
import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from psro.pokemon.observations.records.half import to_half


@numba.njit
def call(singles: np.ndarray, halves: np.ndarray) -> None:
    """A rule is called by compiled functions alone."""
    to_half(singles, halves, len(singles))


def rounded(singles: np.ndarray) -> np.ndarray:
    halves = np.zeros(len(singles), np.uint16)
    call(singles.view(np.uint32), halves)
    return halves


def test_every_half_its_neighbours_and_the_ties_between() -> None:
    halves = np.arange(0x7C00, dtype=np.uint16).view(np.float16).astype(np.float32)
    middles = (halves[:-1] + halves[1:]) / 2
    around = [np.nextafter(middles, np.float32(side)) for side in (0, 1e5)]
    positive = np.concatenate([halves, middles, *around]).astype(np.float32)
    values = np.concatenate([positive, -positive])
    assert (rounded(values) == values.astype(np.float16).view(np.uint16)).all()


@given(st.lists(st.floats(-65000, 65000, width=32), min_size=1))
def test_any_float(values: list[float]) -> None:
    singles = np.array(values, np.float32)
    assert (rounded(singles) == singles.astype(np.float16).view(np.uint16)).all()
