"""What each phase does, one file each, and the algorithms as tables of phases.

config.py       schemas of what phases read
layout.py       where things lie in a run directory
workbench.py    what phases and workers are handed: game, oracle, config, policies by path
worker.py       the units' kinds and who does them
bootstrap.py collect.py train.py select.py measure.py tournament.py solve.py certify.py report.py
response.py     what one best response is trained on and from: shared by iterations, certificate and exploitations
exploiters.py   which fresh responses an exploitation or the certificate has
curve.py gains.py  gain against budget; the largest gain of several responses
exploit.py      the table of an exploitation
matches.py      battles of one policy against weighted or listed opponents: select, measure, tournament
passes.py       what a tournament plays at once
prune.py        shards that no later phase reads
psro.py         the Phase enum and the table
"""
