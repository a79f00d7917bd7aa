"""AMAGO's objective: an oracle that trains metamon's agents the way metamon trains them (`oracle=amago`).

config.py     the settings of a stage, and the oracle's
windows.py    whole battles as padded sequences of states and transitions
objective.py  the loss of a batch: actor and critics, for every discount at once
module.py     the Lightning module: one step of training
oracle.py     game's Oracle, put together from the above

Rule: `Agent.forward` and `MultiTaskAgent.forward` of AMAGO's `amago/agent.py` (commit 2d85600) and metamon's
`metamon/rl/metamon_to_amago.py` (commit c80f1f15); tests compare losses and gradients with what their code gave.
"""
