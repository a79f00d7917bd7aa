"""The figures of the meta-game: interaction matrix and σ."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib import colormaps
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from psro.report.record import Iteration, Json
from psro.report.style import (
    DIVERGING,
    GREY,
    colour_of,
    new_figure,
    readable_on,
    whole_ticks,
)
from psro.report.tables import SHOWN_WEIGHT


def interaction_matrix(matrix: Json) -> Figure:
    """Heat map: the row's win rate against the column in %, and the battles a pair played.

    Where all pairs played as many, the title says so, otherwise every cell.
    """
    names = matrix["names"]
    rates = np.array(
        [[np.nan if rate is None else rate for rate in row] for row in matrix["matrix"]]
    )
    played = {(c["row"], c["column"]): _num_battles(c) for c in matrix["cells"]}
    numbers = set(played.values())
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
            if len(numbers) > 1 and num and row != column:
                text += f"\n({num})"
            colour = GREY if row == column else readable_on(colours(rate))
            axes.text(column, row, text, ha="center", va="center", color=colour, fontsize=8.5)
    axes.set_xticks(range(size), names, rotation=40, ha="right", rotation_mode="anchor")
    axes.set_yticks(range(size), names)
    counted = f" ({numbers.pop()} battles a pair)" if len(numbers) == 1 and max(numbers) else ""
    counted = " (battles)" if len(numbers) > 1 else counted
    axes.set_title(f"Interaction matrix\nthe row's win rate against the column, %{counted}")
    bar = figure.colorbar(image, ax=axes, shrink=0.8, format=PercentFormatter(1, symbol=" %"))
    bar.outline.set_visible(False)
    return figure


def sigma_over_iterations(iterations: Sequence[Iteration]) -> Figure:
    """Stacked bars: the weights of σ after every iteration; thin, what they are on average given the counts."""
    figure = new_figure(5.2 + 0.55 * len(iterations), 4.2)
    axes = figure.add_subplot()
    steps = np.array([iteration.index for iteration in iterations])
    chosen = [iteration.weights for iteration in iterations]
    likely = [
        {name: e["posterior"]["estimate"] for name, e in iteration.summary["meta_strategy"].items()}
        for iteration in iterations
    ]
    bottoms = np.zeros((2, len(steps)))
    small = np.zeros((2, len(steps)))
    for index, name in enumerate(iterations[-1].weights):
        weights = np.array([[row.get(name, 0.0) for row in rows] for rows in (chosen, likely)])
        if weights.max() <= SHOWN_WEIGHT:
            small += weights
            continue
        colour, hatch = colour_of(index)
        style: dict[str, Any] = {"color": colour, "hatch": hatch, "edgecolor": "white"}
        axes.bar(steps - 0.1, weights[0], 0.56, bottoms[0], label=name, **style)
        axes.bar(steps + 0.31, weights[1], 0.18, bottoms[1], **style)
        for step, weight, base in zip(steps, weights[0], bottoms[0], strict=True):
            if weight >= 0.06:
                label = f"{100 * weight:.0f}"
                axes.text(step - 0.1, base + weight / 2, label, ha="center", va="center", fontsize=8,
                          bbox={"boxstyle": "round,pad=0.15", "fc": "white", "ec": "none", "alpha": 0.75})  # fmt: skip
        bottoms += weights
    if small.max() > 0.005:  # less cannot be seen
        axes.bar(steps - 0.1, small[0], 0.56, bottoms[0], color=GREY, label="others (≤ 1 %)")
        axes.bar(steps + 0.31, small[1], 0.18, bottoms[1], color=GREY)
    axes.set_title(
        "σ after every iteration, % of its weight\n"
        "thin bar: its mean over the matrices that the counts allow"
    )
    axes.set_xlabel("iteration (0: the founding population)")
    axes.set_ylim(0, 1)
    axes.yaxis.set_major_formatter(PercentFormatter(1, symbol=" %"))
    axes.grid(visible=False, axis="x")
    whole_ticks(axes, steps.tolist())
    # Top of the legend as top of the bars.
    handles, labels = axes.get_legend_handles_labels()
    axes.legend(handles[::-1], labels[::-1], loc="center left", bbox_to_anchor=(1.0, 0.5))
    return figure


def _num_battles(cell: Json) -> int:
    return 0 if "exact" in cell else int(cell["wins"] + cell["ties"] + cell["losses"])
