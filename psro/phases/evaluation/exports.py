"""The tables of result.json as CSV, a line a number."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

INTERVAL = ("estimate", "low", "high", "level")


def matchups_csv(result: Mapping[str, Any]) -> bytes:
    """A row per pool and pair, `first` against `second`."""
    columns = ("pool", "first", "second", "wins", "ties", "losses", *INTERVAL, "is_exact", "num_failures", "mean_turns")  # fmt: skip
    return _csv(
        columns,
        (
            {"pool": pool, **row, **(row["win_rate"] or {})}
            for pool, of_pool in result["pools"].items()
            for row in of_pool["matchups"]
        ),
    )


def by_team_csv(result: Mapping[str, Any]) -> bytes:
    """A row per pool, policy, side (own, opposing) and team: over all its battles of that pool."""
    columns = ("pool", "policy", "side", "team", "wins", "ties", "losses", *INTERVAL)
    return _csv(
        columns,
        (
            {"pool": pool, **row, **row["win_rate"]}
            for pool, of_pool in result["pools"].items()
            for row in of_pool["by_team"]
        ),
    )


def ratings_csv(result: Mapping[str, Any]) -> bytes:
    """A row per pool and policy, in Elo points."""
    return _csv(
        ("pool", "policy", *INTERVAL),
        (
            {"pool": pool, "policy": name, **points}
            for pool, of_pool in result["pools"].items()
            for name, points in (of_pool["ratings"] or {"points": {}})["points"].items()
        ),
    )


def _csv(columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> bytes:
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()
