"""The figures of a run, from its records; every interval is drawn, every count is written."""

from collections.abc import Sequence

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from psro.metagame.intervals import Interval
from psro.report.measures import GAIN, HEADLINE, MARGIN, RESTRICTED
from psro.report.record import Iteration, Json, RunRecord
from psro.report.style import (
    COLOURS,
    DIVERGING,
    GREY,
    colour_of,
    new_figure,
    whole_ticks,
)
from psro.report.tables import SHOWN_WEIGHT
from psro.report.text import interval_of


def interaction_matrix(matrix: Json) -> Figure:
    """Heat map: the row's win rate against the column in %, and the battles the pair played."""
    names = matrix["names"]
    rates = np.array(
        [[np.nan if rate is None else rate for rate in row] for row in matrix["matrix"]]
    )
    played = {(c["row"], c["column"]): _num_battles(c) for c in matrix["cells"]}
    size = len(names)
    figure = new_figure(max(5.2, 2.6 + 0.78 * size), 2.3 + 0.62 * size)
    axes = figure.add_subplot()
    colours = colormaps[DIVERGING].with_extremes(bad="#EEEEEE")
    image = axes.imshow(rates, cmap=colours, vmin=0, vmax=1, aspect="auto")
    axes.grid(visible=False)
    for row in range(size):
        for column in range(size):
            rate = rates[row, column]
            text = "not\nplayed" if np.isnan(rate) else f"{100 * rate:.0f}"
            num = played.get((names[row], names[column]), 0)
            num = num or played.get((names[column], names[row]), 0)
            if num and row != column:
                text += f"\n({num})"
            dark = not np.isnan(rate) and abs(rate - 0.5) > 0.27
            colour = GREY if row == column else ("white" if dark else "black")
            axes.text(column, row, text, ha="center", va="center", color=colour, fontsize=8.5)
    axes.set_xticks(range(size), names, rotation=40, ha="right", rotation_mode="anchor")
    axes.set_yticks(range(size), names)
    axes.set_title("Interaction matrix\nthe row's win rate against the column, % (battles)")
    bar = figure.colorbar(image, ax=axes, shrink=0.8, format=PercentFormatter(1, symbol=" %"))
    bar.outline.set_visible(False)
    return figure


def sigma_over_iterations(iterations: Sequence[Iteration]) -> Figure:
    """Stacked bars: the weights of σ after every iteration."""
    figure = new_figure(5.2 + 0.55 * len(iterations), 4.2)
    axes = figure.add_subplot()
    steps = [iteration.index for iteration in iterations]
    names = list(iterations[-1].weights)
    bottom = np.zeros(len(steps))
    small = np.zeros(len(steps))
    for index, name in enumerate(names):
        weights = np.array([iteration.weights.get(name, 0.0) for iteration in iterations])
        if weights.max() <= SHOWN_WEIGHT:
            small += weights
            continue
        colour, hatch = colour_of(index)
        axes.bar(
            steps, weights, 0.72, bottom, color=colour, hatch=hatch, edgecolor="white", label=name
        )
        for step, weight, base in zip(steps, weights, bottom, strict=True):
            if weight >= 0.06:
                label = f"{100 * weight:.0f}"
                axes.text(step, base + weight / 2, label, ha="center", va="center", fontsize=8,
                          bbox={"boxstyle": "round,pad=0.15", "fc": "white", "ec": "none", "alpha": 0.75})  # fmt: skip
        bottom += weights
    if small.max() > 0:
        axes.bar(steps, small, 0.72, bottom, color=GREY, label="others (never above 1 %)")
    axes.set_title("σ after every iteration, % of its weight")
    axes.set_xlabel("iteration (0: the founding population)")
    axes.set_ylim(0, 1)
    axes.yaxis.set_major_formatter(PercentFormatter(1, symbol=" %"))
    axes.grid(visible=False, axis="x")
    whole_ticks(axes, steps)
    # Top of the legend as top of the bars.
    handles, labels = axes.get_legend_handles_labels()
    axes.legend(handles[::-1], labels[::-1], loc="center left", bbox_to_anchor=(1.0, 0.5))
    return figure


def exploitability_over_iterations(record: RunRecord) -> Figure:
    """The measures over iterations: how weak σ is on the left, how strong on the right."""
    figure = new_figure(10.5, 4.3)
    weak, strong = figure.subplots(1, 2, width_ratios=(1.7, 1))
    steps = [iteration.index for iteration in record.iterations]
    _band(weak, record.iterations, "restricted_exploitability", COLOURS[5], RESTRICTED)
    measured = [
        (i.summary["trained_against"]["iteration"], i.summary) for i in record.iterations if i.index
    ]
    responses = [
        (step, interval_of(summary["response"]["best_response_gain"]["gain"]))
        for step, summary in measured
    ]
    _points(weak, responses, COLOURS[3], "o", f"{GAIN} (of the next iteration's response)")
    certificates = [(c.iteration, interval_of(c.data["gain"]["gain"])) for c in record.certificates]
    _points(weak, certificates, COLOURS[0], "D", f"{GAIN} (certificate: a response of its own)")
    weak.axhline(0, color="black", linewidth=0.9)
    weak.set_title(f"{HEADLINE.capitalize()} of σ: what is gained against it")
    weak.set_ylabel("win rate above 50 %")
    weak.legend(loc="upper right", fontsize=8.5)
    # Room for the legend above the data.
    low, high = weak.get_ylim()
    weak.set_ylim(min(low, -0.02), max(high * 1.35, 0.1))
    _band(strong, record.iterations, "best_matchup_margin", COLOURS[2], MARGIN)
    strong.set_ylim(-0.01, 0.52)
    strong.set_title(MARGIN.capitalize())
    strong.set_ylabel("win rate of σ above 50 % against its easiest opponent")
    for axes in (weak, strong):
        axes.set_xlabel("iteration whose σ it is")
        axes.set_xlim(-0.5, max(steps) + 0.5)
        whole_ticks(axes, steps)
    return figure


def response_win_rates(record: RunRecord) -> Figure:
    """Every best response against the σ it was trained on, with the 50 % and 60 % lines."""
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
        label = f"{100 * interval.estimate:.1f} %\n" + (f"n = {num}" if num else "exact")
        axes.annotate(label, (index, interval.high), (0, 5), textcoords="offset points",
                      ha="center", va="bottom", fontsize=8)  # fmt: skip
    axes.axhline(0.5, color="black", linewidth=0.9)
    axes.axhline(0.6, color=GREY, linewidth=0.9, linestyle="--")
    for height, text in ((0.5, "50 %: no gain"), (0.6, "60 %: the aim")):
        axes.text(-0.55, height, text, va="bottom", ha="left", fontsize=7.5, color="#555555")
    axes.set_xticks(range(len(rows)), [name for name, _ in rows])
    axes.set_xlim(-0.6, max(len(rows), 1) - 0.4)
    lowest = min([0.4, *(gain["win_rate"]["low"] for _, gain in rows)])
    axes.set_ylim(lowest - 0.05, 1.08)
    axes.set_yticks([tick / 10 for tick in range(11) if tick / 10 >= lowest - 0.05])
    axes.yaxis.set_major_formatter(PercentFormatter(1, symbol=" %"))
    axes.set_title("Best responses against the σ they\nwere trained on, with 95 % intervals")
    return figure


def _points(
    axes: Axes,
    points: Sequence[tuple[float, Interval]],
    colour: str,
    marker: str,
    label: str | None,
) -> None:
    if not points:
        return
    estimates = np.array([interval.estimate for _, interval in points])
    below = estimates - [interval.low for _, interval in points]
    above = np.array([interval.high for _, interval in points]) - estimates
    errors = np.maximum([below, above], 0)
    axes.errorbar([x for x, _ in points], estimates, errors, fmt=marker, color=colour, capsize=3.5,
                  markersize=6, linewidth=1.6, label=label)  # fmt: skip


def _band(
    axes: Axes, iterations: Sequence[Iteration], measure: str, colour: str, label: str
) -> None:
    """The value on the counts as a line, its 95 % interval as a band."""
    steps = [iteration.index for iteration in iterations]
    values = [iteration.summary[measure]["plug_in"] for iteration in iterations]
    posterior = [iteration.summary[measure]["posterior"] for iteration in iterations]
    low, high = [p["low"] for p in posterior], [p["high"] for p in posterior]
    if len(steps) == 1:
        axes.vlines(steps, low, high, color=colour, alpha=0.4, linewidth=6)
    axes.fill_between(steps, low, high, color=colour, alpha=0.25, linewidth=0)
    axes.plot(steps, values, color=colour, marker="s", markersize=4, label=f"{label} (95 % band)")


def _num_battles(cell: Json) -> int:
    return 0 if "exact" in cell else int(cell["wins"] + cell["ties"] + cell["losses"])
