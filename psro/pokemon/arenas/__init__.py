"""What plays battles: behind game.protocols.Arena, on one of two engines, or on a server.

settings.py          how battles are played, whichever plays them
playing.py           what one call of play begins and ends with, whichever plays
engine.py            EngineArena: this project's compiled engine
engine_lanes.py      its lanes: battles side by side as arrays
engine_kernels.py    what is legal, and what an action comes to
simulator.py         SimulatorArena: Pokémon Showdown's simulator, in a Node process
simulator_lanes.py   one of its battles
asking.py            policies asked for battles that are followed in poke-env
server.py            ServerArena: battles on a Showdown server
server_battle.py     one of its battles
server_seats.py      the names that play it there
server_remotes.py    how long bots are waited for
routed.py            RoutedArena: remote policies' battles on the server, all others here
tally.py             outcomes and failures so far, and the progress that is reported
recorder.py          trajectories of the sides that are recorded
"""
