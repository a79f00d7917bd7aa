"""What is gained against a mixture as budget is spent: of an exploitation, or of the certificate."""

from collections.abc import Sequence

from psro.metagame.intervals import Interval
from psro.report.charts.chart import BOUNDS, Chart, bounds
from psro.report.charts.gains import AXIS
from psro.report.drawing.legend import Key, draw_legend
from psro.report.drawing.marks import FAINT, INK, Area, Drawing, Line, Text, marker
from psro.report.drawing.plane import Plane, nice_ticks, shown_number
from psro.report.exploit.found import Curve
from psro.report.style import COLOURS
from psro.report.text import interval_of, interval_text

MARKERS = ("disc", "diamond", "square", "triangle", "down")
HEIGHT = 300.0
LEARNING_CURVE = "learning_curve"


def learning_curve(
    curves: Sequence[Curve], name: str = LEARNING_CURVE, title: str = "Gain against budget"
) -> Chart | None:
    """Gain of each exploiter's best checkpoint so far, over the battles it was trained on; None where nobody was (an exact oracle)."""
    if not any(point["num_battles_trained"] for curve in curves for point in curve.points):
        return None
    return Chart(
        name,
        title,
        "What training longer buys: how much the best checkpoint so far of each exploiter gains against the mixture, after so many "
        "battles of training.",
        "Upwards: the gain, in win rate above one half; to the right: battles of training (at 0: what it started from). Bands, and the "
        "bar of a single point, are 95 % intervals of each point by itself; every point is measured in fresh battles, and where the "
        "choice stays the point is that before. A curve that still rises says that more could be gained.",
        lambda width: _draw(curves, width),
        ("exploiter", "rounds", "battles", "updates", *BOUNDS, "rests_on_battles"),
        tuple(
            (
                curve.name,
                point["round"],
                point["num_battles_trained"],
                point["num_updates"],
                *bounds(interval_of(point["gain"])),
                point["num_battles"],
            )
            for curve in curves
            for point in curve.points
        ),
    )


def _draw(curves: Sequence[Curve], width: float) -> Drawing:
    drawing = Drawing(width)
    looks = [(COLOURS[i % len(COLOURS)], MARKERS[i % len(MARKERS)]) for i in range(len(curves))]
    keys = [
        Key(curve.name.replace("_", " "), colour, shape, dash=())
        for curve, (colour, shape) in zip(curves, looks, strict=True)
    ]
    top = draw_legend(drawing, keys, 0, 0, width) + 22
    gains = [interval_of(point["gain"]) for curve in curves for point in curve.points]
    low = min(-0.02, *(gain.low for gain in gains)) - 0.01
    high = max(0.06, *(gain.high for gain in gains)) + 0.01
    most = max(point["num_battles_trained"] for curve in curves for point in curve.points) or 1
    plane = Plane(drawing, 46, top, width - 12, top + HEIGHT, (-0.02 * most, 1.02 * most), (low, high))  # fmt: skip
    plane.rules(nice_ticks(low, high), shown_number)
    drawing.line(plane.left, plane.y(0), plane.right, plane.y(0), INK)
    plane.labels_below(nice_ticks(0, most), shown_number)
    plane.title_below("battles of training")
    drawing.add(Text(0, top - 6, AXIS, 10.5, colour=FAINT, halo=True))
    for curve, (colour, shape) in zip(curves, looks, strict=True):
        _draw_curve(plane, curve, colour, shape)
    drawing.height = plane.bottom + 40
    return drawing


def _draw_curve(plane: Plane, curve: Curve, colour: str, shape: str) -> None:
    places: list[tuple[float, Interval]] = [
        (plane.x(point["num_battles_trained"]), interval_of(point["gain"]))
        for point in curve.points
    ]
    above = [(x, plane.y(gain.high)) for x, gain in places]
    below = [(x, plane.y(gain.low)) for x, gain in reversed(places)]
    if len(places) > 1:
        plane.drawing.add(Area((*above, *below), colour, 0.15))
        plane.drawing.add(Line(tuple((x, plane.y(g.estimate)) for x, g in places), colour, 2.0))
    else:  # a band needs two points
        (x, gain), *_ = places
        plane.drawing.line(x, plane.y(gain.low), x, plane.y(gain.high), colour)
    for (x, gain), point in zip(places, curve.points, strict=True):
        hint = f"{curve.name} after {point['round']} rounds: {interval_text(gain)}"
        plane.drawing.add(marker(shape, x, plane.y(gain.estimate), 4.0, colour, hint))
