"""What is gained against σ: the exploitability over iterations, and every response as it joined."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from psro.metagame.intervals import Interval
from psro.report.charts.chart import BOUNDS, Chart, Value, bounds
from psro.report.drawing.dot_rows import Group, Row, Scale, dot_rows
from psro.report.drawing.legend import Key, draw_legend
from psro.report.drawing.marks import FAINT, INK, Area, Box, Drawing, Line, Text, marker
from psro.report.drawing.plane import Plane, nice_ticks, percent
from psro.report.findings import Findings
from psro.report.gain_tables import battles_text
from psro.report.headlines import Headlines
from psro.report.measures import GAIN, HEADLINE, HINDSIGHT, MARGIN, RESTRICTED
from psro.report.record import Iteration
from psro.report.style import BLUE, GREEN, ORANGE, PINK, SKY, VERMILION
from psro.report.text import interval_of, interval_text

CERTIFICATE = "certificate"
PANEL = 250.0
GAP = 62.0
NEXT = 0.08
"""Of an iteration, between responses to one σ."""


CERTIFIED = f"{GAIN} ({CERTIFICATE})"
MEANINGS = {
    RESTRICTED: "Squares: what the best member of the population gains; 0 by construction on the battles that chose σ, and "
    "the bar is what the counts allow.",
    HEADLINE: "Line and band: the exploitability, which is the largest gain known of a response trained on purpose against "
    "that σ, with its interval. It is a lower bound, for a better response may exist, unless the oracle is exact.",
    GAIN: "Diamonds: each single response, where several met that σ or one gained nothing.",
    CERTIFIED: "Triangle pointing down: the certificate's response.",
    HINDSIGHT: "Triangles: what the best of the policies that joined later gains.",
    MARGIN: "Below: how far σ is above 50 % against its easiest opponent, a measure of strength.",
}
"""How each series is read."""


@dataclass(frozen=True)
class Series:
    """A measure over iterations: how it is drawn, and its values."""

    measure: str
    words: str
    colour: str
    marker: str
    shift: float
    """In iterations, so that intervals do not hide each other."""
    points: tuple[tuple[int, Interval, str], ...]
    """Iteration, value, who (a response's name or empty)."""
    is_band: bool = False


def exploitability(iterations: Sequence[Iteration], known: Headlines, later: Headlines) -> Chart:
    """Every measure that has σ's index. `known`: the exploitability of every σ, `later`: what it is in hindsight."""
    weak, strong = _weak(iterations, known, later), _strong(iterations)
    rows: list[tuple[Value, ...]] = []
    for series in (*weak, strong):
        for step, value, who in series.points:
            rows.append((series.measure, step, *bounds(value), who))
    told = [
        "Above: what is gained against the σ of each iteration, in win rate above 50 %; lower is better.",
        *(MEANINGS[series.measure] for series in weak),
        MEANINGS[MARGIN],
    ]
    return Chart(
        "exploitability",
        "How exploitable σ is, iteration by iteration",
        " ".join(told),
        lambda width: _draw(weak, strong, iterations, width),
        ("measure", "iteration", *BOUNDS, "who"),
        tuple(rows),
    )


def response_win_rates(findings: Findings) -> Chart:
    """Every response against the σ it was trained on as it joined, and the gain that was wanted."""
    record = findings.record
    found = [
        (i.summary["response"]["name"], i.index - 1, i.summary["response"]["best_response_gain"])
        for i in record.iterations
        if i.index
    ]
    found += [
        (f"{CERTIFICATE} of σ {c.iteration}", c.iteration, c.data["gain"])
        for c in record.certificates
    ]
    rows = []
    for name, _, gain in found:
        interval = interval_of(gain["win_rate"])
        words = interval_text(interval, percent=True, exact=not gain["num_battles"])
        is_certificate = name.startswith(CERTIFICATE)
        hint = f"{name}: {words}, {battles_text(gain['num_battles'])}"
        rows.append(Row(name, interval, words, BLUE if is_certificate else VERMILION,
                        "down" if is_certificate else "disc", hint))  # fmt: skip
    wanted = findings.manifest.config.get("psro.wanted_gain", 0.0)
    references = [(0.5, "50 %: no gain")]
    if wanted > 0:
        references.append((0.5 + wanted, ""))
    low = min([0.45, *(row.interval.low for row in rows)])
    high = max([0.65, 0.5 + wanted, *(row.interval.high for row in rows)])
    scale = Scale(
        low - 0.02,
        high + 0.02,
        percent,
        "win rate against the σ it was trained on",
        tuple(references),
    )
    asked = (
        f" The dashed line is the gain that training goes on for (psro.wanted_gain, {percent(wanted)})."
        if wanted > 0
        else ""
    )
    measured = (
        "Win rates that the game computes."
        if findings.is_exact
        else "Measured in fresh battles, which it was neither trained nor chosen on. A response whose interval holds "
        "50 % is not shown to gain."
    )
    return Chart(
        "response_win_rates",
        "Each best response against the σ it was trained to beat",
        f"{measured}{asked}",
        lambda width: dot_rows([Group("", rows)], scale, width),
        ("response", "sigma_of_iteration", *BOUNDS, "battles"),
        tuple(
            (name, of, *bounds(interval_of(gain["win_rate"])), gain["num_battles"])
            for name, of, gain in found
        ),
    )


def _weak(iterations: Sequence[Iteration], known: Headlines, later: Headlines) -> list[Series]:
    largest, single, certified = [], [], []
    for step, headline in known.items():
        largest.append((step, interval_of(headline), headline["response"]))
        for name, gain in headline["gains"].items():
            value = interval_of(gain["gain"])
            if name.startswith(CERTIFICATE):
                certified.append((step, value, name))
            elif headline["num_responses"] > 1 or value.low < 0:
                single.append((step, value, name))
    seen_later = [(step, interval_of(found), found["member"]) for step, found in later.items()]
    restricted = _on_counts(iterations, "restricted_exploitability")
    all_series = [
        Series(RESTRICTED, RESTRICTED, SKY, "square", 0.0, restricted),
        Series(
            HEADLINE,
            f"{HEADLINE}: largest gain known",
            VERMILION,
            "disc",
            0.0,
            tuple(largest),
            True,
        ),
        Series(GAIN, f"{GAIN}, each response", ORANGE, "diamond", 0.1, tuple(single)),
        Series(CERTIFIED, f"{CERTIFICATE}'s gain", BLUE, "down", 0.2, tuple(certified)),
        Series(
            HINDSIGHT, f"{HINDSIGHT}: best later policy", PINK, "triangle", -0.14, tuple(seen_later)
        ),
    ]
    return [series for series in all_series if series.points]


def _strong(iterations: Sequence[Iteration]) -> Series:
    points = _on_counts(iterations, "best_matchup_margin")
    return Series(MARGIN, MARGIN, GREEN, "square", 0.0, points)


def _on_counts(
    iterations: Sequence[Iteration], measure: str
) -> tuple[tuple[int, Interval, str], ...]:
    """The value on the counts with the interval of what it could have been, which may lie above it."""
    found = []
    for iteration in iterations:
        data = iteration.summary[measure]
        posterior = data["posterior"]
        value = Interval(data["plug_in"], posterior["low"], posterior["high"], posterior["level"])
        found.append((iteration.index, value, ""))
    return tuple(found)


def _draw(
    weak: Sequence[Series], strong: Series, iterations: Sequence[Iteration], width: float
) -> Drawing:
    drawing = Drawing(width)
    steps = [iteration.index for iteration in iterations]
    keys = [Key(s.words, s.colour, s.marker, dash=() if s.is_band else None) for s in weak]
    top = draw_legend(drawing, keys, 0, 0, width) + 22
    span = (min(steps) - 0.5, max(steps) + 0.5)
    values = [v for series in weak for _, v, _ in series.points]
    low = min([-0.02, *(v.low for v in values), *(v.estimate for v in values)])
    high = max([0.06, *(v.high for v in values), *(v.estimate for v in values)])
    upper = Plane(drawing, 46, top, width - 8, top + PANEL, span, (low - 0.01, high + 0.01))
    upper.rules(nice_ticks(low - 0.01, high + 0.01), percent)
    drawing.line(upper.left, upper.y(0), upper.right, upper.y(0), INK)
    upper.labels_below(steps, str)
    for series in weak:
        _draw_series(upper, series)
    at = upper.bottom + GAP
    drawing.add(Text(0, at - 12, f"{MARGIN.capitalize()} (strength)", 12, bold=True))
    lower = Plane(drawing, 46, at, width - 8, at + 0.4 * PANEL, span, (0, 0.52))
    lower.rules([0, 0.25, 0.5], percent)
    lower.floor()
    lower.labels_below(steps, str)
    lower.title_below("iteration whose σ it is (0: the founding population)", 30)
    _draw_series(lower, strong)
    drawing.add(Text(0, top - 6, "win rate above 50 %", 10.5, colour=FAINT, halo=True))
    drawing.height = lower.bottom + 38
    return drawing


def _draw_series(plane: Plane, series: Series) -> None:
    drawing = plane.drawing
    places, met = [], Counter[int]()
    for step, value, who in series.points:
        # Several at one σ stand side by side.
        at = step + series.shift + NEXT * met[step]
        met[step] += 1
        places.append((plane.x(at), value, step, who))
    if series.is_band and len(places) > 1:
        above = [(x, plane.y(value.high)) for x, value, _, _ in places]
        below = [(x, plane.y(value.low)) for x, value, _, _ in reversed(places)]
        drawing.add(Area((*above, *below), series.colour, 0.18))
        drawing.add(
            Line(tuple((x, plane.y(v.estimate)) for x, v, _, _ in places), series.colour, 2.2)
        )
    for x, value, step, who in places:
        low, high = plane.y(value.low), plane.y(value.high)
        if series.marker == "square":
            wide = min(18.0, 0.7 * (plane.x(1) - plane.x(0)))
            drawing.add(Box(x - wide / 2, high, wide, low - high, series.colour, 0.35))
        elif value.high > value.low:
            drawing.line(x, low, x, high, series.colour, 1.8)
            for end in (low, high):
                drawing.line(x - 4, end, x + 4, end, series.colour, 1.5)
        about = f"{series.measure}, σ of iteration {step}{': ' + who if who else ''}"
        hint = f"{about}: {interval_text(value)}"
        drawing.add(marker(series.marker, x, plane.y(value.estimate), 4.2, series.colour, hint))
