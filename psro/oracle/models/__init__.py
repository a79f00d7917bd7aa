"""Actor and critic networks, built from an ObservationSpec.

inputs.py        observations as four normalised tensors
scorer.py        a decision → one number per action
mlp.py           no memory
transformer.py   a memory of the battle's decisions
actor_critic.py  the two networks together, and the registry
"""

from psro.oracle.models.actor_critic import ActorCritic

__all__ = ["ActorCritic"]
