"""Axes."""

from itertools import pairwise

import pytest

from psro.report.drawing.marks import Drawing, Text, text_width
from psro.report.drawing.plane import TICK_SIZE, Plane, nice_ticks, percent, shown_number


@pytest.mark.parametrize(
    ("low", "high", "ticks"),
    [
        (0, 1, [0, 0.2, 0.4, 0.6, 0.8, 1]),
        (-0.021, 0.29, [0, 0.1, 0.2]),
        (0, 12_000, [0, 5000, 10_000]),
        (3, 3, [3]),
    ],
)
def test_ticks_are_round_and_inside(low, high, ticks):
    assert nice_ticks(low, high) == ticks


def test_labels_do_not_touch_each_other():
    drawing = Drawing(200.0, 100.0)
    plane = Plane(drawing, 0.0, 0.0, 200.0, 80.0, (0, 99), (0, 1))
    plane.labels_below(range(100), str)
    labels = [mark for mark in drawing.marks if isinstance(mark, Text)]
    assert len(labels) > 4
    for one, other in pairwise(labels):
        assert other.x - one.x > text_width(other.text, TICK_SIZE)


def test_numbers_are_short():
    assert [shown_number(value) for value in (0, 0.25, 1234567, 0.00002)] == [
        "0",
        "0.25",
        "1,234,567",
        "2e-05",
    ]
    assert [percent(value) for value in (0.5, 0.125)] == ["50 %", "12.5 %"]
