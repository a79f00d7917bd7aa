"""Gen 1 OU: state, observations, actions, rewards, teams, heuristics; the arena on Showdown's simulator.

simulator/       Node running pokemon-showdown's simulator, many battles at once over JSON lines
choices.py       the nine actions of a request: what is legal, and what to send
gen1_battle.py   poke-env's Battle, right and fast for Gen 1
state.py         BattleState: one side of one battle, parsed by poke-env, and what it may choose
arena.py         the lock-step arena: policies asked in batches
lanes.py         one battle of an arena
recorder.py      trajectories of battles played side by side
config.py        the schema of game=gen1ou
observations/    the two array views: structured and metamon
rewards.py       metamon's shaped/aggressive/binary, hp_margin, potential-based
teams/           packaged sets, the variety generator, Showdown's TeamValidator
heuristics/      random, max_base_power, poke_env_heuristic, gen1_boss, gym_leader
game.py          Gen1OU: all of it behind game's protocols
"""
