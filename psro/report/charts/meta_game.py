"""The meta-game: who beats whom, what σ is, and how sure that is."""

import math

from psro.metagame.intervals import Interval, win_rate_interval
from psro.metagame.payoffs import OutcomeCounts, PayoffTable
from psro.metagame.ratings import Ratings
from psro.report.charts.chart import BOUNDS, Chart, Value, bounds
from psro.report.drawing.dot_rows import Group, Row, Scale, dot_rows
from psro.report.drawing.marks import Box, Drawing, Text, fitted, text_width
from psro.report.drawing.plane import percent, shown_number
from psro.report.record import Iteration
from psro.report.style import BLUE, GREY, UNDECIDED, VERMILION, diverging, hexadecimal, readable_on
from psro.report.tables import is_exact
from psro.report.text import fixed, interval_of, interval_text, percent_text

LEAST_CELL_WITH_TEXT = 19.0
LEAST_CELL_WITH_COUNTS = 42.0
ROUNDING = 1e-9
"""Exact values of one half come out as sums that differ in their last bits."""


def interaction_matrix(iteration: Iteration) -> Chart:
    """Heat map of the newest tournament."""
    table = PayoffTable.from_json(iteration.matrix)
    names = table.population.names
    rates = {(row, column): _cell(table, row, column) for row in names for column in names}
    played = {num for _, num, _ in (c for c in rates.values() if c is not None) if num}
    each = f" Every pair played {played.copy().pop():,} battles." if len(played) == 1 else ""
    rows: list[tuple[Value, ...]] = []
    for row in names:
        for column in names:
            cell = rates[row, column]
            if row != column and cell is not None:
                counts = table.cell(row, column)
                outcomes = (
                    (counts.wins, counts.ties, counts.losses)
                    if isinstance(counts, OutcomeCounts)
                    else (None, None, None)
                )
                rows.append((row, column, *bounds(cell[0]), *outcomes))
    return Chart(
        "interaction_matrix",
        "Interaction matrix: who beats whom",
        "Each cell is the win rate, in %, of the row's policy against the column's; ties count one half. Purple: the "
        f"row wins, orange: it loses.{each} A cell's interval and counts show when the mouse rests on it, and stand in "
        "the table.",
        lambda width: _heat_map(names, rates, len(played) > 1, width),
        ("row", "column", *BOUNDS, "wins", "ties", "losses"),
        tuple(rows),
    )


def sigma_weights(iteration: Iteration) -> Chart:
    """The newest σ with what is known of each weight, and whether there is another equilibrium."""
    summary, analysis = iteration.summary, iteration.analysis
    exact = is_exact(summary)
    rows, numbers = [], []
    for entry in analysis["policies"]:
        name, posterior = entry["name"], entry["weight_posterior"]
        interval = Interval(
            entry["weight"], posterior["low"], posterior["high"], posterior["level"]
        )
        least, most = entry["weight_range_over_equilibria"]
        numbers.append(
            (
                name,
                *bounds(interval),
                posterior["estimate"],
                entry["support_frequency"],
                least,
                most,
            )
        )
        if entry["weight"] > 0.005 or posterior["estimate"] > 0.005 or most > 0.005:
            words = interval_text(interval, True, exact)
            used = f"in σ of {percent_text(entry['support_frequency'])} of the draws"
            rows.append(Row(name, interval, words, BLUE, "disc", f"{name}: {words}; {used}"))
    rows.sort(key=lambda row: -row.interval.estimate)
    scale = Scale(0, 1, percent, "weight in σ")
    return Chart(
        "sigma_weights",
        f"How sure σ of iteration {iteration.index} is",
        _uniqueness(iteration, exact),
        lambda width: dot_rows([Group("", rows)], scale, width),
        (
            "policy",
            *BOUNDS,
            "posterior_mean",
            "share_of_draws_with_it",
            "least_over_equilibria",
            "most_over_equilibria",
        ),
        tuple(numbers),
    )


def win_rates_by_opponent(iteration: Iteration) -> Chart:
    """σ of the newest iteration, and its response, against every member."""
    table = PayoffTable.from_json(iteration.matrix)
    names = table.population.names
    sigma = {
        row["name"]: interval_of(row["payoff_against_sigma"]).complement()
        for row in iteration.analysis["policies"]
    }
    found = [(f"σ of iteration {iteration.index}", sigma)]
    response = iteration.summary.get("response")
    if response and iteration.weights[response["name"]] < 1:  # or σ is that policy
        newest = response["name"]
        own = {n: c[0] for n in names if n != newest and (c := _cell(table, newest, n)) is not None}
        found.append((f"{newest}, the newest policy", own))
    groups = [
        Group(title, [_rate_row(name, rate) for name, rate in rates.items()])
        for title, rates in found
    ]
    scale = Scale(0, 1, percent, "win rate in the tournament", ((0.5, ""),))
    return Chart(
        "win_rates_by_opponent",
        "Win rates by opponent",
        "In the battles of the newest tournament. Blue discs: above 50 %, orange triangles: below, grey squares: not "
        "told apart from it. No member is above 50 % against a Nash σ on the battles that chose it.",
        lambda width: dot_rows(groups, scale, width),
        ("who", "opponent", *BOUNDS),
        tuple(
            (title, name, *bounds(rate)) for title, rates in found for name, rate in rates.items()
        ),
    )


def ratings(iteration: Iteration, rated: Ratings) -> Chart:
    """Bradley–Terry strengths on Elo's scale."""
    members = PayoffTable.from_json(iteration.matrix).population.members
    rows = []
    for member, interval in zip(members, rated.points, strict=True):
        bracket = f"[{fixed(interval.low, 0)}, {fixed(interval.high, 0)}]"
        words = f"{fixed(interval.estimate, 0)} {bracket}"
        is_founder = member.iteration == 0
        rows.append(Row(member.name, interval, words, UNDECIDED if is_founder else BLUE,
                        "square" if is_founder else "disc"))  # fmt: skip
    ordered = sorted(rows, key=lambda row: -row.interval.estimate)
    low, high = min(row.interval.low for row in rows), max(row.interval.high for row in rows)
    room = 0.04 * (high - low) + 1
    scale = Scale(low - room, high + room, shown_number, "Elo points", ((0, ""),))
    worst = rated.worst
    return Chart(
        "ratings",
        "Ratings",
        "Bradley–Terry strengths of the newest tournament in Elo points, 0 being the mean of the founding population "
        "(grey squares). 100 points more mean a win rate of 64 %, 200 mean 76 %, 400 mean 91 %. A rating cannot show "
        "that a beats b beats c beats a; the matchup that the ratings explain worst: they expect "
        f"{worst.row} to win {percent_text(worst.expected)} against {worst.column}, and it won "
        f"{percent_text(worst.played)}.",
        lambda width: dot_rows([Group("", ordered)], scale, width),
        ("policy", *BOUNDS, "joined_in_iteration"),
        tuple(
            (member.name, *bounds(interval), member.iteration)
            for member, interval in zip(members, rated.points, strict=True)
        ),
    )


def _uniqueness(iteration: Iteration, exact: bool) -> str:
    """Is this σ the only one that could be?"""
    analysis = iteration.analysis
    if not analysis["equilibrium_unique"]:
        of_matrix = "These very win rates have several equilibria, of which σ is chosen by a stated rule; the table has each weight's range over all of them."
    else:
        of_matrix = "On these very win rates it is the only equilibrium."
    if exact:
        return f"σ's weights follow from exact payoffs, without noise. {of_matrix}"
    share = percent_text(analysis["same_support_frequency"])
    return (
        f"Discs: σ's weights. {of_matrix} Bars: what the weights could have been with other battles, solved again on "
        f"{analysis['num_posterior_samples']:,} matrices that the counts allow; {share} of them use the same policies "
        "as σ. A bar over the whole width says that the battles do not decide this weight."
    )


def _rate_row(name: str, rate: Interval) -> Row:
    words = interval_text(rate, percent=True, exact=rate.low == rate.high)
    if rate.low > 0.5 + ROUNDING:
        return Row(name, rate, words, BLUE, "disc")
    if rate.high < 0.5 - ROUNDING:
        return Row(name, rate, words, VERMILION, "down")
    return Row(name, rate, words, UNDECIDED, "square")


def _cell(table: PayoffTable, row: str, column: str) -> tuple[Interval, int, str] | None:
    """Win rate, number of battles and hint of a cell; None where it was not played."""
    if row == column:
        return Interval(0.5, 0.5, 0.5), 0, f"{row} against itself: 50 %"
    if {(row, column), (column, row)} & set(table.missing_pairs()):
        return None
    cell = table.cell(row, column)
    if not isinstance(cell, OutcomeCounts):
        rate = win_rate_interval(table.scale.to_win_rate(cell))
        return rate, 0, f"{row} against {column}: {interval_text(rate, True, exact=True)}"
    rate = win_rate_interval(cell)
    counts = f"{cell.wins:,} wins, {cell.ties:,} ties, {cell.losses:,} losses"
    hint = f"{row} against {column}: {interval_text(rate, percent=True)}, {counts}"
    return rate, cell.num_battles, hint


def _heat_map(
    names: tuple[str, ...],
    rates: dict[tuple[str, str], tuple[Interval, int, str] | None],
    with_counts: bool,
    width: float,
) -> Drawing:
    drawing = Drawing(width)
    size = 11.0 if width > 500 else 10.0
    longest = max(text_width(name, size) for name in names)
    left = min(longest + 8, 0.3 * width)
    pitch = min(58.0, (width - left - 2) / len(names))
    height = max(14.0, min(pitch, 34.0))
    # Names above the columns, slanted where they do not fit upright.
    top = min(longest, 0.3 * width) * (0.72 if width > 500 else 1.0) + 12
    angle = -45.0 if width > 500 else -90.0
    if angle == -45.0:
        pitch = min(pitch, (width - left - 0.72 * longest) / max(1, len(names) - 0.5))
    every = math.ceil(size / pitch)  # names that would overlap are left out; the rows have all
    for index, name in enumerate(names):
        x = left + pitch * (index + 0.5)
        room = (top - 10) / (0.72 if angle == -45.0 else 1.0)
        shift = 3.5 if angle == -90.0 else 0.0
        if index % every == 0:
            drawing.add(Text(x + shift, top - 6, fitted(name, room, size), size, angle=angle))
        base = top + height * (index + 0.5) + 0.35 * size
        drawing.add(Text(left - 6, base, fitted(name, left - 6, size), size, "end"))
        for place, other in enumerate(names):
            _draw_cell(
                drawing,
                rates[name, other],
                Box(left + pitch * place, top + height * index, pitch - 1, height - 1, "#EEEEEE"),
                name == other,
                with_counts,
            )
    drawing.height = top + height * len(names) + 4
    return drawing


def _draw_cell(
    drawing: Drawing,
    cell: tuple[Interval, int, str] | None,
    box: Box,
    is_diagonal: bool,
    with_counts: bool,
) -> None:
    middle = (box.x + box.width / 2, box.y + box.height / 2)
    if cell is None:
        hint = Box(box.x, box.y, box.width, box.height, box.colour, 1.0, "not played")
        drawing.add(hint, Text(middle[0], middle[1] + 4, "–", 11, "middle", GREY))
        return
    rate, num, hint_text = cell
    colour = diverging(rate.estimate)
    drawing.add(Box(box.x, box.y, box.width, box.height, hexadecimal(colour), 1.0, hint_text))
    if box.width < LEAST_CELL_WITH_TEXT:
        return
    ink = "#777777" if is_diagonal else readable_on(colour)
    words = f"{100 * rate.estimate:.0f}"
    if with_counts and num and box.width >= LEAST_CELL_WITH_COUNTS:
        drawing.add(Text(middle[0], middle[1] - 1, words, 11, "middle", ink))
        drawing.add(Text(middle[0], middle[1] + 10, f"n {num:,}", 8.5, "middle", ink))
    else:
        size = 11 if box.width > 24 else 10
        drawing.add(Text(middle[0], middle[1] + 0.35 * size, words, size, "middle", ink))
