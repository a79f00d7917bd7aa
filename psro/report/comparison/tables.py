"""The tables of a comparison: for the terminal and the page alike."""

from collections.abc import Sequence
from typing import Any

from psro.metagame.payoffs import OutcomeCounts
from psro.report.comparison.cross_play import CrossPlay
from psro.report.comparison.side import Side, differing_settings
from psro.report.measures import HEADLINE, RESTRICTED
from psro.report.tables import weight_rows
from psro.report.text import (
    BRACKETS,
    Table,
    count_text,
    duration_text,
    interval_of,
    interval_text,
)

LONGEST_VALUE = 70
MOST_WEIGHTS = 4


def tables_of(sides: Sequence[Side], played: CrossPlay | None) -> list[Table]:
    """All of them, in the order in which they are read."""
    found = [sigma_table(played), best_table(played)] if played is not None else []
    found += [headline_table(sides), exploitability_table(sides), settings_table(sides)]
    return [table for table in found if table is not None]


def headline_table(sides: Sequence[Side]) -> Table:
    """A column a run: what came of it and what it cost."""
    rows: list[tuple[str, list[str]]] = [
        ("state", [side.findings.manifest.status for side in sides]),
        ("iterations", [str(side.iteration) for side in sides]),
        ("policies", [str(len(side.weights)) for side in sides]),
        ("newest σ", [_sigma_words(side) for side in sides]),
        (f"{HEADLINE} of it", [_newest(side, HEADLINE) for side in sides]),
        (f"{RESTRICTED} of it", [_newest(side, RESTRICTED) for side in sides]),
        *((title, [words.get(title, "–") for words in map(_showcase, sides)]) for title in _titles(sides)),
        ("battles", [f"{side.num_battles:,}" if side.num_battles else "none: exact values" for side in sides]),
        ("working time", [duration_text(side.seconds) for side in sides]),
        ("code version", [side.findings.manifest.code_version for side in sides]),
    ]  # fmt: skip
    return Table(
        "Side by side",
        ("", *(side.label for side in sides)),
        tuple((title, *cells) for title, cells in rows),
        "an exploitability is a lower bound, as strong as the responses that were trained against that σ: compare it only "
        "where the oracles had like budgets",
    )


def exploitability_table(sides: Sequence[Side]) -> Table:
    """A row an iteration."""
    known = [dict(side.exploitability()) for side in sides]
    indices = sorted({index for of_side in known for index in of_side})
    rows = []
    for index in indices:
        cells = []
        for side, of_side in zip(sides, known, strict=True):
            value = of_side.get(index)
            words = "–" if value is None else interval_text(value, exact=value.low == value.high)
            spent = side.battles_before(index)
            cells.append(words + (f" ({spent:,})" if value is not None and spent else ""))
        rows.append((str(index), *cells))
    return Table(
        f"{HEADLINE.capitalize()} of every σ, in brackets the battles before it",
        ("σ of iteration", *(side.label for side in sides)),
        tuple(rows),
    )


def settings_table(sides: Sequence[Side]) -> Table:
    """What was configured differently."""
    rows = tuple((key, *map(_value_text, values)) for key, values in differing_settings(sides))
    note = "" if rows else "nothing: the runs have one config and one seed"
    return Table("Configured differently", ("setting", *(s.label for s in sides)), rows, note)


def sigma_table(played: CrossPlay | None) -> Table | None:
    """Which run's σ beats which."""
    if played is None:
        return None
    rows = []
    for match in played.sigma:
        exact = not isinstance(match.result, OutcomeCounts)
        rows.append(
            (
                f"σ of {match.first}",
                f"σ of {match.second}",
                match.pool,
                interval_text(match.rate, percent=True, exact=exact),
                _outcomes(match.result),
                match.verdict,
            )
        )
    columns = ("first", "against", "pool", f"win rate {BRACKETS}", "wins / ties / losses", "so")
    broken = sum(match.num_failures for match in played.sigma)
    note = f"{count_text(broken, 'battle')} broke and are left out" if broken else ""
    return Table("The runs' newest σ against each other", columns, tuple(rows), note)


def best_table(played: CrossPlay | None) -> Table | None:
    """Whose policies gain against whose σ."""
    if played is None or not played.best:
        return None
    rows = tuple(
        (
            f"σ of {best.defender}",
            best.attacker,
            best.pool,
            interval_text(best.gain, exact=best.gain.low == best.gain.high),
            best.policy,
            count_text(best.num_policies, "policy", "policies"),
        )
        for best in played.best
    )
    return Table(
        "What policies of another run gain against a run's newest σ",
        ("against", "policies of", "pool", f"gain of the best {BRACKETS}", "which", "largest of"),
        rows,
        "win rate above one half, from the members' battles weighted by σ; the interval is simultaneous over the policies it is "
        "the largest of. A gain above 0 shows that σ is exploitable by as much",
    )


def _newest(side: Side, measure: str) -> str:
    values = dict(side.exploitability() if measure == HEADLINE else side.restricted())
    value = values.get(side.iteration)
    if value is None:
        return "not measured"
    return interval_text(value, exact=value.low == value.high)


def _sigma_words(side: Side) -> str:
    rows = weight_rows(side.findings.last.summary)
    shown = [f"{name} {words.partition(' [')[0]}" for name, words in rows[:MOST_WEIGHTS]]
    rest = len(rows) - len(shown)
    return ", ".join(shown) + (f" and {rest} more" if rest else "")


def _showcase(side: Side) -> dict[str, str]:
    """Title → win rate of the certified mixture against a known opponent."""
    certificate = side.findings.record.certificate
    rows = certificate.data["showcase"] if certificate is not None else []
    return {
        f"σ against {row['opponent']}, {row['pool']}": interval_text(interval_of(row["win_rate"]), True)
        for row in rows
    }  # fmt: skip


def _titles(sides: Sequence[Side]) -> list[str]:
    return list(dict.fromkeys(title for side in sides for title in _showcase(side)))


def _value_text(value: Any) -> str:
    text = "–" if value is None else str(value)
    return text if len(text) <= LONGEST_VALUE else text[: LONGEST_VALUE - 1] + "…"


def _outcomes(result: Any) -> str:
    if not isinstance(result, OutcomeCounts):
        return "computed"
    return f"{result.wins:,} / {result.ties:,} / {result.losses:,}"
