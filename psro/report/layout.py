"""The Custom Scalars tab of TensorBoard: a run's curves in the order in which they are read.

Its tags are those of curves.py.
"""

from collections.abc import Sequence

from tensorboard.plugins.custom_scalar.layout_pb2 import (
    Category,
    Chart,
    Layout,
    MarginChartContent,
    MultilineChartContent,
)


def layout() -> Layout:
    """The same for every run: a chart whose curves a run does not have stays empty."""
    return Layout(
        category=[
            Category(
                title="1 · How exploitable is σ? (win rate above one half)",
                chart=[
                    _with_interval(
                        "exploitability: the largest gain known", "measures/exploitability"
                    ),
                    _with_interval("best-response gain", "measures/best_response_gain"),
                    _with_interval(
                        "restricted exploitability", "measures/restricted_exploitability"
                    ),
                    _with_interval(
                        "best-matchup margin (strength)", "measures/best_matchup_margin"
                    ),
                ],
            ),
            Category(
                title="2 · What is σ, and how strong is everyone?",
                chart=[
                    _lines("σ: weight of each policy", ["sigma/.*"]),
                    _lines("σ's win rate by opponent", ["win_rate/sigma/vs/.*"]),
                    _lines("ratings, Elo points", ["ratings/.*"]),
                ],
            ),
            Category(
                title="3 · How did the oracle learn?",
                chart=[
                    _lines("policy loss", ["oracle/policy_loss"]),
                    _lines("critic loss", ["oracle/critic_loss"]),
                    _lines("entropy, nats", ["oracle/entropy"]),
                    _lines("KL to where the round began, nats", ["oracle/kl_to_start"]),
                    _lines(
                        "score of the best checkpoint, by round", ["selection/score_against_sigma"]
                    ),
                    _with_interval(
                        "win rate of the response against σ", "response/win_rate_against_sigma"
                    ),
                ],
            ),
            Category(
                title="4 · What did it cost?",
                chart=[
                    _lines("work per second", ["throughput/.*"]),
                    _lines("seconds by phase", ["time/.*"]),
                ],
                closed=True,
            ),
        ]
    )


def _lines(title: str, patterns: Sequence[str]) -> Chart:
    # Matched from a tag's beginning on, so the end is said too: sigma/a is not sigma/a/low.
    tags = [f"^{pattern}$" for pattern in patterns]
    return Chart(title=title, multiline=MultilineChartContent(tag=tags))


def _with_interval(title: str, tag: str) -> Chart:
    series = MarginChartContent.Series(value=tag, lower=f"{tag}/low", upper=f"{tag}/high")
    return Chart(title=title, margin=MarginChartContent(series=[series]))
