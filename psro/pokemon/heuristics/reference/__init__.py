"""The rules of the heuristics in Python, one BattleState at a time: what the kernels beside this folder are judged by.

state_policy.py        the base of those that read a BattleState
max_base_power.py      max_base_power
poke_env_heuristic.py  poke_env_heuristic: poke-env's SimpleHeuristicsPlayer
gen1_boss.py           gen1_boss, gen1_trainer: after the games' own trainers
gym_leader.py          gym_leader
grunt.py               grunt, bug_catcher: the most and the least damage
basic_switcher.py      basic_switcher: chases the best type advantage
type_score.py          how well types stand against each other, for switches
registry.py            REFERENCES: kind → class
"""
