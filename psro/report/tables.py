"""The tables of a run, from its JSON objects: pure functions, the same for terminal, log and Markdown."""

from collections.abc import Mapping, Sequence
from typing import Any

from psro.metagame.exploitability import EQUILIBRIUM_TOLERANCE
from psro.metagame.intervals import Interval, win_rate_interval
from psro.metagame.payoffs import OutcomeCounts
from psro.report.gain_tables import battles_text, gain_rows, gain_text, shortfall_text
from psro.report.headlines import Headlines
from psro.report.measures import MARGIN, RESTRICTED
from psro.report.record import Json
from psro.report.text import (
    BRACKETS,
    USUAL_LEVEL,
    Table,
    count_text,
    fixed,
    interval_of,
    interval_text,
    level_text,
    percent_text,
)

RESTS_ON = {
    "restricted_exploitability": "0 on the counts σ was chosen on; [ ]: given their noise",
    "best_matchup_margin": "the tournament's counts",
}
SHOWN_WEIGHT = 0.01
POSSIBLE_WEIGHT = 0.05
"""Policies of σ below this are summed up in one row."""


def response_table(summary: Json) -> Table:
    """The iteration's best response: what it is, what it cost and how it fares against its σ."""
    response = summary["response"]
    gain = response["best_response_gain"]
    chosen = response["selected"]
    rows = [
        ("win rate against it", gain_text(gain)),
        (
            "fresh battles",
            f"{gain['num_battles']:,}" if gain["num_battles"] else "none: exact values",
        ),
        ("beats it", _beats_text(response)),
        ("oracle's budget", response["budget"]["words"]),
        ("started from", response["start"] or "scratch"),
        ("checkpoint", f"{chosen['label']} of round {chosen['round'] + 1}"),
    ]
    if (num := response["num_measurements"]) > 1:
        together = level_text(summary["trained_against"]["exploitability"]["level"])
        rows.append(
            (
                "measured",
                f"{num} times, on other battles each time, this is the last; the intervals hold together at "
                f"{together}",
            )
        )
    if gain["unplayed_weight"] > 0:
        rows.append(("weight of σ it never met", percent_text(gain["unplayed_weight"])))
    if num := response["tally"]["num_failures"]:
        rows.append(("BROKEN BATTLES", f"{num:,} of its measurement, left out"))
    trained_on = summary["trained_against"]["iteration"]
    return Table(
        f"Best response {response['name']}, trained against σ of iteration {trained_on}",
        ("", f"value {BRACKETS}"),
        tuple(rows),
        f"the loop ends here as converged: {shortfall_text(response)}"
        if summary["converged"]
        else "",
    )


def sigma_table(summary: Json) -> Table:
    """The new σ: weights above 1 % with their intervals, then those that other battles could have made large."""
    entries: Mapping[str, Json] = summary["meta_strategy"]
    rows = weight_rows(summary, POSSIBLE_WEIGHT)
    rest = [entry["weight"] for name, entry in entries.items() if name not in dict(rows)]
    if rest:
        rows.append((f"{count_text(len(rest), 'other')} (≤ 1 % each)", percent_text(sum(rest))))
    gain = summary["restricted_exploitability"]["plug_in"]
    note = (
        ""
        if summary["equilibrium_unique"]
        else "not the only equilibrium: which one, is the meta-solver's rule"
    )
    if gain > EQUILIBRIUM_TOLERANCE:
        note = f"no equilibrium on the counts: a member gains {gain:.2g} against it"
    title = (
        f"σ of iteration {summary['iteration']}, {count_text(len(entries), 'policy', 'policies')}"
    )
    return Table(
        title, ("policy", f"weight [{USUAL_LEVEL} of what the counts allow]"), tuple(rows), note
    )


def weight_rows(summary: Json, possible: float = 1.0) -> list[tuple[str, str]]:
    """The policies of σ above 1 %, the heaviest first: name, and weight with its interval.

    possible: also those whose weight, on average over what the counts allow, is more than this.
    """
    entries: Mapping[str, Json] = summary["meta_strategy"]
    shown = [
        name
        for name, entry in entries.items()
        if entry["weight"] > SHOWN_WEIGHT or entry["posterior"]["estimate"] > possible
    ]
    exact = is_exact(summary)
    return [
        (
            name,
            interval_text(
                _around(entries[name]["weight"], entries[name]["posterior"]), True, exact
            ),
        )
        for name in sorted(
            shown, key=lambda n: (-entries[n]["weight"], -entries[n]["posterior"]["estimate"])
        )
    ]


def opponents_table(summary: Json) -> Table:
    """Who was met how often while data were collected, beside the mix that was asked for."""
    mix = summary["trained_against"]["opponent_mix"]
    return met_table(summary["opponents_met"], mix)


def met_table(met: Mapping[str, int], mix: Mapping[str, float] | None = None) -> Table:
    """Opponents in collection, the most met first."""
    total = sum(met.values())
    columns = ("opponent", "battles", "share", *(("share asked for",) if mix is not None else ()))
    rows = []
    for name in sorted(met, key=lambda name: (-met[name], name)):
        share = (percent_text(mix.get(name, 0.0)),) if mix is not None else ()
        rows.append((name, f"{met[name]:,}", percent_text(met[name] / total), *share))
    note = "" if met else "none: this oracle needs no battles"
    return Table("Opponents met while collecting", columns, tuple(rows), note)


def measures_table(summary: Json, known: Headlines) -> Table:
    """DESIGN.md's measures after an iteration, each with its interval and the σ it is about.

    `known`: with that of the σ which the iteration's response was trained against.
    """
    now = f"σ of iteration {summary['iteration']}"
    rows = []
    if "response" in summary:
        before = summary["trained_against"]["iteration"]
        rows += gain_rows(
            f"σ of iteration {before}", summary["response"]["best_response_gain"], known[before]
        )
    for name, key in ((RESTRICTED, "restricted_exploitability"), (MARGIN, "best_matchup_margin")):
        value = _around(summary[key]["plug_in"], summary[key]["posterior"])
        basis = "exact values" if is_exact(summary) else RESTS_ON[key]
        rows.append((name, now, interval_text(value, exact=is_exact(summary)), basis))
    return Table(
        "Measures (win rate above one half)",
        ("measure", "of", f"value {BRACKETS}", "rests on"),
        tuple(rows),
    )


def certificate_table(certificate: Json) -> Table:
    """What a fresh response gains against the final σ."""
    gain = certificate["gain"]
    sigma = certificate["sigma_of"].replace("iteration_", "σ of iteration ")
    rows = gain_rows(sigma, gain, certificate["exploitability"])
    rows.append(
        ("win rate of the response", sigma, gain_text(gain), battles_text(gain["num_battles"]))
    )
    if num := certificate["looks"][-1]["tally"]["num_failures"]:
        rows.append(("BROKEN BATTLES", sigma, f"{num:,}", "left out"))
    return Table(
        "Certificate: a fresh best response to the final σ",
        ("measure", "of", f"value {BRACKETS}", "rests on"),
        tuple(rows),
        "" if certificate["beats_sigma"] else "no gain is shown",
    )


def showcase_table(certificate: Json) -> Table:
    """The final mixture against known opponents, on every pool of starting positions."""
    rows = [
        (
            row["opponent"],
            row["pool"],
            interval_text(interval_of(row["win_rate"]), percent=True),
            f"{row['wins']:,} / {row['ties']:,} / {row['losses']:,}",
        )
        for row in certificate["showcase"]
    ]
    columns = ("opponent", "pool", f"win rate {BRACKETS}", "wins / ties / losses")
    return Table("The final Nash mixture against known opponents", columns, tuple(rows))


def by_opponent_table(title: str, tally: Json, note: str = "") -> Table:
    """A response's measured battles, opponent by opponent."""
    rows = [
        (name, interval_text(win_rate_interval(OutcomeCounts(**counts)), True), _outcomes(counts))
        for name, counts in sorted(tally["by_opponent"].items())
        if sum(counts.values())
    ]
    rows += [
        (name, f"{percent_text(score)} (exact)", "computed")
        for name, score in tally["exact"].items()
    ]
    columns = ("opponent", f"win rate {BRACKETS}", "wins / ties / losses")
    return Table(title, columns, tuple(rows), note)


def matrix_table(matrix: Json) -> Table:
    """The interaction matrix: win rates of the row against the column, and battles a pair played."""
    names = matrix["names"]
    played = {
        frozenset((cell["row"], cell["column"])): _num_battles(cell) for cell in matrix["cells"]
    }
    rows = []
    for name, rates in zip(names, matrix["matrix"], strict=True):
        cells = []
        for other, rate in zip(names, rates, strict=True):
            num = played.get(frozenset((name, other)), 0)
            cells.append(_cell_text(rate, num if name != other else 0))
        rows.append((name, *cells))
    note = "the row's win rate in %, ties count one half; in brackets the number of battles"
    return Table("Interaction matrix", ("row beats column", *names), tuple(rows), note)


def iterations_table(summaries: Sequence[Json]) -> Table:
    """One row per iteration: the response, what it gained, and the σ that came of it."""
    rows = []
    for summary in summaries:
        response = summary.get("response")
        gain = response["best_response_gain"] if response else None
        rows.append(
            (
                str(summary["iteration"]),
                response["name"] if response else "(founding population)",
                gain_text(gain) if gain else "–",
                battles_text(gain["num_battles"]) if gain else "–",
                _sigma_words(summary),
            )
        )
    return Table(
        "Iterations",
        (
            "iteration",
            "new policy",
            f"win rate against the σ before {BRACKETS}",
            "battles",
            "new σ (above 1 %)",
        ),
        tuple(rows),
    )


def selection_table(root: str, selection: Json) -> Table:
    """Every candidate checkpoint of a response and its score against σ; the chosen one marked."""
    best = selection["best"]
    rows = [
        (
            str(row["round"] + 1),
            row["label"],
            percent_text(row["score"]),
            battles_text(row["tally"]["num_battles"]),
            "chosen" if row["directory"] == best["directory"] else "",
        )
        for row in selection["candidates"]
    ]
    note = "the score of the chosen one leans upwards, for it was chosen by it: the gain is measured afresh"
    columns = ("round", "checkpoint", "score against σ", "battles", "")
    return Table(f"Checkpoints of {root}", columns, tuple(rows), note)


def is_exact(summary: Json) -> bool:
    """Whether the tournament's values were computed, not played: then the margin has no width.

    Of played battles it always has one, for it is drawn from a continuous posterior.
    """
    posterior = summary["best_matchup_margin"]["posterior"]
    return bool(posterior["low"] == posterior["high"])


def _beats_text(response: Json) -> str:
    if response["beats_sigma"]:
        return "yes"
    played = response["best_response_gain"]["num_battles"]
    return "NOT SHOWN: the interval reaches 50 %" if played else "NO"


def _around(value: float, posterior: Json) -> Interval:
    """The value on the counts, with the interval of what it could have been.

    At a Nash the restricted exploitability on the counts is 0 and lies below its own interval: σ was chosen
    on these very counts.
    """
    return Interval(value, posterior["low"], posterior["high"], posterior["level"])


def _sigma_words(summary: Json) -> str:
    entries = summary["meta_strategy"]
    weights = {name: entries[name]["weight"] for name in entries}
    names = sorted((n for n in weights if weights[n] > SHOWN_WEIGHT), key=lambda n: -weights[n])
    return ", ".join(f"{name} {percent_text(weights[name])}" for name in names)


def _cell_text(rate: float | None, num_battles: int) -> str:
    if rate is None:
        return "not played"
    return f"{fixed(100 * rate, 1)}" + (f" ({num_battles})" if num_battles else "")


def _num_battles(cell: Mapping[str, Any]) -> int:
    return 0 if "exact" in cell else cell["wins"] + cell["ties"] + cell["losses"]


def _outcomes(counts: Mapping[str, int]) -> str:
    return f"{counts['wins']:,} / {counts['ties']:,} / {counts['losses']:,}"
