"""Where things lie in a run directory; all paths relative to it, with forward slashes."""

POPULATION = "population"


def policy(name: str) -> str:
    """Directory of a member of the population."""
    return f"{POPULATION}/{name}"


def iteration(index: int) -> str:
    """Directory of an iteration; 0 is the founding one."""
    return f"iteration_{index}"


def certificate(num_iterations: int) -> str:
    """Directory of the certificate of the σ that stands after so many iterations."""
    return f"certificate_{num_iterations}"


REPLAY = "replay"
"""The group of the founding replay data."""


def trajectories(root: str, group: str) -> str:
    """Directory of a group's shards; `group` is the round, or what the data is for."""
    return f"{root}/trajectories/{group}"


def shard(root: str, group: str, index: int) -> str:
    """A collect unit's result."""
    return f"{trajectories(root, group)}/{index:03d}.shard"


def is_shard(path: str) -> bool:
    """Whether a committed path is that of a shard."""
    return path.endswith(".shard")


def oracle(root: str, group: str) -> str:
    """Directory of one training: its result, its candidates, its curve."""
    return f"{root}/oracle/{group}"


def scratch(root: str, group: str) -> str:
    """Directory of that training's mid-way checkpoints."""
    return f"{root}/oracle/{group}/scratch"


def train_result(root: str, group: str) -> str:
    """A train unit's result."""
    return f"{oracle(root, group)}/train.json"


TRAINING_CURVE = "training_curve.json"
"""Beside a training's candidates, where the oracle learns from data."""


def match(root: str, label: str, index: int) -> str:
    """A match unit's result."""
    return f"{root}/matchups/{label}_{index:02d}.json"


def tournament(root: str) -> str:
    """The passes of an adaptive tournament."""
    return f"{root}/tournament.json"


def round_group(index: int) -> str:
    """The group of a round's data and training."""
    return f"round_{index}"
