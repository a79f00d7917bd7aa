"""Where σ is weak: its battles by policy, team and length."""

from psro.metagame.intervals import win_rate_interval
from psro.report.breakdown import Dimension, Subject
from psro.report.breakdown import Group as Battles
from psro.report.charts.chart import BOUNDS, Chart, bounds
from psro.report.drawing.dot_rows import Group, Row, Scale, dot_rows
from psro.report.drawing.plane import percent
from psro.report.outcomes import LEAST_BATTLES, NUM_SHOWN
from psro.report.style import BLUE, UNDECIDED, VERMILION
from psro.report.text import interval_text


def breakdown(subject: Subject) -> Chart:
    """All dimensions of a subject, one below the other."""
    overall = win_rate_interval(subject.total)
    groups = [_drawn(dimension, overall.estimate) for dimension in subject.dimensions]
    scale = Scale(0, 1, percent, "σ's win rate", ((0.5, ""), (overall.estimate, "")))
    words = interval_text(overall, percent=True)
    return Chart(
        f"breakdown_{subject.name}",
        subject.title,
        f"{subject.note} {words} in all {subject.total.num_battles:,} battles (dashed line; battles are counted alike, "
        "whatever σ's weights). Orange triangles: below that, blue discs: above, grey squares: not told apart. Of many "
        f"teams the {NUM_SHOWN} worst and {NUM_SHOWN} best with {LEAST_BATTLES} battles or more; being chosen, they "
        "lean outwards. The CSV has all.",
        lambda width: dot_rows([group for group in groups if group.rows], scale, width),
        ("dimension", "group", *BOUNDS, "wins", "ties", "losses"),
        tuple(
            (
                d.title,
                g.name,
                *bounds(win_rate_interval(g.counts)),
                g.counts.wins,
                g.counts.ties,
                g.counts.losses,
            )
            for d in subject.dimensions
            for g in d.groups
        ),
    )


def _drawn(dimension: Dimension, overall: float) -> Group:
    listed = [group for group in dimension.groups if group.is_listed]
    if len(listed) > 2 * NUM_SHOWN:
        listed = listed[:NUM_SHOWN] + listed[-NUM_SHOWN:]
    return Group(dimension.title, [_row(group, overall) for group in listed])


def _row(group: Battles, overall: float) -> Row:
    rate = win_rate_interval(group.counts)
    words = interval_text(rate, percent=True)
    hint = f"{group.name}: {words}, {group.counts.num_battles:,} battles"
    if rate.high < overall:
        return Row(group.name, rate, words, VERMILION, "down", hint)
    if rate.low > overall:
        return Row(group.name, rate, words, BLUE, "disc", hint)
    return Row(group.name, rate, words, UNDECIDED, "square", hint)
