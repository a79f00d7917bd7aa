"""What came of a run in a few sentences, and how to read its numbers: for summary.md and the page alike.

Sentences hold **bold** words and `code`.
"""

from psro.report.findings import Findings
from psro.report.gain_tables import headline_text, shortfall_text
from psro.report.headlines import is_of_best_response
from psro.report.measures import EXPLANATIONS
from psro.report.record import Json
from psro.report.tables import weight_rows
from psro.report.text import USUAL_LEVEL, count_text, interval_of, interval_text

NASH = "nash/"
"""What the description of a σ's solver begins with that no member may beat (psro/metagame/nash.py)."""


def result_sentences(findings: Findings) -> list[str]:
    """A paragraph each."""
    record, known = findings.record, findings.known
    if not record.iterations:
        return ["No iteration is solved yet."]
    last = findings.last
    mixture = ", ".join(" ".join(row) for row in weight_rows(last.summary))
    solver = last.analysis["solver"]
    brackets = "" if findings.is_exact else "; in brackets what the counts allow, at 95 %"
    rule = (
        ", the mixture of them that no single one of them beats," if solver.startswith(NASH) else ""
    )
    told = [
        f"After {count_text(last.index, 'iteration')} the population has "
        f"{count_text(len(last.weights), 'policy', 'policies')}, and the meta-strategy σ{rule} "
        f"is: {mixture or 'no policy above 1 %'}{brackets} (solver: {solver})."
    ]
    if last.summary.get("converged"):
        why = shortfall_text(last.summary["response"])
        told.append(f"The loop ended there as converged (psro.on_no_gain=stop): {why}.")
    headline = known.get(last.index)
    if headline is None:
        told.append("The last σ has no certificate (yet): how exploitable it is was not measured.")
        return told
    found_by = headline["gains"][headline["response"]]
    played = f"{found_by['num_battles']:,} fresh battles" if found_by["num_battles"] else "exactly"
    num = headline["num_responses"]
    trained = "the response" if num == 1 else f"the best of {num} responses"
    gain = interval_text(interval_of(found_by["gain"]), exact=not found_by["num_battles"])
    known_how, bound = (
        ", as far as it is known",
        ", a lower bound: a stronger response may be found",
    )
    if is_of_best_response(headline):
        known_how, bound = "", "; the oracle is exact, so no response gains more"
    told.append(
        f"The exploitability of this σ{known_how}: **{headline_text(headline)}** in win rate above "
        f"one half{bound}. It is what {trained} trained on purpose against "
        f"it gains, at least 0: {headline['response']} gains {gain} ({played}; what it cost: "
        f"{headline['oracle_budget']})."
    )
    if (own := findings.own.get(last.index)) != headline:
        told.append(_pooled(headline, own))
    return told


def _pooled(headline: Json, own: Json | None) -> str:
    """That exploitations are counted in, and what the run alone says."""
    num = headline["num_responses"] - (own["num_responses"] if own else 0)
    alone = (
        f"of the run's own responses alone (psro_summary.json) it is {headline_text(own)}"
        if own
        else "the run itself measured none"
    )
    return (
        f"In this, {count_text(num, 'measurement')} of exploitations (`python -m psro.exploit`) "
        f"{'is' if num == 1 else 'are'} counted, and its interval holds for all {headline['num_responses']} together; {alone}."
    )


def reading_guide() -> list[str]:
    """One point each."""
    points = [f"**{measure}**: {text}." for measure, text in EXPLANATIONS.items()]
    return [
        *points,
        "**σ** (the meta-strategy): with which probability each policy is played.",
        f"**x [low, high]**: an estimate and its {USUAL_LEVEL} interval, or at the level written behind it. "
        "(exact) where the game computes the value. Ties count one half.",
        "An interval of σ or of a measure on the tournament's counts says what these could have been with "
        "other battles; the restricted exploitability of the very σ that was chosen lies below its own, for "
        "σ was chosen on these counts.",
    ]
