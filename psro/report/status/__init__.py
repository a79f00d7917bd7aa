"""Where a run is, told from its directory alone: nothing is written, no lock is taken, nobody is asked.

    find        the run directories that the command line means
    reading     one run directory → RunStatus; what changes while it is read is read again
    run_status  what that holds
    commits     the journal, read without being opened for writing
    state       running, preempted, died ...: what manifest and lock say together
    lives       the processes that worked on the run, and how long each position took
    estimate    when it will be over, and what that rests on
    results     the newest response and σ
    schedule    what a PSRO run still has to go through
    page        one run as lines, many runs as a table (words: their parts; object: the same for scripts)

Starts fast, for login nodes are slow: no torch, hydra, lightning, matplotlib or rich.
"""
