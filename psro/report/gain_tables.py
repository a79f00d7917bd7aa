"""What responses gain against σ, as words and tables: each on its own, and the largest that is known."""

from psro.report.headlines import Headlines
from psro.report.measures import GAIN, HEADLINE
from psro.report.record import Json
from psro.report.text import (
    BRACKETS,
    Table,
    count_text,
    interval_of,
    interval_text,
    level_text,
)


def exploitability_table(known: Headlines) -> Table:
    """How exploitable every σ is known to be: the largest gain of the responses trained against it."""
    rows = [
        (
            str(of),
            headline_text(headline),
            headline["response"],
            count_text(headline["num_responses"], "response"),
            headline["oracle_budget"],
        )
        for of, headline in known.items()
    ]
    return Table(
        f"{HEADLINE.capitalize()} of every σ",
        ("σ of iteration", f"{HEADLINE} {BRACKETS}", "found by", "largest of", "oracle's budget"),
        tuple(rows),
        "the interval is simultaneous over the responses it is the largest of",
    )


def hindsight_table(known: Headlines) -> Table:
    """What policies that joined after a σ gain against it, by the tournament's battles."""
    rows = [
        (
            str(of),
            interval_text(interval_of(found), exact=found["exact"]),
            found["member"],
            count_text(found["num_members"], "later policy", "later policies"),
        )
        for of, found in known.items()
    ]
    return Table(
        "Every σ in hindsight: the policies that joined after it",
        ("σ of iteration", f"gain of the best of them {BRACKETS}", "which", "largest of"),
        tuple(rows),
        "by the tournament's battles, which that σ was not chosen on; the interval is simultaneous over the "
        "policies it is the largest of. None of them but the first was trained against that σ; where one gains more "
        "than the response that was, the exploitability above was too low",
    )


def gains_table(known: Headlines) -> Table:
    """Every response that was measured against a σ, the ones that are not the largest too."""
    rows = [
        (
            str(of),
            name,
            gain_text(gain),
            interval_text(interval_of(gain["gain"]), exact=not gain["num_battles"]),
            battles_text(gain["num_battles"]),
        )
        for of, headline in known.items()
        for name, gain in headline["gains"].items()
    ]
    several = {level_text(h["level"]) for h in known.values() if h["num_responses"] > 1}
    return Table(
        "Every response measured",
        ("σ of iteration", "response", f"win rate {BRACKETS}", f"{GAIN} {BRACKETS}", "battles"),
        tuple(rows),
        "where several met one σ, each interval is at a higher level, so that all of them hold together at "
        + ", ".join(sorted(several))
        if several
        else "",
    )


def gain_rows(sigma: str, gain: Json, headline: Json) -> list[tuple[str, str, str, str]]:
    """Two rows of a table of measures: a response's gain against `sigma`, and what is known of σ."""
    return [
        (
            GAIN,
            sigma,
            interval_text(interval_of(gain["gain"]), exact=not gain["num_battles"]),
            battles_text(gain["num_battles"]),
        ),
        (
            HEADLINE,
            sigma,
            headline_text(headline),
            f"largest of {count_text(headline['num_responses'], 'response')}; "
            f"oracle: {headline['oracle_budget']}",
        ),
    ]


def gain_text(gain: Json) -> str:
    """A best response's win rate against σ with its interval."""
    return interval_text(interval_of(gain["win_rate"]), True, exact=not gain["num_battles"])


def headline_text(headline: Json) -> str:
    """The exploitability with its interval."""
    played = any(gain["num_battles"] for gain in headline["gains"].values())
    return interval_text(interval_of(headline), exact=not played)


def battles_text(num_battles: int) -> str:
    """`400 battles`, or that the game's exact values needed none."""
    return count_text(num_battles, "battle") if num_battles else "none: exact values"


def shortfall_text(response: Json) -> str:
    """Why a response does not satisfy; of the part of a summary or of a whole measurement."""
    if not response["beats_sigma"]:
        return "the response is not shown to beat σ"
    assert not response["satisfies"], "a response that satisfies has no shortfall"
    return "the response beats σ, but gains less than psro.wanted_gain asks for"
