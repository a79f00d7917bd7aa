"""The same marks as SVG and as PNG."""

import io
from xml.etree import ElementTree

import numpy as np
from PIL import Image

from psro.report.drawing.marks import Area, Box, Disc, Drawing, Line, Text
from psro.report.drawing.raster import MARGIN, SCALE, to_png
from psro.report.drawing.svg import to_svg

DRAWING = Drawing(
    120.0,
    80.0,
    [
        Box(0.0, 0.0, 60.0, 80.0, "#0072B2", 1.0, 'a <hint> & "more"'),
        Area(((60.0, 0.0), (120.0, 0.0), (60.0, 40.0)), "#D55E00", 0.5),
        Line(((0.0, 0.0), (120.0, 80.0)), "#000000", 2.0, (4.0, 2.0)),
        Disc(90.0, 60.0, 8.0, "#009E73"),
        Text(10.0, 30.0, "a < b", 12.0, "middle", "#000000", True, -45.0, True),
    ],
)


def pixels(png):
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGB"))


def test_the_svg_is_well_formed_and_says_what_it_is():
    root = ElementTree.fromstring(to_svg(DRAWING, 'of "x" & y', "wide"))
    assert root.get("aria-label") == 'of "x" & y'
    assert root.get("viewBox") == "0 0 120 80"
    assert [child.tag for child in root] == ["rect", "polygon", "polyline", "circle", "text"]
    assert root[0][0].text == 'a <hint> & "more"'
    assert root[4].text == "a < b"
    assert root[2].get("stroke-dasharray") == "4 2"


def test_the_png_has_the_same_marks_at_the_same_places():
    image = to_png(DRAWING, "title")
    picture = pixels(image.png)
    assert picture.shape[:2] == (image.height, image.width)
    top = image.height - round(SCALE * (80 + MARGIN))
    left = round(SCALE * MARGIN)

    def at(x, y):
        return tuple(picture[top + round(SCALE * y), left + round(SCALE * x)])

    assert at(5, 60) == (0x00, 0x72, 0xB2)
    assert at(90, 60) == (0x00, 0x9E, 0x73)
    assert at(110, 40) == (255, 255, 255)
    orange = at(70, 10)
    assert orange[0] > 220
    assert orange[2] > 100, "half transparent on white"


def test_later_marks_lie_over_earlier_ones():
    over = Drawing(
        20.0,
        20.0,
        [Line(((0.0, 10.0), (20.0, 10.0)), "#000000", 9.0), Box(0.0, 0.0, 20.0, 20.0, "#FFFFFF")],
    )
    assert pixels(to_png(over, "").png).min() == 255


def test_the_same_drawing_gives_the_same_bytes():
    assert to_png(DRAWING, "title").png == to_png(DRAWING, "title").png


def test_what_a_picture_shows_stands_below_it_inside():
    plain = to_png(DRAWING, "title")
    noted = to_png(DRAWING, "title", "Each bar is a 95 % interval of a mean. " * 4)
    assert noted.width == plain.width
    old, new = pixels(plain.png), pixels(noted.png)
    kept = plain.height - round(SCALE * MARGIN)
    assert (old[:kept] == new[:kept]).all()
    below = new[kept:].min(axis=(1, 2))
    assert below.min() < 128, "words"
    assert (below[-round(SCALE * MARGIN) // 2 :] == 255).all(), "whole ones"
