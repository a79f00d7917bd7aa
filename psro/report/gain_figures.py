"""The figures of what is gained against σ, and of how strong it is, over iterations."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from psro.metagame.intervals import Interval
from psro.report.headlines import headlines
from psro.report.measures import GAIN, HEADLINE, MARGIN, RESTRICTED
from psro.report.record import Iteration, RunRecord
from psro.report.style import COLOURS, GREY, new_figure, whole_ticks
from psro.report.text import USUAL_LEVEL, interval_of, level_text


def exploitability_over_iterations(record: RunRecord) -> Figure:
    """The measures over iterations: how weak σ is on the left, how strong on the right.

    Left: the headline of every σ, and beside it the gain of each response where that says more.
    """
    figure = new_figure(10.5, 4.3)
    weak, strong = figure.subplots(1, 2, width_ratios=(1.7, 1))
    steps = [iteration.index for iteration in record.iterations]
    _band(weak, record.iterations, "restricted_exploitability", COLOURS[5], RESTRICTED)
    known = headlines(record.iterations, record.certificates)
    largest = [(step, interval_of(headline)) for step, headline in known.items()]
    _points(weak, largest, COLOURS[3], "o", f"{HEADLINE}: the largest gain known, at least 0")
    each = [
        (step + 0.12 * place, interval_of(gain["gain"]))
        for step, headline in known.items()
        for place, gain in enumerate(headline["gains"].values(), start=1)
        if headline["num_responses"] > 1 or gain["gain"]["low"] < 0
    ]
    _points(weak, each, GREY, ".", f"{GAIN} of each response; intervals hold together", 0.9)
    weak.axhline(0, color="black", linewidth=0.9)
    weak.set_title(f"{HEADLINE.capitalize()} of σ: what is gained against it, {_level_of(largest)}")
    weak.set_ylabel("win rate above 50 %")
    weak.legend(loc="upper right", fontsize=8.5)
    # Room for the legend above the data.
    low, high = weak.get_ylim()
    weak.set_ylim(min(low, -0.02), max(high * 1.35, 0.1))
    _band(strong, record.iterations, "best_matchup_margin", COLOURS[2], MARGIN)
    strong.set_ylim(-0.01, 0.52)
    strong.set_title(MARGIN.capitalize())
    strong.set_ylabel("win rate above 50 %, easiest opponent")
    for axes in (weak, strong):
        axes.set_xlabel("iteration whose σ it is")
        axes.set_xlim(-0.5, max(steps) + 0.5)
        whole_ticks(axes, steps)
    return figure


def response_win_rates(record: RunRecord) -> Figure:
    """Every best response against the σ it was trained on as it joined, and the gain that was wanted."""
    rows = [
        (i.summary["response"]["name"], i.summary["response"]["best_response_gain"])
        for i in record.iterations
        if i.index
    ]
    rows += [(f"certificate\n(of σ {c.iteration})", c.data["gain"]) for c in record.certificates]
    figure = new_figure(3.2 + 0.85 * max(len(rows), 2), 4.0)
    axes = figure.add_subplot()
    for index, (name, gain) in enumerate(rows):
        interval = interval_of(gain["win_rate"])
        colour = COLOURS[0] if name.startswith("certificate") else COLOURS[3]
        _points(axes, [(index, interval)], colour, "D" if colour == COLOURS[0] else "o", None)
        num = gain["num_battles"]
        label = f"{100 * interval.estimate:.1f} %\n" + (f"n = {num:,}" if num else "exact")
        if num and (level := level_text(interval.level)) != USUAL_LEVEL:
            label += f"\nat {level}"
        axes.annotate(label, (index, interval.high), (0, 5), textcoords="offset points",
                      ha="center", va="bottom", fontsize=8)  # fmt: skip
    axes.axhline(0.5, color="black", linewidth=0.9)
    lines = [(0.5, "50 %: no gain")]
    wanted = record.manifest.config.get("psro.wanted_gain", 0.0) if record.manifest else 0.0
    if wanted > 0:
        lines.append((0.5 + wanted, f"{50 + 100 * wanted:.0f} %: psro.wanted_gain"))
        axes.axhline(0.5 + wanted, color=GREY, linewidth=0.9, linestyle="--")
    for height, text in lines:
        axes.text(-0.55, height, text, va="bottom", ha="left", fontsize=7.5, color="#555555")
    axes.set_xticks(range(len(rows)), [name for name, _ in rows])
    axes.set_xlim(-0.6, max(len(rows), 1) - 0.4)
    lowest = min([0.4, *(gain["win_rate"]["low"] for _, gain in rows)])
    # Room for the labels above the highest.
    highest = max([0.7, *(gain["win_rate"]["high"] for _, gain in rows)]) + 0.12
    axes.set_ylim(lowest - 0.05, highest)
    axes.set_yticks([tick / 10 for tick in range(11) if lowest - 0.05 <= tick / 10 < highest])
    axes.yaxis.set_major_formatter(PercentFormatter(1, symbol=" %"))
    axes.set_title(
        "Best responses as they joined, against the σ\n"
        f"they were trained on; {USUAL_LEVEL} intervals if not said otherwise"
    )
    return figure


def _points(
    axes: Axes,
    points: Sequence[tuple[float, Interval]],
    colour: str,
    marker: str,
    label: str | None,
    linewidth: float = 1.6,
) -> None:
    if not points:
        return
    estimates = np.array([interval.estimate for _, interval in points])
    below = estimates - [interval.low for _, interval in points]
    above = np.array([interval.high for _, interval in points]) - estimates
    errors = np.maximum([below, above], 0)
    axes.errorbar([x for x, _ in points], estimates, errors, fmt=marker, color=colour, capsize=2.2 * linewidth,
                  markersize=6, linewidth=linewidth, label=label)  # fmt: skip


def _level_of(points: Sequence[tuple[float, Interval]]) -> str:
    """`95 % intervals`; of several levels all of them."""
    levels = sorted({level_text(interval.level) for _, interval in points})
    return f"{' and '.join(levels) or USUAL_LEVEL} intervals"


def _band(
    axes: Axes, iterations: Sequence[Iteration], measure: str, colour: str, label: str
) -> None:
    """The value on the counts as a square, the interval of what it could have been as a bar behind it."""
    steps = [iteration.index for iteration in iterations]
    values = [iteration.summary[measure]["plug_in"] for iteration in iterations]
    posterior = [iteration.summary[measure]["posterior"] for iteration in iterations]
    low, high = [p["low"] for p in posterior], [p["high"] for p in posterior]
    height = np.array(high) - low
    axes.bar(steps, height, 0.44, low, color=colour, alpha=0.3, linewidth=0)
    levels = sorted({level_text(p["level"]) for p in posterior})
    axes.plot(steps, values, color=colour, marker="s", markersize=4, linewidth=0.9,
              label=f"{label}; bar: {' and '.join(levels)} of what the counts allow")  # fmt: skip
