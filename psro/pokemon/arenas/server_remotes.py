"""How long remote policies are waited for: what all lanes of one call know of them."""

import contextlib
import logging
import time
from collections.abc import Iterator

from psro.machine.errors import UserError
from psro.pokemon.server.address import Address
from psro.pokemon.server.config import ServerConfig

NOT_THERE = "was not found"
"""In what the server says to a challenge to somebody who is not connected (chat-commands/core)."""
_LOGGER = logging.getLogger(__name__)


class Remote:
    """One bot. Its time runs while somebody waits for it and it plays with none of us: one that plays one battle at a time is there."""

    def __init__(self, username: str, address: Address, server: ServerConfig):
        """`server`: absent_s and challenge_s."""
        self.username = username
        self._address = address
        self._server = server
        self._since = 0.0
        """When the present waiting began, or something was last heard."""
        self._absent_since: float | None = None
        self._num_waiting = 0
        self._num_playing = 0

    @contextlib.contextmanager
    def waiting(self) -> Iterator[None]:
        """Around asking it for a battle."""
        if not self._num_waiting and not self._num_playing:
            self._since = time.monotonic()
        self._num_waiting += 1
        try:
            yield
        finally:
            self._num_waiting -= 1

    def began(self) -> None:
        """It took a challenge."""
        self._absent_since = None
        self._num_playing += 1

    def ended(self) -> None:
        """A battle with it is over, however."""
        self._num_playing -= 1
        self._since = time.monotonic()

    @property
    def left_s(self) -> float:
        """How long an answer to a challenge may still take."""
        if self._num_playing:
            return self._server.challenge_s
        return max(0.0, self._since + self._server.challenge_s - time.monotonic())

    def refused(self, reason: str, battle_format: str) -> None:
        """A challenge was refused, or nothing was said to it. Raises UserError when its time is up."""
        now = time.monotonic()
        if NOT_THERE in reason:
            self._since = now
            if self._absent_since is None:
                self._absent_since = now
                _LOGGER.warning(
                    "%s is not on %s: start it there; it is waited for, up to %g s (game.server.absent_s)",
                    self.username, self._address.url, self._server.absent_s,
                )  # fmt: skip
            elif now - self._absent_since > self._server.absent_s:
                raise UserError(
                    f"the remote policy {self.username!r} was not on {self._address.url} for {self._server.absent_s:g} s "
                    "(game.server.absent_s): start it there, or correct its username, then run the same command again"
                )
            return
        self._absent_since = None
        if not self.left_s:
            raise UserError(
                f"the remote policy {self.username!r} is on {self._address.url}, but took no challenge in {battle_format} for "
                f"{self._server.challenge_s:g} s (game.server.challenge_s): {reason}; see to it that it accepts challenges, then "
                "run the same command again"
            )


class Remotes:
    """All bots of one call, by their names."""

    def __init__(self, address: Address, server: ServerConfig):
        """`address`: where they are."""
        self._address = address
        self._server = server
        self._known: dict[str, Remote] = {}

    def of(self, username: str) -> Remote:
        """The one of that name."""
        if username not in self._known:
            self._known[username] = Remote(username, self._address, self._server)
        return self._known[username]
