"""Policies by rule: the phase-0 population, and cheap relatives of it. They read sighting records, by compiled kernels.

record_policy.py       the base of those that read records
random_policy.py       random
max_base_power.py      max_base_power
poke_env_heuristic.py  poke_env_heuristic: poke-env's SimpleHeuristicsPlayer
gen1_boss.py           gen1_boss, gen1_trainer: after the games' own trainers
gym_leader.py          gym_leader
grunt.py               grunt, bug_catcher: the most and the least damage
basic_switcher.py      basic_switcher: chases the best type advantage
registry.py            HEURISTICS: kind → class
reference/             the same rules in Python, to be read, and to judge the kernels by

What the kernels are made of:
compiled.py            how they are compiled and cached
tables.py              what the rules read of moves
request.py             what is legal, in the order of the request
matchups.py            how well types stand against each other
hits.py                the damage of one use of a move
"""
