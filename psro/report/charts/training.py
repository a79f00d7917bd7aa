"""The oracle's training curves."""

from collections.abc import Sequence

from psro.report.charts.chart import Chart
from psro.report.drawing.small_multiples import Curve, Panel, small_multiples
from psro.report.record import Training

FIRST_METRICS = ("policy_loss", "critic_loss", "entropy", "kl_to_start")
"""Shown first; the others follow by name."""
NOT_DRAWN = ("step", "epoch")
MEANINGS = {
    "policy_loss": "the actor's loss, lower is closer to its targets",
    "critic_loss": "how far the critic's values are from the returns",
    "entropy": "how undecided the policy is, in nats",
    "kl_to_start": "how far it has moved from where its round began, in nats",
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
        "One line for each best response (by its iteration), the certificate and each base policy, over optimizer "
        f"steps with a response's rounds joined.{' ' + told.capitalize() + '.' if told else ''} Long lines are thinned; "
        "the CSV has every point.",
        lambda width: small_multiples(panels, series, "optimizer steps", width),
        ("metric", "series", "step", "value"),
        tuple(
            (metric, name, step, value)
            for metric in metrics
            for name, curve in _items(curves[metric])
            for step, value in curve
        ),
    )


def _items(curves: dict[str, list[tuple[float, float]]]) -> list[tuple[str, Curve]]:
    return list(curves.items())
