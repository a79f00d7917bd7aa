"""metamon's agents as this program's policies.

config.py       an agent's shape
sizes.py        metamon's sizes, and its published agents by name
checkpoints.py  a checkpoint named in the config → its file, wherever it lies
reading.py      a checkpoint's file → a state dict, without executing anything in it
entry.py        a population entry → the policy's files
policy.py       plays it: cached keys and values, previous action and reward
weights.py      the policy's files → the agent
stand_ins.py    checkpoints of the same format with random weights
"""
