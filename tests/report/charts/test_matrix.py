"""The heat map of many policies with long names."""

from psro.metagame.intervals import Interval
from psro.report.charts.matrix import heat_map
from psro.report.drawing.marks import Box, Line, Text, text_width
from psro.report.page.widths import NARROW, WIDE
from tests.report.drawing.crossing import crossing_words

LONG = ("metamon_medium_checkpoint_40_greedy", "metamon_medium_checkpoint_42_greedy")
NAMES = (*LONG, *(f"br_{number}" for number in range(36)))
LOSES = {(row, column) for place, row in enumerate(NAMES) for column in NAMES[place + 1 :]}
RATES = {
    (row, column): (
        Interval(rate, rate, rate)
        if (rate := 0.5 + 0.4 * ((column, row) in LOSES) - 0.4 * ((row, column) in LOSES))
        else None,
        200,
        f"{row} against {column}",
    )
    for row in NAMES
    for column in NAMES
}


def test_many_policies_take_the_width_there_is_and_long_names_stay_apart():
    for width in (WIDE, NARROW):
        drawing = heat_map(NAMES, NAMES, RATES, False, width)
        cells = [m for m in drawing.marks if isinstance(m, Box) and " against " in m.hint]
        assert len(cells) == len(NAMES) ** 2
        assert 0.6 * width < max(box.x + box.width for box in cells) <= width
        assert crossing_words(drawing) == []
        rows = [m.text for m in drawing.marks if isinstance(m, Text) and m.anchor == "end"]
        assert len(set(rows)) == len(NAMES) - (width == NARROW), "on a phone the ends are too short"
        for name in (m for m in drawing.marks if isinstance(m, Text) and m.angle == -45):
            assert name.x + 0.71 * text_width(name.text, name.size) <= width + 1


def test_without_colours_a_small_cell_still_says_who_loses():
    drawing = heat_map(NAMES, NAMES, RATES, False, WIDE)
    strokes = [m for m in drawing.marks if isinstance(m, Line) and m.colour == "white"]
    assert len(strokes) == len(LOSES)
