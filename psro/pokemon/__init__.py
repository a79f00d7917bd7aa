"""Gen 1 OU: engine, state, observations, actions, rewards, teams, heuristics, arenas.

engine/          Gen 1 battles, compiled, many at once; what each side knows of them; its judge
arenas/          what plays battles and asks policies: on the engine, or on Showdown's simulator
simulator/       Node running pokemon-showdown's simulator, many battles at once over JSON lines
choices.py       the nine actions of a request: what is legal, and what to send
gen1_battle.py   poke-env's Battle, right and fast for Gen 1
state.py         BattleState: one side of one battle, parsed by poke-env, and what it may choose
config.py        the schema of game=gen1ou
observations/    sighting records, and the array views computed from them: structured and metamon
rewards.py       metamon's shaped/aggressive/binary, hp_margin, potential-based
teams/           packaged sets, the variety generator, Showdown's TeamValidator
heuristics/      random, max_base_power, poke_env_heuristic, gen1_boss, gym_leader
game.py          Gen1OU: all of it behind game's protocols
"""
