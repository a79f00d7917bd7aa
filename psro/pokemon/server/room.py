"""One battle on a server, as one of its players follows it."""

import asyncio
import json
from dataclasses import dataclass, field
from typing import Any

from psro.pokemon.server.events import Dropped, user_id
from psro.pokemon.state import BattleError

SLICE_S = 1.0
"""Silence is counted in slices of this: a slice is over only after what came meanwhile was looked for."""
CHATTER = frozenset(
    {
        *("", "t:", "upkeep", "-hint", "message", "-message", "bigerror", "debug"),
        *("init", "deinit", "title", "j", "J", "l", "L", "n", "N", "c", "c:", "chat", "join", "leave", "name", "users"),
        *("inactive", "inactiveoff", "raw", "html", "uhtml", "uhtmlchange", "notify", "hidelines", "unlink", "askreg"),
        *("sentchoice", "fieldhtml", "controlshtml", "tempnotify", "tempnotifyoff", "player", "rated", "badge", "expire"),
    }
)  # fmt: skip
"""Lines that say nothing of the battle: the clock, the room, its visitors and their talk."""
CRASHED = "The simulator process crashed"


@dataclass(frozen=True)
class End:
    """How a battle ended."""

    winner: str | None
    """The id of who won; None for a tie."""
    how: str
    """played, forfeit (somebody gave up), or inactive (somebody was not there any more)"""


@dataclass(frozen=True)
class Seen:
    """What happened up to the next thing to decide, or to the end."""

    lines: list[str]
    """Of the battle alone, as the simulator writes them."""
    request: dict[str, Any] | None
    end: End | None


@dataclass
class Room:
    """Filled by its client, read by whoever plays in it."""

    id: str
    own: str
    """Our name there."""
    messages: asyncio.Queue[list[str] | None] = field(default_factory=asyncio.Queue)
    """Lines of each message; None: the connection is gone."""
    log: list[str] = field(default_factory=list)
    """Everything that was read, with what is said about it."""
    players: dict[str, str] = field(default_factory=dict)
    """p1 and p2 → name."""
    turn: int = 0
    last_request: int = 0
    """Its rqid, which an answer to it names."""
    how: str = "played"
    is_over: bool = False
    _pending: list[str] = field(default_factory=list)
    """Lines of a message behind the last thing that was returned."""

    @property
    def role(self) -> int:
        """Which of the two we are: 0 is p1. Raises BattleError before the room has said so."""
        for place, name in self.players.items():
            if user_id(name) == user_id(self.own):
                return int(place[1]) - 1
        raise BattleError(f"{self.own} is no player of {self.id}: {self.players}")

    @property
    def opponent(self) -> str:
        """The other's name, "" while the room has not said."""
        return self.players.get(f"p{2 - self.role}", "")

    async def read(self, silence_s: float | None) -> Seen:
        """What happens up to the next decision of ours, or the end.

        Raises Dropped when the connection, or the battle, is gone, or after `silence_s` without a word; BattleError when the server
        does not take what was chosen.
        """
        lines: list[str] = []
        while True:
            while self._pending:
                line = self._pending.pop(0)
                found = self._read_line(line, lines)
                if found is not None:
                    return found
            self._pending = await self._next_message(silence_s)

    async def next_lines(self, silence_s: float) -> list[str]:
        """Lines of the next message, whatever they say, for what follows the end. Raises Dropped."""
        if not self._pending:
            self._pending = await self._next_message(silence_s)
        lines, self._pending = self._pending, []
        self.log += lines
        return lines

    async def _next_message(self, silence_s: float | None) -> list[str]:
        waited = 0.0
        while silence_s is None or waited < silence_s:
            try:
                message = await asyncio.wait_for(self.messages.get(), SLICE_S)
            except TimeoutError:
                waited += SLICE_S
                continue
            if message is None:
                raise Dropped(f"the connection was lost in turn {self.turn} of {self.id}")
            return message
        raise Dropped(f"nothing was heard of {self.id} for {silence_s:g} s, in turn {self.turn}")

    def _read_line(self, line: str, lines: list[str]) -> Seen | None:
        parts = line.split("|")
        kind = parts[1] if len(parts) > 1 else ""
        if kind == "request":
            return self._read_request("|".join(parts[2:]), lines)
        self.log.append(line)
        if kind == "error":
            raise BattleError(f"the server refused a choice in turn {self.turn}: {parts[2]}")
        if kind in ("noinit", "deinit", "expire") or (kind == "bigerror" and CRASHED in line):
            raise Dropped(f"{self.id} is gone in turn {self.turn}: {line}")
        if kind == "player" and len(parts) > 3 and parts[3]:
            self.players[parts[2]] = parts[3]
        elif kind == "turn":
            self.turn = int(parts[2])
        elif kind == "-message":
            self._note(parts[2])
        elif kind in ("win", "tie"):
            self.is_over = True
            winner = user_id(parts[2]) if kind == "win" else None
            lines.append(line if winner is None else f"|win|{self._place_of(winner)}")
            return Seen(lines, None, End(winner, self.how))
        if kind not in CHATTER:
            lines.append(line)
        return None

    def _read_request(self, text: str, lines: list[str]) -> Seen | None:
        request = json.loads(text) if text else None
        if not request or request.get("wait"):
            return None
        self.last_request = int(request.get("rqid", 0))
        return Seen(lines, request, None)

    def _note(self, text: str) -> None:
        if text.endswith("lost due to inactivity.") or "lost because of their inactivity" in text:
            self.how = "inactive"
        elif text.endswith(("forfeited.", "forfeited by changing their name.")):
            self.how = "forfeit"

    def _place_of(self, winner: str) -> str:
        """p1 or p2: our battles name their players so, whoever they are."""
        places = [place for place, name in self.players.items() if user_id(name) == winner]
        if not places:
            raise BattleError(f"{winner} won {self.id}, but its players are {self.players}")
        return places[0]
