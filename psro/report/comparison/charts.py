"""The figures of a comparison."""

from collections.abc import Callable, Sequence
from itertools import combinations

from psro.metagame.intervals import Interval, win_rate_interval
from psro.metagame.payoffs import OutcomeCounts
from psro.report.charts.chart import BOUNDS, Chart, Value, bounds
from psro.report.charts.gains import AXIS
from psro.report.charts.matrix import COLOURS_MEAN, heat_map
from psro.report.comparison.cross_play import CrossPlay
from psro.report.comparison.side import Side
from psro.report.drawing.dot_rows import Group, Row, Scale, dot_rows
from psro.report.drawing.legend import Key, draw_legend
from psro.report.drawing.marks import FAINT, INK, Drawing, Line, Text, marker
from psro.report.drawing.plane import Plane, nice_ticks, percent, shown_number
from psro.report.drawing.stacks import stacked_rows
from psro.report.style import BLUE, COLOURS, UNDECIDED, VERMILION
from psro.report.text import interval_text

MARKERS = ("disc", "square", "triangle", "diamond", "down")
PANEL = 250.0
READING = "Upwards: the gain, in win rate above one half, with 95 % intervals (simultaneous where several responses met one σ);"
Curve = Sequence[tuple[float, Interval]]


def charts_of(sides: Sequence[Side], played: CrossPlay | None) -> dict[str, Chart]:
    """Name → figure, in the order in which they are read."""
    found: list[Chart | None] = []
    if played is not None:
        found.append(sigma_matches(played))
        found += populations(sides, played)
    found += [over_iterations(sides), over_battles(sides), battles(sides), time(sides)]
    return {chart.name: chart for chart in found if chart is not None}


def sigma_matches(played: CrossPlay) -> Chart:
    """Every σ against every other."""
    groups: dict[str, list[Row]] = {}
    rows: list[tuple[Value, ...]] = []
    for match in played.sigma:
        rate = match.rate
        words = interval_text(rate, percent=True, exact=rate.low == rate.high)
        colour, kind = UNDECIDED, "square"
        if rate.low > 0.5:
            colour, kind = BLUE, "disc"
        elif rate.high < 0.5:
            colour, kind = VERMILION, "down"
        name = f"{match.first} against {match.second}"
        groups.setdefault(match.pool, []).append(Row(name, rate, words, colour, kind))
        counts = match.result if isinstance(match.result, OutcomeCounts) else None
        outcomes = (counts.wins, counts.ties, counts.losses) if counts else (None, None, None)
        rows.append((match.first, match.second, match.pool, *bounds(rate), *outcomes))
    intervals = [match.rate for match in played.sigma]
    low = min([0.4, *(i.low - 0.02 for i in intervals)])
    high = max([0.6, *(i.high + 0.02 for i in intervals)])
    scale = Scale(max(0, low), min(1, high), percent, "win rate of the first", ((0.5, ""),))
    headed = [Group(f"pool {p}" if len(groups) > 1 else "", of_pool) for p, of_pool in groups.items()]  # fmt: skip
    return Chart(
        "sigma_against_sigma",
        "Which run's σ beats which",
        "How often the newest σ of one run wins against that of another, a policy of either drawn for each battle.",
        "To the right: win rate of the first, ties counting one half; bars are 95 % intervals, each by itself. Blue discs: the first wins, "
        "orange triangles: the second, grey squares: not told apart.",
        lambda width: dot_rows(headed, scale, width),
        ("first", "second", "pool", *BOUNDS, "wins", "ties", "losses"),
        tuple(rows),
    )


def populations(sides: Sequence[Side], played: CrossPlay) -> list[Chart]:
    """A heat map for each two runs, on the first pool."""
    if not played.populations:
        return []
    pool, results = next(iter(played.populations.items()))
    charts = []
    for first, second in combinations(sides, 2):
        own, other = played.names[first.label], played.names[second.label]
        cells: dict[tuple[str, str], tuple[Interval, int, str] | None] = {}
        rows: list[tuple[Value, ...]] = []
        for a in own:
            for b in other:
                cell = results[own[a], other[b]]
                if isinstance(cell, OutcomeCounts) and not cell.num_battles:
                    cells[a, b] = None
                    continue
                rate = win_rate_interval(cell)
                num = cell.num_battles if isinstance(cell, OutcomeCounts) else 0
                words = interval_text(rate, percent=True, exact=not num)
                counts = f", {cell.wins} / {cell.ties} / {cell.losses}" if isinstance(cell, OutcomeCounts) else ""  # fmt: skip
                cells[a, b] = rate, num, f"{a} of {first.label} against {b} of {second.label}: {words}{counts}"  # fmt: skip
                rows.append((a, b, pool, *bounds(rate), num))
        charts.append(
            Chart(
                f"populations_{first.label}_{second.label}",
                f"Policies of {first.label} (rows) against policies of {second.label} (columns)",
                "The win rate, in %, of the policy of each row against that of each column; ties count one half.",
                f"{COLOURS_MEAN} Intervals (95 %) show when the mouse rests on a cell, and stand in the table, of very many policies in the CSV alone.",
                _heat_map(tuple(own), tuple(other), cells),
                (first.label, second.label, "pool", *BOUNDS, "battles"),
                tuple(rows),
            )
        )
    return charts


def over_iterations(sides: Sequence[Side]) -> Chart | None:
    """Exploitability known of every σ, by iteration."""
    curves = {
        s.label: [(float(index), value) for index, value in s.exploitability()] for s in sides
    }
    return _curves(
        "exploitability_over_iterations",
        "How exploitable the runs' σ are known to be, by iteration",
        "The largest gain known of a response that was trained against each σ: less is better.",
        f"{READING} to the right: the iteration whose σ it is. It is a lower bound, as strong as the oracle that looked for responses.",
        curves,
        "iteration",
        "iteration (0: the founding population)",
        str_of_whole,
    )


def over_battles(sides: Sequence[Side]) -> Chart | None:
    """The same by what it cost; None where no run played battles."""
    if not any(side.num_battles for side in sides):
        return None
    curves = {
        s.label: [(float(s.battles_before(index)), value) for index, value in s.exploitability()]
        for s in sides
    }
    return _curves(
        "exploitability_over_battles",
        "The same, by the battles played until then",
        "The same gains by what it took to get there.",
        f"{READING} to the right: all battles of the run until that σ stood (training data, choosing, measuring and tournament), without "
        "certificates.",
        curves,
        "battles",
        "battles",
        shown_number,
    )


def battles(sides: Sequence[Side]) -> Chart | None:
    """Battles by purpose; None where none were played."""
    return _stacked(
        "battles",
        "Battles spent",
        "How many battles each run played, and what for.",
        "To the right: battles of the whole run, counted, so without intervals.",
        {s.label: {p: float(n) for p, n in s.battles_by_purpose.items() if n} for s in sides},
        lambda n: f"{n:,.0f}",
        "purpose",
        "battles",
    )


def time(sides: Sequence[Side]) -> Chart | None:
    """Time by phase; None where none was kept."""
    return _stacked(
        "time",
        "Where the time went",
        "How long each run took, phase by phase.",
        "To the right: minutes of wall time of finished phases. They depend on the machine and on what else ran there.",
        {s.label: {p: n / 60 for p, n in s.seconds_by_phase.items()} for s in sides},
        lambda n: f"{n:.3g}",
        "phase",
        "minutes",
    )


def _stacked(
    name: str,
    title: str,
    shows: str,
    note: str,
    rows: dict[str, dict[str, float]],
    shown: Callable[[float], str],
    part: str,
    unit: str,
) -> Chart | None:
    """A bar a run of its `rows` (run → `part` → number, in `unit`); None where no run has any."""
    rows = {label: row for label, row in rows.items() if row}
    if not rows:
        return None
    parts = list(dict.fromkeys(each for row in rows.values() for each in row))
    return Chart(
        name,
        title,
        shows,
        note,
        lambda width: stacked_rows(rows, parts, shown, unit, width),
        ("run", part, unit),
        tuple((label, each, n) for label, row in rows.items() for each, n in row.items()),
    )


def str_of_whole(value: float) -> str:
    """An iteration's number; nothing between two."""
    return str(int(value)) if value == int(value) else ""


def _heat_map(
    rows: tuple[str, ...],
    columns: tuple[str, ...],
    cells: dict[tuple[str, str], tuple[Interval, int, str] | None],
) -> Callable[[float], Drawing]:
    return lambda width: heat_map(rows, columns, cells, False, width, same=False)


def _curves(
    name: str,
    title: str,
    shows: str,
    caption: str,
    curves: dict[str, list[tuple[float, Interval]]],
    column: str,
    x_title: str,
    words: Callable[[float], str],
) -> Chart | None:
    known = {label: curve for label, curve in curves.items() if curve}
    if not known:
        return None
    styles = {label: _style(index) for index, label in enumerate(curves)}
    return Chart(
        name,
        title,
        shows,
        caption,
        lambda width: _draw(known, styles, x_title, words, width),
        ("run", column, *BOUNDS),
        tuple((label, x, *bounds(value)) for label, curve in known.items() for x, value in curve),
    )


def _draw(
    curves: dict[str, list[tuple[float, Interval]]],
    styles: dict[str, tuple[str, str]],
    x_title: str,
    words: Callable[[float], str],
    width: float,
) -> Drawing:
    drawing = Drawing(width)
    keys = [Key(label, styles[label][0], styles[label][1], dash=()) for label in curves]
    top = draw_legend(drawing, keys, 0, 0, width) + 20
    values = [value for curve in curves.values() for _, value in curve]
    xs = [x for curve in curves.values() for x, _ in curve]
    low = min([-0.02, *(value.low for value in values)]) - 0.01
    high = max([0.06, *(value.high for value in values)]) + 0.01
    room = 0.04 * (max(xs) - min(xs)) or 0.5
    span = (min(xs) - room, max(xs) + room)
    plane = Plane(drawing, 46, top, width - 8, top + PANEL, span, (low, high))
    plane.rules(nice_ticks(low, high), shown_number)
    drawing.line(plane.left, plane.y(0), plane.right, plane.y(0), INK)
    drawing.add(Text(0, top - 3, AXIS, 10.5, colour=FAINT, halo=True))
    plane.labels_below(nice_ticks(*span), words)
    plane.title_below(x_title, 30)
    for index, (label, curve) in enumerate(curves.items()):
        colour, kind = styles[label]
        shift = 5.0 * (
            index - (len(curves) - 1) / 2
        )  # pixels, so that intervals do not hide each other
        places = [(plane.x(x) + shift, value) for x, value in curve]
        if len(places) > 1:
            drawing.add(Line(tuple((x, plane.y(v.estimate)) for x, v in places), colour, 1.8))
        for x, value in places:
            ends = plane.y(value.low), plane.y(value.high)
            if value.high > value.low:
                drawing.line(x, ends[0], x, ends[1], colour, 1.6)
                for end in ends:
                    drawing.line(x - 3.5, end, x + 3.5, end, colour, 1.4)
            hint = f"{label}: {interval_text(value)}"
            drawing.add(marker(kind, x, plane.y(value.estimate), 4.2, colour, hint))
    drawing.height = plane.bottom + 38
    return drawing


def _style(index: int) -> tuple[str, str]:
    return COLOURS[index % len(COLOURS)], MARKERS[index % len(MARKERS)]
