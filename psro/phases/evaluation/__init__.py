"""Any policies against each other: a state machine of its own, and what comes of it (docs/how-to/evaluate.md).

plan.py       what is evaluated: policies with their digests, pairs, pools, battles; and its units
tally.py      the units' results as counts: by pair, by team
exports.py    CSV
evaluation.py the Phase enum and the table; what each phase commits
"""
