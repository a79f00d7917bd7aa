"""metamon's agents, built natively: what its checkpoints hold, under the names they hold it under.

config.py      the four sizes' shape, as data
turn.py        one decision (words, numbers, previous action and reward) → one vector
linear.py      the σ-reparametrised linear layer
trajectory.py  the vectors of a battle so far → the state the heads judge; whole battles, or step by step with a cache
heads.py       actor and critics (scalar and two-hot) for every discount, PopArt
agent.py       all of it; `MetamonAgent.state_dict()` has the very keys of a metamon checkpoint
fitting.py     a state dict's own shape, and how it differs from a wanted one

Rule: metamon's `metamon/il/model.py` and `metamon/rl/metamon_to_amago.py` (commit c80f1f15), AMAGO's `amago/nets/` and
`amago/agent.py` (commit 2d85600); compared with them by `benchmarks/metamon_parity.py`. Attributes of modules are named as
theirs are, because the names are the checkpoint's format.
"""

from psro.oracle.models.metamon.agent import MetamonAgent
from psro.oracle.models.metamon.config import CRITIC_KINDS, MetamonConfig

__all__ = ["CRITIC_KINDS", "MetamonAgent", "MetamonConfig"]
