"""The measures of DESIGN.md, each under its own name, each explained in one line."""

RESTRICTED = "restricted exploitability"
GAIN = "best-response gain"
HEADLINE = "exploitability"
HINDSIGHT = "in hindsight"
MARGIN = "best-matchup margin"

EXPLANATIONS = {
    RESTRICTED: "what the best policy of the population gains over 50 % against σ. On the battles that "
    "chose σ it is 0 by construction and only checks the solver; the interval says what it could really "
    "be, given how few battles there were",
    GAIN: "what a response trained on purpose against σ wins above 50 %, in fresh battles it was neither "
    "trained nor selected on: a lower bound on how exploitable σ really is; with an exact oracle, just that",
    HEADLINE: "the largest gain known of a response trained against σ, in the run or by an exploitation of it "
    "(`python -m psro.exploit`), at least 0: a lower bound, whose interval "
    "says how precisely that response's gain is known, not how exploitable σ may be at most. A weak oracle gives a "
    "small number, so it always comes with the oracle's budget. Only an exact oracle's is no bound, but the exploitability itself",
    HINDSIGHT: "what the best of the policies that joined later gains against an earlier σ, in the tournament's "
    "battles. Where it is more than the exploitability known at the time, the responses of that time were too weak",
    MARGIN: "how far above 50 % σ is against its easiest opponent: strength, not weakness, and "
    "what older reports of this project called exploitability",
}
"""Measure → what it tells, for a reader who has not met it before."""
