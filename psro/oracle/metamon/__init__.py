"""metamon's agents as this program's policies.

checkpoints.py  a checkpoint named in the config → its file, wherever it lies
reading.py      a checkpoint's file → a state dict, without executing anything in it
entry.py        a population entry → the policy's files
policy.py       plays it: cached keys and values, previous action and reward
weights.py      the policy's files → the policy
"""
