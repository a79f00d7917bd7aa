"""σ after every iteration, as stacked bars."""

from collections.abc import Sequence

from psro.report.charts.chart import Chart, Value
from psro.report.drawing.legend import Key, draw_legend
from psro.report.drawing.marks import Box, Drawing, Text, fitted, hatched, text_width
from psro.report.drawing.plane import Plane, percent
from psro.report.record import Iteration
from psro.report.style import GREY, colour_of
from psro.report.tables import SHOWN_WEIGHT, is_exact
from psro.report.text import percent_text

HEIGHT = 280.0
LEAST_LABELLED = 0.07
OTHERS = "others (≤ 1 % each)"
VISIBLE = 0.005
BARS = ((-0.36, 0.52), (0.2, 0.16))
ALONE = ((-0.36, 0.72),)
"""Left end and width of the bars of an iteration, in the room that it has: as chosen, and on average."""

Weights = dict[str, tuple[float, float]]
"""Policy → its weight, and its mean over the matrices that the counts allow."""


def sigma_over_iterations(iterations: Sequence[Iteration]) -> Chart:
    """Weights as chosen; beside them, thin, what they are on average given the counts."""
    weights: dict[int, Weights] = {
        iteration.index: {
            name: (entry["weight"], entry["posterior"]["estimate"])
            for name, entry in iteration.summary["meta_strategy"].items()
        }
        for iteration in iterations
    }
    rows: list[tuple[Value, ...]] = []
    for iteration in iterations:
        for name, entry in iteration.summary["meta_strategy"].items():
            posterior = entry["posterior"]
            rows.append((iteration.index, name, entry["weight"], posterior["estimate"],
                         posterior["low"], posterior["high"], posterior["level"]))  # fmt: skip
    exact = is_exact(iterations[-1].summary)
    thin = (
        "The game computes the payoffs, so the weights are exact."
        if exact
        else "Wide bars: the weights that were chosen. Thin bars beside them: their mean over the win rates that the battles allow; "
        "where the two differ, the battles do not decide it (each weight's 95 % interval is in the table)."
    )
    return Chart(
        "sigma_over_iterations",
        "σ after every iteration",
        "With which probability σ, the mixture of policies, plays each of them.",
        f"Upwards: probability, in %; to the right: iterations. {thin}",
        lambda width: _draw(weights, width, not exact),
        ("iteration", "policy", "weight", "posterior_mean", "low", "high", "level"),
        tuple(rows),
    )


def _draw(weights: dict[int, Weights], width: float, with_means: bool) -> Drawing:
    drawing = Drawing(width)
    names = list(weights[max(weights)])
    ranks = {name: index for index, name in enumerate(names)}
    shown = [
        name
        for name in names
        if any(max(row.get(name, (0.0, 0.0))) > SHOWN_WEIGHT for row in weights.values())
    ]
    keys = [Key(name, colour_of(ranks[name])[0], hatch=colour_of(ranks[name])[1]) for name in shown]
    rests = [_rest(row, shown) for row in weights.values()]
    if max(max(rest) for rest in rests) > VISIBLE:
        keys.append(Key(OTHERS, GREY, hatch=""))
    top = draw_legend(drawing, keys, 0, 0, width) + 8
    steps = sorted(weights)
    plane = Plane(
        drawing, 46, top, width - 4, top + HEIGHT, (steps[0] - 0.5, steps[-1] + 0.5), (0, 1)
    )
    plane.rules([0, 0.25, 0.5, 0.75, 1], percent)
    pitch = min(plane.x(1) - plane.x(0), 150.0)
    for step in steps:
        for which, (at, share) in enumerate(BARS if with_means else ALONE):
            left, wide = plane.x(step) + at * pitch, share * pitch
            _bar(plane, weights[step], shown, ranks, which, left, wide)
    plane.floor()
    plane.labels_below(steps, str)
    plane.title_below("iteration (0: the founding population)", 30)
    drawing.height = plane.bottom + 38
    return drawing


def _bar(
    plane: Plane,
    row: Weights,
    shown: Sequence[str],
    ranks: dict[str, int],
    which: int,
    left: float,
    width: float,
) -> None:
    drawing, base = plane.drawing, 0.0
    parts = [(name, row.get(name, (0.0, 0.0))[which], *colour_of(ranks[name])) for name in shown]
    parts.append((OTHERS, _rest(row, shown)[which], GREY, ""))
    for name, weight, colour, hatch in parts:
        if weight <= 0:
            continue
        y, height = plane.y(base + weight), plane.y(base) - plane.y(base + weight)
        on_average = " on average over what the counts allow" if which else ""
        hint = f"{name}: {percent_text(weight)}{on_average}"
        drawing.add(*hatched(Box(left, y, width, height, colour, hint=hint), hatch))
        if not which and weight >= LEAST_LABELLED and width > 22:
            label = f"{name} {100 * weight:.0f}"
            words = label if text_width(label, 10.5) <= width - 6 else f"{100 * weight:.0f}"
            drawing.add(_plate(left + width / 2, y + height / 2, fitted(words, width, 10.5)))
            drawing.add(Text(left + width / 2, y + height / 2 + 3.7, words, 10.5, "middle"))
        base += weight


def _plate(x: float, y: float, words: str) -> Box:
    """What makes a label readable on any colour and hatch."""
    width = 0.92 * text_width(words, 10.5) + 6
    return Box(x - width / 2, y - 8, width, 16, "#FFFFFF", 0.82)


def _rest(row: Weights, shown: Sequence[str]) -> tuple[float, float]:
    rest = [weights for name, weights in row.items() if name not in shown]
    return sum(w for w, _ in rest), sum(w for _, w in rest)
