"""Runs side by side, and what their policies do to each other (python -m psro.compare).

side.py        a run as it is compared: its findings, what it cost
cross_play.py  two evaluations as answers: which σ beats which, whose policies exploit whose σ
tables.py      the tables; charts.py: the figures; page.py: index.html
"""
