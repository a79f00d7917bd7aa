"""The oracle's training curves."""

from collections.abc import Sequence

from psro.report.charts.chart import Chart
from psro.report.drawing.small_multiples import Curve, Panel, small_multiples
from psro.report.record import Training

FIRST_METRICS = ("policy_loss", "critic_loss", "entropy", "kl_to_start")
"""Shown first; the others follow by name."""
NOT_DRAWN = ("step", "epoch")
MEANINGS = {
    "advantage_std": "standard deviation of the advantages: how far the actions taken differ in value from the policy's usual one",
    "explained_variance": "what share of the returns' variance the critic explains, 1 is all",
    "mean_weight": "of the actor's loss, over the decisions of a batch",
    "q_mean": "the critic's value of the chosen actions, in rewards",
    "target_mean": "the returns that the critic is trained on, in rewards",
    "policy_loss": "the actor's loss, lower is closer to its targets",
    "critic_loss": "how far the critic's values are from the returns",
    "entropy": "how undecided the policy is, in nats",
    "kl_to_start": "how far it has moved from where its round began, in nats, over the decisions that it learns from",
}


def training_curves(trainings: Sequence[Training]) -> Chart:
    """Every metric a panel, every response or base policy a line; rounds are joined."""
    curves: dict[str, dict[str, list[tuple[float, float]]]] = {}
    begins: dict[str, int] = {}
    series: list[str] = []
    for training in trainings:
        name = training.series.replace("_", " ")
        if name not in series:
            series.append(name)
        for point in training.curve["points"]:
            for metric, value in point.items():
                if metric not in NOT_DRAWN:
                    step = begins.get(name, 0) + point["step"]
                    curves.setdefault(metric, {}).setdefault(name, []).append((step, value))
        begins[name] = begins.get(name, 0) + training.curve["num_steps"]
    metrics = [name for name in FIRST_METRICS if name in curves]
    metrics += sorted(set(curves) - set(FIRST_METRICS))
    panels = [Panel(metric.replace("_", " "), curves[metric]) for metric in metrics]
    told = "; ".join(f"{m.replace('_', ' ')}: {MEANINGS[m]}" for m in metrics if m in MEANINGS)
    return Chart(
        "training_curves",
        "Training of the oracle",
        "How every training went: a panel for each quantity, in it a line for each best response (by its iteration), certificate and "
        "base policy.",
        "Upwards: the quantity of the panel; to the right: optimizer steps, with a response's rounds joined. These are values of batches "
        f"as they came, no estimates, so they have no intervals.{' ' + told[:1].upper() + told[1:] + '.' if told else ''} Long lines "
        "are thinned; the CSV has every point, the table where every line ends.",
        lambda width: small_multiples(panels, series, "optimizer steps", width),
        ("metric", "series", "step", "value"),
        tuple(
            (metric, name, step, value)
            for metric in metrics
            for name, curve in _items(curves[metric])
            for step, value in curve
        ),
        tuple((m, name, *curve[-1]) for m in metrics for name, curve in _items(curves[m])),
    )


def _items(curves: dict[str, list[tuple[float, float]]]) -> list[tuple[str, Curve]]:
    return list(curves.items())
