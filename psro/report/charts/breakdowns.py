"""Where σ is weak: its battles by policy, team and length."""

from psro.metagame.intervals import win_rate_interval
from psro.report.breakdown import Dimension, Subject, simultaneous_level
from psro.report.breakdown import Group as Battles
from psro.report.charts.chart import BOUNDS, Chart, Value, bounds
from psro.report.drawing.dot_rows import Group, Row, Scale, dot_rows
from psro.report.drawing.plane import percent
from psro.report.outcomes import LEAST_BATTLES, NUM_SHOWN
from psro.report.style import BLUE, UNDECIDED, VERMILION
from psro.report.text import interval_text, level_text


def breakdown(subject: Subject) -> Chart:
    """All dimensions of a subject, one below the other."""
    overall = win_rate_interval(subject.total)
    together = simultaneous_level(subject)
    groups = [_drawn(dimension, overall.estimate, together) for dimension in subject.dimensions]
    num = sum(group.is_listed for dimension in subject.dimensions for group in dimension.groups)
    scale = Scale(0, 1, percent, "σ's win rate", ((0.5, ""), (overall.estimate, "")))
    words = interval_text(overall, percent=True)
    return Chart(
        f"breakdown_{subject.name}",
        subject.title,
        subject.note,
        f"To the right: σ's win rate, ties counting one half; {words} in all {subject.total.num_battles:,} battles (dashed line; battles "
        "are counted alike, whatever σ's weights). Bars are 95 % intervals of each group by itself. Orange triangles: below the dashed "
        f"line, blue discs: above, by intervals at {level_text(together)}, which hold for all {num} groups together; grey squares: not "
        f"told apart from it. Of many teams the {NUM_SHOWN} worst and {NUM_SHOWN} best with {LEAST_BATTLES} battles or more; being "
        "chosen, they lean outwards. The CSV has all.",
        lambda width: dot_rows([group for group in groups if group.rows], scale, width),
        ("dimension", "group", *BOUNDS, "wins", "ties", "losses"),
        tuple(_numbers(d, g) for d in subject.dimensions for g in d.groups),
        tuple(_numbers(d, g) for d in subject.dimensions for g in _shown(d)),
    )


def _numbers(dimension: Dimension, group: Battles) -> tuple[Value, ...]:
    counts = group.counts
    rate = bounds(win_rate_interval(counts))
    return (dimension.title, group.name, *rate, counts.wins, counts.ties, counts.losses)


def _shown(dimension: Dimension) -> list[Battles]:
    """All whose intervals say something, or of many the worst and the best."""
    listed = [group for group in dimension.groups if group.is_listed]
    if len(listed) > 2 * NUM_SHOWN:
        listed = listed[:NUM_SHOWN] + listed[-NUM_SHOWN:]
    return listed


def _drawn(dimension: Dimension, overall: float, together: float) -> Group:
    return Group(dimension.title, [_row(group, overall, together) for group in _shown(dimension)])


def _row(group: Battles, overall: float, together: float) -> Row:
    """together: the level at which the intervals of all groups hold together; a few extremes of many are no finding."""
    rate = win_rate_interval(group.counts)
    judged = win_rate_interval(group.counts, together)
    words = interval_text(rate, percent=True)
    hint = f"{group.name}: {words}, {group.counts.num_battles:,} battles"
    if judged.high < overall:
        return Row(group.name, rate, words, VERMILION, "down", hint)
    if judged.low > overall:
        return Row(group.name, rate, words, BLUE, "disc", hint)
    return Row(group.name, rate, words, UNDECIDED, "square", hint)
