"""What a server tells a client besides its battles, and how a connection fails."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from psro.machine.errors import UserError

if TYPE_CHECKING:
    from psro.pokemon.server.room import Room


class Dropped(Exception):
    """The connection is gone, or nothing comes over it any more: what was played over it is unfinished."""


class Refused(Exception):
    """The server, or the other side, would not begin a battle; the reason as it was given."""


class NameTaken(UserError):
    """The server does not let this name in."""


class TeamRejected(UserError):
    """The server does not take this team."""


@dataclass(frozen=True)
class NewRoom:
    """A battle of ours has begun."""

    room: "Room"


@dataclass(frozen=True)
class Challenged:
    """Somebody wants to battle us."""

    by: str
    format: str


@dataclass(frozen=True)
class Refusal:
    """A popup, an error or a rejected challenge: what we asked for does not happen."""

    text: str


@dataclass(frozen=True)
class Closed:
    """The connection is gone; the last event."""

    reason: str


Event = NewRoom | Challenged | Refusal | Closed


def user_id(name: str) -> str:
    """What a server knows a name by (`toID` of sim/dex-data): lower case, letters and digits. Rank marks fall off."""
    return "".join(char for char in name.lower() if char.isascii() and char.isalnum())
