"""A bot that plays on a Showdown server under a name, as a member of a population."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from psro.game.policies import BasePolicy, Decisions
from psro.pokemon.server.events import user_id

REMOTE_KIND = "remote"
REMOTE_VIEW = "remote"
"""What only a server's arena supplies: the policy sees its battles elsewhere."""


class RemotePolicy(BasePolicy):
    """Accepts challenges in our format, and brings its own teams. Nothing is seen of it but its battles."""

    view = REMOTE_VIEW

    def __init__(self, name: str, username: str):
        """`username`: its name on the server of game.server.address. Raises ValueError for a name that no server knows anyone by."""
        if not user_id(username):
            raise ValueError(f"username {username!r} has no letter or digit")
        self.name = name
        self.username = username

    def act(self, decisions: Decisions) -> NDArray[np.int64]:
        """Raises: it chooses elsewhere."""
        raise TypeError(
            f"remote policy {self.name} was asked to act; {self.username} does, on its server"
        )

    def forget(self, episodes: Sequence[int]) -> None:
        """Nothing is known of it."""
