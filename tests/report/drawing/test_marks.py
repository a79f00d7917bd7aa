"""Hatches, markers and words."""

from itertools import combinations, pairwise

import pytest
from matplotlib.font_manager import findfont
from matplotlib.ft2font import FT2Font, LoadFlags

from psro.report.drawing.marks import (
    MARKERS,
    Box,
    Disc,
    fitted,
    hatched,
    marker,
    text_width,
    wrapped,
)
from psro.report.style import HATCHES, colour_of, diverging, readable_on


@pytest.mark.parametrize("hatch", HATCHES)
def test_a_hatch_stays_in_its_box(hatch):
    box = Box(11.0, 23.0, 64.0, 40.0, "#000000")
    first, *rest = hatched(box, hatch)
    assert first is box
    assert bool(rest) == bool(hatch)
    for mark in rest:
        points = [(mark.x, mark.y)] if isinstance(mark, Disc) else mark.points
        for x, y in points:
            assert 11 <= x <= 75
            assert 23 <= y <= 63


def test_hatches_differ():
    box = Box(0.0, 0.0, 50.0, 50.0, "#000000")
    drawn = [tuple(hatched(box, hatch))[1:] for hatch in HATCHES]
    assert all(one != other for one, other in combinations(drawn, 2))


def test_policies_next_to_each_other_differ_in_colour_and_hatch():
    looks = [colour_of(index) for index in range(50)]
    assert len(set(looks)) == 50
    for (colour, hatch), (next_colour, next_hatch) in pairwise(looks):
        assert colour != next_colour
        assert hatch != next_hatch


def test_markers_differ_in_shape():
    shapes = [repr(marker(kind, 0.0, 0.0, 1.0, "#000000")) for kind in MARKERS]
    assert len(set(shapes)) == len(MARKERS)


def test_a_text_is_no_wider_than_it_is_said_to_be():
    font = FT2Font(findfont("DejaVu Sans"))
    font.set_size(100, 72)
    for code in [*range(32, 127), *map(ord, "σθ–…×→½")]:
        advance = font.load_char(code, flags=LoadFlags.NO_HINTING).linearHoriAdvance / 65536
        assert advance <= text_width(chr(code), 100.0), chr(code)
        assert text_width(chr(code), 100.0) <= advance + 40, (
            "no more than that, or names are cut that fit"
        )


@pytest.mark.parametrize("width", [24.0, 60.0, 400.0])
def test_words_are_cut_to_the_room_there_is(width):
    words = fitted("balance-starmie_lead_rhydon", width)
    assert text_width(words) <= width
    begin, ellipsis, end = words.partition("…")
    assert "balance-starmie_lead_rhydon".startswith(begin)
    assert "balance-starmie_lead_rhydon".endswith(end)
    assert end or not ellipsis or width < 60, "names that differ in their last letters stay apart"
    for line in wrapped("how exploitable σ is, iteration by iteration", width)[:-1]:
        assert text_width(line) <= width or " " not in line


def test_a_win_rate_is_darker_the_farther_from_one_half_and_its_number_can_be_read():
    brightness = [sum(diverging(share)) for share in (0.5, 0.7, 0.9, 1.0)]
    assert brightness == sorted(brightness, reverse=True)
    assert readable_on(diverging(0.5)) == "#111111"
    assert readable_on(diverging(1.0)) == "#FFFFFF"
