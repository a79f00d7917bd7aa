"""Observations of many decisions at once, by compiled kernels, from records: what one side may know, as flat rows.

record.py             the sighting record: its layout and what each of its numbers means (read this to fill one)
spec.py               the view named "record"
from_state.py         a record of a BattleState
tables.py             species, moves and types as arrays
compiled.py           how kernels are compiled and cached
fighters.py           a record's twelve Pokémon in the terms of the damage formulas
attacks.py            what a move would do
state_kernels.py      the blocks of the structured view that are about the battle
action_kernels.py     those that are about its actions
margins.py            how far a side is ahead: what rewards are made of
half.py               rounding to float16
structured.py         write_structured: the `structured` view
metamon.py            MetamonKernel: the `metamon` view
"""
