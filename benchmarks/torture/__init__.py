"""Torture: runs killed by SIGKILL again and again must end with the bytes of a run nobody killed.

    python -m benchmarks.torture --experiment rps|smoke --kills 250 --seed 0

experiments   what is run, and what is known of its uninterrupted run
plans         how an attempt is started and when it is to die: drawn by seed
tree          processes and their descendants, found and killed
attempts      one process of the program, forked or by the real command line
witness       a listener inside the program that writes down what it sees
trials        one run directory, killed until it ends by itself
losses        what a kill cost, from what the witness wrote
results       everything a run left, compared with the reference
account       the sums over all kills: the printed table and report.json

What is promised and what came of it: docs/reliability.md.
"""
