"""Uniform over the legal actions."""

import numpy as np
from numpy.typing import NDArray

from psro.game.policies import BasePolicy, Decisions, choose_from


class RandomPolicy(BasePolicy):
    """Uniform over the legal actions. It looks at the legal mask alone."""

    view = "none"

    def __init__(self, name: str):
        self.name = name

    def act(self, decisions: Decisions) -> NDArray[np.int64]:
        """The drawn actions [B]."""
        return choose_from(decisions.legal_mask.astype(np.float64), decisions.seeds)
