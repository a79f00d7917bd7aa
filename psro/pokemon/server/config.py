"""Schema of `game.server`."""

from dataclasses import dataclass, field

from psro.machine.errors import UserError
from psro.pokemon.server.address import parse_address

DEFAULT_ADDRESS = "127.0.0.1:8000"
"""Where `launchers/showdown.sh` puts one."""


@dataclass
class ServerConfig:
    """A Pokemon Showdown server to play on. It owns the dice, so its battles are not reproducible; where it is may change."""

    address: str | None = field(default=None, metadata={"operational": True})
    """host:port, or ws://...; null: none, and remote policies cannot be met (arena=server then takes 127.0.0.1:8000)."""
    battles: int = field(default=20, metadata={"operational": True})
    """Played at a time by each worker."""
    silence_s: float = field(default=120.0, metadata={"operational": True})
    """Seconds without a word about a battle after which it is given up."""
    challenge_s: float = field(default=60.0, metadata={"operational": True})
    """Seconds after which the run stops for a remote policy that is on the server and takes no challenge, while it plays none of us."""
    absent_s: float = field(default=60.0, metadata={"operational": True})
    """Seconds that a remote policy which is not on the server is waited for; then the run stops, and the same command goes on."""
    return_s: float = field(default=60.0, metadata={"operational": True})
    """Seconds that a server which went away is waited for."""
    retries: int = field(default=2, metadata={"operational": True})
    """How often a battle that was left unfinished is begun again before it counts as broken."""
    any_version: bool = field(default=False, metadata={"operational": True})
    """Also play on a server of another version than the one whose rules are known here."""

    def __post_init__(self) -> None:
        if self.address is not None:
            try:
                parse_address(self.address)
            except UserError as error:
                raise ValueError(f"game.server.address: {error}") from error
        for name, least in (("battles", 1), ("retries", 0)):
            if getattr(self, name) < least:
                raise ValueError(
                    f"game.server.{name} {getattr(self, name)} must be at least {least}"
                )
        for name in ("silence_s", "challenge_s", "absent_s", "return_s"):
            if getattr(self, name) <= 0:
                raise ValueError(
                    f"game.server.{name} {getattr(self, name)} must be more than 0 seconds"
                )
