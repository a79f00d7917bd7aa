"""Figures of many small panels: training curves, and win rates by opponent."""

from collections import defaultdict
from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from psro.metagame.intervals import Interval, win_rate_interval
from psro.metagame.payoffs import OutcomeCounts, PayoffTable
from psro.report.record import Iteration, Training
from psro.report.style import COLOURS, colour_of, new_figure
from psro.report.text import USUAL_LEVEL, interval_of

FIRST_METRICS = ("policy_loss", "critic_loss", "entropy", "kl_to_start")
"""Shown first; the others follow by name."""
NOT_DRAWN = ("step", "epoch")
UNDECIDED = "#555555"
"""Colour of an interval that holds 50 %."""
ROUNDING = 1e-9
"""Exact values of one half come out as sums that differ in their last bits."""


def training_curves(trainings: Sequence[Training]) -> Figure:
    """Every metric of the oracle in a panel, every response or base policy as a line; rounds are joined."""
    names = {name for t in trainings for point in t.curve["points"] for name in point}
    metrics = [name for name in FIRST_METRICS if name in names]
    metrics += sorted(names - set(FIRST_METRICS) - set(NOT_DRAWN))
    series: dict[str, list[Training]] = defaultdict(list)
    for training in trainings:
        series[training.series].append(training)
    num_columns = min(3, len(metrics))
    num_rows = -(-len(metrics) // num_columns)
    figure = new_figure(4.1 * num_columns, 2.7 * num_rows + 0.35 * (len(series) // 5 + 1))
    panels = figure.subplots(num_rows, num_columns, squeeze=False).flatten()
    for panel, metric in zip(panels, metrics, strict=False):
        for index, (name, rounds) in enumerate(series.items()):
            _draw_rounds(panel, rounds, metric, index, name)
        panel.set_title(metric.replace("_", " "))
    for panel in panels[len(metrics) :]:
        panel.set_visible(False)
    for panel in panels[max(0, len(metrics) - num_columns) : len(metrics)]:
        panel.set_xlabel("optimizer steps, rounds joined")
    handles, labels = panels[0].get_legend_handles_labels()
    for panel in panels[1 : len(metrics)]:
        for handle, label in zip(*panel.get_legend_handles_labels(), strict=True):
            if label not in labels:
                handles, labels = [*handles, handle], [*labels, label]
    figure.legend(handles, labels, loc="outside lower center", ncols=min(5, len(labels)))
    figure.suptitle("Training of the oracle", x=0.01, ha="left", fontsize=12)
    return figure


def win_rates_by_opponent(iteration: Iteration) -> Figure:
    """The newest tournament: σ and every best response against each member of the population."""
    table = PayoffTable.from_json(iteration.matrix)
    names = list(table.population.names)
    responses = [member.name for member in table.population if member.iteration > 0]
    panels = [(f"σ of iteration {iteration.index}", _sigma_rates(iteration))]
    panels += [(name, _rates(table, name, names)) for name in responses]
    num_columns = min(3, len(panels))
    num_rows = -(-len(panels) // num_columns)
    figure = new_figure(1.6 + 2.9 * num_columns, 1.0 + num_rows * (0.7 + 0.24 * len(names)))
    drawn = figure.subplots(num_rows, num_columns, squeeze=False, sharex=True, sharey=True)
    for axes, (title, rates) in zip(drawn.flatten(), panels, strict=False):
        _draw_rates(axes, rates, names)
        axes.set_title(title)
    for axes in drawn.flatten()[len(panels) :]:
        axes.set_visible(False)
    for axes in drawn.flatten()[max(0, len(panels) - num_columns) : len(panels)]:
        axes.tick_params(labelbottom=True)
        axes.set_xlabel("win rate, %")
    figure.suptitle(
        f"Win rates in the tournament, by opponent, with {USUAL_LEVEL} intervals\n"
        "blue: above 50 %, orange: below, grey: not told apart from it",
        x=0.01,
        ha="left",
        fontsize=12,
    )
    return figure


def _draw_rounds(
    axes: Axes, rounds: Sequence[Training], metric: str, index: int, name: str
) -> None:
    begins, label = 0, name.replace("_", " ")
    colour, _ = colour_of(index)
    style = "-" if rounds[0].root == rounds[0].series else "--"
    for training in rounds:
        points = [point for point in training.curve["points"] if metric in point]
        steps = [begins + point["step"] for point in points]
        if points:
            values = [point[metric] for point in points]
            axes.plot(steps, values, style, color=colour, linewidth=1.3, label=label,
                      marker="." if len(points) < 3 else None)  # fmt: skip
            label = ""
        begins += training.curve["num_steps"]


def _draw_rates(axes: Axes, rates: dict[str, Interval], names: Sequence[str]) -> None:
    for row, name in enumerate(names):
        if name not in rates:
            continue
        interval = rates[name]
        if interval.low > 0.5 + ROUNDING:
            colour = COLOURS[0]
        elif interval.high < 0.5 - ROUNDING:
            colour = COLOURS[3]
        else:
            colour = UNDECIDED
        error = np.maximum(
            [[interval.estimate - interval.low], [interval.high - interval.estimate]], 0
        )
        axes.errorbar([interval.estimate], [row], xerr=error, fmt="o", color=colour, markersize=4.5,
                      capsize=2.5, linewidth=1.4)  # fmt: skip
    axes.axvline(0.5, color="black", linewidth=0.9)
    axes.set_yticks(range(len(names)), names)
    axes.set_ylim(len(names) - 0.5, -0.5)
    axes.set_xlim(-0.02, 1.02)
    axes.set_xticks([0, 0.25, 0.5, 0.75, 1])
    axes.xaxis.set_major_formatter(PercentFormatter(1, symbol=""))


def _sigma_rates(iteration: Iteration) -> dict[str, Interval]:
    """σ against every member: the complement of the member's payoff against σ."""
    return {
        row["name"]: interval_of(row["payoff_against_sigma"]).complement()
        for row in iteration.analysis["policies"]
    }


def _rates(table: PayoffTable, name: str, names: Sequence[str]) -> dict[str, Interval]:
    rates = {}
    for other in names:
        if other != name:
            cell = table.cell(name, other)
            if not isinstance(cell, OutcomeCounts):
                cell = table.scale.to_win_rate(cell)
            rates[other] = win_rate_interval(cell)
    return rates
