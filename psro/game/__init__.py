"""The language every game speaks: specs, jobs, decisions, policies, arenas, oracles, trajectories, shards.

spec.py          ObservationSpec: the arrays of a named view
battles.py       Job, Outcome, Failure, PlayResult: what an arena is asked and answers
policies.py      Policy, Decisions, PolicyRecord, BasePolicy: who chooses, from what
mixture.py       the Nash mixture as a policy: one member per battle
trajectories.py  Trajectories and their builder
shards.py        one self-describing file of trajectories
recording.py     how what a shard holds becomes what policies read
replay_data.py   replay data that was made outside a run
replays.py       what a game may do besides: show single battles to people
protocols.py     Game, Arena, Oracle and what is handed to them
"""
