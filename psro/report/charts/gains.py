"""What is gained against σ: the exploitability over iterations, and every response as it joined."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from psro.metagame.intervals import Interval
from psro.report.charts.chart import BOUNDS, Chart, Value, bounds
from psro.report.drawing.dot_rows import Group, Row, Scale, dot_rows
from psro.report.drawing.legend import Key, draw_legend
from psro.report.drawing.marks import FAINT, INK, Area, Box, Drawing, Line, Text, marker
from psro.report.drawing.plane import Plane, nice_ticks, percent, shown_number
from psro.report.findings import Findings
from psro.report.gain_tables import battles_text
from psro.report.headlines import Headlines, is_of_best_response
from psro.report.measures import GAIN, HEADLINE, HINDSIGHT, MARGIN, RESTRICTED
from psro.report.record import Iteration
from psro.report.style import BLUE, GREEN, ORANGE, PINK, SKY, VERMILION
from psro.report.text import interval_of, interval_text

CERTIFICATE = "certificate"
PANEL = 250.0
GAP = 62.0
APART = 11.0
"""Pixels between the marks of one σ, so that intervals do not hide each other."""
LEAST_APART = 0.08
"""Of a win rate, between two lines that both have words."""
CERTIFIED = f"{GAIN} ({CERTIFICATE})"
AXIS = "gain: win rate above one half"
LEVELS = (
    "Bars and bands are 95 % intervals; where several responses met one σ, the interval of each is at a higher level (in "
    "the table), so that all of them hold together at 95 %."
)
LOWER_BOUND = " It is a lower bound: a better response may exist."
MEANINGS = {
    RESTRICTED: "Squares: what the best member of the population gains; 0 by construction on the battles that chose σ, and "
    "the bar is what the counts allow.",
    HEADLINE: "Line and band: the exploitability, which is the largest gain known of a response trained on purpose against "
    "that σ.",
    GAIN: "Diamonds: each single response, where several met that σ or one gained nothing.",
    CERTIFIED: "Triangle pointing down: the certificate's response.",
    HINDSIGHT: "Triangles: what the best of the policies that joined later gains.",
    MARGIN: "Below: the win rate above one half of σ against its easiest opponent, a measure of strength.",
}
"""How each series is read."""


@dataclass(frozen=True)
class Series:
    """A measure over iterations: how it is drawn, and its values."""

    measure: str
    words: str
    colour: str
    marker: str
    side: int
    """Where its marks stand: -1 left of the iteration's place, 0 on it, 1 to the right."""
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
    computed = all(
        value.low == value.high for series in (*weak, strong) for _, value, _ in series.points
    )
    meanings = dict(MEANINGS)
    if not all(map(is_of_best_response, known.values())):
        meanings[HEADLINE] += LOWER_BOUND
    if computed:
        meanings[HEADLINE] = meanings[HEADLINE].replace("Line and band", "Line")
        meanings[RESTRICTED] = (
            "Squares: what the best member of the population gains, 0 for a Nash σ."
        )
    told = [
        "Upwards: the gain, in win rate above one half; to the right: the iteration whose σ it is.",
        "The game computes these values, so there are no intervals." if computed else LEVELS,
        *(meanings[series.measure] for series in weak),
        meanings[MARGIN],
    ]
    return Chart(
        "exploitability",
        "How exploitable σ is, iteration by iteration",
        "What others are known to gain against the σ of each iteration: less is better, 0 is perfect play, and 0.1 means that σ "
        "loses 60 % of its battles against them.",
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
        references.append(
            (0.5 + wanted, "" if wanted < LEAST_APART else f"{percent(0.5 + wanted)}: wanted")
        )
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
        f" The dashed line: training goes on until a response wins as much ({percent(0.5 + wanted)}, psro.wanted_gain)."
        if wanted > 0
        else ""
    )
    measured = (
        "the game computes it, so there are no intervals."
        if findings.is_exact
        else "measured in fresh battles, which the response was neither trained nor chosen on. Bars are 95 % intervals, or at the level "
        "written behind them, for a response that was measured more than once, or beside others, had more chances. One whose bar "
        "holds 50 % is not shown to gain."
    )
    shapes = " Blue triangles: certificates." if record.certificates else ""
    return Chart(
        "response_win_rates",
        "Each best response against the σ it was trained to beat",
        "How often a policy wins against the very mixture that it was trained to beat: at 50 % it found nothing to gain.",
        f"To the right: win rate, ties counting one half; {measured}{asked}{shapes}",
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
    largest_known = f"{HEADLINE}: largest gain known"
    all_series = [
        Series(RESTRICTED, RESTRICTED, SKY, "square", 0, restricted),
        Series(HEADLINE, largest_known, VERMILION, "disc", 0, tuple(largest), True),
        Series(GAIN, f"{GAIN}, each response", ORANGE, "diamond", 1, tuple(single)),
        Series(CERTIFIED, f"{CERTIFICATE}'s gain", BLUE, "down", 1, tuple(certified)),
        Series(
            HINDSIGHT, f"{HINDSIGHT}: best later policy", PINK, "triangle", -1, tuple(seen_later)
        ),
    ]
    return [series for series in all_series if series.points]


def _strong(iterations: Sequence[Iteration]) -> Series:
    points = _on_counts(iterations, "best_matchup_margin")
    return Series(MARGIN, MARGIN, GREEN, "square", 0, points)


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
    upper.rules(nice_ticks(low - 0.01, high + 0.01), shown_number)
    drawing.line(upper.left, upper.y(0), upper.right, upper.y(0), INK)
    upper.labels_below(steps, str)
    met: Counter[tuple[int, int]] = Counter()
    for series in weak:
        _draw_series(upper, series, met)
    at = upper.bottom + GAP
    drawing.add(Text(0, at - 12, f"{MARGIN.capitalize()} (strength)", 12, bold=True))
    lower = Plane(drawing, 46, at, width - 8, at + 0.4 * PANEL, span, (0, 0.52))
    lower.rules([0, 0.25, 0.5], shown_number)
    lower.floor()
    lower.labels_below(steps, str)
    lower.title_below("iteration whose σ it is (0: the founding population)", 30)
    _draw_series(lower, strong, Counter())
    drawing.add(Text(0, top - 6, AXIS, 10.5, colour=FAINT, halo=True))
    drawing.height = lower.bottom + 38
    return drawing


def _draw_series(plane: Plane, series: Series, met: Counter[tuple[int, int]]) -> None:
    """met: (iteration, side) → marks that already stand there; it grows."""
    drawing = plane.drawing
    # In as many iterations there are, neighbours of the next one must not be reached.
    apart = min(APART, 0.16 * (plane.x(1) - plane.x(0)))
    places = []
    for step, value, who in series.points:
        met[step, series.side] += 1
        at = plane.x(step) + series.side * apart * met[step, series.side]
        places.append((at, value, step, who))
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
